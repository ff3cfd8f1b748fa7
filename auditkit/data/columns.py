"""The columns of one file under the roles that the spec gives them, checked, as a model or a check is given them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.data.faults import (
    FLAGS,
    no_flag,
    no_such_column,
    refuse_many_groups,
    refuse_missing_units,
    refuse_nested,
    refuse_weights,
)
from auditkit.data.roles import recorded_columns, recorded_roles, roles_of
from auditkit.data.tasks import CLASS_TASKS
from auditkit.data.truth import read_truth
from auditkit.dataset import Codes, distinct_labels
from auditkit.labels import canonical_label
from auditkit.numbers import own_numbers, parse_numbers

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.spec import AuditSpec, Task


class RoledColumns:
    """One file's columns, under the roles that the spec gives them."""

    def __init__(self, spec: AuditSpec, frame: pd.DataFrame, where: str, task: Task | None) -> None:
        self.spec = spec
        self.task = task
        self.data = spec.data
        self.frame = frame
        self.where = where
        self._missing = frozenset(self.data.missing)

    def column(self, key: str, name: str) -> Any:
        """One column's cells by name, None where they are missing; `key` is the spec's key that names it."""
        if name not in self.frame.columns:
            raise no_such_column(self.spec, key, name, where=self.where, names=self.frame.columns)
        cells = self.frame[name].to_numpy(dtype=object)
        may_nest = {"input", "predicted", "target"} if self.task == "tokens" else {"input", "predicted"}
        if key not in may_nest:
            refuse_nested(cells, name, where=self.where)
        if not self._missing:
            return cells
        codes, labels = distinct_labels(cells)
        is_missing = np.array([label is None or label in self._missing for label in labels] + [True])[codes]
        cells = cells.copy()
        cells[is_missing] = None
        return cells

    def recorded(self) -> list[str]:
        """The columns that hold predictions."""
        return recorded_columns(self.data)

    def used(self, *, readers: bool = True) -> pd.DataFrame:
        """The columns that have a part in the audit, each once, as the audit reads them; with or without readers."""
        roles = roles_of(self.data, readers=readers)
        return self._framed({name: self.column(key, name) for name, key in roles.items()})

    def _framed(self, cells: dict[str, Any]) -> pd.DataFrame:
        import pandas as pd

        columns = {name: pd.Series(found, dtype=found.dtype, copy=False) for name, found in cells.items()}
        names = pd.Index(list(columns), dtype=object)
        return pd.DataFrame(columns, index=range(len(self.frame)), columns=names, copy=False)

    def _given(self, key: str, name: str) -> Any:
        """A copy of a column as a model is given it: numbers as such where the table has them so, and scores always."""
        cells = own_numbers(self.frame[name], self._missing) if name in self.frame.columns else None
        cells = self.column(key, name).copy() if cells is None else cells
        is_score = name in self.data.scores
        return parse_numbers(cells, column=name, where=f"'{self.where}'") if is_score else cells

    def inputs(self, *, so_far_as_there: bool = False) -> Any:
        """What the model is given: the input column, or a table of the input and recorded columns; scores as numbers.

        Args:
            so_far_as_there: leave out the columns that the file has not, rather than refuse it.

        Raises:
            DataError: a recorded score is not a number.
        """
        given = self.data.input
        recorded = self.recorded()
        names = [given] if isinstance(given, str) else list(given or ())
        roles = dict.fromkeys(names, "input") | recorded_roles(self.data)
        if so_far_as_there:
            roles = {name: key for name, key in roles.items() if name in self.frame.columns}
        table = self._framed({name: self._given(key, name) for name, key in roles.items()})
        table.attrs["where"] = f"'{self.where}'"
        return table[given] if isinstance(given, str) and given in roles and not recorded else table

    def targets(self) -> tuple[Codes | None, Any]:
        """The target column as codes, or several 0/1 columns as flags."""
        target = self.data.target
        if target is None or self.has_truth:
            return None, None
        if isinstance(target, str):
            return Codes.of(self.column("target", target)), None
        return None, np.column_stack([self._flags(name) for name in target])

    @property
    def has_truth(self) -> bool:
        """Whether what is true of a row is no class."""
        return self.task is not None and self.task not in CLASS_TASKS

    def truth(self) -> tuple[Any, Any]:
        """The target column in the type of the answers, and which rows have one; None for classes.

        Raises:
            SpecError: there are several target columns, and the task has one.
            DataError: a cell is not what the task needs.
        """
        target = self.data.target
        if target is None or not self.has_truth:
            return None, None
        if not isinstance(target, str):
            message = f"is a list, and the task '{self.task}' has one target column"
            raise self.spec.source.error(("data", "target"), message, f'target = "{target[0]}"')
        is_text = self.task == "tokens" and isinstance(self.data.input, str)
        texts = self.column("input", str(self.data.input)) if is_text else None
        cells = self.column("target", target)
        return read_truth(cells, self.task, column=target, where=f"'{self.where}'", texts=texts)

    def _flags(self, name: str) -> Any:
        labels = [canonical_label(value) for value in self.column("target", name)]
        bad = next((label for label in labels if label not in FLAGS), "")
        if bad != "":
            raise no_flag(bad, name, where=self.where)
        return np.array([FLAGS[str(label)] for label in labels])

    def group(self, attribute: str) -> Codes:
        """A protected attribute as codes."""
        codes = Codes.of(self.column("groups", attribute))
        refuse_many_groups(self.spec, attribute, len(codes.vocabulary))
        return codes

    def quasi_identifiers(self) -> dict[str, Codes]:
        """The columns by which a person could be found, as codes: many labels are their point."""
        return {name: Codes.of(self.column("quasi_identifiers", name)) for name in self.data.quasi_identifiers}

    def readers(self) -> dict[str, Codes]:
        """What each reader said of the rows, as codes."""
        return {name: Codes.of(self.column("readers", name)) for name in self.data.readers}

    def expected(self) -> dict[str, Codes]:
        """What answers are to hold, by role, as codes of the cells."""
        return {role: Codes.of(self.column("expected", name)) for role, name in self.data.expected.columns.items()}

    def period(self) -> Codes | None:
        """When each row was, as codes."""
        return None if self.data.period is None else Codes.of(self.column("period", self.data.period))

    def has(self, *names: str | None) -> bool:
        """Whether the file has these columns, and the spec names any."""
        return bool(names) and all(name in self.frame.columns for name in names)

    def units(self) -> Codes | None:
        """Whose row it is; a missing unit would tie strangers together, so it is an error."""
        if self.data.unit is None:
            return None
        codes = Codes.of(self.column("unit", self.data.unit))
        refuse_missing_units(codes.missing, self.data.unit, where=self.where)
        return codes

    def weights(self) -> Any:
        """How much each row counts: finite, not negative, not all zero."""
        name = self.data.weights
        if name is None:
            return None
        values = parse_numbers(self.column("weights", name), column=name, where=f"'{self.where}'")
        refuse_weights(values, name, where=self.where)
        return values
