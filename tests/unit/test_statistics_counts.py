"""Counting outcomes by group, and how many independent rows a share rests on."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.statistics import RATES, Outcome, OutcomeTable, Shares, code_outcomes, count_outcomes
from auditkit.statistics.counts import distinct_rows


def flags(text: str) -> Any:
    return np.array([letter == "1" for letter in text])


def rates(table: OutcomeTable, name: str) -> Shares:
    return table.shares(RATES[name])


def test_rates_by_hand() -> None:
    # group 0: positives 2 (1 found), negatives 2 (1 false alarm); group 1: one negative, left alone
    outcomes = code_outcomes(flags("10100"), flags("11000"))
    table = count_outcomes(np.array([0, 0, 0, 0, 1]), outcomes, group_count=2)
    assert rates(table, "selection_rate").value.tolist() == [0.5, 0.0]
    assert rates(table, "true_positive_rate").value[0] == 0.5
    assert rates(table, "false_positive_rate").value.tolist() == [0.5, 0.0]
    assert rates(table, "accuracy").value.tolist() == [0.5, 1.0]
    assert rates(table, "precision").value[0] == 0.5


def test_a_rate_of_nobody_is_not_a_number_and_rests_on_no_rows() -> None:
    table = count_outcomes(np.array([0]), code_outcomes(flags("1"), flags("0")), group_count=2)
    shares = rates(table, "true_positive_rate")
    assert np.isnan(shares.value).all()
    assert shares.n.tolist() == shares.size.tolist() == [0, 0]


def test_rows_without_a_target_count_only_in_the_selection_rate() -> None:
    outcomes = code_outcomes(flags("1100"), flags("1010"), known=flags("1010"))
    assert outcomes.tolist() == [
        Outcome.TRUE_POSITIVE,
        Outcome.UNKNOWN_POSITIVE,
        Outcome.FALSE_NEGATIVE,
        Outcome.UNKNOWN_NEGATIVE,
    ]
    table = count_outcomes(np.zeros(4, dtype=int), outcomes, group_count=1)
    assert rates(table, "selection_rate").n[0] == 4
    assert rates(table, "accuracy").n[0] == 2


def test_without_targets_only_selection_is_counted() -> None:
    table = count_outcomes(np.zeros(3, dtype=int), code_outcomes(flags("110")), group_count=1)
    assert rates(table, "selection_rate").value[0] == pytest.approx(2 / 3)
    assert rates(table, "accuracy").n[0] == 0


def test_rows_in_no_group_are_left_out() -> None:
    table = count_outcomes(np.array([0, -1, 0]), code_outcomes(flags("110")), group_count=1)
    assert rates(table, "selection_rate").n[0] == 2


ROWS = st.lists(st.tuples(st.integers(-1, 2), st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(ROWS, st.floats(0.1, 50))
def test_equal_weights_and_single_units_change_nothing(rows: list[tuple[int, bool, bool]], weight: float) -> None:
    groups, decided, wanted = (np.array(column) for column in zip(*rows, strict=True))
    outcomes = code_outcomes(decided, wanted)
    plain = count_outcomes(groups, outcomes, group_count=3)
    weighted = count_outcomes(groups, outcomes, group_count=3, weights=np.full(len(rows), weight))
    single = count_outcomes(groups, outcomes, group_count=3, units=np.arange(len(rows)))
    unnamed = count_outcomes(groups, outcomes, group_count=3, units=np.full(len(rows), -1))
    for rate in RATES.values():
        for other in (weighted, single, unnamed):
            assert other.shares(rate).size.tolist() == plain.shares(rate).size.tolist()
            np.testing.assert_array_equal(other.shares(rate).value, plain.shares(rate).value)


@given(ROWS, st.data())
def test_effective_sizes_never_exceed_the_rows_and_intervals_hold_the_share(
    rows: list[tuple[int, bool, bool]], data: st.DataObject
) -> None:
    groups, decided, wanted = (np.array(column) for column in zip(*rows, strict=True))
    numbers = {"min_size": len(rows), "max_size": len(rows)}
    weights = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 7.0]), **numbers)))
    units = np.array(data.draw(st.lists(st.integers(-1, 5), **numbers)))
    table = count_outcomes(groups, code_outcomes(decided, wanted), group_count=3, weights=weights, units=units)
    for rate in RATES.values():
        shares = table.shares(rate)
        some = shares.n > 0
        assert (shares.size <= shares.n + 1e-9).all()
        assert (shares.size[some] > 0).all()
        limits = shares.limits()
        assert ((limits.low[some] <= shares.value[some]) & (shares.value[some] <= limits.high[some])).all()


def test_weighted_share_and_size_by_hand() -> None:
    # weights 3, 1, 1, 1 and only the first is a hit: p = 3/6.
    # variance (3 * 0.5)^2 + 3 * 0.5^2 = 3, over 6^2, = 1/12, times 4/3; independent rows: 0.25 / 3.
    table = count_outcomes(
        np.zeros(4, dtype=int), code_outcomes(flags("1000")), group_count=1, weights=np.array([3.0, 1.0, 1.0, 1.0])
    )
    shares = rates(table, "selection_rate")
    assert shares.value[0] == pytest.approx(0.5)
    # The weights tell as much as 36 / 12 = 3 equal ones, so Student's quantile has 2 degrees of freedom instead of 3.
    student = 3.182446 / 4.302653
    assert shares.size[0] == pytest.approx(4 * (0.25 / 3) / (1 / 12 * 4 / 3) * student**2)
    assert shares.method == "wilson, effective size"


def test_copies_of_a_patient_are_no_further_evidence() -> None:
    # 40 patients with 10 identical rows each tell what 40 rows tell, less Student's price for 39 degrees of freedom.
    decided = np.repeat(np.arange(40) % 4 == 0, 10)
    patients = np.repeat(np.arange(40), 10)
    table = count_outcomes(np.zeros(400, dtype=int), code_outcomes(decided), group_count=1, units=patients)
    size = rates(table, "selection_rate").size[0]
    assert 35 < size < 40


def test_at_a_share_of_zero_the_size_is_the_number_of_units() -> None:
    patients = np.repeat(np.arange(8), 5)
    table = count_outcomes(
        np.zeros(40, dtype=int), code_outcomes(np.zeros(40, dtype=bool)), group_count=1, units=patients
    )
    assert rates(table, "selection_rate").size[0] == pytest.approx(8)


def test_clustered_intervals_cover() -> None:
    # 30 patients, 8 rows each, a patient's rows alike: Wilson on rows would cover far less than it says.
    rng = np.random.default_rng(7)
    patients, everyone = np.repeat(np.arange(30), 8), np.zeros(240, dtype=int)
    covered, naive = 0, 0
    for _ in range(400):
        propensity = np.repeat(rng.beta(0.6, 1.4, size=30), 8)  # mean 0.3
        outcomes = code_outcomes(rng.random(240) < propensity)
        low, high = (
            count_outcomes(everyone, outcomes, group_count=1, units=patients).shares(RATES["selection_rate"]).limits()
        )
        covered += low[0] <= 0.3 <= high[0]
        low, high = count_outcomes(everyone, outcomes, group_count=1).shares(RATES["selection_rate"]).limits()
        naive += low[0] <= 0.3 <= high[0]
    assert covered / 400 >= 0.93
    assert naive / 400 < 0.85


@pytest.mark.timeout(120)
def test_a_million_rows_in_sixty_groups_are_counted_at_once() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(-1, 60, 1_000_000)
    decided, wanted = rng.random((2, 1_000_000)) < 0.3
    table = count_outcomes(groups, code_outcomes(decided, wanted), group_count=60)
    assert table.rows.sum() == np.count_nonzero(groups >= 0)


@given(st.integers(1, 4), st.integers(0, 60), st.sampled_from([3, 10**5, 2**40]), st.booleans())
def test_distinct_rows_are_numpys(columns: int, rows: int, span: int, is_whole: bool) -> None:  # noqa: FBT001
    table = np.random.default_rng(rows).integers(-span, span, (rows, columns))
    table[rows // 2 :] = table[: rows - rows // 2]
    if not is_whole:
        table = table / 7
    found, times = distinct_rows(table)
    expected, expected_times = np.unique(table, axis=0, return_counts=True)
    order = np.lexsort(found.T[::-1])
    assert np.array_equal(found[order], expected)
    assert np.array_equal(times[order], expected_times)
