"""`reliability.operating-point` and `reliability.net-benefit`: what is measured where, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditkit import AuditError, Case, Chart, ClassScores, LabelScores, Measurement, NotApplicable, Quote, Table
from auditkit.testing import toy_case
from auditkit_fairness import group_rates
from auditkit_reliability import net_benefits, operating_point

RATES = ("true_positive_rate", "true_negative_rate", "precision", "negative_predictive_value")


def case_of(yes: Any, came_true: Any, **fields: Any) -> Case[ClassScores]:
    said = np.asarray(yes, dtype=float)
    targets = [None if one is None else "yes" if one else "no" for one in came_true]
    scores = ClassScores(("no", "yes"), np.column_stack([1 - said, said]), fields.pop("kind", "probability"))
    return toy_case(scores, targets, fields.pop("groups", {}), **{"positive": "yes", **fields})


def measured(check: Any, case: Case[Any], **options: Any) -> dict[tuple[Any, ...], Measurement]:
    return {
        (one.metric, one.label, *one.group.values()): one
        for one in check(case, **options)
        if isinstance(one, Measurement)
    }


def of_counts(found: int, missed: int, alarmed: int, left: int, **fields: Any) -> Case[ClassScores]:
    said = np.repeat([0.4, 0.1, 0.4, 0.1], [found, missed, alarmed, left])
    true = np.repeat([True, True, False, False], [found, missed, alarmed, left])
    return case_of(said, true, threshold=0.3, **fields)


def test_the_operating_point_by_hand() -> None:
    shown = measured(operating_point, of_counts(30, 10, 60, 300))
    values = [shown[rate, None].value for rate in (*RATES, "alerts_per_case_found")]
    assert values == pytest.approx([30 / 40, 300 / 360, 30 / 90, 300 / 310, 3.0])
    assert [shown[rate, None].n for rate in RATES] == [40, 360, 90, 310]
    alerts, precision = shown["alerts_per_case_found", None].interval, shown["precision", None].interval
    assert alerts is not None
    assert precision is not None
    assert (alerts.low, alerts.high) == pytest.approx((1 / precision.high, 1 / precision.low))


def test_groups_are_told_as_fairness_tells_them() -> None:
    groups = {"sex": ["F", "M"] * 200}
    case = of_counts(30, 10, 60, 300, groups=groups)
    ours, theirs = (measured(check, case, **options) for check, options in
                    ((operating_point, {}), (group_rates, {"depth": 1})))  # fmt: skip
    for rate in ("true_positive_rate", "precision"):
        for label in "FM":
            assert ours[rate, None, label] == theirs[rate, None, label]


def test_alerts_that_find_nobody_have_no_price() -> None:
    shown = measured(operating_point, of_counts(0, 10, 20, 50))
    assert shown["alerts_per_case_found", None].value is None
    assert str(shown["alerts_per_case_found", None].undefined) == "no alert was a case"
    none = measured(operating_point, of_counts(0, 10, 0, 50))
    assert str(none["alerts_per_case_found", None].undefined) == "no row with a target was called positive"


def test_the_table_says_which_threshold_decides() -> None:
    (table,) = (one for one in operating_point(of_counts(30, 10, 60, 300)) if isinstance(one, Table))
    assert str(table.title) == "At a threshold of 0.300, for yes"
    assert all(isinstance(cell, Quote) for row in table.rows for cell in row[1:])
    (table,) = (one for one in operating_point(case_of([0.2, 0.9] * 20, [0, 1] * 20)) if isinstance(one, Table))
    assert str(table.title).startswith("No threshold is declared: the highest score decides")


def test_each_label_of_several_has_an_operating_point() -> None:
    scores = LabelScores(("fever", "cough"), np.tile([[0.9, 0.2], [0.1, 0.8]], (40, 1)))
    case = toy_case(scores, [[True, True], [False, True]] * 40)
    shown = measured(operating_point, case)
    assert (shown["true_positive_rate", "fever"].value, shown["true_positive_rate", "cough"].value) == (1.0, 0.5)


def some(rows: int = 500) -> tuple[Any, Any]:
    rng = np.random.default_rng(7)
    said = rng.beta(1, 3, rows)
    return said, rng.random(rows) < said


def test_net_benefit_is_measured_at_the_declared_threshold() -> None:
    said, true = some()
    at = said >= 0.2
    shown = measured(net_benefits, case_of(said, true, threshold=0.2))
    assert shown["net_benefit", None].value == pytest.approx((at & true).mean() - (at & ~true).mean() / 4)
    half = measured(net_benefits, case_of(said, true))
    assert half["net_benefit", None].value == pytest.approx(
        ((said >= 0.5) & true).mean() - ((said >= 0.5) & ~true).mean()
    )


def test_the_curve_runs_over_the_range_that_is_asked_for() -> None:
    said, true = some()
    readings = list(net_benefits(case_of(said, true), lowest=0.1, highest=0.3))
    (table,) = (one for one in readings if isinstance(one, Table))
    (chart,) = (one for one in readings if isinstance(one, Chart))
    assert (table.rows[0][0], table.rows[-1][0]) == (0.1, 0.3)
    assert [str(one.name) for one in chart.series][:3] == ["this model", "treating everybody", "treating nobody"]
    # Treating everybody at 0.3 of a third of cases is worth next to nothing, and falls off below.
    assert chart.series[1].y[0] == pytest.approx(true.mean() - (1 - true.mean()) / 9)


def test_the_interval_is_drawn_as_a_band_around_the_model() -> None:
    readings = list(net_benefits(case_of(*some())))
    (chart,) = (one for one in readings if isinstance(one, Chart))
    (band,) = chart.areas
    (table,) = (one for one in readings if isinstance(one, Table))
    assert band.x == chart.series[0].x
    assert list(band.low) == [row[2] for row in table.rows]
    assert list(band.high) == [row[3] for row in table.rows]


def test_each_label_of_several_has_a_net_benefit() -> None:
    (one, first), (other, second) = some(), (some()[0][::-1], some()[1])
    case = toy_case(LabelScores(("fever", "cough"), np.column_stack([one, other])), np.column_stack([first, second]))
    shown = measured(net_benefits, case)
    for label, said, true in (("fever", one, first), ("cough", other, second)):
        expected = ((said >= 0.5) & true).mean() - ((said >= 0.5) & ~true).mean()
        assert shown["net_benefit", label].value == pytest.approx(expected)
    assert len([reading for reading in net_benefits(case) if isinstance(reading, Chart)]) == 2


def test_a_stated_prevalence_is_said_and_used() -> None:
    said, true = some()
    case = case_of(said, true, threshold=0.2)
    shown = measured(net_benefits, case, prevalence=0.02)
    at = said >= 0.2
    expected = 0.02 * at[true].mean() - 0.98 * at[~true].mean() / 4
    assert shown["net_benefit", None].value == pytest.approx(expected)
    (table,) = (one for one in net_benefits(case, prevalence=0.02) if isinstance(one, Table))
    assert "0.02" in str(table.title)


@pytest.mark.parametrize("options", [{"lowest": 0.0}, {"lowest": 0.6}, {"highest": 1.0}, {"prevalence": 2.0}])
def test_a_range_or_a_prevalence_that_is_none_is_refused(options: dict[str, float]) -> None:
    assert net_benefits.accepts is not None
    given = {"lowest": 0.05, "highest": 0.5, "prevalence": 0.0} | options
    with pytest.raises(AuditError, match="option"):
        net_benefits.accepts(data=None, **given)


@pytest.mark.parametrize("kind", ["label", "score"])
def test_scores_that_are_no_probabilities_are_no_risks(kind: str) -> None:
    with pytest.raises(NotApplicable, match="no risk"):
        list(net_benefits(case_of([0.0, 1.0], [0, 1], kind=kind)))


def test_of_several_classes_one_must_be_named() -> None:
    scores = ClassScores(("a", "b", "c"), np.full((30, 3), 1 / 3))
    with pytest.raises(NotApplicable, match="no class"):
        list(net_benefits(toy_case(scores, ["a", "b", "c"] * 10)))
    named = measured(net_benefits, toy_case(scores, ["a", "b", "c"] * 10, positive="a", threshold=None))
    assert set(named) == {("net_benefit", "a"), ("net_benefit_gain", "a")}


def test_no_targets_leave_it_undefined() -> None:
    shown = measured(net_benefits, case_of([0.2, 0.4], [None, None]))
    assert {str(one.undefined) for one in shown.values()} == {"no rows have a target"}
