"""Two halves of the people: a slice is picked on one, and its effect is measured on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics import Limits, Slices, bounded_mean, combined, mean, slice_effects
from auditkit_fairness.worst.losses import Losses

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

FEWEST = 10
"""People of a slice in a half, below which it is neither picked nor measured there."""
PICKED = 10
"""Slices that a half picks: those with the largest statistics."""


@dataclass(frozen=True)
class Effect:
    """The mean loss inside less that outside, of rows that had no part in picking the slice."""

    value: float
    low: float
    high: float
    n: int
    """Rows inside."""
    people: int


def dealt(owners: Integers, rng: np.random.Generator) -> Integers:
    """[n]: the half of each row, 0 or 1; all rows of a person are in one."""
    people = int(owners.max(initial=-1)) + 1
    return np.asarray((rng.permutation(people) % 2)[owners])


@dataclass(frozen=True)
class Halves:
    """What either half picks, and what the other says of it."""

    losses: Losses
    slices: Slices
    half: Integers
    level: float

    def ranked(self, half: int) -> Integers:
        """The slices that a half picks, the largest statistic first."""
        places = np.flatnonzero(self.half == half)
        own, inside = self.losses.take(places), self.slices.take(places)
        enough = (inside.rows >= FEWEST) & (len(places) - inside.rows >= FEWEST)
        if not enough.any():
            return np.zeros(0, dtype=np.int64)
        with np.errstate(divide="ignore", invalid="ignore"):
            effect, error = slice_effects(own.values, inside, **own.counted)
            found = np.where(enough, np.divide(effect, error, out=np.zeros_like(effect), where=error > 0), -np.inf)
        # Of slices that do equally the larger first, and never by what they are called.
        order = np.lexsort((-inside.rows, -np.round(found, 9)))
        return order[np.isfinite(found[order])][:PICKED]

    def measured(self, place: int, half: int) -> Effect | None:
        """The effect of a slice on the half that did not pick it; None: too few people, or all losses are alike."""
        rows = np.flatnonzero(self.half != half)
        own = self.losses.take(rows)
        inside = self.slices.inside(place)[rows]
        people = [len(np.unique(own.owners[flags])) for flags in (inside, ~inside)]
        if min(people) < FEWEST:
            return None
        sides = [_mean(own, flags, self.level) for flags in (inside, ~inside)]
        values = np.array([value for value, _ in sides])
        low, high = (np.array([getattr(limits, end) for _, limits in sides]) for end in ("low", "high"))
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            return None
        ends = combined(values, Limits(low, high), [1.0, -1.0])
        value = float(values[0] - values[1])
        return Effect(value, min(float(ends.low), value), max(float(ends.high), value), int(inside.sum()), people[0])


def _mean(own: Losses, rows: Flags, level: float) -> tuple[float, Limits]:
    """The mean of some losses, with limits that are NaN where nothing is known of them."""
    counted: dict[str, Any] = {name: None if one is None else one[rows] for name, one in own.counted.items()}
    found = (bounded_mean if own.is_share else mean)(own.values[rows], level=level, **counted)
    if found is None or found.limits is None:
        return np.nan, Limits(np.nan, np.nan)
    return found.value, found.limits


def mean_of_halves(effects: list[Effect | None]) -> Effect | None:
    """One effect of both halves'; None where neither has one.

    The two are not independent: where no slice differs each half picks what the other happens to have much of. The ends
    are therefore the means of the ends, which is wide enough however the two depend on each other.
    """
    known = [one for one in effects if one is not None]
    if not known:
        return None
    value, low, high = (float(np.mean([getattr(one, name) for one in known])) for name in ("value", "low", "high"))
    return Effect(value, low, high, sum(one.n for one in known), sum(one.people for one in known))
