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
    largest = np.partition(scores, items - width, axis=1)[:, items - width :]  # NaN and inf are the largest there are
    bad = np.flatnonzero((np.isnan(largest) | (largest == np.inf)).any(axis=1))
    if len(bad):
        raise NotANumberError(int(bad[0]))
    worst = largest[:, :1]
    chosen = _chosen(scores, worst, width)
    found = np.flatnonzero(chosen)
    if len(found) == rows * width:
        places = (found % items).reshape(rows, width)
        values = np.take_along_axis(scores, places, axis=1)
    else:
        places, values = _padded(scores, found, chosen.sum(axis=1), width)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(places, order, axis=1), np.take_along_axis(values, order, axis=1)


def _chosen(scores: Floats, worst: Floats, width: int) -> npt.NDArray[np.bool_]:
    """[rows, items]: the scores above the last that fits, and of those equal to it the first that fit."""
    chosen = scores >= worst
    counts = np.count_nonzero(chosen, axis=1)
    crowded = np.flatnonzero(counts > width)
    if len(crowded):
        equal = scores[crowded] == worst[crowded]
        room = width - (counts[crowded] - np.count_nonzero(equal, axis=1))
        late = equal & (np.cumsum(equal, axis=1, dtype=np.int32) > room[:, None])
        chosen[crowded] &= ~late
    empty = np.flatnonzero(worst[:, 0] == -np.inf)
    if len(empty):
        chosen[empty] &= scores[empty] != -np.inf
    return chosen


def _padded(scores: Floats, found: Integers, counts: Integers, width: int) -> tuple[Integers, Floats]:
    """Places and scores of what was chosen, a row each, with -1 and NaN where a row has fewer."""
    rows, columns = np.divmod(found, scores.shape[1])
    ranks = np.arange(len(found)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = np.full((len(scores), width), NOWHERE, dtype=np.int64)
    values = np.full((len(scores), width), np.nan, dtype=scores.dtype)
    places[rows, ranks], values[rows, ranks] = columns, scores[rows, columns]
    return places, values
