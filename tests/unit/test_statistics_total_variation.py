"""Several classes at once: distances worked by hand and as holisticai has them, coverage, scipy's chi-square."""

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact

from auditkit.statistics import (
    GroupedRows,
    chi_square,
    difference_limits,
    independence_test,
    total_variation,
    unit_independence_test,
    widest_variation,
)

# holisticai at 96b084f, tests/bias/metrics/test_bias_multiclass.py: four rows of A, four of B, two of C.
FREQUENCIES = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.5, 0.0, 0.5]])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_distance_by_hand() -> None:
    # .1 more of the first class, .2 more of the second, .3 fewer of the third
    assert total_variation(np.array([0.4, 0.5, 0.1]), np.array([0.3, 0.3, 0.4])) == pytest.approx(0.3)


def test_the_mean_of_all_pairs_is_holisticais() -> None:
    first, second = np.triu_indices(3, k=1)
    apart = total_variation(FREQUENCIES[first], FREQUENCIES[second])
    np.testing.assert_allclose(apart, [0.25, 0.25, 0.5])
    # multiclass_statistical_parity: 2 * 3 / 18 there, and 1 / 6 of two groups with 2 of 4 and 4 of 6 rows chosen
    assert apart.mean() == pytest.approx(2 * 3 / 18)
    assert total_variation(np.array([1 / 2, 1 / 2]), np.array([1 / 3, 2 / 3])) == pytest.approx(1 / 6)


def test_the_widest_is_the_widest_pairs() -> None:
    gap = widest_variation(FREQUENCIES, np.array([400.0, 400, 200]))
    assert (gap.value, gap.lowest, gap.highest) == (0.5, 1, 2)
    assert 0.3 < gap.low < 0.5 < gap.high < 0.7


def test_two_classes_have_the_interval_of_their_difference() -> None:
    shares, sizes = np.array([0.3, 0.55]), np.array([80.0, 60.0])
    gap = widest_variation(np.column_stack([shares, 1 - shares]), sizes)
    low, high = difference_limits(shares, sizes)
    assert (gap.low, gap.high) == (pytest.approx(low), pytest.approx(high))


def test_classes_that_nobody_is_given_make_it_less_sure_and_change_no_value() -> None:
    sizes = np.array([200.0, 200.0])
    shares = np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])
    gap = widest_variation(shares, sizes)
    more = widest_variation(np.column_stack([shares, np.zeros((2, 3))]), sizes)
    assert more.value == pytest.approx(gap.value)
    assert more.low < gap.low < gap.high < more.high


def test_groups_who_are_all_given_one_class_may_still_differ() -> None:
    gap = widest_variation(np.array([[1.0, 0, 0], [1.0, 0, 0]]), np.array([50.0, 50]))
    assert (gap.value, gap.low) == (0, 0)
    assert 0.05 < gap.high < 0.3


def _held(shares: Any, sizes: Any, draws: int) -> float:
    truth = max(float(total_variation(one, other)) for one, other in itertools.combinations(shares, 2))
    held, source = 0, rng(len(shares))
    for _ in range(draws):
        drawn = np.array([source.multinomial(n, p) / n for n, p in zip(sizes, shares, strict=True)])
        gap = widest_variation(drawn, sizes.astype(float))
        held += gap.low <= truth <= gap.high
    return held / draws


EQUAL = np.full((5, 4), 0.25)
RARE = np.tile([0.01, 0.01, 0.98], (5, 1))
APART = np.array([[0.4, 0.2, 0.2, 0.2], *np.full((4, 4), 0.25)])


@pytest.mark.parametrize("shares", [EQUAL, RARE, APART], ids=["equal", "rare", "one apart"])
def test_the_interval_holds_the_truth(shares: Any) -> None:
    held = _held(shares, np.array([300, 200, 100, 50, 30]), 200)
    assert held >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 200)


@pytest.mark.slow
@pytest.mark.parametrize("groups", [2, 5, 10])
@pytest.mark.parametrize("classes", [3, 5, 10])
def test_the_interval_holds_the_truth_for_many_groups_and_classes(groups: int, classes: int) -> None:
    equal, rare = np.full(classes, 1 / classes), np.array([*[0.01] * (classes - 1), 1 - 0.01 * (classes - 1)])
    other = equal + 0.5 / classes * np.array([1, -1, *[0] * (classes - 2)])
    for shares in ([equal] * groups, [rare] * groups, [other, *[equal] * (groups - 1)]):
        for n in (30, 200, 2000):
            sizes = np.array([n] * (groups - 1) + [max(n // 8, 20)])
            assert _held(np.array(shares), sizes, 300) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300), (shares, n)


def test_chi_square_is_scipys() -> None:
    tables = rng().integers(5, 50, (2, 3, 4))
    whole = [chi2_contingency(table, correction=False)[0] for table in tables]
    assert chi_square(tables[:1].astype(float)) == pytest.approx(whole[0])
    assert chi_square(tables.astype(float)) == pytest.approx(sum(whole))


def test_the_test_has_nearly_fishers_and_chi_squares_p() -> None:
    small = np.array([[[12, 5, 3], [4, 9, 7]]])
    assert independence_test(small, rng=rng()).p_value == pytest.approx(fisher_exact(small[0]).pvalue, abs=0.03)
    large = np.array([[[120, 150, 130], [150, 130, 120], [100, 110, 115]]])
    exact = chi2_contingency(large[0], correction=False)[1]
    assert independence_test(large, rng=rng()).p_value == pytest.approx(exact, abs=0.04)


def test_what_the_strata_explain_is_not_found() -> None:
    # In either stratum both groups have the same shares; over all they have not.
    strata = np.array([[[80, 10, 10], [8, 1, 1]], [[1, 1, 8], [10, 10, 80]]])
    assert independence_test(strata, rng=rng()).p_value > 0.9
    assert independence_test(strata.sum(axis=0)[None], rng=rng()).p_value == 1 / 1000


def test_one_group_or_one_class_leaves_nothing_to_test() -> None:
    assert independence_test(np.array([[[5, 5, 0], [0, 0, 0]], [[3, 0, 0], [4, 0, 0]]]), rng=rng()) is None
    rows = GroupedRows(np.zeros(6, int), np.arange(6) % 3, np.zeros(6, int), np.arange(1.0, 7))
    assert unit_independence_test(rows, (1, 2, 3), rng=rng()) is None


def _rows(source: np.random.Generator, people: int, each: int) -> GroupedRows:
    """Rows of people whose class depends on them and on the stratum; their group says nothing."""
    units = np.repeat(np.arange(people), each)
    habit, groups = source.integers(0, 3, people), source.integers(0, 2, people)
    strata = source.integers(0, 2, people)[units]
    classes = np.where(source.random(len(units)) < 0.8, (habit[units] + strata) % 3, source.integers(0, 3, len(units)))
    return GroupedRows(groups[units], classes, strata, None, units)


def test_rows_of_one_person_are_dealt_out_together() -> None:
    source = rng(2)
    found = [unit_independence_test(_rows(source, 60, 5), (2, 2, 3), rng=source, deals=199) for _ in range(60)]
    p = np.array([one.p_value for one in found])
    assert np.mean(p <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 60)
    assert 0.3 < p.mean() < 0.7


def test_rows_of_equal_weight_have_the_p_of_rows_without() -> None:
    source = rng(3)
    groups, classes = source.integers(0, 3, 300), source.integers(0, 4, 300)
    rows = GroupedRows(groups, classes, np.zeros(300, int), np.full(300, 2.0))
    table = np.bincount(groups * 4 + classes, minlength=12).reshape(1, 3, 4)
    one = unit_independence_test(rows, (1, 3, 4), rng=source)
    other = independence_test(table, rng=source)
    assert one.statistic == pytest.approx(2 * other.statistic)
    assert one.p_value == pytest.approx(other.p_value, abs=0.06)
