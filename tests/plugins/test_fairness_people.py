"""Many rows of few people are few people, in every check that compares groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, LabelScores, Measurement, Values
from auditkit.checks.summaries import group_sizes
from auditkit.disclosure.suppression import THRESHOLD, find_small_cells, suppress_findings
from auditkit.finding import Finding
from auditkit.testing import toy_case
from auditkit_fairness import (
    benefit_inequality,
    four_fifths_rule,
    named_metric,
    other_rates,
    score_balance,
    value_errors,
    value_parity,
    within_strata,
    worst_label,
)

ROWS = 400
RNG = np.random.default_rng(11)
SEX = ["F"] * 200 + ["M"] * 200
WARD = ["x", "y"] * 200
POSITIVE = np.resize([True, True, False, False, False], ROWS)
"""Of the women the 80 positives are of three people, and the 120 negatives of one each."""
UNITS = [f"p{row % 3}" if POSITIVE[row] and row < 200 else f"q{row}" for row in range(ROWS)]
SCORES = np.clip(0.5 * POSITIVE + RNG.uniform(0, 0.6, ROWS), 0, 1)


def _classes() -> Case[ClassScores]:
    scores = ClassScores(("no", "yes"), np.column_stack([1 - SCORES, SCORES]))
    targets = ["yes" if one else "no" for one in POSITIVE]
    return toy_case(scores, targets, {"sex": SEX, "ward": WARD}, positive="yes", units=UNITS, min_group_size=10)


def _told(case: Case[Any], check: Any) -> list[Measurement]:
    """Of this check alone, what is left."""
    blank = {"title": {"msgid": "t"}, "text": {"msgid": "t"}, "status": "measured", "check": "a.b"}
    measurements = [one for one in check(case) if isinstance(one, Measurement)]
    finding = Finding.model_validate({"measurements": measurements, **blank})
    sizes = group_sizes(case, [finding])
    return list(suppress_findings([finding], find_small_cells(sizes, [finding]), sizes)[0].measurements)


@pytest.mark.parametrize("metric", ["balanced_accuracy", "f1_score", "average_odds_difference"])
def test_rates_among_the_rows_of_three_people_are_withheld(metric: str) -> None:
    women = [one for one in _told(_classes(), other_rates) if one.metric == metric and one.group == {"sex": "F"}]
    assert all(one.value is None for one in women)
    gaps = [
        one for one in _told(_classes(), other_rates) if one.metric == f"{metric}_difference" and "sex" in one.group
    ]
    assert all(one.value is None for one in gaps)
    counts = {part.label: part.n for one in gaps for part in one.compared}
    assert counts.get("F") is None


def test_scores_of_three_people_are_not_compared() -> None:
    told = [one for one in score_balance(_classes()) if isinstance(one, Measurement)]
    by_sex = [one for one in told if "sex" in one.group]
    assert {one.value is None for one in by_sex if one.metric in {"positive_class_score_difference", "abroca"}} == {
        True
    }
    (negatives,) = [one for one in by_sex if one.metric == "negative_class_score_difference"]
    assert negatives.value is not None


def test_numbers_about_the_rows_of_three_people_are_withheld() -> None:
    known = POSITIVE.tolist()
    truth = Values(RNG.normal(0, 1, ROWS))
    groups = {"sex": SEX}
    case = toy_case(Values(SCORES), groups=groups, truth=truth, truth_known=known, units=UNITS, min_group_size=10)
    women = [one for one in _told(case, value_errors) if one.group == {"sex": "F"}]
    assert women
    assert all(one.value is None for one in women)
    told = _told(case, value_parity)
    assert all(one.value is not None for one in told if one.metric in {"mean_prediction", "scoring_rate"})


def test_labels_that_three_people_have_are_not_compared() -> None:
    scores = np.column_stack([SCORES, SCORES[::-1]])
    flags = np.column_stack([POSITIVE, POSITIVE])
    case = toy_case(LabelScores(("a", "b"), scores), list(flags), {"sex": SEX}, units=UNITS, min_group_size=THRESHOLD)
    (one,) = [m for m in _told(case, worst_label) if m.metric == "worst_label_equal_opportunity_difference"]
    assert one.value is None


@pytest.mark.parametrize("check", [within_strata, benefit_inequality, four_fifths_rule])
def test_a_group_of_three_people_is_not_compared(check: Any) -> None:
    units = [f"p{row % 3}" if row < 200 else f"q{row}" for row in range(ROWS)]
    scores = ClassScores(("no", "yes"), np.column_stack([1 - SCORES, SCORES]))
    targets = ["yes" if one else "no" for one in POSITIVE]
    case = toy_case(scores, targets, {"sex": SEX, "ward": WARD}, positive="yes", units=units, min_group_size=10)
    by_sex = [one for one in check(case) if isinstance(one, Measurement) and set(one.group) == {"sex"}]
    assert by_sex
    assert all(one.value is None for one in by_sex)


def test_any_metric_counts_the_people_whom_it_rests_on() -> None:
    """Of the women's 80 positives, which are three people's, a recall rests on three; an accuracy on 123."""
    case = _classes()
    for metric, women in (("recall_score", 3), ("accuracy_score", 123), ("f1_score", 3)):
        told = list(named_metric(case, metric=f"sklearn.metrics:{metric}"))
        (one,) = [m for m in told if m.group == {"sex": "F"}]
        (gap,) = [m for m in told if m.group == {"sex": "*"}]
        assert one.people == women
        assert {part.label: part.n for part in gap.compared}["F"] == women
        assert (gap.value is None) == (women < 10)
