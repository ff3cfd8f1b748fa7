"""The strongest of several attacks, chosen on one half of the people and judged on the other, so that luck is no part.

Of `SPLITS` random halvings each chooses an attack on either half and judges it on the other. The value is the median
of theirs, and so are the ends of the interval, each of which is made at half of the audit's chance of error: the
median of several intervals that may depend on each other in any way then keeps the level.
Source: Meinshausen, Meier and Buhlmann (2009), "p-values for high-dimensional regression", J. Am. Stat. Assoc. 104.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics import delong
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.ranked import Ranked, canonical_order
from auditkit_privacy.validity.chance import chance_variance, upper_tail

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

SPLITS = 10

MOST_CHOSEN_ON = 50_000
"""Rows of a half on which attacks are compared; they are judged on all of the other."""

FEWEST = 10
"""Members, and others, that an attack must be judged on; of fewer nothing is said."""


@dataclass(frozen=True)
class Strongest:
    """What the strongest attack reaches on rows that had no part in choosing it."""

    value: float
    low: float
    high: float
    p_value: float
    """Twice the median over the halvings of the one-sided p-value of no difference; at most 1."""
    chosen: Mapping[str, int]
    """How many of the choices fell on each attack."""

    @property
    def name(self) -> str:
        """The attack that was chosen most often; of several the first."""
        return max(self.chosen, key=lambda name: self.chosen[name])


def strongest(
    scores: Mapping[str, Sides],
    *,
    units: Sides | None,
    level: float,
    rng: np.random.Generator,
) -> Strongest | None:
    """The strongest attack, or None when a half would hold fewer than `FEWEST` people of a side.

    Args:
        scores: attack -> a number a row, NaN where it says nothing.
        units: whose row each is, -1 for a row that stands alone; None: all do.
        level: the interval's confidence.
        rng: where the halves come from.
    """
    names = list(scores)
    member = scores[names[0]].member
    owners = None if units is None else owners_of(units.joined, len(member))
    ranked = {name: one.ranked for name, one in scores.items()}
    order = canonical_order(list(ranked.values()), member)
    people = people_by_side(order, member, owners)
    found, chosen = [], dict.fromkeys(names, 0)
    for _ in range(SPLITS):
        first = half_of_people(people, owners, member, rng)
        halves = []
        for choosing, judging in ((first, ~first), (~first, first)):
            seen = thinned(choosing, order, rng)
            best = max(names, key=lambda name: ranked[name].area(member, seen))
            chosen[best] += 1
            halves.append(_judged(ranked[best], member, judging, owners, level))
        one, other = halves
        if one is None or other is None:
            return None
        found.append((one, other))
    return _put_together(found, chosen)


def _judged(ranked: Ranked, member: Flags, rows: Flags, owners: Integers | None, level: float) -> _Half | None:
    """One half's area; None where a side has too few rows of which something is said."""
    kept = rows & ranked.said
    if min(np.count_nonzero(kept & member), np.count_nonzero(kept & ~member)) < FEWEST // 2:
        return None
    places, inside = ranked.places[kept], member[kept]
    people = None if owners is None else owners[kept]
    # Half of the chance of error, for the median over the halvings.
    found = delong(places, inside, level=(1 + level) / 2, units=people)
    if found is None:
        return None
    null = found.variance if people is not None else chance_variance(places, inside)
    return _Half(found.value, found.low, found.high, null)


@dataclass(frozen=True)
class _Half:
    value: float
    low: float
    high: float
    null: float
    """The variance that the area would have by chance alone."""


def _put_together(halvings: list[tuple[_Half, _Half]], chosen: Mapping[str, int]) -> Strongest:
    values, lows, highs, p_values = [], [], [], []
    for one, other in halvings:
        value = (one.value + other.value) / 2
        values.append(value)
        # Square and add, as for the sum of any two independent numbers with intervals.
        lows.append(value - np.hypot(one.value - one.low, other.value - other.low) / 2)
        highs.append(value + np.hypot(one.high - one.value, other.high - other.value) / 2)
        p_values.append(upper_tail(value - 0.5, (one.null + other.null) / 4))
    low, high = max(float(np.median(lows)), 0.0), min(float(np.median(highs)), 1.0)
    return Strongest(float(np.median(values)), low, high, min(2 * float(np.median(p_values)), 1.0), chosen)


def owners_of(units: Integers | None, rows: int) -> Integers:
    """[r]: a number from 0 for each person; a row of nobody known, -1, is a person of its own."""
    alone = np.arange(rows)
    if units is None:
        return alone
    return np.unique(np.where(units < 0, units.max(initial=-1) + 1 + alone, units), return_inverse=True)[1]


def thinned(rows: Flags, order: Integers, rng: np.random.Generator) -> Integers:
    """The numbers of these rows, or of so many of them as attacks are compared on."""
    places = order[rows[order]]
    return places if len(places) <= MOST_CHOSEN_ON else rng.choice(places, MOST_CHOSEN_ON, replace=False)


def people_by_side(order: Integers, member: Flags, owners: Integers | None) -> tuple[Integers, Integers]:
    """The people among the members and among the others, as the first of their rows stand; rows without owners."""
    found = []
    for side in (member, ~member):
        rows = order[side[order]]
        if owners is not None:
            people, starts = np.unique(owners[rows], return_index=True)
            rows = people[np.argsort(starts)]
        found.append(rows)
    return found[0], found[1]


def half_of_people(
    people: tuple[Integers, Integers], owners: Integers | None, member: Flags, rng: np.random.Generator
) -> Flags:
    """[r]: half of the people of either side (`people_by_side`), drawn at random."""
    drawn = []
    for side in people:
        flags = np.zeros(len(member), dtype=bool)
        flags[side[rng.permutation(len(side))[: len(side) // 2]]] = True
        drawn.append(flags if owners is None else flags[owners])
    return np.where(member, *drawn)
