"""Intervals of shares: worked cases, laws, and statsmodels as witness."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from auditkit.statistics import clopper_pearson, critical_value, log_ratio, newcombe, share_ratio, wilson

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.9999])


def test_wilson_by_hand() -> None:
    # z = 1.96: centre (0.5 + 1.92 / 10) / (1 + 3.84 / 10), for 5 of 10.
    low, high = wilson(5, 10)
    assert low == pytest.approx(0.236593, abs=1e-6)
    assert high == pytest.approx(0.763407, abs=1e-6)


def test_nothing_is_known_of_a_share_of_no_rows() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@given(COUNTS, LEVELS)
def test_wilson_holds_the_share_and_agrees_with_statsmodels(counts: tuple[int, int], level: float) -> None:
    count, n = counts
    low, high = wilson(count, n, level)
    assert 0 <= low <= count / n <= high <= 1
    assert (low, high) == pytest.approx(proportion_confint(count, n, 1 - level, method="wilson"), abs=1e-9)


@given(COUNTS, LEVELS)
def test_clopper_pearson_agrees_with_statsmodels(counts: tuple[int, int], level: float) -> None:
    count, n = counts
    assert clopper_pearson(count, n, level) == pytest.approx(
        proportion_confint(count, n, 1 - level, method="beta"), abs=1e-9
    )


def test_wilson_takes_arrays_and_sizes_that_are_not_whole() -> None:
    low, high = wilson([1.5, 3.0], [7.5, 15.0])
    assert low.shape == high.shape == (2,)
    assert low[0] < low[1] < 0.2 < high[1] < high[0]


@given(COUNTS, COUNTS, LEVELS)
def test_newcombe_agrees_with_statsmodels(first: tuple[int, int], second: tuple[int, int], level: float) -> None:
    ours = newcombe(*first, *second, level)
    theirs = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff", alpha=1 - level)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_newcombe_of_published_counts() -> None:
    # ProPublica's COMPAS counts, false positives: 805 of 1795 against 349 of 1488.
    assert newcombe(805, 1795, 349, 1488) == pytest.approx((0.182053, 0.245023), abs=1e-6)


def test_newcombe_of_a_share_of_no_rows_is_undefined() -> None:
    assert all(math.isnan(end) for end in newcombe(0, 0, 3, 9))


@given(COUNTS, COUNTS, LEVELS)
def test_a_ratio_leaves_out_one_exactly_when_the_difference_leaves_out_zero(
    first: tuple[int, int], second: tuple[int, int], level: float
) -> None:
    difference = newcombe(*first, *second, level)
    ratio = share_ratio(*first, *second, level)
    assert (difference.low > 1e-9) == (ratio.low > 1 + 1e-9) or abs(difference.low) < 1e-6
    assert (difference.high < -1e-9) == (ratio.high < 1 - 1e-9) or abs(difference.high) < 1e-6


@given(COUNTS, COUNTS)
def test_a_ratio_lies_in_its_interval_and_turns_over_with_it(first: tuple[int, int], second: tuple[int, int]) -> None:
    low, high = share_ratio(*first, *second)
    assert 0 <= low <= high
    if second[0]:
        assert low - 1e-9 <= (first[0] / first[1]) / (second[0] / second[1]) <= high + 1e-9
    if first[0] and second[0]:
        turned = share_ratio(*second, *first)
        assert (turned.low * high, turned.high * low) == pytest.approx((1, 1))


def test_a_ratio_of_full_shares_is_not_certain() -> None:
    # 30 of 30 in both groups: the log interval shrinks to the point 1, ours reaches down to Wilson's low end.
    assert log_ratio(30, 30, 30, 30) == (1.0, 1.0)
    assert share_ratio(30, 30, 30, 30).low == pytest.approx(wilson(30, 30).low)


def test_a_ratio_to_a_share_of_zero_has_no_upper_end() -> None:
    assert share_ratio(5, 30, 0, 30).high == math.inf


def test_log_ratio_by_hand() -> None:
    # ln(9.5/20.5 / (4.5/20.5)) = 0.7472; variance 1/9.5 - 1/20.5 + 1/4.5 - 1/20.5 = 0.2299.
    low, high = log_ratio(9, 20, 4, 20)
    assert math.log(low) == pytest.approx(0.7472 - 1.95996 * math.sqrt(0.22992), abs=1e-4)
    assert math.log(high) == pytest.approx(0.7472 + 1.95996 * math.sqrt(0.22992), abs=1e-4)


def test_comparisons_widen_by_bonferroni() -> None:
    assert critical_value(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert critical_value(0.95, 10) == pytest.approx(critical_value(0.995), abs=1e-9)
    np.testing.assert_allclose(wilson(3, 10, comparisons=10), wilson(3, 10, 0.995))
