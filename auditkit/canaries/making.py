"""Rows that no model could know but by heart: cells of different rows put together, and a label by chance.

What such a row says of its label is nothing, so that a model that knows it all the same has learnt the row. In a table
each cell is one that the column has, so that whatever reads the training rows reads these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.canaries.prose import is_prose, nonsense, told_apart_by
from auditkit.data.roles import input_columns, target_columns
from auditkit.errors import DataError
from auditkit.labels import canonical_label

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.spec import AuditSpec

RESAMPLED = "rows of cells that were drawn column by column from the training rows, with a label by chance"
NONSENSE = "notes of words that were drawn from the training notes, with a label by chance"
GIVEN = "rows that were given"
KINDS = (RESAMPLED, NONSENSE, GIVEN)

_TRIES = 50
_MOST_CLASSES = 50

Cells = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Making:
    """Canaries before their coins are tossed."""

    frame: pd.DataFrame
    kind: str


def make_canaries(spec: AuditSpec, training: pd.DataFrame, count: int, rng: np.random.Generator) -> Making:
    """So many rows with the columns of the training rows, none of whose inputs is one of theirs or one of another.

    Notes are told apart by their words alone, whatever their order, case and punctuation.

    Args:
        spec: says what the columns are for.
        training: the rows that the model will be trained on.
        count: how many.
        rng: draws the rows; the coins are tossed elsewhere.

    Raises:
        DataError: the columns do not allow so many different rows, or the target is a text that somebody wrote.
    """
    import pandas as pd

    inputs = input_columns(spec.data)
    cells = {str(name): training[name].to_numpy(dtype=object) for name in training.columns}
    prose = {name for name in cells if is_prose(cells[name])}
    _refuse_written(prose.intersection(target_columns(spec.data)))
    taken = set(_keys({name: cells[name] for name in inputs}, prose))
    kept: dict[str, list[Any]] = {name: [] for name in cells}
    for _ in range(_TRIES):
        missing = count - len(kept[inputs[0]])
        if not missing:
            break
        drawn = {name: _drawn(spec, name, cells[name], missing, rng, is_text=name in prose) for name in cells}
        for place, key in enumerate(_keys({name: drawn[name] for name in inputs}, prose)):
            if key not in taken:
                taken.add(key)
                for name, values in drawn.items():
                    kept[name].append(values[place])
    if (made := len(kept[inputs[0]])) < count:
        raise DataError(
            f"of the inputs {', '.join(map(repr, inputs))} only {made} canaries can be made that are no training rows",
            hint=f"--count {made}, or rows of your own: --candidates held-out.csv" if made else "--candidates FILE",
        )
    if spec.data.unit is not None:
        kept[spec.data.unit] = _strangers(cells[spec.data.unit], count, rng)
    frame = pd.DataFrame(
        {name: pd.Series(kept[name], dtype=training[name].dtype) for name in cells}, columns=training.columns
    )
    return Making(frame, NONSENSE if prose >= set(inputs) else RESAMPLED)


def refuse_twins(spec: AuditSpec, training: pd.DataFrame, given: pd.DataFrame) -> None:
    """Refuse rows of one's own whose inputs a training row has, or another of them: the model saw those all the same.

    Raises:
        DataError: there are such rows.
    """
    inputs = input_columns(spec.data)
    known, own = (
        _keys({name: frame[name].to_numpy(dtype=object) for name in inputs}, set()) for frame in (training, given)
    )
    inside = len(set(known).intersection(own))
    if inside or len(set(own)) < len(own):
        raise DataError(
            f"of the candidates {inside} have the inputs of a training row, and {len(own) - len(set(own))} those of "
            "another candidate: the model sees them whatever their coins say",
            hint="leave them out of the candidates",
        )


def _refuse_written(targets: set[str]) -> None:
    for name in sorted(targets):
        raise DataError(
            f"the target '{name}' is a text, and canaries are made for classes, labels and values",
            hint='of a model that writes: [[checks]] use = "privacy.memorisation"',
        )


def _drawn(
    spec: AuditSpec, name: str, cells: Cells, count: int, rng: np.random.Generator, *, is_text: bool
) -> list[Any]:
    if is_text:
        return list(nonsense(cells, count, rng))
    if name in target_columns(spec.data):
        labels = {canonical_label(cell): cell for cell in cells}
        labels.pop(None, None)
        # Of a class each label is as likely; many different ones are values, which are drawn as they come.
        if len(labels) <= _MOST_CLASSES:
            cells = np.array([labels[label] for label in sorted(labels, key=str)], dtype=object)
        else:
            cells = cells[[canonical_label(cell) is not None for cell in cells]]
    return list(cells[rng.integers(len(cells), size=count)])


def _keys(columns: dict[str, Any], prose: set[str]) -> list[tuple[str | None, ...]]:
    """[n]: what rows are told apart by."""
    labels = [[_key(cell, is_text=name in prose) for cell in cells] for name, cells in columns.items()]
    return list(zip(*labels, strict=True))


def _key(cell: Any, *, is_text: bool) -> str | None:
    return told_apart_by(cell) if is_text and isinstance(cell, str) else canonical_label(cell)


def _strangers(cells: Cells, count: int, rng: np.random.Generator) -> list[Any]:
    """Names of people who are in no row: a canary is nobody's second row."""
    if all(isinstance(cell, int | np.integer) for cell in cells):
        first = int(max(cells)) + 1
        return list(range(first, first + count))
    return [f"canary-{part.hex()}" for part in (rng.bytes(8) for _ in range(count))]
