"""Rows that the spec's author made up, read from a table beside the spec, and a case on them instead of the audit's."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, NotApplicable, Predictions
from auditkit.perturbation import names_of, taken
from auditkit_explainability.attributing.gradients import climbed
from auditkit_explainability.attributing.methods import COALITIONS, OCCLUSION, climbs_by
from auditkit_explainability.attributing.removals import Asker, occluded, shapley
from auditkit_explainability.attributing.targets import targets_of
from auditkit_explainability.pieces import Pieces, pieces_of
from auditkit_explainability.pieces.columns import Columns

MOST = 30
_HINT = "a CSV with the model's columns in its first line, as the audit's table has them"


def read_rows(text: str) -> list[dict[str, str]]:
    """The rows of a table, by column.

    Raises:
        AuditError: it is no table, or none of so few rows.
    """
    try:
        lines = [line for line in csv.reader(io.StringIO(text), strict=True) if line]
    except csv.Error as error:
        raise AuditError(f"option 'rows' names a file that is no CSV: {error}", hint=_HINT) from None
    names = lines[0] if lines else []
    if len(set(names)) != len(names) or not all(names) or len(lines) < 2:  # noqa: PLR2004  the head, and a row
        raise AuditError("option 'rows' names a table without columns of their own names, or without rows", hint=_HINT)
    if len(lines) - 1 > MOST:
        raise AuditError(f"option 'rows' names a table of {len(lines) - 1} rows", hint=f"at most {MOST}")
    if any(len(line) != len(names) for line in lines):
        raise AuditError("option 'rows' names a table of which a row has more or fewer cells than its head", hint=_HINT)
    return [dict(zip(names, line, strict=True)) for line in lines[1:]]


@dataclass(frozen=True)
class MadeUp(Case[Any]):
    """The audit's case, on made-up rows in the place of its own; only what attributing needs is other."""

    made: Any = field(default=None, repr=False)

    @classmethod
    def of(cls, case: Case[Any], rows: Sequence[Mapping[str, str]]) -> MadeUp:
        """On these rows, in the types that the audit's columns have.

        Raises:
            NotApplicable: they lack a column of the model's, or cannot be its kind.
        """
        fields = {name: getattr(case, name) for name in case.__dataclass_fields__}
        return cls(**fields | {"rows": None, "_kept": {}, "made": _like(case.inputs, rows)})

    @property
    def inputs(self) -> Any:
        """The made-up rows."""
        return self.made

    def __len__(self) -> int:
        """How many there are."""
        return len(self.made)

    def narrowed(self, rows: slice | npt.NDArray[np.int64]) -> MadeUp:
        """Some of them."""
        return replace(self, made=taken(self.made, np.arange(len(self.made))[rows]), _kept={})

    def _predictions(self) -> Predictions:
        said: Predictions = self.predict(self.made, {"made up": "by the author of the spec"})
        return said


@dataclass(frozen=True)
class MadeUpColumns(Columns):
    """Made-up rows of a table, whose typical cells are those of the audit's rows."""

    others: Columns | None = None

    @cached_property
    def typical(self) -> dict[str, Any]:
        """Of the audit's rows."""
        return super().typical if self.others is None else self.others.typical


def pieces_of_made(made: MadeUp, case: Case[Any], column: str) -> Pieces:
    """What made-up rows are made of."""
    pieces = pieces_of(made, column=column)
    if isinstance(pieces, Columns):
        whole = Columns.of(case)
        return MadeUpColumns(made.made, whole.columns, others=whole)
    return pieces


def attributed_to(made: MadeUp, pieces: Pieces, method: str) -> npt.NDArray[np.floating]:
    """[n, P]: what each piece adds, NaN beyond a row's pieces."""
    climbs = climbs_by(method)
    if climbs is not None:
        return climbed(made, pieces, targets_of(made, made.predictions), climbs).by_piece
    asker = Asker(made, pieces)
    if method == OCCLUSION:
        return occluded(asker)
    draws = [made.rng(f"made up {row}") for row in range(len(made))]
    return shapley(asker, COALITIONS, draws)


def _like(inputs: Any, rows: Sequence[Mapping[str, str]]) -> Any:
    import pandas as pd

    if not hasattr(inputs, "columns"):
        name = next(iter(rows[0]))
        if not len(inputs) or not isinstance(next(iter(inputs)), str) or len(rows[0]) != 1:
            raise NotApplicable("the model is not given texts or a table, and a CSV can hold no made-up row of it")
        return pd.Series([row[name] for row in rows], dtype=object, name=getattr(inputs, "name", None))
    table = {name: _column(name, [_cell(row, name) for row in rows], inputs[name]) for name in names_of(inputs)}
    return pd.DataFrame(table)


def _cell(row: Mapping[str, str], name: str) -> str:
    if name not in row:
        raise NotApplicable("the made-up rows have no column '{column}', which the model is given", column=name)
    return row[name]


def _column(name: str, cells: list[str], like: Any) -> Any:
    import pandas as pd

    if like.dtype.kind not in "iufb":
        return pd.Series(cells, dtype=object)
    try:
        return pd.Series([float(cell) if cell else np.nan for cell in cells]).astype(like.dtype)
    except (ValueError, TypeError):
        raise NotApplicable("the made-up rows hold a cell of '{column}' that is no number", column=name) from None
