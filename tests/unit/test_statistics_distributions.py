"""Distances between distributions: scipy as witness of the values, simulations of the intervals and of the test."""

import numpy as np
import pytest
from scipy import stats

from auditkit.statistics import Distributions, kolmogorov_distance, kolmogorov_test, wasserstein_distance


def drawn(sizes=(60, 90), *, shift=0.8, seed=5):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(shift * (codes == 0), 1.0).round(1), codes


def test_distances_by_hand():
    # a: 1, 2; b: 2, 4. At 1 the functions are 1/2 and 0, from 2 to 4 they are 1 and 1/2.
    found = Distributions.of(np.array([1.0, 2.0, 2.0, 4.0]), np.array([0, 0, 1, 1]), 2)
    assert kolmogorov_distance(found).value == 0.5
    assert wasserstein_distance(found, rng=np.random.default_rng(0)).value == pytest.approx(0.5 * 1 + 0.5 * 2)


def test_values_agree_with_scipy():
    scores, codes = drawn()
    found = Distributions.of(scores, codes, 2)
    parts = [scores[codes == place] for place in range(2)]
    assert kolmogorov_distance(found).value == pytest.approx(stats.ks_2samp(*parts).statistic)
    distance = wasserstein_distance(found, rng=np.random.default_rng(0)).value
    assert distance == pytest.approx(stats.wasserstein_distance(*parts))


def test_weights_count_as_scipy_counts_them():
    scores, codes = drawn()
    weights = np.resize([1.0, 2.0, 0.0, 4.0], len(scores))
    found = Distributions.of(scores, codes, 2, weights=weights)
    inside = [codes == place for place in range(2)]
    theirs = stats.wasserstein_distance(scores[inside[0]], scores[inside[1]], weights[inside[0]], weights[inside[1]])
    assert wasserstein_distance(found, rng=np.random.default_rng(0)).value == pytest.approx(theirs)
    assert found.n.tolist() == [np.count_nonzero(weights[here]) for here in inside]


def test_rows_of_one_unit_are_worth_one():
    scores, codes = drawn((40, 40))
    units = np.arange(80) // 4
    assert Distributions.of(scores, codes, 2, units=units).size.tolist() == [10, 10]


def test_the_band_is_massarts():
    scores, codes = drawn()
    gap = kolmogorov_distance(Distributions.of(scores, codes, 2))
    slack = sum(np.sqrt(np.log(4 / 0.05) / (2 * n)) for n in (60, 90))
    assert gap.high == pytest.approx(gap.value + slack)
    assert gap.low == pytest.approx(max(gap.value - slack, 0))


def test_three_groups_have_the_distance_of_the_farthest_pair():
    scores, codes = drawn((40, 50, 60), shift=2.0)
    gap = kolmogorov_distance(Distributions.of(scores, codes, 3))
    pairs = {
        (a, b): stats.ks_2samp(scores[codes == a], scores[codes == b]).statistic for a, b in ((0, 1), (0, 2), (1, 2))
    }
    assert gap.value == pytest.approx(max(pairs.values()))
    assert (gap.lowest, gap.highest) == max(pairs, key=pairs.get)


def test_the_permutation_test_agrees_with_the_exact_one():
    codes = np.repeat([0, 1], [30, 40])
    scores = np.random.default_rng(5).normal(0.5 * codes)
    theirs = stats.ks_2samp(scores[codes == 0], scores[codes == 1], method="exact")
    ours = kolmogorov_test(scores, codes, 2, rng=np.random.default_rng(1), draws=1999)
    assert ours.statistic == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.04)


def test_equal_groups_are_seldom_told_apart():
    rng = np.random.default_rng(8)
    codes = np.repeat([0, 1, 2], [30, 50, 20])
    found = [kolmogorov_test(rng.normal(size=100), codes, 3, rng=rng, draws=39).p <= 0.05 for _ in range(100)]
    assert sum(found) <= 12


def test_units_are_dealt_whole():
    # Ten patients with twenty equal rows each: rows dealt one by one would be sure of a difference that is chance.
    rng = np.random.default_rng(4)
    units = np.repeat(np.arange(10), 20)
    codes = np.repeat([0, 1], 100)
    alarms = [
        kolmogorov_test(rng.normal(size=10)[units], codes, 2, units=units, rng=rng, draws=39).p <= 0.05
        for _ in range(60)
    ]
    assert sum(alarms) <= 8


def test_very_many_rows_are_tested_on_a_part():
    rng = np.random.default_rng(9)
    codes = np.arange(30_000) % 2
    found = kolmogorov_test(rng.normal(0.2 * codes, 1.0), codes, 2, rng=rng, draws=19)
    assert found.rows == 10_000
    assert found.p == 1 / 20


def held(truth, measure, *, shift, groups=2, n=60, trials=200):
    rng = np.random.default_rng(2)
    codes = np.repeat(np.arange(groups), n)
    gaps = (measure(Distributions.of(rng.normal(shift * (codes == 0)), codes, groups), rng) for _ in range(trials))
    return sum(gap.low <= truth <= gap.high for gap in gaps) / trials


MEASURES = {
    "kolmogorov": lambda found, _: kolmogorov_distance(found),
    "wasserstein": lambda found, rng: wasserstein_distance(found, rng=rng),
}


@pytest.mark.parametrize("measure", MEASURES)
def test_the_interval_holds_no_distance_where_there_is_none(measure):
    assert held(0.0, MEASURES[measure], shift=0.0, trials=25) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("groups", [2, 5])
@pytest.mark.parametrize("n", [20, 200])
@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_coverage_of_the_distances(measure, groups, n, shift):
    truth = {"kolmogorov": 2 * stats.norm.cdf(shift / 2) - 1, "wasserstein": shift}[measure]
    assert held(truth, MEASURES[measure], shift=shift, groups=groups, n=n, trials=100) >= 0.9


def test_a_small_group_without_a_rare_value_is_not_thought_to_be_sure_of_it():
    rng = np.random.default_rng(5)
    codes, apart = np.repeat(np.arange(5), [500, 30, 30, 30, 30]), 0
    for _ in range(60):
        found = Distributions.of((rng.random(620) < 0.03).astype(float), codes, 5)
        apart += wasserstein_distance(found, rng=rng).low > 0
    assert apart <= 4  # drawn from the samples alone: 50 of 60
