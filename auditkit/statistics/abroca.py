"""ABROCA: the area between two groups' ROC curves, with an interval and a permutation test.

Source: Gardner, Brooks and Baker (2019), Evaluating the fairness of predictive student models, LAK, 225-234. That
its null distribution is skewed to the right, so that a test must permute: Borchers and Baker (2025), LAK 2025.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units, telling
from auditkit.statistics.permutation import compare

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

REPLICATES = 499
DEALS = 499
_BINS = 64
_ROUNDING = 1e-12
_GRID = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Abroca:
    """The area between two ROC curves."""

    value: float
    low: float
    high: float
    p: float
    """Of the same scores in both groups, within each class: how often groups dealt at random lie as far apart; where
    hardly any does, the tail of the deals goes on (`PermutationTest.tail_p`)."""


@dataclass(frozen=True)
class ScoredRows:
    """The rows of two groups, [n] each; every group has rows of both classes."""

    scores: Floats
    positive: Flags
    is_second: Flags
    """Whether the row is the second group's."""
    weights: Floats | None = None
    units: Integers | None = None


def abroca(rows: ScoredRows, *, rng: np.random.Generator, level: float = 0.95, replicates: int = REPLICATES) -> Abroca:
    """The area between the ROC curves of two groups, exact for tied scores and for weights.

    The interval is the value, give or take the area between the bootstrap's difference of the curves and the observed
    one, at the level's quantile: by the triangle inequality the truth is no further off. It can hold 0, which an
    interval of replicates of the area itself never does, since an area is never negative. It is rather too wide.

    Args:
        rows: of the two groups.
        rng: where replicates and deals come from.
        level: the confidence.
        replicates: how many the interval rests on; 199 at least.
    """
    weights, units = telling(rows.weights, rows.units, np.ones(len(rows.scores), dtype=bool))
    rows = replace(rows, weights=weights, units=units)
    value = between(*(_curve(rows, rows.is_second == second) for second in (False, True)))
    draws = _Draws(rows, _binned(rows.scores), rng)
    seen = _apart(draws.counts[None])
    noise = _area(_apart(draws.resampled(replicates)) - seen)
    dealt = _area(_apart(draws.dealt(DEALS)))
    half = float(np.quantile(noise, level))
    # Scores in steps can set apart what the exact curves do not: no deal lies nearer than curves that are one.
    p = 1.0 if value <= _ROUNDING else compare(float(_area(seen)[0]), dealt, least=1 / draws.ways).tail_p
    return Abroca(value, max(value - half, 0.0), min(value + half, 1.0), p)


def between(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> float:
    """The area between two curves, each a pair of false and true positive rates that rise from 0 to 1."""
    edges = np.unique(np.concatenate([one[0], other[0]]))
    width = np.diff(edges)
    # Both are straight within each piece: two inner places tell the ends, also where a curve goes straight up.
    quarter, three = (
        np.interp(edges[:-1] + part * width, *one) - np.interp(edges[:-1] + part * width, *other)
        for part in (0.25, 0.75)
    )
    left, right = 1.5 * quarter - 0.5 * three, 1.5 * three - 0.5 * quarter
    crosses = left * right < 0
    total = np.abs(left) + np.abs(right)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossed = (left**2 + right**2) / total / 2
    return float(np.dot(width, np.where(crosses, crossed, total / 2)))


def _curve(rows: ScoredRows, inside: Flags) -> tuple[Floats, Floats]:
    mass = np.ones(int(inside.sum())) if rows.weights is None else rows.weights[inside]
    found, places = np.unique(-rows.scores[inside], return_inverse=True)
    positive = rows.positive[inside]
    parts = []
    for of_class in (~positive, positive):
        sums = np.cumsum(np.bincount(places[of_class], mass[of_class], len(found)))
        parts.append(np.concatenate([[0.0], sums / sums[-1]]))
    return parts[0], parts[1]


def _binned(scores: Floats) -> Integers:
    """A number for each score, from 0 for the highest; of more than 64 scores about as many of each number."""
    found, places, times = np.unique(-scores, return_inverse=True, return_counts=True)
    if len(found) <= _BINS:
        return np.asarray(places)
    middle = np.cumsum(times) - times / 2
    return np.asarray((middle / len(scores) * _BINS).astype(np.int64)[places])


def _apart(counts: Floats) -> Floats:
    """[draws, grid]: how far the first curve lies above the second, of counts [draws, 2 groups, 2 classes, bins]."""
    totals = counts.sum(axis=-1, keepdims=True)
    risen = np.cumsum(counts, axis=-1) / np.where(totals > 0, totals, 1)
    rates = np.concatenate([np.zeros((*counts.shape[:-1], 1)), risen], axis=-1)
    rates[..., -1] = 1.0
    heights = [[np.interp(_GRID, *rates[draw, group]) for draw in range(len(counts))] for group in (0, 1)]
    return np.asarray(np.subtract(*np.array(heights)))


def _area(apart: Floats) -> Floats:
    return np.asarray(np.trapezoid(np.abs(apart), _GRID, axis=-1))


class _Draws:
    """Counts by group, class and bin: as they are, resampled, and with the groups dealt out at random."""

    def __init__(self, rows: ScoredRows, bins: Integers, rng: np.random.Generator) -> None:
        self.rng = rng
        self.size = int(bins.max()) + 1
        self.cells = rows.positive * self.size + bins
        self.groups = rows.is_second.astype(np.int64)
        self.mass = rows.weights
        self.counts = self._of(self.groups, self.mass)
        self.is_plain = rows.units is None and rows.weights is None
        own = np.arange(len(bins)) if rows.units is None else own_units(rows.units)
        _, first, self.owners = np.unique(own * 2 + self.groups, return_index=True, return_inverse=True)
        self.unit_groups = self.groups[first]

    @property
    def ways(self) -> float:
        """In how many ways `dealt` can come out: rows of either class, or units, to two groups; at most infinite."""
        from scipy import special

        sizes = self.counts.sum(axis=2).T if self.is_plain else [np.bincount(self.unit_groups, minlength=2)]
        log = [special.gammaln(sum(part) + 1.0) - special.gammaln(np.add(part, 1.0)).sum() for part in sizes]
        return float(np.exp(np.minimum(sum(log), 700.0)))

    def resampled(self, draws: int) -> Floats:
        """[draws, 2, 2, bins]: with as many rows of each group and class; or as many units of each group."""
        if self.is_plain:
            totals = self.counts.sum(axis=2).astype(np.int64)
            parts = [
                self.rng.multinomial(totals[group, kind], self.counts[group, kind] / totals[group, kind], size=draws)
                for group in (0, 1)
                for kind in (0, 1)
            ]
            return np.stack(parts, axis=1).reshape(draws, 2, 2, self.size).astype(float)
        return np.stack([self._with_units_again() for _ in range(draws)])

    def _with_units_again(self) -> Floats:
        times = np.zeros(len(self.unit_groups))
        for group in (0, 1):
            inside = np.flatnonzero(self.unit_groups == group)
            times[inside] = self.rng.multinomial(len(inside), np.full(len(inside), 1 / len(inside)))
        mass = times[self.owners]
        return self._of(self.groups, mass if self.mass is None else mass * self.mass)

    def dealt(self, draws: int) -> Floats:
        """[draws, 2, 2, bins]: rows of each class, or units, dealt out to groups of the same sizes."""
        if self.is_plain:
            whole = self.counts.sum(axis=0).astype(np.int64)
            sizes = self.counts[1].sum(axis=1).astype(np.int64)
            second = np.stack(
                [
                    self.rng.multivariate_hypergeometric(whole[kind], sizes[kind], size=draws, method="marginals")
                    for kind in (0, 1)
                ],
                axis=1,
            )
            return np.stack([whole - second, second], axis=1).astype(float)
        found = [self._of(self.rng.permutation(self.unit_groups)[self.owners], self.mass) for _ in range(draws)]
        return np.stack(found)

    def _of(self, groups: Integers, mass: Floats | None) -> Floats:
        cells = np.bincount(groups * 2 * self.size + self.cells, mass, 4 * self.size)
        return np.asarray(cells, dtype=float).reshape(2, 2, self.size)
