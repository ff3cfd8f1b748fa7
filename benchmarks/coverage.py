"""How often intervals hold the truth and tests reject it: the table of docs/statistics.md, by simulation.

    python -m benchmarks coverage

Wilson's and Clopper and Pearson's are no simulation but sums over all outcomes. Everything else is drawn from a fixed
seed, so that it is the same table each time, but for the last digit on another version of numpy.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit import statistics

SEED = 20_260_000
GROUPS = (2, 5, 10, 30)
SIZES = (20, 100, 1000, 5000)
RATES = (0.01, 0.1, 0.3, 0.5)
LEVEL = 0.05


@dataclass(frozen=True)
class Row:
    """One procedure over all settings."""

    what: str
    settings: int
    draws: int
    """Of each setting; 0: all outcomes are summed up."""
    mean: float
    worst: float
    """The lowest coverage; of a test the highest rate of rejection."""
    where: str

    @property
    def error(self) -> float:
        """The standard error of the mean, at .05 or .95."""
        return float(np.sqrt(0.05 * 0.95 / max(self.draws * self.settings, 1))) if self.draws else 0.0

    def __str__(self) -> str:
        drawn = f"{self.draws:,}" if self.draws else "all"
        return f"| {self.what} | {self.settings} | {drawn} | {self.mean:.3f} | {self.worst:.3f} | {self.where} |"


def shares() -> Iterator[Row]:
    """The interval of one share: exact coverage at 500 rates from .01 to .5 for each size."""
    from scipy import stats

    rates = np.linspace(0.01, 0.5, 500)
    for name, interval in (("Wilson", statistics.wilson), ("Clopper-Pearson", statistics.clopper_pearson)):
        found = []
        for n in (20, 30, 50, 100, 200, 500, 1000, 5000):
            hits = np.arange(n + 1)
            low, high = interval(hits, n)
            held = (low <= rates[:, None]) & (rates[:, None] <= high)
            coverage = (held * stats.binom(n, rates[:, None]).pmf(hits)).sum(axis=1)
            found += [(float(value), f"n {n}, rate {rate:.3f}") for value, rate in zip(coverage, rates, strict=True)]
        yield _lowest(f"{name}, a share", found, draws=0)


def pairs(draws: int = 2000) -> Iterator[Row]:
    """The intervals of a difference and a ratio of two shares, and of two shares of the same rows."""
    rng = np.random.default_rng(SEED)
    settings = [
        (sizes, rates)
        for sizes in ((20, 20), (20, 200), (100, 100), (1000, 5000))
        for rates in itertools.product((0.05, 0.1, 0.3, 0.5), (0.05, 0.3))
    ]
    intervals: dict[str, tuple[Callable[..., statistics.Limits], Callable[[float, float], float]]] = {
        "Newcombe, a difference": (statistics.newcombe, lambda one, two: one - two),
        "Miettinen-Nurminen, a difference": (statistics.miettinen_nurminen, lambda one, two: one - two),
        "Koopman, a ratio": (statistics.koopman, lambda one, two: one / two),
        "Donner-Zou, a ratio": (statistics.share_ratio, lambda one, two: one / two),
    }
    for name, (interval, contrast) in intervals.items():
        found = []
        for sizes, rates in settings:
            one, two = (rng.binomial(n, rate, draws) for n, rate in zip(sizes, rates, strict=True))
            low, high = interval(one, sizes[0], two, sizes[1])
            truth = contrast(*rates)
            found.append((float(np.mean((low <= truth) & (truth <= high))), f"n {sizes}, rates {rates}"))
        yield _lowest(name, found, draws)
    found = []
    for n, cells in itertools.product(
        (20, 100, 1000), ((0.6, 0.1, 0.05, 0.25), (0.1, 0.1, 0.1, 0.7), (0.9, 0.05, 0, 0.05))
    ):
        low, high = statistics.paired_difference(statistics.Pairs(*rng.multinomial(n, cells, draws).T))
        truth = cells[1] - cells[2]
        found.append((float(np.mean((low <= truth + 1e-12) & (truth - 1e-12 <= high))), f"n {n}, cells {cells}"))
    yield _lowest("Newcombe, shares of the same rows", found, draws)


def gaps(draws: int = 2000, groups: Iterable[int] = GROUPS) -> Iterator[Row]:
    """The interval of the widest gap: equal rates, one group with half the others' rate, and uneven groups."""
    for count in groups:
        rng = np.random.default_rng(SEED + count)
        found = []
        for n, rate, shape in itertools.product(SIZES, RATES, ("equal", "one apart", "uneven")):
            rates, sizes = np.full(count, rate), np.full(count, n)
            if shape == "one apart":
                rates[0] = rate / 2
            if shape == "uneven":
                sizes = np.linspace(max(n // 20, 10), n, count).astype(int)
            drawn = rng.binomial(sizes, rates, (draws, count)) / sizes
            low, high = statistics.difference_limits(drawn, sizes.astype(float))
            truth = float(np.ptp(rates))
            held = np.mean((low <= truth + 1e-12) & (truth - 1e-12 <= high))
            found.append((float(held), f"n {n}, rate {rate}, {shape}"))
        yield _lowest(f"the widest gap of {count} groups", found, draws)


def ratios(draws: int = 300, groups: Iterable[int] = GROUPS) -> Iterator[Row]:
    """The interval of the smallest ratio, where the groups have hits enough for there to be one."""
    for count in groups:
        rng = np.random.default_rng(SEED + count)
        found = []
        for n, rate, apart in itertools.product((100, 1000), (0.1, 0.5), (1.0, 0.5)):
            rates = np.full(count, rate)
            rates[0] *= apart
            sizes = np.full(count, n)
            held = 0
            for drawn in rng.binomial(sizes, rates, (draws, count)):
                gap = statistics.smallest_ratio(statistics.Shares(drawn / sizes, sizes, sizes.astype(float)))
                held += gap.low <= apart + 1e-12 and apart - 1e-12 <= gap.high
            found.append((held / draws, f"n {n}, rate {rate}, ratio {apart}"))
        yield _lowest(f"the smallest ratio of {count} groups", found, draws)


def bootstraps(draws: int = 400) -> Iterator[Row]:
    """The BCa interval of an F1, and of a rate over units of many rows."""
    rng = np.random.default_rng(SEED)
    found = []
    for n, rates in itertools.product((200, 1000), ((0.1, 0.05, 0.05, 0.8), (0.3, 0.2, 0.1, 0.4))):
        truth = 2 * rates[0] / (2 * rates[0] + rates[1] + rates[2])
        held = 0
        for counts in rng.multinomial(n, rates, draws):
            low, high = statistics.bootstrap_counts(counts[None], _f1, rng=rng).bca()
            held += low <= truth <= high
        found.append((held / draws, f"n {n}, F1 {truth:.2f}"))
    yield _lowest("BCa, an F1", found, draws)
    found = []
    for units, rate in itertools.product((50, 200), (0.1, 0.4)):
        held = 0
        for _ in range(draws):
            low, high = statistics.bootstrap_clusters(_units(rng, units, rate), _share, rng=rng).bca()
            held += low <= rate <= high
        found.append((held / draws, f"{units} units, rate {rate}"))
    yield _lowest("BCa, a rate over units of 1 to 9 rows", found, draws)


def variances(draws: int = 300) -> Iterator[Row]:
    """The interval of the variance between groups whose rates lie evenly about .3."""
    rng = np.random.default_rng(SEED)
    found = []
    for (count, n), reach in itertools.product(((5, 50), (5, 1000), (10, 50), (20, 100), (30, 200)), (0.0, 0.05, 0.15)):
        rates, sizes = 0.3 + reach * np.linspace(-1, 1, count), np.full(count, n)
        truth = float(rates.var(ddof=1))
        held = 0
        for counts in rng.binomial(sizes, rates, (draws, count)):
            shares = statistics.Shares(counts / sizes, sizes, sizes.astype(float))
            between = statistics.between_variance(shares, rng=rng, replicates=1000)
            held += between is not None and between.low <= truth + 1e-12 and truth - 1e-12 <= between.high
        found.append((held / draws, f"{count} groups of {n}, rates .3 ± {reach}"))
    yield _lowest("the variance between groups", found, draws)


def areas(draws: int = 500) -> Iterator[Row]:
    """The interval of the difference of two areas on the same rows, of scores with normal noise."""
    from scipy import special

    rng = np.random.default_rng(SEED)
    found = []
    for (positives, negatives), shift in itertools.product(((20, 60), (100, 400), (50, 2000)), (0.0, 0.5)):
        truth = float(special.ndtr(1 / np.sqrt(2)) - special.ndtr((1 + shift) / np.sqrt(2)))
        found.append((_areas_held(rng, draws, positives, negatives, shift, truth), f"{positives} and {negatives} rows"))
    yield _lowest("DeLong, a difference of areas", found, draws)


def levels(draws: int = 1000, groups: Iterable[int] = GROUPS) -> Iterator[Row]:
    """How often tests of equal rates reject equal rates."""
    for count in groups:
        rng = np.random.default_rng(SEED + count)
        found = []
        for n, rate, uneven in itertools.product((20, 100, 1000), (0.01, 0.1, 0.5), (False, True)):
            sizes = np.linspace(max(n // 20, 10), n, count).astype(int) if uneven else np.full(count, n)
            rejected = [_rejects([(rng.binomial(sizes, rate), sizes)], rng) for _ in range(draws)]
            found.append((float(np.mean(rejected)), f"n {n}, rate {rate}{', uneven' * uneven}"))
        yield highest(f"the permutation test of {count} groups", found, draws)


def other_levels(draws: int = 500) -> Iterator[Row]:
    """The same of the tests of two strata, of units, of paired shares and of two areas."""
    rng = np.random.default_rng(SEED)
    found = []
    for count, rate in itertools.product((2, 10), (0.1, 0.5)):
        sizes = np.linspace(20, 200, count).astype(int)
        rejected = [
            _rejects([(rng.binomial(sizes, rate), sizes), (rng.binomial(sizes, rate / 2), sizes)], rng)
            for _ in range(draws)
        ]
        found.append((float(np.mean(rejected)), f"{count} groups, rate {rate}"))
    yield highest("the permutation test of equalized odds", found, draws)
    found = [
        (_unit_level(rng, draws, count, rate), f"{count} groups, rate {rate}")
        for count, rate in itertools.product((2, 5), (0.1, 0.4))
    ]
    yield highest("the permutation test over units", found, draws)
    found = []
    for n, apart in itertools.product((20, 100, 1000), (0.05, 0.2)):
        cells = rng.multinomial(n, (0.5 - apart, apart, apart, 0.5 - apart), 20 * draws).T
        p_values = statistics.mcnemar(statistics.Pairs(*cells))
        found.append((float(np.mean(p_values <= LEVEL)), f"n {n}, {apart} of them lean each way"))
    yield highest("McNemar, exact", found, 20 * draws)
    found = []
    for positives, negatives in ((20, 60), (100, 400), (50, 2000)):
        rejected_areas = [_areas(rng, positives, negatives, 0.0).p_value <= LEVEL for _ in range(draws)]
        found.append((float(np.mean(rejected_areas)), f"{positives} and {negatives} rows"))
    yield highest("DeLong, equal areas", found, draws)


FAMILIES: dict[str, tuple[Callable[[], Iterator[Row]], ...]] = {
    "Intervals of 95%: how often they hold the truth": (shares, pairs, gaps, ratios, bootstraps, variances, areas),
    "Tests at 5%: how often they reject what is true": (levels, other_levels),
}


def main(_: list[str]) -> None:
    """Print the tables."""
    from benchmarks import levels as more

    for title, families in FAMILIES.items():
        worst = "lowest" if title.startswith("Intervals") else "highest"
        print(f"{title}\n\n| | settings | draws of each | mean | {worst} | where |\n|---|--:|--:|--:|--:|---|")
        for family in (*families, *(() if worst == "lowest" else more.FAMILIES)):
            for row in family():
                print(row, flush=True)
        print()


def _lowest(what: str, found: list[tuple[float, str]], draws: int) -> Row:
    worst, where = min(found)
    return Row(what, len(found), draws, float(np.mean([value for value, _ in found])), worst, where)


def highest(what: str, found: list[tuple[float, str]], draws: int) -> Row:
    """The row of a test, from how often it rejected in each setting."""
    worst, where = max(found)
    return Row(what, len(found), draws, float(np.mean([value for value, _ in found])), worst, where)


def _f1(counts: NDArray[np.integer]) -> NDArray[np.floating]:
    hits = counts[:, 0, 0]
    return np.asarray(2 * hits / (2 * hits + counts[:, 0, 1] + counts[:, 0, 2]))


def _share(totals: NDArray[np.integer]) -> NDArray[np.floating]:
    return np.asarray(totals[:, 0, 0] / totals[:, 0, 1])


def _units(rng: np.random.Generator, units: int, rate: float) -> NDArray[np.integer]:
    """Hits and rows of units, [units, 2], whose own rates vary about `rate` as a beta of 5 rows' worth does."""
    rows = rng.integers(1, 10, units)
    return np.stack([rng.binomial(rows, rng.beta(5 * rate, 5 * (1 - rate), units)), rows], axis=1)


def _rejects(strata: list[tuple[NDArray[np.integer], NDArray[np.integer]]], rng: np.random.Generator) -> bool:
    found = statistics.equal_rates_test(strata, rng=rng, deals=199)
    return found is not None and found.p_value <= LEVEL


def _unit_level(rng: np.random.Generator, draws: int, count: int, rate: float) -> float:
    rejected = 0
    for _ in range(draws):
        cells, groups = _units(rng, 150, rate), rng.integers(0, count, 150)
        found = statistics.equal_unit_rates_test(cells[:, :1], cells[:, 1:], groups, rng=rng, deals=199)
        rejected += found is not None and found.p_value <= LEVEL
    return rejected / draws


def _areas(rng: np.random.Generator, positives: int, negatives: int, shift: float) -> statistics.AucDifference:
    """Two scores of the same rows that share half of their noise, each with a spread of 1."""
    positive = np.arange(positives + negatives) < positives
    shared, one, two = rng.normal(size=(3, len(positive))) / np.sqrt(2)
    found = statistics.delong_difference(shared + one + positive, shared + two + (1 + shift) * positive, positive)
    if found is None:
        message = "there is a row of each class"
        raise AssertionError(message)
    return found


def _areas_held(
    rng: np.random.Generator, draws: int, positives: int, negatives: int, shift: float, truth: float
) -> float:
    held = 0
    for _ in range(draws):
        found = _areas(rng, positives, negatives, shift)
        held += found.low <= truth <= found.high
    return held / draws
