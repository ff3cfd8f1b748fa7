"""The widest gap between groups, its interval, and the random groupings that watch over it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from auditkit.statistics import (
    RATES,
    OutcomeTable,
    Shares,
    code_outcomes,
    count_false_alarms,
    count_outcomes,
    critical_value,
    deal_hits,
    difference_limits,
    difference_lows,
    larger,
    newcombe,
    random_gap_lows,
    share_ratio,
    smallest_ratio,
    widest_difference,
)
from auditkit.statistics.counts import UnitTotals


def shares(counts: Any, sizes: Any) -> Shares:
    counts, sizes = np.array(counts), np.array(sizes)
    return Shares(counts / sizes, sizes, sizes.astype(float))


GROUPS = st.lists(
    st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=6
)


def test_two_groups_have_newcombes_interval() -> None:
    gap = widest_difference(shares([30, 50], [100, 100]))
    assert (gap.value, gap.lowest, gap.highest) == (pytest.approx(0.2), 0, 1)
    assert (gap.low, gap.high) == pytest.approx(newcombe(50, 100, 30, 100))


def test_the_low_end_of_a_gap_is_never_below_none() -> None:
    assert widest_difference(shares([30, 30], [100, 100])).low == 0


def test_three_groups_have_intervals_for_three_pairs() -> None:
    gap = widest_difference(shares([10, 20, 60], [100, 100, 100]))
    level = 1 - 0.05 / 3
    assert gap.low == pytest.approx(newcombe(60, 100, 10, 100, level).low)
    assert gap.high == pytest.approx(newcombe(60, 100, 10, 100, level).high)


@given(GROUPS)
def test_gaps_lie_in_their_intervals(groups: list[tuple[int, int]]) -> None:
    found = shares(*zip(*groups, strict=True))
    difference = widest_difference(found)
    assert 0 <= difference.low <= difference.value <= difference.high <= 1
    if found.value.max() > 0:
        ratio = smallest_ratio(found)
        assert 0 <= ratio.low <= ratio.value <= ratio.high <= 1
        assert (ratio.lowest, ratio.highest) == (difference.lowest, difference.highest)


@given(GROUPS)
def test_more_families_widen_a_gap(groups: list[tuple[int, int]]) -> None:
    found = shares(*zip(*groups, strict=True))
    one, two = widest_difference(found), widest_difference(found, families=2)
    assert two.low <= one.low
    assert one.high <= two.high


def test_the_ratio_of_two_groups() -> None:
    gap = smallest_ratio(shares([30, 50], [100, 100]))
    assert gap.value == pytest.approx(0.6)
    assert (gap.low, gap.high) == pytest.approx(share_ratio(30, 100, 50, 100))


def test_the_larger_of_two_gaps_takes_both_into_its_interval() -> None:
    wide, narrow = widest_difference(shares([10, 40], [50, 50])), widest_difference(shares([100, 150], [500, 500]))
    both = larger(narrow, wide)
    assert (both.value, both.high) == (wide.value, wide.high)
    assert both.low == max(wide.low, narrow.low)


@pytest.mark.parametrize(
    ("truth", "sizes"),
    [
        ([0.3] * 5, [200] * 5),
        ([0.3] * 5, [400, 200, 100, 40, 30]),
        ([0.3, 0.3, 0.3, 0.3, 0.15], [200] * 5),
        ([0.02] * 5, [150] * 5),
    ],
    ids=["null", "uneven", "one worse", "rare"],
)
def test_the_interval_of_a_gap_covers(truth: Any, sizes: Any) -> None:
    truth, sizes = np.array(truth), np.array(sizes)
    values = np.random.default_rng(3).binomial(sizes, truth, size=(2000, len(sizes))) / sizes
    low, high = difference_limits(values, sizes)
    gap = truth.max() - truth.min()
    assert np.mean((low <= gap) & (gap <= high)) >= 0.93


@pytest.mark.parametrize(
    ("truth", "sizes"),
    [([0.3] * 5, [200] * 5), ([0.99, 0.99], [30, 300]), ([0.9, 1.0], [40, 40]), ([0.3, 0.15, 0.3], [200] * 3)],
    ids=["null", "near one", "at one", "one worse"],
)
def test_the_interval_of_a_ratio_covers(truth: Any, sizes: Any) -> None:
    truth, sizes = np.array(truth), np.array(sizes)
    rng = np.random.default_rng(4)
    ratio, covered = truth.min() / truth.max(), 0
    for _ in range(600):
        gap = smallest_ratio(shares(rng.binomial(sizes, truth), sizes))
        covered += gap.low <= ratio <= gap.high
    assert covered / 600 >= 0.93


@pytest.mark.parametrize(
    ("sizes", "hits"),
    [([30, 9970], 59), ([30, 3000], 20), ([35, 60, 2000], 40), ([40, 60, 3000, 5000, 9000], 60)],
    ids=["one small group", "few hits", "three groups", "five groups"],
)
def test_rare_hits_in_uneven_groups_are_no_gap(sizes: list[int], hits: int) -> None:
    dealt = deal_hits(np.array(sizes), hits, np.random.default_rng(6), draws=4000)
    low = difference_limits(dealt, np.array(sizes)).low
    assert np.mean(low > 0) <= 0.055  # 5%, and what 4,000 draws add to it once in twenty times
    # Effective sizes that are not whole must not make it worse.
    assert np.mean(difference_limits(dealt, 0.97 * np.array(sizes)).low > 0) <= 0.055


@given(GROUPS)
def test_the_ratio_leaves_out_one_when_the_difference_leaves_out_none(groups: list[tuple[int, int]]) -> None:
    found = shares(*zip(*groups, strict=True))
    if found.value.max() > 0:
        assert (smallest_ratio(found).high < 1) == (widest_difference(found).low > 0)


def test_a_gap_that_fishers_exact_test_finds_by_chance_is_not_claimed() -> None:
    # 2 of 30 against 57 of 9,970: 0 is below Newcombe's interval, and Fisher's tail twice is 0.027 > 0.01.
    assert newcombe(2, 30, 57, 9970, 0.99).low > 0
    assert widest_difference(shares([2, 57], [30, 9970]), level=0.99).low == 0
    assert smallest_ratio(shares([2, 57], [30, 9970]), level=0.99).high == 1


def test_dealt_hits_keep_sizes_and_numbers() -> None:
    sizes = np.array([10, 40, 50])
    dealt = deal_hits(sizes, 20, np.random.default_rng(0), draws=50)
    assert dealt.shape == (50, 3)
    np.testing.assert_allclose((dealt * sizes).sum(axis=1), 20)
    assert abs(deal_hits(sizes, 20, np.random.default_rng(0), draws=4000).mean(axis=0) - 0.2).max() < 0.01


def outcome_table(*, units: bool = False, gap: float = 0.0) -> OutcomeTable:
    rng = np.random.default_rng(11)
    groups = rng.integers(0, 4, 2000)
    decided = rng.random(2000) < 0.3 + gap * groups
    owners = np.arange(2000) // 2 if units else None
    return count_outcomes(groups, code_outcomes(decided, rng.random(2000) < 0.4), group_count=4, units=owners)


@pytest.mark.parametrize("units", [False, True], ids=["rows", "units"])
@pytest.mark.parametrize("rates", [("selection_rate",), ("true_positive_rate", "false_positive_rate")])
def test_random_groupings_raise_few_false_alarms_whatever_the_true_gap(*, units: bool, rates: tuple[str, ...]) -> None:
    table = outcome_table(units=units, gap=0.15)
    lows = random_gap_lows(table, [RATES[rate] for rate in rates], np.ones(4, dtype=bool), rng=np.random.default_rng(5))
    alarms = count_false_alarms(lows)
    assert alarms.draws == 200
    assert alarms.count <= 20
    assert alarms.passed


def test_the_control_finds_an_interval_that_is_too_short() -> None:
    table = outcome_table()
    shares = table.shares(RATES["selection_rate"])
    hits = int(table.rows[:, list(RATES["selection_rate"].hits)].sum())
    dealt = deal_hits(shares.n, hits, np.random.default_rng(0))
    low_by_bootstrap = dealt.max(axis=1) - dealt.min(axis=1) - critical_value(0.95) * 0.02
    assert not count_false_alarms(low_by_bootstrap).passed


@pytest.mark.parametrize(
    ("draws", "level", "allowed"), [(200, 0.95, 29), (100, 0.95, 20), (40, 0.95, 12), (200, 0.9, 45)]
)
def test_an_audit_of_a_thousand_sound_controls_seldom_fails(draws: int, level: float, allowed: int) -> None:
    alarms = count_false_alarms(np.r_[np.ones(allowed), np.zeros(draws - allowed)], level=level)
    assert (alarms.allowed, alarms.passed) == (allowed, True)
    assert not count_false_alarms(np.r_[np.ones(allowed + 1), np.zeros(draws - allowed - 1)], level=level).passed
    in_one = stats.binom.sf(allowed, draws, 1 - level)
    assert 1 - (1 - in_one) ** 1000 <= 1e-4
    assert stats.binom.sf(allowed - 1, draws, 1 - level) > 1e-7  # one fewer would be too few


def test_a_control_tells_false_alarms_in_one_of_five_draws() -> None:
    allowed = count_false_alarms(np.zeros(200)).allowed
    assert stats.binom.sf(allowed, 200, 0.2) > 0.95


def test_random_groupings_are_the_same_for_the_same_seed() -> None:
    table = outcome_table()
    lows = [
        random_gap_lows(table, [RATES["accuracy"]], np.ones(4, dtype=bool), rng=np.random.default_rng(9))
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*lows)


@pytest.mark.timeout(120)
def test_many_groups_do_not_exhaust_memory_or_patience() -> None:
    # Two hundred times half a million pairs.
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(1000), 40)
    table = count_outcomes(groups, code_outcomes(rng.random(len(groups)) < 0.3), group_count=1000)
    lows = random_gap_lows(table, [RATES["selection_rate"]], np.ones(1000, dtype=bool), rng=rng)
    assert len(lows) == 200
    assert count_false_alarms(lows).passed


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize("families", [1, 2])
@pytest.mark.parametrize("lift", [0, 0.4], ids=["null", "apart"])
def test_the_low_end_alone_is_the_intervals(level: float, families: int, lift: float) -> None:
    rng = np.random.default_rng(13)
    found = 0
    for base in (0.02, 0.3, 0.97):
        for groups in (2, 3, 7, 20):
            sizes = rng.integers(1, 400, groups)
            truth = np.clip(base + lift * (rng.random(groups) - 0.5), 0, 1)
            values = rng.binomial(sizes, truth, size=(40, groups)) / sizes
            for size in (sizes, 0.83 * sizes):
                low = difference_limits(values, size, level=level, families=families).low
                np.testing.assert_array_equal(difference_lows(values, size, level=level, families=families), low)
                found += np.count_nonzero(low > 0)
    assert found > 0


def test_of_a_great_many_units_a_sample_is_dealt_out_in_good_time() -> None:
    rng = np.random.default_rng(12)
    groups, weights = rng.integers(0, 6, 300_000), rng.uniform(0.5, 2, 300_000)
    table = count_outcomes(groups, code_outcomes(rng.random(300_000) < 0.3), group_count=6, weights=weights)
    lows = random_gap_lows(table, [RATES["selection_rate"]], np.ones(6, dtype=bool), rng=rng)
    assert 40 <= len(lows) <= 200
    assert count_false_alarms(lows).passed


@pytest.mark.parametrize("heavy", [300, 600], ids=["300 of 399 rows", "600 of 699 rows"])
def test_one_patient_with_most_of_the_rows_is_no_gap(heavy: int) -> None:
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(100), np.r_[heavy, np.ones(99, dtype=int)])
    groups, chosen = rng.integers(0, 2, 100)[patients], (rng.random(100) < 0.4)[patients]
    table = count_outcomes(groups, code_outcomes(chosen), group_count=2, units=patients)
    lows = random_gap_lows(table, [RATES["selection_rate"]], np.ones(2, dtype=bool), rng=rng)
    assert count_false_alarms(lows).count <= 20


def test_the_effective_size_follows_the_level() -> None:
    sizes = [outcome_table(units=True).shares(RATES["accuracy"], level=level).size for level in (0.9, 0.99)]
    assert (sizes[0] > sizes[1]).all()


def test_sizes_may_differ_between_draws_and_groups_without_rows_take_no_part() -> None:
    rng = np.random.default_rng(8)
    sizes = rng.integers(20, 900, (60, 9)).astype(float)
    values = rng.binomial(sizes.astype(int), rng.uniform(0.1, 0.9, 9)) / sizes
    together = difference_lows(values, sizes)
    alone = [float(difference_limits(value, size).low) for value, size in zip(values, sizes, strict=True)]
    np.testing.assert_array_equal(together, alone)
    assert (together > 0).any()
    values[:, 3:], sizes[:, 3:] = np.nan, 0.0
    assert (difference_lows(values, sizes)[:5] <= together[:5]).all()
    values[:, 1:] = np.nan
    assert difference_lows(values, sizes).tolist() == [0.0] * 60


def test_of_many_groups_of_units_fewer_groupings_are_drawn_and_none_is_a_gap() -> None:
    rng = np.random.default_rng(13)
    patients = np.repeat(np.arange(30_000), 2)
    groups, chosen = rng.integers(0, 600, 30_000)[patients], (rng.random(30_000) < 0.3)[patients]
    table = count_outcomes(groups, code_outcomes(chosen), group_count=600, units=patients)
    lows = random_gap_lows(table, [RATES["selection_rate"]], np.ones(600, dtype=bool), rng=rng)
    assert 40 <= len(lows) < 100
    assert count_false_alarms(lows).count <= 1  # rows alone, taken for patients, would deny 0 nearly always


def test_the_sums_of_units_give_the_variance_of_their_residuals() -> None:
    rng = np.random.default_rng(14)
    looked_at = rng.integers(0, 6, 80).astype(float)
    counted = rng.binomial(looked_at.astype(int), 0.4).astype(float)
    totals = UnitTotals(counted, looked_at, counted.astype(int), looked_at.astype(int))
    found = totals.shares(np.zeros(80, dtype=int), 1)
    rate = counted.sum() / looked_at.sum()
    variance = ((counted - rate * looked_at) ** 2).sum() / looked_at.sum() ** 2
    n, units = looked_at.sum(), np.count_nonzero(looked_at)
    kish = n**2 / (looked_at**2).sum()
    design = variance * units / (units - 1) / (rate * (1 - rate) / (n - 1))
    student = stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, kish - 1)
    assert found.size[0] == pytest.approx(min(n, min(n / design, n) * student**2))
