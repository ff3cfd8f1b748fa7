"""`reliability.intervals`: spreads, quantiles and neither; groups; what is left undefined."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from auditkit import AuditError, Case, Chart, Measurement, NotApplicable, Table, Values
from auditkit.testing import toy_case
from auditkit_reliability import intervals

AT = "90%"


def case_of(spread: Any, *, rows: int = 400, quantiles: bool = False, **fields: Any) -> Case[Values]:
    rng = np.random.default_rng(3)
    said = rng.normal(120, 15, rows)
    truth = Values(said + rng.normal(0, 5, rows))
    sure = np.broadcast_to(np.asarray(spread, dtype=float), rows).copy()
    given = Values(said, sure)
    if quantiles:
        given = Values(said, None, np.column_stack([said - 5, said, said + 5]), (0.1, 0.5, 0.9))
    return toy_case(given, truth=truth, **fields)


def measured(case: Case[Any], **options: Any) -> dict[tuple[Any, ...], Measurement]:
    return {
        (one.metric, *one.group.values(), *one.conditions.values()): one
        for one in intervals(case, **options)
        if isinstance(one, Measurement)
    }


def test_the_interval_of_a_spread_by_hand() -> None:
    # Of a standard deviation of 1 the interval of 90% reaches 1.645 to either side.
    said, truth = np.zeros(40), np.repeat([0.0, 1.6, -1.7, 3.0], 10)
    found = measured(toy_case(Values(said, np.ones(40)), truth=Values(truth)))
    assert found["central_interval_coverage", AT].value == 0.5
    width = 2 * stats.norm.ppf(0.95)
    assert found["central_interval_width", AT].value == pytest.approx(width)
    assert found["central_interval_width", AT].exact
    outside = (1.7 + 3.0 - width) / 4
    assert found["interval_score", AT].value == pytest.approx(width + 20 * outside)


def test_a_right_spread_is_not_denied_and_a_wrong_one_is() -> None:
    for spread, low in ((5.0, False), (2.0, True)):
        found = measured(case_of(spread))
        for metric in ("pit_distance", "interval_calibration_error"):
            interval = found[metric,].interval
            assert interval is not None
            assert (interval.low > 0) == low


def test_coverage_is_held_against_that_of_other_groups() -> None:
    second = np.arange(400) % 2 == 1
    found = measured(case_of(np.where(second, 2.0, 5.0), groups={"sex": np.where(second, "F", "M").tolist()}))
    gap = found["central_interval_coverage_difference", "*", AT]
    parts = [found["central_interval_coverage", label, AT].value or 0.0 for label in "MF"]
    assert gap.value == pytest.approx(parts[0] - parts[1])
    assert gap.interval is not None
    assert gap.interval.low > 0.1
    assert found["crps", "F"].value != found["crps", "M"].value


def test_quantiles_promise_what_their_levels_say() -> None:
    found = measured(case_of(5.0, quantiles=True))
    assert {metric for metric, *_ in found} == {
        "central_interval_coverage", "interval_score", "central_interval_width"
    }  # fmt: skip
    assert found["central_interval_coverage", "80%"].value == pytest.approx(0.68, abs=0.06)
    assert found["central_interval_width", "80%"].value == pytest.approx(10.0)


def test_the_promise_can_be_another() -> None:
    found = measured(case_of(5.0), interval=0.5)
    assert found["central_interval_coverage", "50%"].value == pytest.approx(0.5, abs=0.08)


def test_a_chart_and_the_tests_stand_beside() -> None:
    readings = list(intervals(case_of(5.0)))
    (chart,) = (one for one in readings if isinstance(one, Chart))
    assert [str(one.name) for one in chart.series] == ["this model", "as promised"]
    (table,) = (one for one in readings if isinstance(one, Table))
    assert all(isinstance(row[2], float) and row[2] > 0.01 for row in table.rows)
    (table,) = (
        one for one in intervals(case_of(5.0, units=[row // 2 for row in range(400)])) if isinstance(one, Table)
    )
    assert {str(row[2]) for row in table.rows} == {"none"}


def test_a_model_that_is_sure_of_nothing_it_says_does_not_apply() -> None:
    with pytest.raises(NotApplicable, match="how sure") as refusal:
        list(intervals(toy_case(Values(np.zeros(9)), truth=Values(np.ones(9)))))
    assert "[data] spread" in refusal.value.hint


def test_rows_without_a_target_are_left_out() -> None:
    truth, known = Values(np.array([1.0, 2, np.nan])), [True, True, False]
    found = measured(toy_case(Values(np.ones(3), np.ones(3)), truth=truth, truth_known=known))
    assert found["crps",].n == 2
    none = measured(toy_case(Values(np.ones(1), np.ones(1)), truth=Values(np.array([np.nan])), truth_known=[False]))
    assert {str(one.undefined) for one in none.values()} == {"no rows have a target"}


@pytest.mark.parametrize("interval", [0.0, 1.0, 90.0])
def test_a_promise_that_is_no_share_is_refused(interval: float) -> None:
    assert intervals.accepts is not None
    with pytest.raises(AuditError, match=str(interval)):
        intervals.accepts(data=None, interval=interval)
