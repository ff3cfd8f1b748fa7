"""How often an audit finds the gaps that it says it would find, and how often the rows that it asks for decide.

    python -m benchmarks power

prints the tables of docs/statistics.md, by simulation from a fixed seed. One group is given a gap of the very size that
the power table of a report tells for it, above or below all others. It is found where the interval of the widest gap,
which holds for all pairs of groups at once, leaves out 0. Then audits that decide nothing are drawn again with so many
times their rows as the report says would decide them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit import statistics

SEED = 20_261_122
DRAWS = 2000
SIZES: tuple[tuple[int, ...], ...] = (
    (20, 20),
    (200, 200),
    (5000, 40),
    (1000, 5000),
    (400, 200, 100, 60, 40),
    (1000,) * 5,
    (300,) * 10,
    (5000,) * 10,
    (100,) * 30,
)
RATES = (0.05, 0.2, 0.5)
HEAD = "| rows of the groups | rate | group of | gap told | found above | found below |\n|---|--:|--:|--:|--:|--:|"


@dataclass(frozen=True)
class Planted:
    """One group among others of one rate, further from them by the gap that is told."""

    sizes: tuple[int, ...]
    rate: float
    rows: int
    """Of the group with the gap."""
    told: float
    above: float | None
    """How often the gap is found where the group's rate is the higher; None where shares leave no room for that."""
    below: float | None

    def __str__(self) -> str:
        found = " | ".join("no room" if one is None else f"{one:.3f}" for one in (self.above, self.below))
        told = "none" if self.told == 1 else f"{self.told:.3f}"
        return f"| {named(self.sizes)} | {self.rate} | {self.rows} | {told} | {found} |"


def named(sizes: tuple[int, ...]) -> str:
    """`10 of 300`, or the sizes one by one."""
    return f"{len(sizes)} of {sizes[0]}" if len(set(sizes)) == 1 else ", ".join(map(str, sizes))


def planted_gaps(sizes: tuple[int, ...], rate: float, draws: int = DRAWS) -> Iterator[Planted]:
    """Of the smallest group, and of the largest where it is another, the gap told and how often it is found."""
    rng, n = np.random.default_rng([SEED, *sizes, round(100 * rate)]), np.array(sizes)
    pairs = len(sizes) * (len(sizes) - 1) // 2
    promised = statistics.detectable_gaps(n.astype(float), rate, comparisons=pairs).value
    for group in dict.fromkeys((int(n.argmin()), int(n.argmax()))):
        told = float(promised[group])
        above, below = (_found(rng, n, group, rate, sign * told, draws) for sign in (1, -1))
        yield Planted(sizes, rate, int(n[group]), told, above, below)


def _found(
    rng: np.random.Generator, n: NDArray[np.integer], group: int, rate: float, gap: float, draws: int
) -> float | None:
    rates = np.full(len(n), rate)
    rates[group] += gap
    if not 0 <= rates[group] <= 1:
        return None
    drawn = rng.binomial(n, rates, (draws, len(n))) / n
    return float(np.mean(statistics.difference_limits(drawn, n.astype(float)).low > 0))


Counts = tuple[tuple[int, ...], tuple[int, ...]]
"""Hits and rows of the groups."""

UNDECIDED: tuple[tuple[Counts, float], ...] = (
    (((30, 40), (300, 320)), 0.06),
    (((30, 60, 55), (200, 310, 300)), 0.01),
    (((20, 60, 40, 33), (150, 350, 300, 200)), 0.1),
    (((45, 48, 50, 52, 54, 56, 58, 60, 62, 64), (300,) * 10), 0.1),
    (((60, 90), (300, 320)), 0.8),
    (((60, 90, 44, 25), (300, 320, 200, 100)), 0.8),
    (((280, 290), (300, 305)), 0.95),
)
"""Audits, and the most that a difference may be, or from .8 on the least that a ratio may be."""
RATIO = 0.8
MOST_NAMED = 5
HEAD_OF_ROWS = "| hits of rows | bound | measured | rows asked for, times those there are | decided | with a third |"
HEAD_OF_ROWS += "\n|---|--:|--:|--:|--:|--:|"


@dataclass(frozen=True)
class Asked:
    """An audit that decides nothing, and what so many more rows do."""

    counts: Counts
    bound: float
    value: float
    times: float
    """How many times the rows."""
    decided: float
    """The share of audits with so many rows that decide."""
    third: float
    """The same with a third of them."""

    @property
    def name(self) -> str:
        """The hits of each group, or of many groups the fewest and the most."""
        hits, rows = self.counts
        if len(hits) > MOST_NAMED:
            return f"{len(hits)} groups of {rows[0]}, {min(hits)} to {max(hits)} hits"
        return ", ".join(f"{k} of {n}" for k, n in zip(hits, rows, strict=True))

    def __str__(self) -> str:
        bound = f"ratio {self.bound}" if self.bound >= RATIO else f"difference {self.bound}"
        return (
            f"| {self.name} | {bound} | {self.value:.3f} | {self.times:.1f} | {self.decided:.3f} | {self.third:.3f} |"
        )


def rows_asked_for(counts: Counts, bound: float, draws: int = 500) -> Asked:
    """How many times the rows are said to decide, and in how many audits they do."""
    of_ratio = bound >= RATIO
    rng, (hits, n) = np.random.default_rng([SEED, *counts[0]]), (np.array(part) for part in counts)
    shares = statistics.Shares(hits / n, n, n.astype(float))
    times = statistics.growth_to_decide(shares, bound, rng=rng, of_ratio=of_ratio)
    if times is None:
        message = "these rates lie apart from the bound"
        raise AssertionError(message)
    decided = [_decided(rng, shares, np.ceil(n * part).astype(int), bound, draws) for part in (times, times / 3)]
    value = shares.value.min() / shares.value.max() if of_ratio else np.ptp(shares.value)
    return Asked(counts, bound, float(value), times, *decided)


def _decided(
    rng: np.random.Generator, shares: statistics.Shares, n: NDArray[np.integer], bound: float, draws: int
) -> float:
    """The share of audits whose interval lies on one side of the bound."""
    gap = statistics.smallest_ratio if bound >= RATIO else statistics.widest_difference
    found = [gap(statistics.Shares(k / n, n, n.astype(float))) for k in rng.binomial(n, shares.value, (draws, len(n)))]
    if bound >= RATIO:
        return float(np.mean([one.low >= bound or one.high < bound for one in found]))
    return float(np.mean([one.high <= bound or one.low > bound for one in found]))


def main(_: list[str]) -> None:
    """Print the tables."""
    print(HEAD)
    for sizes in SIZES:
        for rate in RATES:
            for row in planted_gaps(sizes, rate):
                print(row, flush=True)
    print(f"\n{HEAD_OF_ROWS}")
    for counts, bound in UNDECIDED:
        print(rows_asked_for(counts, bound), flush=True)
