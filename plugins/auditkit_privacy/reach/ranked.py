"""Scores as places in order: each attack's are sorted once, and all that is said of it afterwards counts places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

_LARGEST = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Ranked:
    """The scores of one attack as places in order: ties share one, and -1 is a row of which nothing is said."""

    places: Integers
    """[r], r members and others."""
    rows: Integers
    """[r]: the rows as their places order them, of equal ones the first; those of which nothing is said are last."""

    @classmethod
    def of(cls, scores: Floats) -> Ranked:
        """From [r] scores, NaN where nothing is said."""
        kind: type[np.integer] = np.int32 if len(scores) < _LARGEST else np.int64
        said = len(scores) - int(np.count_nonzero(np.isnan(scores)))
        # NaN is last. A sort that is not stable, with equal ones put in order behind it, takes half the time.
        rows = np.argsort(scores)
        rows[said:].sort()
        ordered = scores[rows[:said]]
        steps = np.append(False, ordered[1:] != ordered[:-1])[:said]
        numbers = np.cumsum(steps)
        tied = np.flatnonzero(~steps | ~np.append(steps[1:], True)[:said])
        rows[tied] = np.sort(numbers[tied] * len(scores) + rows[tied]) % max(len(scores), 1)
        places = np.full(len(scores), -1, dtype=kind)
        places[rows[:said]] = numbers
        return cls(places, np.asarray(rows, dtype=kind))

    @property
    def said(self) -> Flags:
        """[r]: the rows of which something is said."""
        return np.asarray(self.places >= 0)

    def area(self, member: Flags, rows: Integers) -> float:
        """The area under the ROC curve on some of the rows, given by their numbers; one half where a side is empty."""
        places, inside = self.places[rows], member[rows]
        kept = places >= 0
        members, others = places[kept & inside], np.sort(places[kept & ~inside])
        if not len(members) or not len(others):
            return 0.5
        beaten = np.searchsorted(others, members, "left") + np.searchsorted(others, members, "right")
        return float(beaten.sum()) / 2 / len(members) / len(others)


def canonical_order(columns: Sequence[Ranked], member: Flags) -> Integers:
    """[r]: the rows as their scores alone order them, so that the order of a file has no part in what is drawn.

    The others first; of either side by the last column, and equal ones by the one before it, as `numpy.lexsort` has it,
    which would sort by every column where one nearly always decides.
    """
    by_last = columns[-1].rows if columns else np.arange(len(member))
    order = np.concatenate([by_last[~member[by_last]], by_last[member[by_last]]])
    equal = _equal_to_next(member[order])
    for place, column in enumerate(reversed(columns)):
        if place:
            tied = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
            if not len(tied):
                break
            starts = np.append(True, ~equal)[tied]
            places = column.places[order[tied]].astype(np.int64)
            places[places < 0] = len(member)
            keys = np.cumsum(starts) * (len(member) + 1) + places
            order[tied] = order[tied][np.argsort(keys, kind="stable")]
        equal &= _equal_to_next(column.places[order])
    return order


def _equal_to_next(codes: npt.NDArray[np.generic]) -> Flags:
    return np.asarray(codes[1:] == codes[:-1])
