"""Means and ratios of totals by group, their widest gaps, and Welch's test: scipy and statsmodels as witnesses."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from auditkit.statistics import (
    group_means,
    group_ratios,
    mean,
    positive_ratio,
    smallest_mean_ratio,
    welch_test,
    widest_mean_difference,
)


def drawn(sizes=(40, 25, 60), *, seed=3, shift=(0.0, 1.0, 0.2)):
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(np.array(shift)[codes], 1.0 + codes), codes


def test_means_by_hand():
    found = group_means(np.array([1.0, 3.0, 10.0, 99.0]), np.array([0, 0, 1, -1]), 3)
    assert found.value[:2].tolist() == [2.0, 10.0]
    assert np.isnan(found.value[2])
    assert found.n.tolist() == [2, 1, 0]
    assert found.variance[0] == pytest.approx(1.0)  # (1 + 1) / (2 - 1) / 2
    assert np.isnan(found.variance[1])  # one row says nothing of how much rows differ


def test_each_group_has_the_interval_of_a_mean_alone():
    scores, codes = drawn()
    units, weights = np.arange(len(scores)) // 3, np.resize([1.0, 2.0, 0.5], len(scores))
    found = group_means(scores, codes, 3, weights=weights, units=units)
    low, high = found.limits(0.9)
    for place in range(3):
        here = codes == place
        alone = mean(scores[here], level=0.9, weights=weights[here], units=units[here])
        assert (found.value[place], low[place], high[place]) == pytest.approx((alone.value, *alone.limits))


def test_each_group_has_the_interval_of_a_ratio_alone():
    scores, codes = drawn()
    found = group_ratios(scores**2, np.abs(scores), codes, 3)
    low, high = found.log_limits(0.95)
    for place in range(3):
        alone = positive_ratio(scores[codes == place] ** 2, np.abs(scores[codes == place])) if place != 1 else None
        if alone is not None:
            assert (found.value[place], low[place], high[place]) == pytest.approx((alone.value, *alone.limits))


def test_two_groups_have_welchs_interval():
    scores, codes = drawn((40, 25), shift=(0.0, 3.0))
    gap = widest_mean_difference(group_means(scores, codes, 2))
    pair = CompareMeans(DescrStatsW(scores[codes == 1]), DescrStatsW(scores[codes == 0]))
    assert (gap.low, gap.high) == pytest.approx(pair.tconfint_diff(usevar="unequal"))
    assert gap.value == pytest.approx(scores[codes == 1].mean() - scores[codes == 0].mean())
    assert (gap.lowest, gap.highest) == (0, 1)


def test_three_groups_have_the_widest_of_three_intervals_at_a_third_of_the_error():
    scores, codes = drawn(shift=(0.0, 4.0, 1.0))
    gap = widest_mean_difference(group_means(scores, codes, 3))
    parts = [DescrStatsW(scores[codes == place]) for place in range(3)]
    ends = [
        CompareMeans(parts[b], parts[a]).tconfint_diff(alpha=0.05 / 3, usevar="unequal")
        for a, b in ((0, 1), (2, 1), (0, 2))
    ]
    assert gap.low == pytest.approx(max(low for low, _ in ends))
    assert gap.high == pytest.approx(max(high for _, high in ends))


def test_the_test_is_welchs_f_and_of_two_groups_his_t():
    scores, codes = drawn()
    found = welch_test(group_means(scores, codes, 3))
    theirs = anova_oneway([scores[codes == place] for place in range(3)], use_var="unequal")
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    two = codes < 2
    pair = welch_test(group_means(scores[two], codes[two], 2))
    t = stats.ttest_ind(scores[codes == 0], scores[codes == 1], equal_var=False)
    assert (pair.statistic, pair.p) == pytest.approx((t.statistic**2, t.pvalue))


def test_what_says_nothing_makes_no_interval_and_no_test():
    scores, codes = np.array([1.0, 2.0, 5.0, 5.0]), np.array([0, 0, 1, 1])
    found = group_means(scores, codes, 2)
    gap = widest_mean_difference(found)
    assert gap.value == 3.5
    assert np.isnan([gap.low, gap.high]).all()
    assert welch_test(found) is None
    assert np.isnan(smallest_mean_ratio(found).low)


def test_a_ratio_is_the_exponential_of_a_difference_of_logs():
    scores, codes = np.abs(drawn((50, 50), shift=(5.0, 9.0))[0]), np.repeat([0, 1], 50)
    found = group_means(scores, codes, 2)
    gap, root = smallest_mean_ratio(found), smallest_mean_ratio(found, power=0.5)
    assert gap.value == pytest.approx(found.value.min() / found.value.max())
    assert gap.low < gap.value < gap.high <= 1
    assert (root.value, root.low, root.high) == pytest.approx(tuple(np.sqrt([gap.value, gap.low, gap.high])))


def coverage(groups, n, *, draw, truth, trials=300):
    rng = np.random.default_rng(11)
    codes = np.repeat(np.arange(groups), n)
    held = 0
    for _ in range(trials):
        gap = widest_mean_difference(group_means(draw(rng, codes), codes, groups))
        held += gap.low <= truth <= gap.high
    return held / trials


def test_the_widest_gap_is_held_between_equal_groups():
    assert coverage(5, 40, draw=lambda rng, codes: rng.normal(size=len(codes)), truth=0.0) >= 0.94


@pytest.mark.slow
@pytest.mark.parametrize("groups", [2, 5, 30])
@pytest.mark.parametrize("n", [20, 200])
@pytest.mark.parametrize("law", ["normal", "laplace"])
def test_coverage_of_the_widest_gap(groups, n, law):
    def draw(rng, codes):
        return getattr(rng, law)(0.5 * (codes == 0), 1.0 + (codes % 3), len(codes))

    assert coverage(groups, n, draw=draw, truth=0.5, trials=300) >= 0.94 - 2 * np.sqrt(0.95 * 0.05 / 300)


def test_equal_groups_with_a_few_heavy_rows_are_seldom_told_apart():
    rng = np.random.default_rng(2)
    draws, codes = 200, np.repeat(np.arange(5), 30)
    apart = 0
    for _ in range(draws):
        weights = np.where(rng.random(150) < 0.03, 50.0, 1.0)
        apart += widest_mean_difference(group_means(rng.normal(size=150), codes, 5, weights=weights)).low > 0
    assert apart / draws < 0.1  # with one less than the rows for the degrees of freedom 0.5
