"""How often the other tests reject what is true: more rows of the table of `benchmarks.coverage`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit import statistics
from benchmarks.coverage import LEVEL, SEED, Row, highest

DEALS = 199


def exact_levels() -> Iterator[Row]:
    """Of two shares, summed over all outcomes."""
    from scipy import stats

    rows: dict[str, list[tuple[float, str]]] = {"Fisher's mid-p": [], "the exact p of two groups": []}
    for (n, m), rate in itertools.product(((20, 20), (20, 60), (50, 50)), (0.05, 0.1, 0.3, 0.5)):
        one, two = (part.ravel() for part in np.meshgrid(np.arange(n + 1), np.arange(m + 1), indexing="ij"))
        chance = stats.binom(n, rate).pmf(one) * stats.binom(m, rate).pmf(two)
        mid = statistics.fisher_mid_p(one, n, two, m)
        sizes = np.array([n, m])
        exact = np.array([statistics.two_groups_p_value(np.array(hits), sizes) for hits in zip(one, two, strict=True)])
        for name, p in zip(rows, (mid, exact), strict=True):
            rows[name].append((float(chance[p <= LEVEL].sum()), f"n ({n}, {m}), rate {rate}"))
    for name, found in rows.items():
        yield highest(name, found, 0)


def means(draws: int = 500) -> Iterator[Row]:
    """Of equal means: normal and skewed numbers, of even and uneven groups, alone and over people with several rows."""
    rng = np.random.default_rng(SEED)
    formula, dealt, units = [], [], []
    for sizes, name in itertools.product(((30, 30), (20, 120), (20, 20, 20, 120)), ("normal", "skewed")):
        groups, where = np.repeat(np.arange(len(sizes)), sizes), f"{name}, n {sizes}"
        p_formula, p_dealt, p_units = [], [], []
        for _ in range(draws):
            scores = _numbers(rng, name, len(groups))
            welch = statistics.welch_test(statistics.group_means(scores, groups, len(sizes)))
            p_formula.append(1.0 if welch is None else welch.p)
            p_dealt.append(_means_p(scores, groups, rng))
            people = np.repeat(np.arange(len(groups)), rng.integers(1, 4, len(groups)))
            p_units.append(_means_p(scores[people], groups[people], rng, units=people))
        if name == "normal":
            formula.append((_share(p_formula), where))
        dealt.append((_share(p_dealt), where))
        units.append((_share(p_units), where))
    yield highest("Welch's F, normal numbers", formula, draws)
    yield highest("equal means, dealt", dealt, draws)
    yield highest("equal means, people dealt", units, draws)


def people(draws: int = 500) -> Iterator[Row]:
    """Of equal rates, where the people of one group have more rows than those of the other."""
    rng = np.random.default_rng(SEED)
    found = []
    for (few, many), rate in itertools.product(((20, 100), (60, 60), (100, 20)), (0.1, 0.4)):
        groups = np.repeat([0, 1], [few, many])
        rows = np.where(groups == 0, 9, 1)
        p = []
        for _ in range(draws):
            hits = rng.binomial(rows, rng.beta(5 * rate, 5 * (1 - rate), len(rows))).astype(float)
            columns = hits[:, None], rows[:, None].astype(float)
            test = statistics.equal_unit_rates_test(*columns, groups, rng=rng, deals=DEALS)
            p.append(1.0 if test is None else test.p_value)
        found.append((_share(p), f"{few} people of 9 rows and {many} of 1, rate {rate}"))
    yield highest("equal rates, people with unlike numbers of rows", found, draws)


def tables(draws: int = 500) -> Iterator[Row]:
    """Of classes that have nothing to do with the group, within strata and over people."""
    rng = np.random.default_rng(SEED)
    plain, unit = [], []
    for n, strata in itertools.product((60, 300), (1, 3)):
        found: list[list[float]] = [[], []]
        for _ in range(draws):
            groups, where, classes = _strata(rng, n, strata)
            shape = (strata, 2, 3)
            cells = np.bincount((where * 2 + groups) * 3 + classes, minlength=strata * 6).reshape(shape)
            found[0].append(_p(statistics.independence_test(cells, rng=rng, deals=DEALS)))
            rows = statistics.GroupedRows(groups, classes, where, None, np.arange(n) // 2 * 2 + groups)
            found[1].append(_p(statistics.unit_independence_test(rows, shape, rng=rng, deals=99)))
        for kept, p in zip((plain, unit), found, strict=True):
            kept.append((_share(p), f"n {n}, {strata} strata"))
    yield highest("classes and groups, within strata", plain, draws)
    yield highest("classes and groups, people dealt", unit, draws)


def odds(draws: int = 4000) -> Iterator[Row]:
    """Of an odds ratio of 1 in every stratum, and of one odds ratio in all of three."""
    rng = np.random.default_rng(SEED)
    one, alike = [], []
    for n in (60, 300, 1000):
        p_one, p_alike = [], []
        for _ in range(draws):
            groups, where, classes = _strata(rng, n, 3)
            cells = np.bincount((where * 2 + groups) * 2 + np.minimum(classes, 1), minlength=12)
            found = statistics.common_odds(cells.reshape(3, 2, 2).astype(float))
            p_one.append(1.0 if found is None else found.p)
            p_alike.append(1.0 if found is None or found.p_homogeneous is None else found.p_homogeneous)
        one.append((_share(p_one), f"n {n}"))
        alike.append((_share(p_alike), f"n {n}"))
    yield highest("Cochran, Mantel and Haenszel", one, draws)
    yield highest("Breslow and Day, with Tarone", alike, draws)


def curves(draws: int = 300) -> Iterator[Row]:
    """Of equal distributions, and of equal ROC curves."""
    rng = np.random.default_rng(SEED)
    same, between = [], []
    for sizes in ((30, 30), (20, 120)):
        groups = np.repeat([0, 1], sizes)
        p_same, p_between = [], []
        for _ in range(draws):
            positive = rng.integers(0, 2, len(groups)) == 1
            scores = np.round(_numbers(rng, "skewed", len(groups)) + positive, 1)
            p_same.append(statistics.kolmogorov_test(scores, groups, 2, rng=rng, draws=99).p)
            chosen = statistics.ScoredRows(scores, positive, groups == 1)
            p_between.append(statistics.abroca(chosen, rng=rng, replicates=2).p)
        same.append((_share(p_same), f"n {sizes}"))
        between.append((_share(p_between), f"n {sizes}"))
    yield highest("Kolmogorov and Smirnov, dealt", same, draws)
    yield highest("ABROCA, dealt", between, draws)


def _numbers(rng: np.random.Generator, name: str, count: int) -> NDArray[np.floating]:
    return rng.normal(size=count) if name == "normal" else rng.exponential(size=count) ** 1.5


def _means_p(
    scores: NDArray[np.floating], groups: NDArray[np.integer], rng: np.random.Generator, **about: Any
) -> float:
    found = statistics.equal_means_test(scores[:, None], groups, rng=rng, deals=DEALS, **about)
    return 1.0 if found is None else found[0].p_value


def _strata(rng: np.random.Generator, n: int, strata: int) -> tuple[NDArray[np.integer], ...]:
    """Groups, strata and classes of rows; the class has to do with the stratum alone."""
    groups, where = rng.integers(0, 2, n), rng.integers(0, strata, n)
    return groups, where, (rng.random(n) * 2 + where * 0.3).astype(int)


def _p(found: statistics.PermutationTest | None) -> float:
    return 1.0 if found is None else found.p_value


def _share(p_values: list[float]) -> float:
    return float(np.mean(np.array(p_values) <= LEVEL))


FAMILIES = (exact_levels, means, people, tables, odds, curves)
