"""How far the distributions of a number lie apart between groups: Kolmogorov's and Wasserstein's distances.

Weights and units enter by the size that they leave: Kish's, over the units' weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units
from auditkit.statistics.gaps import Gap
from auditkit.statistics.permutation import compare
from auditkit.statistics.unit_permutation import unit_ways

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

REPLICATES = 1000
"""Draws behind the interval of Wasserstein's distance."""
_BINS = 256
_MOST_PERMUTED = 10_000


@dataclass(frozen=True)
class Distributions:
    """A number in several groups, as steps of their distribution functions over the values that occur."""

    values: Floats
    """[m], ascending: the values that occur."""
    mass: Floats
    """[groups, m], how much of each group lies at each value; each row sums to 1."""
    size: Floats
    """[groups], how many independent, equally weighted rows would tell as much."""
    n: Integers
    """[groups], rows."""

    @classmethod
    def of(
        cls,
        scores: Floats,
        groups: Integers,
        group_count: int,
        *,
        weights: Floats | None = None,
        units: Integers | None = None,
    ) -> Distributions:
        """Of scores [n] in groups [n], of which -1 is left out; no group is empty.

        Args:
            scores: [n].
            groups: [n].
            group_count: how many groups there are.
            weights: [n], how much each row counts.
            units: [n], whom each row belongs to; -1: a unit of its own.
        """
        kept = groups >= 0 if weights is None else (groups >= 0) & (weights > 0)
        inside = groups[kept].astype(np.int64)
        mass = np.ones(len(inside)) if weights is None else np.asarray(weights, dtype=float)[kept]
        values, places = np.unique(np.asarray(scores, dtype=float)[kept], return_inverse=True)
        cells = inside * len(values) + places.ravel()
        shape = (group_count, len(values))
        table = np.bincount(cells, weights=mass, minlength=group_count * len(values)).reshape(shape)
        size = _kish(inside, group_count, mass, None if units is None else units[kept])
        total = table.sum(axis=1, keepdims=True)
        return cls(values, table / total, size, np.bincount(inside, minlength=group_count))

    @property
    def cumulative(self) -> Floats:
        """[groups, m]: the share of each group at or below each value."""
        return np.asarray(np.cumsum(self.mass, axis=1))


def _kish(groups: Integers, count: int, mass: Floats, units: Integers | None) -> Floats:
    owners, masses = groups, mass
    if units is not None:
        own = own_units(units)
        pairs, places = np.unique(groups * (own.max(initial=0) + 1) + own, return_inverse=True)
        owners = pairs // (own.max(initial=0) + 1)
        masses = np.asarray(np.bincount(places.ravel(), weights=mass, minlength=len(pairs)), dtype=float)
    total = np.bincount(owners, weights=masses, minlength=count)
    return np.asarray(total**2 / np.bincount(owners, weights=masses**2, minlength=count))


def kolmogorov_distance(found: Distributions, *, level: float = 0.95) -> Gap:
    """The largest sup |F_a - F_b| over pairs of groups, with an interval that holds for all pairs at once.

    Every group's distribution function lies in a band whatever the distribution is, so the distance is known up to both
    bands' width. It is wide, and never too narrow for independent rows. Needs two groups.
    Source: Massart (1990), Ann. Probab. 18, 1269-1283, the inequality of Dvoretzky, Kiefer and Wolfowitz.
    """
    band = np.sqrt(np.log(2 * len(found.size) / (1 - level)) / (2 * found.size))
    first, second = np.triu_indices(len(found.size), k=1)
    distance = _sup(found.cumulative)
    slack = band[first] + band[second]
    return _widest(distance, slack, (first, second), most=1.0)


def wasserstein_distance(found: Distributions, *, level: float = 0.95, rng: np.random.Generator) -> Gap:
    """The largest Wasserstein distance over pairs of groups, in the scores' own unit.

    How far the average score must be moved to make one group's distribution the other's. Its interval: by the triangle
    inequality the true distance differs from the one that is seen by no more than each group's sample lies from the
    group; how far that is, is drawn anew from the sample, and taken at Bonferroni's level for all groups. A small
    sample may lack rare values, and would then seem to have no noise: to each group are added, out of all groups, as
    many rows as it may well lack (the rule of three at that level). The interval holds 0 when groups are equal, which a
    percentile bootstrap does not. Needs two groups.

    Args:
        found: the groups' distributions.
        level: the confidence of the whole family.
        rng: where the replicates come from.
    """
    steps = np.diff(found.values)
    cumulative = found.cumulative[:, :-1]
    first, second = np.triu_indices(len(found.size), k=1)
    distance = np.array(
        [float(np.dot(np.abs(cumulative[a] - cumulative[b]), steps)) for a, b in zip(first, second, strict=True)]
    )
    error = (1 - level) / len(found.size)
    noise = np.array([_noise(found, group, error, rng) for group in range(len(found.size))])
    return _widest(distance, noise[first] + noise[second], (first, second), most=np.inf)


def _noise(found: Distributions, group: int, error: float, rng: np.random.Generator) -> float:
    """How far a sample of the group's size lies from the group: all but this share of many samples lie nearer."""
    if len(found.values) < 2:  # noqa: PLR2004  one value has no distribution
        return 0.0
    everybody = found.size @ found.mass / found.size.sum()
    # A value that a share of -log(error) / n of the rows have is missing from n of them with this chance.
    lacking = -np.log(error) / (found.size[group] - np.log(error))
    values, mass = found.values, (1 - lacking) * found.mass[group] + lacking * everybody
    if len(values) > _BINS:
        ends = np.searchsorted(np.cumsum(mass), np.arange(1, _BINS) / _BINS)
        starts = np.unique(np.concatenate([[0], ends]))
        centre = np.add.reduceat(values * mass, starts)
        mass = np.add.reduceat(mass, starts)
        values = centre / mass
    size = max(int(found.size[group]), 1)
    drawn = rng.multinomial(size, mass / mass.sum(), size=REPLICATES) / size
    apart = np.abs(np.cumsum(drawn - mass / mass.sum(), axis=1)[:, :-1]) @ np.diff(values)
    return float(np.quantile(apart, 1 - error, method="higher"))


def _widest(distance: Floats, slack: Floats, pairs: tuple[Integers, Integers], *, most: float) -> Gap:
    place = int(np.argmax(distance))
    value = float(distance[place])
    low, high = float(np.max(distance - slack)), float(np.max(distance + slack))
    return Gap(
        value, min(max(low, 0.0), value), max(min(high, most), value), int(pairs[0][place]), int(pairs[1][place])
    )


def _sup(cumulative: Floats) -> Floats:
    """[pairs]: sup |F_a - F_b|, for distribution functions [groups, m]."""
    first, second = np.triu_indices(len(cumulative), k=1)
    return np.array(
        [np.abs(cumulative[a] - cumulative[b]).max(initial=0.0) for a, b in zip(first, second, strict=True)]
    )


@dataclass(frozen=True)
class KolmogorovTest:
    """How often groups dealt at random lie as far apart as these."""

    statistic: float
    p: float
    rows: int
    """How many rows it was taken over: of very many, a random part."""


def kolmogorov_test(
    scores: Floats,
    groups: Integers,
    group_count: int,
    *,
    weights: Floats | None = None,
    units: Integers | None = None,
    rng: np.random.Generator,
    draws: int = 299,
) -> KolmogorovTest:
    """Whether all groups could have one distribution: the largest sup |F_a - F_b| among groups dealt at random.

    Whole units are dealt, each with its rows; groups keep their number of units. Of more than 10,000 units a random
    part is taken, and of many values 256 steps, in the data and in the draws alike: p = (1 + as large) / (1 + draws);
    where hardly any is as large, the tail of the draws goes on (`PermutationTest.tail_p`).
    Source: Phipson and Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9, 39.
    """
    kept = groups >= 0 if weights is None else (groups >= 0) & (weights > 0)
    inside, values = groups[kept].astype(np.int64), np.asarray(scores, dtype=float)[kept]
    mass = np.ones(len(inside)) if weights is None else np.asarray(weights, dtype=float)[kept]
    own = np.arange(len(inside)) if units is None else own_units(units[kept])
    pairs, whose = np.unique(inside * (own.max(initial=0) + 1) + own, return_inverse=True)
    owners, whose = pairs // (own.max(initial=0) + 1), whose.ravel()
    if len(owners) > _MOST_PERMUTED:
        chosen = np.sort(rng.choice(len(owners), _MOST_PERMUTED, replace=False))
        place = np.full(len(owners), -1)
        place[chosen] = np.arange(len(chosen))
        rows = place[whose] >= 0
        owners, whose, values, mass = owners[chosen], place[whose][rows], values[rows], mass[rows]
    bins, steps = _binned(values)
    seen = _largest(owners, whose, bins, mass, (group_count, steps))
    dealt = [_largest(rng.permutation(owners), whose, bins, mass, (group_count, steps)) for _ in range(draws)]
    least = 1 / unit_ways(np.bincount(owners))
    return KolmogorovTest(seen, compare(seen, np.array(dealt), least=least).tail_p, len(values))


def _binned(values: Floats) -> tuple[Integers, int]:
    """The step that each value lies in, and how many steps there are."""
    different, places = np.unique(values, return_inverse=True)
    if len(different) <= _BINS:
        return places.ravel(), len(different)
    edges = np.unique(np.quantile(values, np.arange(1, _BINS) / _BINS, method="inverted_cdf"))
    return np.searchsorted(edges, values), len(edges) + 1


def _largest(owners: Integers, whose: Integers, bins: Integers, mass: Floats, shape: tuple[int, int]) -> float:
    table = np.bincount(owners[whose] * shape[1] + bins, weights=mass, minlength=shape[0] * shape[1]).reshape(shape)
    total = table.sum(axis=1, keepdims=True)
    there = np.cumsum(table[total[:, 0] > 0] / total[total[:, 0] > 0], axis=1)
    return float((there.max(axis=0) - there.min(axis=0)).max(initial=0.0))
