"""Which rows are predicted together: as they are given, or longest first where the model can say how long each is.

Longest first, so that a batch is padded to little more than its own rows need, and so that the first batch is the
worst one: when it fits into the memory of the device, all do.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from auditkit.data.long_tables import LongInputs
from auditkit.data.mapped import PIECE, pieces_of
from auditkit.errors import ModelError
from auditkit.evidence import evidence_key
from auditkit.predictions import Predictions
from auditkit.result import BatchPlan

Integers = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Rows = slice | Integers


@dataclass(frozen=True)
class Work:
    """How much each row asks of a model."""

    sizes: Integers
    """[n], signed, e.g. the tokens of each text, before any are cut off."""
    limit: int | None
    """The most that the model looks at; longer rows are cut. None: all of every row."""

    @property
    def done(self) -> Integers:
        """[n]: what is left of each row when it has been cut."""
        return self.sizes if self.limit is None else np.minimum(self.sizes, self.limit)

    @functools.cached_property
    def order(self) -> Integers:
        """[n]: the rows, longest first; rows that are as long stay in their order."""
        return longest_first(self.done)

    @property
    def cut(self) -> int:
        """How many rows are longer than the model looks at."""
        return int(np.count_nonzero(self.sizes > self.done))


def work_of(model: Any, inputs: Any, *, who: str) -> Work | None:
    """What a model says of its rows with `sizes` and `limit`; None: it does not say.

    Raises:
        ModelError: it says something else than a whole number for each row.
    """
    if not callable(getattr(model, "sizes", None)):
        return None
    # A model may remember what it has counted: of a long table not all at once.
    kind, parts = None, []
    for part in inputs.portions() if isinstance(inputs, LongInputs) else pieces_of(len(inputs)):
        said = np.asarray(model.sizes(take_inputs(inputs, part)))
        kind = kind or said.dtype
        parts.append(narrow(said))
    sizes = np.concatenate(parts) if len(parts) > 1 else parts[0]
    limit = getattr(model, "limit", None)
    if sizes.shape != (len(inputs),) or sizes.dtype.kind not in "iu" or (len(sizes) and sizes.min() < 0):
        raise ModelError(
            f"{who}: its model's sizes have the shape {sizes.shape} and the type {kind} for {len(inputs)} rows",
            hint="sizes(inputs) returns an array of one whole number a row, none below 0",
        )
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | np.integer) or limit < 1):
        raise ModelError(
            f"{who}: its model's limit is {limit!r:.60}", hint="the largest size that is not cut, at least 1; or None"
        )
    return Work(sizes, None if limit is None else int(limit))


def longest_first(lengths: Integers) -> Integers:
    """[n]: what `np.argsort(-lengths, kind="stable")` says, of a long table in the memory of its answer.

    Args:
        lengths: [n], none below 0.
    """
    rows, most = len(lengths), int(lengths.max(initial=0))
    if rows <= PIECE or most > rows:
        return cast("Integers", narrow(np.argsort(-lengths, kind="stable")))
    # A counting sort: how many rows are longer says where those of a length begin.
    counts = sum((np.bincount(most - lengths[part], minlength=most + 1) for part in pieces_of(rows)), start=0)
    place = np.cumsum(counts) - counts
    found = np.empty(rows, dtype=np.int32 if rows <= _LARGEST else np.int64)
    for part in pieces_of(rows):
        shorter = most - lengths[part]
        within = np.argsort(shorter, kind="stable")
        here = np.bincount(shorter, minlength=most + 1)
        before = np.repeat(np.cumsum(here) - here, here)  # rows of the part that are longer
        found[place[shorter[within]] + np.arange(len(within)) - before] = within + part.start
        place += here
    return cast("Integers", found)


def narrow(numbers: Any) -> Any:
    """Whole numbers of any type in 32 bits with a sign, or in 64 where they need them; anything else as it is.

    There are as many as rows, and several such arrays at once.
    """
    if numbers.dtype.kind not in "iu":
        return numbers
    fits = not numbers.size or (numbers.max() <= _LARGEST and numbers.min() >= -_LARGEST)
    return numbers.astype(np.int32 if fits else np.int64, copy=False)


_LARGEST = np.iinfo(np.int32).max


def whole_number(name: str, said: Any, *, who: str) -> int:
    """What a model says of its batches with `batch_size` or `largest_batch`.

    Raises:
        ModelError: it is no whole number of at least 1.
    """
    if isinstance(said, bool) or not isinstance(said, int | np.integer) or said < 1:
        raise ModelError(
            f"{who}: its model's {name} is {said!r:.60}", hint="a whole number of rows, at least 1; or leave it out"
        )
    return int(said)


def plan_of(split: str, rows: int, batch_size: int, work: Work | None) -> BatchPlan:
    """The batches of a split, named by a digest over their order and sizes."""
    if work is None:
        digest = hashlib.sha256(f"as given:{rows}:{batch_size}".encode()).hexdigest()
        return BatchPlan(split=split, rows=rows, batch_size=batch_size, digest=digest)
    total = hashlib.sha256(f"by length:{rows}:{batch_size}:{work.limit}".encode())
    for array in (work.order, work.sizes):
        for part in pieces_of(rows):
            total.update(np.ascontiguousarray(array[part], dtype="<i8").data)
    return BatchPlan(
        split=split,
        rows=rows,
        batch_size=batch_size,
        order="by length",
        limit=work.limit,
        cut=work.cut,
        digest=total.hexdigest(),
    )


def batches_of(rows: int, size: int, order: Integers | None) -> Iterator[Rows]:
    """The rows of each batch; one batch without rows when there are none."""
    for start in range(0, max(rows, 1), size):
        part = slice(start, min(start + size, rows))
        yield part if order is None else order[part]


def numbers_of(rows: Rows) -> Any:
    """The rows' numbers as people count them, from 1."""
    return range(rows.start + 1, rows.stop + 1) if isinstance(rows, slice) else rows + 1


def as_given(predictions: Predictions, order: Integers | None) -> Predictions:
    """Predictions that were made in some order, in the order of the rows."""
    return predictions if order is None else predictions.take(np.argsort(order))


def take_inputs(inputs: Any, rows: slice | npt.NDArray[Any]) -> Any:
    """Some rows of a DataFrame, a Series, an array or a list."""
    if hasattr(inputs, "iloc"):
        return inputs.iloc[rows]
    if isinstance(inputs, np.ndarray) or isinstance(rows, slice):
        return inputs[rows]
    return [inputs[int(row)] for row in rows]


def plan_key(predictions_key: str) -> str:
    """Where the batch plan of some predictions is stored."""
    return evidence_key("batch-plan", of=predictions_key)


def order_key(predictions_key: str) -> str:
    """Where the order of the rows is stored."""
    return evidence_key("batch-order", of=predictions_key)


def work_key(predictions_key: str) -> str:
    """Where it is stored how much work each row is."""
    return evidence_key("batch-work", of=predictions_key)


def part_key(predictions_key: str, place: int, size: int) -> str:
    """Where the answers of one batch are stored."""
    # With the size: a first batch that was kept just before the audit was killed may not fit the next time.
    return evidence_key("batch", of=predictions_key, place=place, size=size)
