"""`reliability.selective`: what is asked of which model, by group, at a threshold, and what is withheld."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditkit import AuditError, Case, Chart, ClassScores, Measurement, NotApplicable, Table
from auditkit.testing import toy_case
from auditkit_reliability import selective_prediction
from auditkit_reliability.confidence import confidence_of


def case_of(yes: Any, came_true: Any, **fields: Any) -> Case[ClassScores]:
    said = np.asarray(yes, dtype=float)
    targets = [None if one is None else "yes" if one else "no" for one in came_true]
    kind = fields.pop("kind", "probability")
    scores = ClassScores(("no", "yes"), np.column_stack([1 - said, said]), kind)
    return toy_case(scores, targets, fields.pop("groups", {}), **{"positive": "yes", **fields})


def measured(case: Case[Any], **options: Any) -> dict[tuple[Any, ...], Measurement]:
    return {
        (one.metric, *one.group.values(), *one.conditions.values()): one
        for one in selective_prediction(case, **options)
        if isinstance(one, Measurement)
    }


def some(rows: int = 400, seed: int = 1) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    said = rng.random(rows)
    return said, rng.random(rows) < said


def test_the_error_of_the_surest_half_by_hand() -> None:
    # Sureness .9, .8, .7, .6 for each of 30 rows; of them 0, 3, 6 and 15 are wrong.
    said = np.repeat([0.9, 0.2, 0.7, 0.4], 30)
    true = np.concatenate([np.arange(30) >= 0, np.arange(30) < 3, np.arange(30) >= 6, np.arange(30) < 15])
    found = measured(case_of(said, true))
    assert found["selective_error", "50%"].value == pytest.approx(3 / 60)
    # 80% is not to be had: the next that is, is all rows.
    assert found["selective_error", "80%"].value == pytest.approx(24 / 120)
    assert (found["selective_error", "50%"].n, found["selective_error", "80%"].n) == (60, 120)
    assert found["selective_error",].value == pytest.approx(24 / 120)
    # Lines from (0, 0) to (1/4, 0), (2/4, 3/120), (3/4, 9/120), (1, 24/120)
    assert found["augrc",].value == pytest.approx((0 + 3 / 120 + 12 / 120 + 33 / 120) / 2 / 4)


def test_groups_are_held_against_each_other_at_one_coverage() -> None:
    said = np.tile(np.repeat([0.95, 0.6], [80, 20]), 2)
    wrong = np.concatenate([np.arange(100) >= 90, np.arange(100) < 10])
    found = measured(case_of(said, ~wrong, groups={"g": ["A"] * 100 + ["B"] * 100}))
    at = "80%"
    assert found["decided_share", "A", at].value == 0.8
    assert found["decided_share_difference", "*", at].value == 0.0
    assert (found["selective_error", "A", at].value, found["selective_error", "B", at].value) == (0.0, 10 / 80)
    assert found["selective_error_difference", "*", at].value == 10 / 80
    # A gains .1 - 0 and B loses 10/80 - .1
    gap = found["abstention_benefit_difference", "*", at]
    assert gap.value == pytest.approx(0.1 + 10 / 80 - 0.1)
    assert gap.interval is not None
    assert gap.interval.low > 0


def test_the_benefit_of_abstaining_has_an_interval_that_holds() -> None:
    rng, held = np.random.default_rng(4), 0
    for _ in range(100):
        said, codes = rng.random(400), rng.integers(0, 2, 400)
        true = rng.random(400) < said
        found = measured(case_of(said, true, groups={"g": ["AB"[one] for one in codes]}))
        interval = found["abstention_benefit_difference", "*", "80%"].interval
        assert interval is not None
        held += interval.low == 0
    assert held >= 89  # two standard errors and a half below 95


def test_what_tells_of_few_people_is_withheld() -> None:
    said, true = some(300)
    groups = {"g": ["A"] * 150 + ["B"] * 130 + ["C"] * 20}
    found = measured(case_of(said, true, groups=groups))
    hidden = [one for one in found.values() if one.metric == "selective_error" and one.suppressed]
    # Of C alone it would follow from the total, so that another goes with it.
    assert {one.group["g"] for one in hidden} == {"B", "C"}
    assert all(one.n is None and one.value is None for one in hidden)
    gap = found["selective_error_difference", "*", "80%"]
    assert gap.value is None
    assert {part.label: part.n is None for part in gap.compared} == {"A": False, "B": True, "C": True}
    charts = [one for one in selective_prediction(case_of(said, true, groups=groups)) if isinstance(one, Chart)]
    assert [len(one.series) for one in charts] == [3]


def test_curves_of_groups_are_named_as_they_are() -> None:
    said, true = some(1200)
    charts = [
        one
        for one in selective_prediction(case_of(said, true, groups={"g": ["A", "B"] * 600}))
        if isinstance(one, Chart)
    ]
    assert [[series.name for series in one.series] for one in charts][1] == ["A", "B"]
    # At the full coverage it is the error of the group.
    wrong = true != (said >= 0.5)
    assert [one.y[-1] for one in charts[1].series] == pytest.approx([wrong[::2].mean(), wrong[1::2].mean()])


def test_with_a_threshold_confidence_is_the_way_to_certainty() -> None:
    case = case_of([0.1, 0.6, 0.2, 0.0, 1.0], [0, 1, 1, 0, 1], threshold=0.2)
    assert confidence_of(case).tolist() == pytest.approx([0.5, 0.5, 0.0, 1.0, 1.0])
    ranks = case_of([0.1, 0.6], [0, 1], threshold=0.2, kind="score")
    assert confidence_of(ranks).tolist() == pytest.approx([0.1, 0.4])


def test_without_one_it_is_the_largest_probability_or_the_lead() -> None:
    scores = np.array([[0.5, 0.3, 0.2], [0.4, 0.35, 0.25]])
    of = [confidence_of(toy_case(ClassScores(("a", "b", "c"), scores, kind), ["a", "b"])) for kind in
          ("probability", "score")]  # fmt: skip
    assert of[0].tolist() == [0.5, 0.4]
    assert of[1].tolist() == pytest.approx([0.2, 0.05])


def test_rows_without_a_target_are_left_out() -> None:
    said, true = some(60)
    extra = case_of([*said, 0.99], [*true, None])
    assert measured(extra)["aurc",] == measured(case_of(said, true))["aurc",]


def test_no_target_at_all_leaves_the_areas_undefined() -> None:
    found = measured(case_of([0.2, 0.4], [None, None]))
    assert {str(one.undefined) for one in found.values()} == {"no rows have a target"}


def test_labels_alone_say_nothing_of_how_sure_the_model_is() -> None:
    with pytest.raises(NotApplicable, match="how sure") as refusal:
        list(selective_prediction(case_of([0, 1], [0, 1], kind="label")))
    assert "[data] scores" in refusal.value.hint


@pytest.mark.parametrize("coverage", [0.0, 1.0, 80.0])
def test_a_coverage_that_is_no_share_is_refused(coverage: float) -> None:
    assert selective_prediction.accepts is not None
    with pytest.raises(AuditError, match=str(coverage)):
        selective_prediction.accepts(data=None, coverage=coverage)


def test_the_table_quotes_what_is_measured() -> None:
    said, true = some()
    (table,) = (one for one in selective_prediction(case_of(said, true)) if isinstance(one, Table))
    assert [row[0] for row in table.rows] == [0.5, 0.8, 0.9, 0.95, 1.0]
    assert [row[1] for row in table.rows] == pytest.approx([0.5, 0.8, 0.9, 0.95, 1.0])
