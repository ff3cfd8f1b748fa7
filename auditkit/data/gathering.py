"""Answers to a long split, batch by batch into mapped arrays: what `Predictions.concat` makes, but not in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from auditkit.data.mapped import PIECE, mapped_like, release
from auditkit.predictions import ClassScores, LabelScores, Predictions, Values

if TYPE_CHECKING:
    from auditkit.batches import Rows

P = TypeVar("P", bound=Predictions)

OF_NUMBERS = (ClassScores, LabelScores, Values)
"""The prediction types that are arrays of numbers, and names."""


def arrays_of(predictions: Predictions) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Its arrays, by the names of their fields."""
    for field in fields(predictions):
        value = getattr(predictions, field.name)
        if isinstance(value, np.ndarray):
            yield field.name, value


class Gathered:
    """The answers to so many rows, which come in any order."""

    def __init__(self, folder: Path, rows: int, first: Predictions) -> None:
        """Arrays like those of `first`, the answer to some rows, in nameless files in `folder`."""
        self._rows, self._folder = rows, folder
        self._one = first
        self._arrays = {name: mapped_like(folder, array, rows) for name, array in arrays_of(first)}
        self._unreleased = 0

    def put(self, answer: Predictions, rows: Rows) -> None:
        """Put in the answer to some rows, which has passed for one of the same kind."""
        for name, array in arrays_of(answer):
            self._widen(name, array)
            self._arrays[name][rows] = array
        self._unreleased += len(answer)
        # Rows from everywhere, longest first, map the pages around each: soon all of the array.
        if self._unreleased >= PIECE or not isinstance(rows, slice):
            release(*self._arrays.values())
            self._unreleased = 0

    def _widen(self, name: str, array: npt.NDArray[Any]) -> None:
        """As NumPy does when it joins floats of several widths."""
        had = self._arrays[name]
        wanted = np.result_type(had, array)
        if wanted != had.dtype:
            self._arrays[name] = mapped_like(self._folder, had[:1].astype(wanted), self._rows)
            self._arrays[name][:] = had

    def whole(self) -> Predictions:
        """All answers, in the order of the rows."""
        release(*self._arrays.values())
        return replace(self._one, **self._arrays)


def taken_in_blocks(predictions: P, rows: Rows | npt.NDArray[np.integer]) -> P:
    """`predictions.take(rows)`; of mapped arrays many rows in blocks, so that they are never whole in memory."""
    if isinstance(rows, slice) or len(rows) <= PIECE or not isinstance(predictions, OF_NUMBERS):
        return predictions.take(rows)
    parts = []
    for start in range(0, len(rows), PIECE):
        parts.append(predictions.take(rows[start : start + PIECE]))
        release(*(array for _, array in arrays_of(predictions)))
    return cast("P", type(predictions).concat(cast("Any", parts)))
