"""Score intervals: statsmodels, published worked examples and the tests that they invert as witnesses."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, xlogy
from statsmodels.stats.proportion import confint_proportions_2indep, score_test_proportions_2indep

from auditkit.statistics import critical_value, koopman, miettinen_nurminen

SHARE = st.integers(2, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
INSIDE = st.integers(3, 60).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))


def test_koopmans_interval_of_published_examples() -> None:
    # Koopman (1984), page 516; and Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables (2017),
    # section 4.7: children given much or little epinephrine (the authors' own program, contingencytables 3, prints
    # 4 places)
    assert koopman(36, 40, 16, 80) == pytest.approx((2.939, 7.152), abs=6e-4)
    assert koopman(7, 34, 1, 34) == pytest.approx((1.2209, 42.5757), abs=6e-5)


def test_miettinen_and_nurminens_interval_of_a_published_example() -> None:
    # the same book and program, section 4.5: none of 16 against 15 of 72
    assert miettinen_nurminen(0, 16, 15, 72) == pytest.approx((-0.3164, -0.0056), abs=6e-5)


def test_mees_interval_of_a_published_example() -> None:
    # the same, section 4.5, without the correction of the variance by 68 / 67: a quantile that is so much smaller
    level = 2 * float(ndtr(critical_value(0.95) * math.sqrt(67 / 68))) - 1
    assert miettinen_nurminen(7, 34, 1, 34, level) == pytest.approx((0.0284, 0.3439), abs=6e-5)


@settings(max_examples=40)
@given(INSIDE, INSIDE, st.sampled_from([0.8, 0.95, 0.99]))
def test_koopman_agrees_with_statsmodels(one: tuple[int, int], two: tuple[int, int], level: float) -> None:
    found = koopman(*one, *two, level)
    for limit in found:
        # statsmodels searches no further than its own bracket, and so its test is the witness for its interval's ends
        test = score_test_proportions_2indep(*one, *two, value=limit, compare="ratio", correction=False)
        assert abs(test.statistic) == pytest.approx(critical_value(level), rel=1e-6)


@pytest.mark.parametrize("one", [(1, 3), (5, 20), (17, 19), (0, 12)])
@pytest.mark.parametrize("two", [(1, 3), (2, 3), (3, 9), (40, 40)])
def test_miettinen_and_nurminens_ends_are_just_not_rejected(one: tuple[int, int], two: tuple[int, int]) -> None:
    # scipy finds the shares of greatest likelihood. statsmodels up to 0.15 finds others, and so is no witness here:
    # https://github.com/statsmodels/statsmodels/issues/10269
    (hits_1, rows_1), (hits_2, rows_2) = one, two
    point = hits_1 / rows_1 - hits_2 / rows_2
    for limit in miettinen_nurminen(*one, *two):
        lowest, highest = max(0, -limit), min(1, 1 - limit)

        def unlikely(second: float, limit: float = float(limit)) -> float:
            return -sum(
                xlogy(hits, share) + xlogy(rows - hits, 1 - share)
                for hits, rows, share in ((hits_1, rows_1, second + limit), (hits_2, rows_2, second))
            )

        second = minimize_scalar(unlikely, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-10}).x
        first, rows = second + limit, rows_1 + rows_2
        variance = first * (1 - first) / rows_1 + second * (1 - second) / rows_2
        if abs(limit) < 1:
            score = abs(point - limit) / math.sqrt(variance * rows / (rows - 1))
            assert score == pytest.approx(critical_value(0.95), rel=1e-3)


@pytest.mark.parametrize(("one", "two"), [((30, 100), (20, 80)), ((700, 1000), (13, 40))])
def test_koopmans_interval_is_that_of_statsmodels(one: tuple[int, int], two: tuple[int, int]) -> None:
    ratio = confint_proportions_2indep(*one, *two, compare="ratio", method="score", correction=False)
    assert koopman(*one, *two) == pytest.approx(ratio, rel=1e-7)


@settings(max_examples=30)
@given(SHARE, SHARE)
def test_intervals_hold_the_point_and_turn_over(one: tuple[int, int], two: tuple[int, int]) -> None:
    low, high = koopman(*one, *two)
    turned = koopman(*two, *one)
    assert low <= high
    assert low * turned.high == pytest.approx(1) if low > 0 else turned.high == math.inf
    if two[0] > 0:
        assert low * (1 - 1e-12) <= (one[0] / one[1]) / (two[0] / two[1]) <= high * (1 + 1e-12)
    low, high = miettinen_nurminen(*one, *two)
    turned = miettinen_nurminen(*two, *one)
    assert -1 <= low <= one[0] / one[1] - two[0] / two[1] <= high <= 1
    assert (low, high) == pytest.approx((-turned.high, -turned.low), abs=1e-9)


@pytest.mark.parametrize("samples", [(0, 20, 0, 30), (0, 0, 3, 10), (3, 10, 0, 0)])
def test_nothing_is_known_of_a_ratio_without_hits_or_rows(samples: tuple[int, int, int, int]) -> None:
    assert koopman(*samples) == (0, math.inf)


def test_a_share_of_zero_opens_one_end_of_the_ratio() -> None:
    assert koopman(0, 20, 9, 30).low == 0
    assert 0 < koopman(0, 20, 9, 30).high < 1
    assert koopman(9, 30, 0, 20).high == math.inf
    assert koopman(9, 30, 0, 20).low > 1


def test_full_and_empty_shares_are_not_certain() -> None:
    # Wilson's limit, as a share of 1 against a share that is known
    assert koopman(30, 30, 30, 30).low < 0.9
    # none and none: d / sqrt(d (1 - d) / 20 * 40 / 39) = z
    odds = critical_value(0.95) ** 2 * 40 / (20 * 39)
    assert miettinen_nurminen(0, 20, 0, 20).high == pytest.approx(odds / (1 + odds))
    assert miettinen_nurminen(20, 20, 0, 20).high == 1
    assert miettinen_nurminen(0, 0, 5, 10) == (-1, 1)


def test_rare_hits_among_many_rows() -> None:
    # nearly Poisson: 8 against 3 events, each among 10^8; statsmodels' interval of the ratio at 10^5 rows
    small = confint_proportions_2indep(8, 10**5, 3, 10**5, compare="ratio", method="score", correction=False)
    assert koopman(8, 10**8, 3, 10**8) == pytest.approx(small, rel=1e-3)
    low, high = np.array(miettinen_nurminen(8, 10**8, 3, 10**8)) * 10**8
    expected = np.array(miettinen_nurminen(8, 10**5, 3, 10**5)) * 10**5
    assert (low, high) == pytest.approx(tuple(expected), rel=1e-3)


def test_arrays_give_what_numbers_do() -> None:
    counts, sizes = np.array([3, 9, 0]), np.array([20, 30, 9])
    for interval in (koopman, miettinen_nurminen):
        low, high = interval(counts, sizes, 4, 25, comparisons=3)
        for place in range(3):
            alone = interval(counts[place], sizes[place], 4, 25, 1 - 0.05 / 3)
            assert (low[place], high[place]) == pytest.approx(alone, rel=1e-9, abs=1e-12)
