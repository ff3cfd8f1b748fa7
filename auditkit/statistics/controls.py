"""The clean twin of a comparison between groups: groups drawn at random, between which no difference is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Clusters, OutcomeTable, Rate, shares_of_sums
from auditkit.statistics.gaps import difference_lows
from auditkit.statistics.intervals import family_level
from auditkit.statistics.permutation import deal_out

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

GROUPINGS = 200
"""Random groupings in a control: enough to tell a rate of false alarms of 5% from one of 20%."""

_SURPRISE = 1e-7
"""An audit whose control fails is in error, so that even a thousand controls may fail it once in 10,000 times."""

_UNITS_DEALT = 50_000
_WORK = 4_000_000
_FEWEST = 40
_A_GROUP = 50
"""Units that cost as much to deal as the intervals of one group."""


@dataclass(frozen=True)
class FalseAlarms:
    """How often intervals denied the truth on random groupings."""

    count: int
    draws: int
    allowed: int
    """More than this many happen to a sound interval once in ten million controls."""

    @property
    def passed(self) -> bool:
        """Whether the intervals did what their level promises."""
        return self.count <= self.allowed


def count_false_alarms(lows: Floats, *, level: float = 0.95) -> FalseAlarms:
    """Count the intervals of a gap, given their low ends [draws], that leave out the true gap of 0."""
    from scipy import special

    draws = len(lows)
    chance = special.bdtr(np.arange(draws + 1), draws, 1 - level)
    allowed = int(np.searchsorted(chance, 1 - _SURPRISE))
    return FalseAlarms(int(np.count_nonzero(lows > 0)), draws, allowed)


def random_gap_lows(
    table: OutcomeTable, rates: Sequence[Rate], groups: Flags, *, level: float = 0.95, rng: np.random.Generator
) -> Floats:
    """The low ends, [draws], of the interval of the widest gap in any of the rates, on random groupings.

    Groups keep their sizes, and the hits their number. Whole units are dealt out where rows share units.

    Args:
        table: the outcomes by group.
        rates: whose gaps are one family, as in equalized odds.
        groups: [groups], which of them take part; two or more.
        level: the intervals' confidence.
        rng: where the groupings come from.
    """
    if table.clusters is not None:
        return _lows_over_units(table.clusters, rates, groups, level, rng)
    lows = []
    for rate in rates:
        shares = table.shares(rate, level=level).take(groups)
        hits = int(np.rint(shares.value * shares.n).sum())
        dealt = deal_hits(shares.n, hits, rng)
        lows.append(difference_lows(dealt, shares.size, level=level, families=len(rates)))
    return np.asarray(np.max(lows, axis=0))


def deal_hits(sizes: Integers, hits: int, rng: np.random.Generator, *, draws: int = GROUPINGS) -> Floats:
    """The share of each group, [draws, groups], when the hits fall on the rows at random.

    A multivariate hypergeometric draw, which touches no row.
    """
    return np.asarray(deal_out(sizes, hits, rng, deals=draws) / sizes)


def _lows_over_units(
    clusters: Clusters, rates: Sequence[Rate], groups: Flags, level: float, rng: np.random.Generator
) -> Floats:
    """The same with whole units; of a great many units, a random sample, and of a great deal of work, fewer draws."""
    kept = _some_units(clusters, np.flatnonzero(groups[clusters.groups]), rng)
    count = int(np.count_nonzero(groups))
    owners = (np.cumsum(groups) - 1)[clusters.groups[kept]]
    totals = [clusters.totals(rate).take(kept) for rate in rates]
    draws = int(np.clip(_WORK // (max(len(kept), 1) + _A_GROUP * count), _FEWEST, GROUPINGS))
    sums: list[list[Floats]] = [[] for _ in rates]
    for _ in range(draws):
        dealt = rng.permutation(owners)
        for drawn, total in zip(sums, totals, strict=True):
            drawn.append(total.sums(dealt, count))
    # As in the audit: few units are the more uncertain, the higher the level at which they are asked.
    each = family_level(level, count * (count - 1) // 2 * len(rates))
    shares = [shares_of_sums(np.stack(drawn, axis=1), level=each) for drawn in sums]
    lows = [difference_lows(one.value, one.size, level=level, families=len(rates)) for one in shares]
    return np.asarray(np.max(lows, axis=0))


def _some_units(clusters: Clusters, places: Integers, rng: np.random.Generator) -> Integers:
    """The places of so many units as are dealt; of those that are alike, one for each of them."""
    if clusters.times is None:
        return rng.choice(places, _UNITS_DEALT, replace=False) if len(places) > _UNITS_DEALT else places
    often = clusters.times[places]
    if often.sum() > _UNITS_DEALT:
        often = rng.multivariate_hypergeometric(often, _UNITS_DEALT, method="marginals")
    return np.repeat(places, often)
