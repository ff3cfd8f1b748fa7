"""The ROC curve of a score that tells two classes apart: its steps, its hull, and its points on two log scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.places import places_of

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Roc:
    """How many rows of each class a threshold accepts, from none to all; rows with one score are accepted together."""

    thresholds: Floats
    """[k], descending: accepted is what scores at least this; the first is infinite, and accepts nothing."""
    true_positives: Integers
    """[k], not descending."""
    false_positives: Integers
    """[k], not descending."""

    @property
    def positives(self) -> int:
        """Rows of the class that is looked for."""
        return int(self.true_positives[-1])

    @property
    def negatives(self) -> int:
        """All other rows."""
        return int(self.false_positives[-1])

    @property
    def tpr(self) -> Floats:
        """[k]: the share of the positives that is accepted."""
        return np.asarray(self.true_positives / self.positives)

    @property
    def fpr(self) -> Floats:
        """[k]: the share of the negatives that is accepted."""
        return np.asarray(self.false_positives / self.negatives)

    @property
    def area(self) -> float:
        """Under straight lines between the points. Of the hull it is biased upwards: at chance it is over one half."""
        return float(np.trapezoid(self.tpr, self.fpr))

    def place_at(self, fpr: float) -> int:
        """The last point whose false positive rate is at most `fpr`: a threshold that can be used."""
        # Whole numbers, so that 0.1 of 30 rows are 3 of them, whatever 0.1 is in binary.
        most = int(np.floor(fpr * self.negatives + 1e-9))
        return int(np.searchsorted(self.false_positives, most, side="right")) - 1

    def tpr_at(self, fpr: float) -> float:
        """The largest share of the positives at a false positive rate of at most `fpr`, without interpolation."""
        return float(self.tpr[self.place_at(fpr)])

    def between(self, fpr: npt.ArrayLike) -> Any:
        """The same on straight lines between the points, as a coin that mixes two thresholds would have it.

        Upright steps count at their top. Meant for the hull, on which no mixture of thresholds does better.
        """
        tops = np.append(self.false_positives[1:] != self.false_positives[:-1], True)
        return np.interp(np.asarray(fpr, dtype=float), self.fpr[tops], self.tpr[tops])

    def hull(self) -> Roc:
        """The points on the upper convex hull, which holds the curve of every mixture of thresholds; costs O(k)."""
        kept: list[int] = []
        xs, ys = self.false_positives.tolist(), self.true_positives.tolist()
        for place, (x, y) in enumerate(zip(xs, ys, strict=True)):
            while len(kept) > 1 and _turns_left(xs, ys, kept, x, y):
                kept.pop()
            kept.append(place)
        return Roc(self.thresholds[kept], self.true_positives[kept], self.false_positives[kept])

    def drawn(self, most: int = 200) -> tuple[Floats, Floats]:
        """At most `most` points (false positive rates, true positive rates) for two log scales, [p] each.

        They are evenly spread over the logarithm of the false positive rate from one negative row on, each at the top
        of its step, since a log scale has no 0 and a rate below 1 / negatives cannot be seen.
        """
        tops = np.append(self.false_positives[1:] != self.false_positives[:-1], True)
        tops &= (self.false_positives > 0) & (self.true_positives > 0)
        places = np.flatnonzero(tops)
        wanted = np.geomspace(1, self.negatives, most)
        kept = np.unique(np.searchsorted(self.false_positives[places], wanted, side="left"))
        kept = kept[kept < len(places)]
        return self.fpr[places[kept]], self.tpr[places[kept]]


def _turns_left(xs: list[int], ys: list[int], kept: list[int], x: int, y: int) -> bool:
    """Whether the last kept point lies on or under the line from the one before it to the new one."""
    (x0, y0), (x1, y1) = ((xs[kept[back]], ys[kept[back]]) for back in (-2, -1))
    return (x1 - x0) * (y - y0) >= (y1 - y0) * (x - x0)


def roc(scores: npt.NDArray[Any], positive: Flags) -> Roc | None:
    """The curve of accepting what scores highest; None when there is no positive or no negative row.

    Costs O(n log n), and O(n) where the scores are places in an order, as whole numbers.
    Source: Fawcett (2006), Pattern Recogn. Lett. 27, 861-874.

    Args:
        scores: [n], no NaN; higher speaks for the class that is looked for.
        positive: [n], whether the row is of that class.
    """
    scores = np.asarray(scores)
    if np.isnan(scores).any():
        raise ValueError("a score is NaN, which is neither above nor below a threshold")
    if not positive.any() or positive.all():
        return None
    if scores.dtype.kind in "iu":
        return _of_places(scores, positive)
    scores = scores.astype(float, copy=False)
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(positive[order])
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    accepted = np.concatenate([[0], last + 1])
    found = np.concatenate([[0], hits[last]])
    return Roc(np.concatenate([[np.inf], ranked[last]]), found, accepted - found)


def _of_places(scores: Integers, positive: Flags) -> Roc:
    """The same, by counting."""
    places, count = places_of(scores)
    at = [np.bincount(places[of], minlength=count)[::-1] for of in (positive, ~positive)]
    taken = np.flatnonzero(at[0] + at[1])
    found, accused = (np.concatenate([[0], np.cumsum(one)[taken]]) for one in at)
    values = (count - 1 - taken) if places is scores else np.unique(scores)[::-1]
    return Roc(np.concatenate([[np.inf], values]), found, accused)
