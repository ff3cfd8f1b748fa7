"""Tables: each column that the model is given, and the cell that is typical of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Unit, canonical_label
from auditkit.perturbation import are_texts, marks
from auditkit.segments import numbers_of
from auditkit_explainability.pieces.words import NOTHING

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

_HALF = 0.5
_FEW = 20
"""Values up to which a column of numbers may be codes: of these the commonest is typical, of more the middle one."""


@dataclass(frozen=True)
class Columns:
    """The columns of a table."""

    table: Any
    columns: tuple[str, ...]
    given: dict[str, Any] | None = None
    """What `typical` is; None: it is found among the rows."""

    kind = "columns"
    removal = "a cell gives way to its column's typical one: the median, of few values the commonest, of texts none"
    keeps_places = True

    @classmethod
    def of(cls, case: Case[Any]) -> Columns:
        """Of a case's rows.

        Raises:
            NotApplicable: they are no table.
        """
        table = case.inputs
        if not hasattr(table, "columns"):
            raise NotApplicable("the model is not given a table")
        given = [str(name) for name in case.settings.given] or [str(name) for name in table.columns]
        return cls(table, tuple(name for name in given if name in table.columns))

    @property
    def names(self) -> Sequence[Sequence[str]]:
        """[n][p]: the columns, the same for each row."""
        return [self.columns] * len(self.table)

    @cached_property
    def typical(self) -> dict[str, Any]:
        """Of each column the cell that stands for knowing nothing; one that occurs, but for running texts."""
        if self.given is not None:
            return self.given
        # Of rows that differ: the same however often each comes.
        first = np.sort(np.unique(np.array(marks(self.table)), return_index=True)[1])
        return {name: _typical(self.table[name].iloc[first]) for name in self.columns}

    def of_others(self, table: Any) -> Columns:
        """The same columns of rows that were changed, with the typical cells of those that were not."""
        return Columns(table, self.columns, self.typical)

    def without(self, rows: Integers, gone: Sequence[Flags]) -> Any:
        """The rows with typical cells in some columns, in the types that the columns have."""
        import pandas as pd

        made = self.table.iloc[np.asarray(rows)].reset_index(drop=True)
        flags = np.array(gone, dtype=bool).reshape(len(made), len(self.columns))
        for place, name in enumerate(self.columns):
            if flags[:, place].any():
                same = pd.Series([self.typical[name]] * len(made), dtype=made[name].dtype)
                made[name] = made[name].where(~flags[:, place], same)
        return made

    def of_units(self, _: int, units: Sequence[Unit | None]) -> Integers:
        """[u]: the column by the unit's name; each number of a category is its column's."""
        place_of = {name: place for place, name in enumerate(self.columns)}
        return np.array([-1 if unit is None else place_of.get(unit.name, -1) for unit in units], dtype=np.int64)


def _typical(column: Any) -> Any:
    """The median cell where there is an order and there are many; else the commonest, of several the first by name.

    Of running texts there is no commonest, and what one person wrote is typical of nobody: a text of nothing.
    """
    cells = [cell for cell in column.tolist() if canonical_label(cell) is not None]
    if not cells:
        return column.tolist()[0] if len(column) else None
    labels = [canonical_label(cell) for cell in cells]
    distinct, counts = np.unique(np.array(labels, dtype=object).astype(str), return_counts=True)
    if len(distinct) > _FEW:
        numbers = None if column.dtype.kind == "b" else numbers_of(np.array(labels, dtype=object))
        if numbers is not None:
            # Of texts that are numbers too, which is how a CSV file holds them; what is infinite comes last.
            return cells[int(np.argsort(numbers, kind="stable")[(len(cells) - 1) // 2])]
        if _HALF * len(cells) < len(distinct) and are_texts(cells):
            return NOTHING
    commonest = str(distinct[np.argmax(counts)])
    return cells[labels.index(commonest)]
