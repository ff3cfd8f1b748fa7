"""`calibration.tests` and `calibration.curve`: what they find of a calibrated model and of its overconfident twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from auditkit import AuditError, Case, Chart, ClassScores, LabelScores, Measurement, NotApplicable, Table
from auditkit.testing import toy_case
from auditkit_calibration import calibration_curve, calibration_tests

RATIO, INTERCEPT, SLOPE = "observed_expected_ratio", "calibration_intercept", "calibration_slope"


def case_of(scores: Any, came_true: Any, **fields: Any) -> Case[ClassScores]:
    yes = np.asarray(scores, dtype=float)
    targets = np.where(np.asarray(came_true), "yes", "no").tolist()
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), targets, positive="yes", **fields)


def drawn(n: int = 400, *, seed: int = 0, sharp: float = 1.0) -> tuple[Any, Any]:
    """Scores whose log odds are `sharp` times what they should be, and what came true."""
    rng = np.random.default_rng(seed)
    true = rng.beta(1.2, 1.5, n)
    return special.expit(sharp * special.logit(true)), rng.random(n) < true


def measured(readings: Any) -> dict[tuple[str, str | None], Measurement]:
    return {(r.metric, r.label): r for r in readings if isinstance(r, Measurement)}


def lines(readings: Any) -> dict[str, tuple[Any, ...]]:
    (table,) = (r for r in readings if isinstance(r, Table))
    return {str(row[1]): row for row in table.rows}


def low_and_high(found: Measurement) -> tuple[float, float]:
    assert found.interval is not None
    return found.interval.low, found.interval.high


@pytest.mark.parametrize("seed", range(20))
def test_a_calibrated_twin_passes_and_its_overconfident_twin_fails(seed: int) -> None:
    scores, came_true = drawn(500, seed=seed)
    sharp = special.expit(2.5 * special.logit(scores))
    clean, planted = (list(calibration_tests(case_of(said, came_true, level=0.999))) for said in (scores, sharp))
    low, high = low_and_high(measured(clean)[SLOPE, None])
    assert low < 1 < high
    assert low_and_high(measured(planted)[SLOPE, None])[1] < 1
    assert min(row[5] for row in lines(clean).values()) > 0.001
    assert lines(planted)["Spiegelhalter"][5] < 0.001
    assert lines(planted)["Cox: intercept 0 and slope 1"][5] < 0.001


def test_the_table_names_each_test_with_its_freedom_and_adjusts_by_holm() -> None:
    found = lines(calibration_tests(case_of(*drawn(sharp=2.0))))
    assert [row[3] if isinstance(row[3], int) else str(row[3]) for row in found.values()] == ["z", "z", 10, 2]
    p_values = np.array([row[4] for row in found.values()])
    adjusted = np.array([row[5] for row in found.values()])
    assert (adjusted >= p_values).all()
    assert adjusted.min() == pytest.approx(4 * p_values.min())
    fitted = lines(calibration_tests(case_of(*drawn()), fitted=True))
    assert fitted["Hosmer-Lemeshow, rows fitted to"][3] == 8


@pytest.mark.parametrize("about", [{"weights": [1.0, 2.0] * 100}, {"units": np.repeat(np.arange(100), 2).tolist()}])
def test_weights_and_units_leave_hosmer_and_lemeshow_out(about: dict[str, Any]) -> None:
    readings = list(calibration_tests(case_of(*drawn(200), **about)))
    found = lines(readings)
    assert "no form" in str(found["Hosmer-Lemeshow"][2])
    assert found["Hosmer-Lemeshow"][4] is None
    assert str(found["Cox: intercept 0 and slope 1"][6]) == "robust wald"
    interval = measured(readings)[SLOPE, None].interval
    assert interval is not None
    assert interval.method == "robust wald"


def test_too_few_that_came_true_give_a_ratio_and_no_line() -> None:
    scores = np.linspace(0.01, 0.3, 60)
    found = measured(calibration_tests(case_of(scores, np.arange(60) < 4)))
    assert found[RATIO, None].value == pytest.approx(4 / scores.sum())
    assert "fewer than 10" in str(found[SLOPE, None].undefined)


def test_several_labels_are_each_tested() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random((150, 2))
    flags = rng.random((150, 2)) < scores
    case = toy_case(LabelScores(("cough", "fever"), scores), flags.tolist())
    assert {label for _, label in measured(calibration_tests(case))} == {"cough", "fever"}
    charts = [r for r in calibration_curve(case) if isinstance(r, Chart)]
    assert [str(chart.title) for chart in charts] == ["Reliability: label cough", "Reliability: label fever"]


def test_scores_and_bad_options_are_refused() -> None:
    case = toy_case(ClassScores(("no", "yes"), np.eye(2), "score"), ["no", "yes"])
    for check in (calibration_tests, calibration_curve):
        with pytest.raises(NotApplicable, match="no probabilities"):
            list(check(case))
    accept = calibration_tests.accepts
    assert accept is not None
    with pytest.raises(AuditError, match="'2'"):
        accept(bins=2)


def test_the_diagram_shows_no_step_of_few_people_and_withholds_small_columns() -> None:
    scores, came_true = drawn(120)
    chart = next(r for r in calibration_curve(case_of(scores, came_true)) if isinstance(r, Chart))
    (line,) = chart.series
    heights = np.array(line.y)
    assert (np.diff(heights) >= -1e-12).all()
    assert (np.diff(line.x) >= 0).all()
    for place in range(0, len(heights), 2):
        inside = (scores >= line.x[place] * 0.99) & (scores <= line.x[place + 1] * 1.01)
        assert np.count_nonzero(inside) >= 10
    assert all(count is None or count == 0 or count >= 10 for count in chart.counts)
    outer, inner = chart.areas
    assert all(a <= b + 1e-9 for a, b in zip(outer.low, inner.low, strict=True))
    assert all(a >= b - 1e-9 for a, b in zip(outer.high, inner.high, strict=True))


def test_scores_are_taken_apart_in_the_table() -> None:
    readings = list(calibration_curve(case_of(*drawn(sharp=2.0))))
    found = lines(readings)
    for row in found.values():
        assert row[2] == pytest.approx(row[3] - row[7] + row[8])
    assert measured(readings)["brier_miscalibration", None].value == pytest.approx(found["Brier score"][3])
    mean, high, p_value = found["Brier score"][4:7]
    assert mean < high
    assert p_value < 0.05


def test_the_audit_seed_decides_everything_random() -> None:
    for check in (calibration_tests, calibration_curve):
        one, same, other = (list(check(case_of(*drawn(80), seed=seed))) for seed in (1, 1, 2))
        assert one == same
        assert one != other
