"""The best items of each row of scores: exact, in a fixed order, and no slower than numpy's own partition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

NOWHERE = -1
"""The place of no item, where a list is shorter."""


class NotANumberError(ValueError):
    """A score that cannot be ranked."""

    def __init__(self, row: int) -> None:
        super().__init__(f"row {row}")
        self.row = row


def best(scores: Floats, depth: int) -> tuple[Integers, Floats]:
    """The places [rows, width] of the largest scores, best first, and those scores; width is `depth`, or all items.

    Of equal scores the first place comes first, also where only some of them still fit. What is -inf is not
    recommended: a list that is shorter ends in -1, with the score NaN.

    Args:
        scores: [rows, items].
        depth: at least 1.

    Raises:
        NotANumberError: a score is NaN, or infinitely good.
    """
    rows, items = scores.shape
    width = min(depth, items)
    if rows == 0 or width == 0:
        return np.zeros((rows, width), dtype=np.int64), np.zeros((rows, width), dtype=scores.dtype)
    places, next_best = _largest(scores, width)
    values = np.take_along_axis(scores, places, axis=1)
    bad = np.flatnonzero((np.isnan(values) | (values == np.inf)).any(axis=1))  # the largest that there are
    if len(bad):
        raise NotANumberError(int(bad[0]))
    worst = values.min(axis=1)
    # Where the next one is as good, or the last is -inf, it matters which ones numpy has taken.
    unsure = np.flatnonzero((next_best == worst) | (worst == -np.inf))
    if len(unsure):
        places[unsure], values[unsure] = _first_of_equals(scores[unsure], worst[unsure, None], width)
    order = np.lexsort((places, -values), axis=1)
    return np.take_along_axis(places, order, axis=1), np.take_along_axis(values, order, axis=1)


def _largest(scores: Floats, width: int) -> tuple[Integers, Floats]:
    """Places [rows, width] of the largest scores, in no order, and the largest of the others; -inf if there is none."""
    rows, items = scores.shape
    if width == items:
        return np.tile(np.arange(items), (rows, 1)), np.full(rows, -np.inf, dtype=scores.dtype)
    found = np.argpartition(scores, items - width - 1, axis=1)[:, items - width - 1 :]
    return found[:, 1:], np.take_along_axis(scores, found[:, :1], axis=1)[:, 0]


def _first_of_equals(scores: Floats, worst: Floats, width: int) -> tuple[Integers, Floats]:
    """What is above the last that fits, and of those equal to it the first that fit: places or -1, scores or NaN."""
    chosen = scores >= worst
    equal = scores == worst
    room = width - (np.count_nonzero(chosen, axis=1) - np.count_nonzero(equal, axis=1))
    chosen &= ~(equal & (np.cumsum(equal, axis=1, dtype=np.int32) > room[:, None]))
    chosen &= scores != -np.inf
    rows, columns = np.nonzero(chosen)
    counts = np.count_nonzero(chosen, axis=1)
    ranks = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = np.full((len(scores), width), NOWHERE, dtype=np.int64)
    values = np.full((len(scores), width), np.nan, dtype=scores.dtype)
    places[rows, ranks], values[rows, ranks] = columns, scores[rows, columns]
    return places, values
