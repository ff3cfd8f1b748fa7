"""`calibration.groups`: each group's errors, the gaps between groups, and the table of sufficiency."""

from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, LabelScores, Measurement, NotApplicable, Table
from auditkit.statistics.calibration import cumulative_error, smooth_error
from auditkit.testing import toy_case
from auditkit_calibration.groups import calibration_by_group

SMOOTH, CUMULATIVE = "smooth_calibration_error", "cumulative_calibration_error"
IN_THE_LARGE, SMOOTH_GAP = "calibration_in_the_large_difference", "smooth_calibration_error_difference"


def case_of(rows: int = 600, *, off: float = 0.0, **fields: Any) -> Case[ClassScores]:
    """Three groups of 300, 200 and 100 in 600; of C, probabilities are too high by `off`."""
    rng = np.random.default_rng(1)
    scores, group = rng.uniform(0.3, 0.9, rows), np.repeat(["A", "B", "C"], [rows // 2, rows // 3, rows // 6])
    targets = np.where(rng.random(rows) < scores - off * (group == "C"), "yes", "no").tolist()
    given = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    groups = fields.pop("groups", {"group": group.tolist()})
    return toy_case(given, targets, groups, **{"positive": "yes", **fields})


def said(case: Case[Any], **options: Any) -> tuple[dict[Any, Measurement], list[Table]]:
    readings = list(calibration_by_group(case, **options))
    measured = {(one.metric, tuple(one.group.values())): one for one in readings if isinstance(one, Measurement)}
    return measured, [one for one in readings if isinstance(one, Table)]


def test_each_group_has_the_errors_of_its_rows_and_gaps_are_between_them() -> None:
    case = case_of(off=0.2)
    measured, _ = said(case)
    off: list[Any] = []
    smooth: list[Any] = []
    for code, name in enumerate("ABC"):
        inside = np.asarray(case.groups["group"].codes) == code
        scores, came_true = case.predictions.scores[inside, 1], case.targets.codes[inside] == 1
        alone = cumulative_error(scores, came_true)
        assert alone is not None
        assert measured[CUMULATIVE, (name,)].value == pytest.approx(alone.spread)
        residuals = (came_true - scores) / len(scores)
        assert measured[SMOOTH, (name,)].value == pytest.approx(smooth_error(scores, residuals), abs=1e-9)
        assert measured[SMOOTH, (name,)].n == [300, 200, 100][code]
        assert measured["observed_expected_ratio", (name,)].value == pytest.approx(came_true.sum() / scores.sum())
        off.append(residuals.sum())
        smooth.append(measured[SMOOTH, (name,)].value)
    assert measured[IN_THE_LARGE, ("*",)].value == pytest.approx(np.ptp(off))
    assert measured[SMOOTH_GAP, ("*",)].value == pytest.approx(np.ptp(smooth))
    assert measured[IN_THE_LARGE, ("*",)].interval.low > 0  # type: ignore[union-attr]


def test_the_table_finds_the_group_that_is_off_and_no_other() -> None:
    _, (table,) = said(case_of(off=0.2))
    assert [table.rows[0][place] for place in (0, 1, 3)] == ["group", 3, 4]
    assert table.rows[0][5] == pytest.approx(0.005, abs=0.005)
    _, (table,) = said(case_of())
    assert float(str(table.rows[0][5])) > 0.05


def test_intervals_of_calibrated_groups_hold_no_error() -> None:
    measured, _ = said(case_of())
    for (metric, _), one in measured.items():
        assert one.interval is not None
        if metric == "observed_expected_ratio":
            assert one.interval.low < 1 < one.interval.high
        else:
            assert one.interval.low == 0.0


def test_small_groups_are_listed_and_not_compared() -> None:
    groups = {"group": ["A"] * 300 + ["B"] * 280 + ["C"] * 20}
    measured, (table,) = said(case_of(groups=groups))
    assert measured[SMOOTH, ("C",)].value is None
    assert str(measured[SMOOTH, ("C",)].undefined) == "the group has fewer than 30 people"
    parts = measured[SMOOTH_GAP, ("*",)].compared
    assert [(part.n, part.compared) for part in parts] == [(300, True), (280, True), (20, False)]
    assert table.rows[0][1] == 2


def test_people_count_and_their_rows_are_no_new_evidence() -> None:
    case = case_of(units=[str(row // 2) for row in range(600)])
    measured, (table,) = said(case)
    assert measured[SMOOTH, ("A",)].people == 150
    assert measured[SMOOTH, ("A",)].n == 300
    assert str(table.rows[0][6]) == "robust wald"
    few, _ = said(case_of(units=[str(row % 25) for row in range(600)]))
    assert all(one.value is None for one in few.values())


def test_a_group_that_never_comes_true_still_leaves_doubt() -> None:
    scores = np.full(80, 0.01)
    given = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    measured, _ = said(toy_case(given, ["no"] * 80, {"group": ["A", "B"] * 40}, positive="yes"))
    found = measured[CUMULATIVE, ("A",)]
    assert found.value == pytest.approx(0.01)
    assert found.interval is not None
    # Of 40 without an event up to 3 / 40 may be the truth.
    assert 3 / 40 < found.interval.high < 0.2
    assert measured[IN_THE_LARGE, ("*",)].undefined is not None


def test_what_does_not_apply() -> None:
    with pytest.raises(NotApplicable, match="no groups"):
        said(case_of(groups={}))
    with pytest.raises(NotApplicable, match="no probabilities"):
        said(toy_case(ClassScores(("no", "yes"), np.eye(2), "label"), ["no", "yes"], {"group": ["A", "B"]}))


def test_rows_without_a_target_leave_everything_undefined() -> None:
    given = ClassScores(("no", "yes"), np.full((4, 2), 0.5))
    measured, tables = said(toy_case(given, [None] * 4, {"group": ["A", "B"] * 2}, positive="yes"))
    assert not tables
    assert all(one.value is None for one in measured.values())


def test_each_of_several_labels_is_asked_about_as_a_class_by_itself_would_be() -> None:
    rng = np.random.default_rng(4)
    scores = rng.uniform(0.1, 0.9, (400, 2))
    flags = rng.random((400, 2)) < scores
    groups = {"sex": ["F", "M"] * 200}
    together = {}
    for one in calibration_by_group(toy_case(LabelScores(("cough", "fever"), scores), flags.tolist(), groups)):
        if isinstance(one, Measurement):
            together[one.label, one.metric, tuple(one.group.values())] = one.value
    assert {label for label, _, _ in together} == {"cough", "fever"}
    for place, label in enumerate(("cough", "fever")):
        own = ClassScores(("no", "yes"), np.column_stack([1 - scores[:, place], scores[:, place]]))
        targets = np.where(flags[:, place], "yes", "no").tolist()
        alone, _ = said(toy_case(own, targets, groups, positive="yes"))
        assert len(alone) * 2 == len(together)
        for (metric, group), one in alone.items():
            assert together[label, metric, group] == pytest.approx(one.value), (label, metric, group)
