"""Lists in another order, so that groups of items have their shares of every beginning of the list.

Source: Geyik, Ambler and Kenthapadi (2019), Fairness-aware ranking in search and recommendation systems with
application to LinkedIn talent search, KDD, 2221-2231, algorithms 1 and 3. Candidates come best first, and only their
order is looked at: no score is needed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_ROUNDING = 1e-9
"""So that a tenth of ten is one, whichever way it was computed."""
_NOBODY = np.iinfo(np.int64).max


def det_greedy(labels: Integers, shares: Floats, depth: int, begun: Floats | None = None) -> Integers:
    """DetGreedy: [n, depth], the places among the candidates of each user's new list; -1 where they are used up.

    At each rank r the best candidate of the groups that have fewer than floor(r x share) places; where none has, the
    best of those that have fewer than ceil(r x share).

    Args:
        labels: [n, d], the group of each candidate, best first; -1: there is no candidate.
        shares: [n, groups], which sum to 1 for each user.
        depth: of the new lists.
        begun: [n, groups], between 0 and 1, added to r x share: places that other lists owe. Drawn evenly for each
            list, a group has its share over all lists also where it has less than a place on one. None: 0.
    """
    waiting = _Waiting.of(labels, shares.shape[1], depth)
    begun = np.zeros(shares.shape) if begun is None else begun
    taken = np.full((len(labels), depth), -1, dtype=np.int64)
    for rank in range(depth):
        due = (rank + 1) * shares + begun
        has = waiting.next_places()
        below = waiting.counts < np.floor(due + _ROUNDING)
        within = waiting.counts < np.ceil(due - _ROUNDING)
        for allowed in (below, within, np.ones_like(below)):
            open_rows = np.flatnonzero(taken[:, rank] < 0)
            if not len(open_rows):
                break
            best = np.where(allowed[open_rows], has[open_rows], _NOBODY)
            group = best.argmin(axis=1)
            place = best[np.arange(len(open_rows)), group]
            found = place < _NOBODY
            rows = open_rows[found]
            taken[rows, rank] = place[found]
            waiting.counts[rows, group[found]] += 1
    return taken


def det_const_sort(labels: Integers, shares: Floats, depth: int) -> Integers:
    """DetConstSort: as `det_greedy`, but candidates move up past worse ones as far as every group keeps its floor.

    A candidate enters when the floor of its group rises, at the latest rank that keeps it; it is then sorted up by
    order among those that may stand lower. The paper's algorithm 3 counts places from 0 and latest ranks from 1 in one
    comparison, which would let a candidate fall one rank below its floor; here it does not.
    """
    n, groups = shares.shape
    waiting = _Waiting.of(labels, groups, depth)
    taken = np.full((n, depth), -1, dtype=np.int64)
    latest = np.zeros((n, depth), dtype=np.int64)
    length = np.zeros(n, dtype=np.int64)
    floors = np.zeros((n, groups), dtype=np.int64)
    for rank in range(1, depth + groups + 1):
        if (length == depth).all():
            break
        risen = np.floor(rank * shares + _ROUNDING).astype(np.int64)
        has = np.where(risen > floors, waiting.next_places(), _NOBODY)
        floors = risen
        for group in np.argsort(has, axis=1, kind="stable").T[: int((has < _NOBODY).sum(axis=1).max(initial=0))]:
            rows = np.flatnonzero((has[np.arange(n), group] < _NOBODY) & (length < depth))
            _enter(taken, latest, length, rows, has[rows, group[rows]], rank)
            waiting.counts[rows, group[rows]] += 1
    _fill(taken, length, labels)
    return taken


def _enter(taken: Integers, latest: Integers, length: Integers, rows: Integers, places: Integers, rank: int) -> None:
    """Put a candidate at the end of some lists, and let it move up past worse ones that may stand a rank lower."""
    at = length[rows].copy()
    taken[rows, at], latest[rows, at] = places, rank
    length[rows] += 1
    while len(rows):
        rows, at = rows[at > 0], at[at > 0]
        moves = (latest[rows, at - 1] > at) & (taken[rows, at - 1] > taken[rows, at])
        rows, at = rows[moves], at[moves]
        for table in (taken, latest):
            table[rows, at], table[rows, at - 1] = table[rows, at - 1], table[rows, at]
        at = at - 1


def _fill(taken: Integers, length: Integers, labels: Integers) -> None:
    """Where groups have no more candidates, the best of the others take what is left."""
    for row in np.flatnonzero(length < taken.shape[1]):
        free = np.setdiff1d(np.flatnonzero(labels[row] >= 0), taken[row, : length[row]])
        here = free[: taken.shape[1] - length[row]]
        taken[row, length[row] : length[row] + len(here)] = here


class _Waiting:
    """The candidates of each group, in order, and how many of them were taken."""

    def __init__(self, queues: Integers) -> None:
        self._queues = queues
        self.counts = np.zeros(queues.shape[:2], dtype=np.int64)

    @classmethod
    def of(cls, labels: Integers, groups: int, depth: int) -> _Waiting:
        """No more than `depth` of each group can be taken."""
        queues = np.full((len(labels), groups, depth + 1), _NOBODY, dtype=np.int64)
        for group in range(groups):
            here = labels == group
            order = np.cumsum(here, axis=1) - 1
            row, column = np.nonzero(here & (order < depth))
            queues[row, group, order[row, column]] = column
        return cls(queues)

    def next_places(self) -> Integers:
        """[n, groups]: the place of the best candidate of each group that was not taken; very large: there is none."""
        return np.take_along_axis(self._queues, self.counts[:, :, None], axis=2)[:, :, 0]
