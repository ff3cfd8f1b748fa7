"""Tests of equal rates: all deals counted out, Fisher's exact test and scipy.stats as witnesses."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from auditkit.statistics import (
    deal_out,
    equal_means_test,
    equal_rates_test,
    equal_unit_rates_test,
    permutation,
    shortfall,
    two_groups_p_value,
    unit_permutation,
    widest,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def compared(hits: Any, sizes: Any, **options: Any) -> Any:
    return equal_rates_test([(np.array(hits), np.array(sizes))], rng=rng(), **options)


def test_how_far_apart_rates_lie_by_hand() -> None:
    rates = np.array([[0.2, 0.5, 0.3], [0.0, 0.0, 0.0], [0.0, 0.4, 0.4]])
    assert widest(rates) == pytest.approx([0.3, 0, 0.4])
    assert shortfall(rates) == pytest.approx([0.6, 0, 1])


def test_three_groups_agree_with_all_deals_counted_out() -> None:
    # 3 hits on 2 + 2 + 3 rows: every order of the seven rows is as likely
    sizes, hits = np.array([2, 2, 3]), np.array([2, 1, 0])
    owners = np.repeat([0, 1, 2], sizes)
    spreads = [
        widest(np.bincount(owners[np.array(order, dtype=bool)], minlength=3) / sizes)
        for order in set(permutations([1, 1, 1, 0, 0, 0, 0]))
    ]
    exact = np.mean(np.array(spreads) >= widest(hits / sizes) - 1e-12)
    found = compared(hits, sizes, deals=40_000)
    assert found.statistic == 1
    assert found.p_value == pytest.approx(exact, abs=0.01)


def test_the_p_value_counts_the_data_as_one_of_the_deals() -> None:
    found = compared([0, 100], [100, 100], deals=99)
    assert (found.p_value, found.deals) == (0.01, 99)


@pytest.mark.parametrize("hits", [[0, 0, 0], [5, 9, 3]])
def test_nothing_can_differ_without_hits_or_without_misses(hits: Any) -> None:
    found = compared(hits, [5, 9, 3])
    assert (found.statistic, found.p_value) == (0, 1)


@pytest.mark.parametrize(("hits", "sizes"), [([], []), ([3], [9]), ([3, 0], [9, 0]), ([0, 0], [0, 0])])
def test_one_group_is_not_compared(hits: Any, sizes: Any) -> None:
    assert compared(np.array(hits, dtype=int), np.array(sizes, dtype=int)) is None


def test_a_group_without_rows_takes_no_part() -> None:
    assert compared([3, 0, 9], [20, 0, 20]) == compared([3, 9], [20, 20])


def test_two_groups_agree_with_the_exact_p_value() -> None:
    hits, sizes = np.array([8, 1]), np.array([20, 15])
    assert compared(hits, sizes, deals=40_000).p_value == pytest.approx(two_groups_p_value(hits, sizes), abs=0.006)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.integers(0, n), st.just(n))))
def test_the_exact_p_value_of_equal_groups_is_fishers(drawn: tuple[int, int, int]) -> None:
    one, two, n = drawn
    expected = stats.fisher_exact([[one, n - one], [two, n - two]]).pvalue
    assert two_groups_p_value(np.array([one, two]), np.array([n, n])) == pytest.approx(expected)


@given(
    st.tuples(st.integers(1, 25), st.integers(1, 25)).flatmap(
        lambda sizes: st.tuples(*(st.tuples(st.integers(0, n), st.just(n)) for n in sizes))
    )
)
def test_the_exact_p_value_adds_up_all_tables_as_far_apart(groups: Any) -> None:
    (one, n), (two, m) = groups
    possible = np.arange(max(0, one + two - m), min(n, one + two) + 1)
    apart = np.abs(possible * (n + m) - (one + two) * n)
    chance = stats.hypergeom(n + m, one + two, n).pmf(possible)
    expected = chance[apart >= abs(one * (n + m) - (one + two) * n)].sum()
    assert two_groups_p_value(np.array([one, two]), np.array([n, m])) == pytest.approx(expected)


def test_rates_of_two_strata_are_tested_together() -> None:
    # chance makes a third in the first stratum as often as alone, and in the other from 3 to 18 of 21 hits on
    apart, alike = (np.array([2, 12]), np.array([30, 30])), (np.array([10, 11]), np.array([40, 40]))
    joint = equal_rates_test([apart, alike], rng=rng(), deals=40_000)
    assert joint is not None
    assert joint.statistic == pytest.approx(1 / 3)
    alone = two_groups_p_value(*apart)
    other = two_groups_p_value(np.array([3, 18]), np.array([40, 40]))
    expected = 1 - (1 - alone) * (1 - other)
    assert joint.p_value == pytest.approx(expected, abs=0.003)


def test_the_level_holds_when_rates_are_equal() -> None:
    # 400 data sets at level .1: at most 40 + 3 standard errors (18) rejections; simulations/ has the table
    draws = rng(5)
    sizes = np.array([60, 30, 20, 10])
    rejected = 0
    for _ in range(400):
        found = equal_rates_test([(draws.binomial(sizes, 0.3), sizes)], rng=draws, deals=99)
        rejected += found is not None and found.p_value <= 0.1
    assert rejected <= 58


def test_a_planted_gap_is_found() -> None:
    assert compared([10, 30, 32], [100, 100, 100]).p_value < 0.01
    assert compared([10, 30, 32], [100, 100, 100], spread=shortfall).p_value < 0.01


def test_units_of_one_row_are_tested_as_rows() -> None:
    hits, sizes = np.array([12, 20]), np.array([40, 40])
    ones = np.concatenate([np.arange(n) < k for k, n in zip(hits, sizes, strict=True)]).astype(float)
    found = equal_unit_rates_test(ones[:, None], np.ones((80, 1)), np.repeat([0, 1], sizes), rng=rng(), deals=20_000)
    assert found is not None
    # To each variance goes that of an average unit, .4 * .6, and both are those of n - 1.
    variance = sum((n * p * (1 - p) + 0.24) / n**2 * n / (n - 1) for p, n in ((0.3, 40), (0.5, 40)))
    assert found.statistic == pytest.approx(0.2 / variance**0.5)
    assert found.p_value == pytest.approx(two_groups_p_value(hits, sizes), abs=0.01)


def test_several_groups_have_a_root_mean_square_of_standard_errors() -> None:
    # Units of 2 rows with 0, 1 or 2 hits. Rates .25, .5, .75; all: .5, and an average unit lies (1/3 of 6) off it.
    hits, groups = np.array([0, 1, 1, 1, 1, 2.0]), np.array([0, 0, 1, 1, 2, 2])
    found = equal_unit_rates_test(hits[:, None], np.full((6, 1), 2.0), groups, rng=rng(), deals=199)
    assert found is not None
    # Within groups the squares are .5, 0 and .5, and 1/3 goes to each; over 4^2, times 2 / (2 - 1).
    weights = 16 / 2 / (np.array([0.5, 0, 0.5]) + 1 / 3)
    assert found.statistic == pytest.approx(np.sqrt((weights * np.array([1, 0, 1]) / 16).sum() / 2))
    # Of 6!/(2! 2! 2!) = 90 ways no p can be below a ninetieth.
    assert found.tail_p >= 1 / 90


def test_dealing_kinds_and_moving_units_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = rng(3)
    sizes = draws.integers(1, 4, 600).astype(float)[:, None]
    hits = np.floor(sizes * draws.random((600, 1)))
    groups = draws.integers(0, 3, 600)
    found = []
    for cost in (0, 10**9):
        monkeypatch.setattr("auditkit.statistics.unit_permutation._DRAW", cost)
        test = equal_unit_rates_test(hits, sizes, groups, rng=rng(), deals=4000)
        assert test is not None
        found.append(test)
    assert found[0].statistic == found[1].statistic
    assert found[0].p_value == pytest.approx(found[1].p_value, abs=0.035)


@pytest.mark.parametrize("lift", [0.0, 0.03])
def test_normal_sums_of_many_weighted_units_agree_with_moving_them(
    monkeypatch: pytest.MonkeyPatch, lift: float
) -> None:
    draws = rng(6)
    groups = draws.choice(3, 6000, p=[0.2, 0.3, 0.5])
    weights = draws.uniform(0.5, 3, (6000, 2))
    hits = weights * (draws.random((6000, 2)) < 0.3 + lift * (groups == 1)[:, None])
    found = []
    for most in (10**9, 0):
        monkeypatch.setattr("auditkit.statistics.unit_permutation._MOST_MOVED", most)
        test = equal_unit_rates_test(hits, weights, groups, rng=rng(), deals=2000)
        assert test is not None
        found.append(test)
    assert found[0].statistic == found[1].statistic
    columns = np.concatenate([hits, weights], axis=1)
    assert unit_permutation._sums_are_normal(columns, np.ones(6000, dtype=int), np.bincount(groups))
    assert found[0].p_value == pytest.approx(found[1].p_value, abs=0.06)


def test_few_or_heavy_hits_are_never_taken_for_normal(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = rng(7)
    groups, weights = draws.integers(0, 2, 3000), draws.uniform(0.5, 3, (3000, 1))
    rare = weights * (np.arange(3000) < 30)[:, None]
    heavy = np.where(np.arange(3000) == 0, 10**4, weights[:, 0] * (draws.random(3000) < 0.3))[:, None]
    for hits in (rare, np.maximum(weights, 1) - rare, heavy):
        sizes = np.maximum(weights, hits)
        exact = equal_unit_rates_test(hits, sizes, groups, rng=rng(), deals=99)
        monkeypatch.setattr("auditkit.statistics.unit_permutation._MOST_MOVED", 0)
        assert equal_unit_rates_test(hits, sizes, groups, rng=rng(), deals=99) == exact
        monkeypatch.undo()


def test_copies_of_rows_in_a_unit_make_nothing_more_certain() -> None:
    draws = rng(4)
    hits = (draws.random((200, 1)) < 0.3).astype(float)
    groups = draws.integers(0, 2, 200)
    once, copied = (
        equal_unit_rates_test(hits * times, np.full((200, 1), times), groups, rng=rng()) for times in (1.0, 9.0)
    )
    assert once == copied


@pytest.mark.parametrize(
    ("hits", "groups", "p_value"), [([0, 0, 0, 0], [0, 0, 1, 1], 1.0), ([1, 1, 1, 1], [0, 1, 2, -1], 1.0)]
)
def test_units_without_hits_or_misses(hits: Any, groups: Any, p_value: float) -> None:
    found = equal_unit_rates_test(np.array(hits, dtype=float)[:, None], np.ones((4, 1)), np.array(groups), rng=rng())
    assert found is not None
    assert (found.statistic, found.p_value) == (0, p_value)


@pytest.mark.parametrize("groups", [[0, 0, 0], [-1, -1, -1], [2, 2, -1]])
def test_units_of_one_group_are_not_compared(groups: Any) -> None:
    assert equal_unit_rates_test(np.ones((3, 1)), np.ones((3, 1)), np.array(groups), rng=rng()) is None


def test_units_of_two_strata_give_the_larger_gap() -> None:
    # units 0 and 1 have rows of the class, 2 and 3 have none
    hits = np.array([[1.0, 0], [0, 0], [0, 2], [0, 1]])
    sizes = np.array([[1.0, 0], [2, 0], [0, 2], [0, 2]])
    found = equal_unit_rates_test(hits, sizes, np.array([0, 1, 0, 1]), rng=rng())
    assert found is not None
    (first,), (second,) = (
        equal_means_test(
            hits[rows, [place]][:, None] / sizes[rows, [place]][:, None],
            np.array([0, 1]),
            weights=sizes[rows, place],
            rng=rng(),
        )
        for place, rows in ((0, [0, 1]), (1, [2, 3]))
    )
    # Either group has two units, of which one has rows here: its variance is times 2 / (2 - 1), that of one is not.
    assert found.statistic == pytest.approx(max(first.statistic, second.statistic) / 2**0.5)


def variance(hits: int, size: int, rows: int) -> float:
    """Of a hypergeometric number, by the textbook."""
    share = size / rows
    return hits * share * (1 - share) * (rows - hits) / (rows - 1)


@pytest.mark.parametrize("sizes", [[7, 20, 3], [0, 20, 3]])
def test_deals_are_hypergeometric(sizes: Any) -> None:
    sizes = np.array(sizes)
    dealt = deal_out(sizes, 9, rng(), deals=20_000)
    assert (dealt.sum(axis=1) == 9).all()
    assert dealt.mean(axis=0) == pytest.approx(9 * sizes / sizes.sum(), abs=0.05)
    assert dealt.var(axis=0) == pytest.approx([variance(9, n, int(sizes.sum())) for n in sizes], abs=0.06)


@pytest.mark.parametrize(
    ("sizes", "hits"),
    [
        ([3 * 10**9, 2 * 10**9, 500], 10**9),  # groups of any size
        ([3 * 10**9, 2 * 10**9, 500], 700),  # few hits
        ([3 * 10**9, 2 * 10**9, 500], 5 * 10**9),  # few misses
        ([10**9 + 1, 10**9 + 1], 10**9),
    ],
)
def test_more_rows_than_numpy_can_deal_out(sizes: Any, hits: int) -> None:
    sizes = np.array(sizes)
    dealt = deal_out(sizes, hits, rng(), deals=4000)
    assert (dealt.sum(axis=1) == hits).all()
    assert (dealt >= 0).all()
    assert (dealt <= sizes).all()
    spread = np.sqrt([variance(hits, int(n), int(sizes.sum())) for n in sizes])
    expected = hits * (sizes / sizes.sum())
    assert (np.abs(dealt.mean(axis=0) - expected) <= 4 * spread / 4000**0.5 + 1e-9).all()
    assert dealt.std(axis=0) == pytest.approx(spread, rel=0.06, abs=0.02)


def test_the_tail_of_the_deals_goes_on_where_they_end() -> None:
    """Of 999 normal deals: as they are where ten lie as far, then an exponential that is too large, never too small."""
    dealt = np.abs(rng(1).normal(size=999))
    for observed in (0.5, 1.5, 2.0):
        found = permutation.compare(observed, dealt)
        assert found.tail_p == found.p_value == (1 + np.count_nonzero(dealt >= observed)) / 1000
    for observed in (4.0, 4.4, 4.8):
        found = permutation.compare(observed, dealt)
        assert found.p_value == 0.001
        assert 2 * stats.norm.sf(observed) < found.tail_p < found.p_value
    assert permutation.compare(40.0, dealt).tail_p == 1e-6
    assert permutation.compare(40.0, dealt, least=0.0004).tail_p == 0.0004
    assert permutation.compare(40.0, dealt, least=0.1).tail_p == 0.001


def test_no_p_is_below_the_chance_of_the_one_way_that_was_seen() -> None:
    # 4 hits, all in one of two groups of 10: of (20 over 4) = 4,845 ways (10 over 4) = 210, in either direction.
    found = compared([4, 0], [10, 10])
    assert found.tail_p >= 210 / 4845


def test_equal_rates_of_units_that_differ_in_size_are_seldom_told_apart() -> None:
    """One group's persons have a row each, the other's 9 that agree: their rates vary otherwise, and are equal."""
    draws, rejected = rng(8), 0
    for _ in range(300):
        sizes = np.repeat([1.0, 9.0], [150, 30])[:, None]
        hits = sizes * (draws.random((180, 1)) < 0.3)
        found = equal_unit_rates_test(hits, sizes, np.repeat([0, 1], [150, 30]), rng=draws, deals=199)
        assert found is not None
        rejected += found.p_value <= 0.05
    assert rejected <= 0.05 * 300 + 2 * (0.05 * 0.95 * 300) ** 0.5


def test_means_of_two_groups_have_about_welchs_t() -> None:
    scores, groups = rng(9).normal(size=(90, 2)), np.repeat([0, 1], [30, 60])
    scores[:, 0] += 0.4 * groups + 1e6
    found = equal_means_test(scores, groups, rng=rng(), deals=4000)
    assert found is not None
    for one, column in zip(found, scores.T, strict=True):
        welch = stats.ttest_ind(column[groups == 0], column[groups == 1], equal_var=False)
        assert one.statistic == pytest.approx(abs(welch.statistic), rel=0.03)
        assert one.p_value == pytest.approx(welch.pvalue, abs=0.02)


def test_several_numbers_are_tested_over_whole_units() -> None:
    draws = rng(10)
    people, groups = np.repeat(np.arange(40), 5), np.repeat(np.arange(40) % 2, 5)
    scores = draws.normal(size=40)[people][:, None]
    alone, together = (equal_means_test(scores, groups, units=units, rng=rng()) for units in (None, people))
    each = equal_means_test(scores[::5], groups[::5], rng=rng())
    assert alone is not None
    assert together is not None
    assert each is not None
    assert together[0].statistic == pytest.approx(each[0].statistic)
    assert together[0].p_value == pytest.approx(each[0].p_value, abs=0.06)
    assert together[0].statistic < alone[0].statistic / 2
    assert equal_means_test(scores, np.zeros(200, dtype=int), rng=rng()) is None


def test_equal_means_of_skewed_numbers_are_seldom_told_apart() -> None:
    draws, rejected = rng(11), 0
    groups = np.repeat(np.arange(4), [20, 20, 20, 120])
    for _ in range(300):
        found = equal_means_test(draws.exponential(size=(180, 1)) ** 1.5, groups, rng=draws, deals=199)
        assert found is not None
        rejected += found[0].p_value <= 0.05
    assert rejected <= 0.05 * 300 + 2 * (0.05 * 0.95 * 300) ** 0.5


@pytest.mark.parametrize("spare", [0, 10**9])
def test_units_that_add_the_same_may_be_told_once(monkeypatch: pytest.MonkeyPatch, spare: int) -> None:
    monkeypatch.setattr("auditkit.statistics.unit_permutation._DRAW", spare)
    hits, sizes = np.array([[0.0], [1.0], [2.0], [0.0], [1.0]]), np.array([[2.0], [2.0], [2.0], [1.0], [1.0]])
    groups, times = np.array([0, 0, 1, 1, 1]), np.array([40, 20, 9, 50, 11])
    once = equal_unit_rates_test(hits, sizes, groups, rng=rng(), times=times)
    each = [np.repeat(one, times, axis=0) for one in (hits, sizes, groups)]
    apart = equal_unit_rates_test(each[0], each[1], each[2], rng=rng())
    assert once is not None
    assert apart is not None
    assert once.statistic == pytest.approx(apart.statistic, abs=1e-15)
    assert once.p_value == pytest.approx(apart.p_value, abs=0.05)
    assert once == apart or spare == 0
