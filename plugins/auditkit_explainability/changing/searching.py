"""Looking for the smallest change of a row that flips its decision: nothing is asked but the model's answers.

From the nearest rows of the other decision, and from one column at a time: what need not change is put back, and
numbers are halved towards the row's own. What is found is an upper bound: a smaller change may exist.
Sources: Wachter, Mittelstadt and Russell (2017), Harvard J. Law Technol. 31, 841-887 (the distance); Mothilal, Sharma
and Tan (2020), FAT*, 607-617, section 3.3 (putting back greedily).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores
from auditkit.perturbation import decided, marks
from auditkit_explainability.changing.space import Space

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

HALVINGS = 10
DONORS = 8
"""Rows of the other decision from which a search begins, of at most `_MOST_DONORS` that are looked at."""
_MOST_DONORS = 2000
_KEPT = 4
"""Ways that are followed to their end for each row: those that promise the least."""
_AT_ONCE = 8192


@dataclass(frozen=True)
class Ways:
    """Changed rows, each of which has flipped its decision."""

    rows: Integers
    """[m]: whose change it is."""
    values: Floats
    """[m, d]."""

    def take(self, kept: Any) -> Ways:
        """Some of them."""
        return Ways(self.rows[kept], self.values[kept])

    def __add__(self, other: Ways) -> Ways:
        return Ways(np.concatenate([self.rows, other.rows]), np.concatenate([self.values, other.values]))


@dataclass(frozen=True)
class Search:
    """A search among the rows of a case."""

    case: Case[ClassScores]
    space: Space

    def asked(self, rows: Integers, values: Floats) -> Flags:
        """[m]: whether rows with other values are decided as is wanted."""
        parts = [np.zeros(0, dtype=bool)]
        for start in range(0, len(rows), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            inputs = self.space.inputs(rows[part], values[part])
            sound = self.case.predict_sound(inputs, {"changed": "for another decision"})
            # An answer that is none is not what is wanted.
            flags = np.zeros(len(rows[part]), dtype=bool)
            flags[sound.rows] = self._is_wanted(decided(self.case, sound.predictions), rows[part][sound.rows])
            parts.append(flags)
        return np.concatenate(parts)

    def _is_wanted(self, found: Any, rows: Integers) -> Flags:
        wanted = wanted_class(self.case)
        return np.asarray(found != self.case.decisions[rows] if wanted is None else found == wanted)

    def ways(self, rows: Integers) -> Ways:
        """All that is found for some rows, each as small as it could be made."""
        # One column's way is halved before ways are compared: the values tried first lie far apart.
        begun = self._halved(self._alone(rows), together=True) + self._spared(self._fewest(self._from_donors(rows)))
        kept = self._fewest(begun)
        return (
            kept + self._halved(kept, together=False) + self._halved(self._halved(kept, together=True), together=False)
        )

    def _from_donors(self, rows: Integers) -> Ways:
        """Everything that may change taken from near rows of the other decision."""
        donors = self._donors
        pairs: list[tuple[int, int]] = []
        for row in rows.tolist():
            right = donors[self._is_wanted(self.case.decisions[donors], np.full(len(donors), row))]
            if not len(right):
                continue
            costs = self.space.costs(np.full(len(right), row), self.space.values[right])
            far, many = costs.sum(axis=1), (costs > 0).sum(axis=1)
            nearest = [*np.lexsort([right, far])[:DONORS], *np.lexsort([right, far, many])[: DONORS // 2]]
            pairs += [(row, int(right[place])) for place in dict.fromkeys(int(one) for one in nearest)]
        if not pairs:
            return self._none()
        whose, whom = np.array(pairs, dtype=np.int64).T
        made = self._filled(self.space.values[whom], whose)
        return Ways(whose, made).take(self.asked(whose, made))

    def _filled(self, values: Floats, rows: Integers) -> Floats:
        """The values, but nobody is told to lose one: where it is missing, the row's own."""
        absent = np.isnan(values) | (np.array([not one.is_number for one in self.space.dimensions]) & (values < 0))
        return np.where(absent, self.space.values[rows], values)

    @cached_property
    def _donors(self) -> Integers:
        """At most so many rows, drawn by what they hold, and in that order."""
        if len(self.case) <= _MOST_DONORS:
            return np.arange(len(self.case))
        draws = np.array([self.case.rng(f"donor {mark}").random() for mark in marks(self.space.table)])
        return np.sort(np.argsort(draws, kind="stable")[:_MOST_DONORS])

    def _alone(self, rows: Integers) -> Ways:
        """One column at a time moved to each value of its grid; of numbers the nearest on either side that flips."""
        found = self._none()
        for place, one in enumerate(self.space.dimensions):
            whose = np.repeat(rows, len(one.grid))
            values = self.space.values[whose].copy()
            values[:, place] = np.tile(one.tidied(one.grid), len(rows))
            changed = one.cost(self.space.values[whose, place], values[:, place]) > 0
            ways = Ways(whose[changed], values[changed])
            ways = ways.take(self.asked(ways.rows, ways.values))
            side = np.sign(np.nan_to_num(ways.values[:, place] - self.space.values[ways.rows, place]))
            found = found + ways.take(self._nearest_of(ways, side if one.is_number else np.zeros(len(side))))
        return found

    def _nearest_of(self, ways: Ways, side: Floats) -> Integers:
        """The cheapest way of each row on each side."""
        order = np.lexsort([self._total(ways), side, ways.rows])
        keys = np.column_stack([ways.rows[order], side[order]])
        first = np.ones(len(order), dtype=bool)
        first[1:] = (keys[1:] != keys[:-1]).any(axis=1)
        return np.asarray(order[first])

    def _fewest(self, ways: Ways) -> Ways:
        """For each row those ways that cost the least, and of each number of columns the cheapest."""
        cost, many = self._total(ways), self._columns(ways)
        kept: set[int] = set()
        for key in ([cost, ways.rows], [cost, many, ways.rows]):
            order = np.lexsort([*ways.values.T, *key])
            _, starts = np.unique(ways.rows[order], return_index=True)
            rank = np.arange(len(order)) - np.repeat(starts, np.diff([*starts, len(order)]))
            kept |= set(order[rank < _KEPT // 2].tolist())
        return ways.take(np.array(sorted(kept), dtype=np.int64))

    def _spared(self, ways: Ways) -> Ways:
        """What need not change put back, the dearest first, until everything that is left must."""
        while len(ways.rows):
            costs = self.space.costs(ways.rows, ways.values)
            which, column = np.nonzero(costs)
            values = ways.values[which].copy()
            values[np.arange(len(which)), column] = self.space.values[ways.rows[which], column]
            # Of a change of one column nothing can be put back.
            several = np.bincount(which, minlength=len(ways.rows))[which] > 1
            which, column, values = which[several], column[several], values[several]
            held = self.asked(ways.rows[which], values)
            best: dict[int, int] = {}
            for place in np.flatnonzero(held).tolist():
                at = int(which[place])
                if at not in best or costs[at, column[place]] > costs[at, column[best[at]]]:
                    best[at] = place
            if not best:
                return ways
            made = ways.values.copy()
            made[list(best)] = values[list(best.values())]
            ways = Ways(ways.rows, made)
        return ways

    def _halved(self, ways: Ways, *, together: bool) -> Ways:
        """Numbers moved back towards the row's own as far as the decision stays flipped: all at once, or one by one."""
        numbers = [place for place, one in enumerate(self.space.dimensions) if one.is_number]
        if together:
            return self._towards(ways, np.isin(np.arange(len(self.space.dimensions)), numbers)[None, :])
        # The column that costs a row the most comes first, whichever it is.
        costs = self.space.costs(ways.rows, ways.values)[:, numbers]
        order = np.argsort(-costs, axis=1, kind="stable")
        for rank in range(min(len(numbers), int((costs > 0).sum(axis=1).max(initial=0)))):
            moved = np.array(numbers)[order[:, rank]]
            ways = self._towards(ways, np.arange(len(self.space.dimensions))[None, :] == moved[:, None])
        return ways

    def _towards(self, ways: Ways, moved: Flags) -> Ways:
        """Halvings between the row's own values, which do not flip it, and those that do."""
        own, best = self.space.values[ways.rows], ways.values
        whole = np.where(np.isfinite(own), best, np.nan)
        low, high = np.zeros(len(best)), np.ones(len(best))
        for _ in range(HALVINGS):
            share = ((low + high) / 2)[:, None]
            tried = np.where(moved & np.isfinite(whole) & (whole != own), own + share * (whole - own), best)
            tried = np.column_stack([one.tidied(tried[:, at]) for at, one in enumerate(self.space.dimensions)])
            changes = (tried != best).any(axis=1) & (self.space.costs(ways.rows, tried).sum(axis=1) > 0)
            flips = np.zeros(len(best), dtype=bool)
            flips[changes] = self.asked(ways.rows[changes], tried[changes])
            best = np.where(flips[:, None], tried, best)
            low, high = np.where(flips, low, share[:, 0]), np.where(flips, share[:, 0], high)
        return Ways(ways.rows, best)

    def _total(self, ways: Ways) -> Floats:
        return np.asarray(np.round(self.space.costs(ways.rows, ways.values).sum(axis=1), 12))

    def _columns(self, ways: Ways) -> Integers:
        return np.asarray((self.space.costs(ways.rows, ways.values) > 0).sum(axis=1))

    def _none(self) -> Ways:
        return Ways(np.zeros(0, dtype=np.int64), np.zeros((0, len(self.space.dimensions))))


def wanted_class(case: Case[Any]) -> int | None:
    """The class that rows are to be decided for; None: any other than theirs."""
    positive = case.settings.positive
    classes = case.predictions.classes
    return classes.index(positive[0]) if len(positive) == 1 and positive[0] in classes else None
