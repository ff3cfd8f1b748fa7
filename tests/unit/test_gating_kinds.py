"""Every kind of prediction against a baseline: what is compared, who gets another answer, what cannot be said."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditkit.case import Case
from auditkit.document import Text
from auditkit.errors import SpecError
from auditkit.gating.comparing import Outcome, compare
from auditkit.gating.releases import Compared, Release, refuse_other_task
from auditkit.judging import joined
from auditkit.policy import Policy
from auditkit.predictions import ClassScores, LabelScores, Rankings, TokenLabels, Values
from auditkit.result import Verdict
from auditkit.testing import toy_case
from auditkit.testing.results import toy_result

RESULT = toy_result()
RNG = np.random.default_rng


def held(new: Case[Any], old: Case[Any], *, paired: bool = True, **policy: Any) -> Outcome:
    sides = [Release(Path(name), RESULT.model_copy(update={"result_digest": name})) for name in ("new", "old")]
    compared = Compared(*sides, new, old, paired=paired, says=Text.of("a test"))
    return compare(compared, Policy.model_validate(policy), date(2026, 11, 23))


def churn(outcome: Outcome, metric: str = "decision_churn") -> dict[tuple[str, ...], float | None]:
    return {tuple(one.group.values()): one.value for one in outcome.churn if one.metric == metric}


def binary(right: np.ndarray, groups: dict[str, Any] | None = None, **about: Any) -> Case[Any]:
    targets = RNG(1).random(len(right)) < 0.4
    score = np.where(right == targets, 0.8, 0.2)
    scores = np.column_stack([1 - score, score])
    return toy_case(ClassScores(("no", "yes"), scores), np.where(targets, "yes", "no").tolist(), groups, **about)


def test_the_changes_of_classes_by_hand() -> None:
    right = np.arange(1000) < 800
    better, worse = right.copy(), right.copy()
    better[800:830] = True  # 30 newly right
    worse[:100] = False  # 100 newly wrong
    for now, change, outcome in ((better, 0.03, "pass"), (worse, -0.1, "fail")):
        found = held(binary(now), binary(right))
        (one,) = found.comparisons
        assert (one.old, one.change) == (pytest.approx(0.8), pytest.approx(change))
        assert one.outcome == outcome
        assert churn(found) == {(): pytest.approx(abs(change))}
    assert churn(found, "newly_wrong_rate") == {(): pytest.approx(0.1)}
    assert churn(found, "newly_right_rate") == {(): 0}
    assert found.comparisons[0].p_value == pytest.approx(2 * 0.5**100)


def test_classes_in_another_order_are_the_same_classes() -> None:
    targets = ["a", "b"] * 100
    scores = RNG(2).random((200, 2))
    scores /= scores.sum(axis=1, keepdims=True)
    one = toy_case(ClassScores(("a", "b"), scores), targets)
    two = toy_case(ClassScores(("b", "a"), scores[:, ::-1]), targets)
    found = held(one, two)
    assert churn(found) == {(): 0}
    assert found.comparisons[0].change == 0


def test_a_group_of_few_people_with_many_rows_is_not_judged() -> None:
    right = RNG(3).random(400) < 0.8
    sex = ["F"] * 200 + ["M"] * 200
    units = [place // 10 for place in range(200)] + list(range(1000, 1200))  # 20 women of ten rows each
    about = {"groups": {"sex": sex}, "units": units}
    found = held(binary(right, **about), binary(right, **about))
    outcomes = {one.group.get("sex"): (one.outcome, one.people) for one in found.comparisons}
    assert outcomes["F"] == ("inconclusive", 20)
    assert "20 units, fewer than 30" in str(next(one for one in found.comparisons if one.people == 20).reason)


def test_a_policy_that_lists_small_groups_judges_the_others() -> None:
    right = np.arange(2000) % 5 > 0
    groups = {"sex": ["X"] * 20 + ["F", "M"] * 990}
    found = held(binary(right, groups), binary(right, groups), small_groups="list")
    outcomes = {one.group.get("sex"): one.outcome for one in found.comparisons}
    assert outcomes == {None: "pass", "X": "not_applicable", "F": "pass", "M": "pass"}
    judgement = next(one for one in found.judgements if "sex=X" in one.rule)
    assert [one.n for one in judgement.listed] == [20]
    whole = joined(Policy(), Verdict(outcome="inconclusive", judgements=()), found.rules, found.judgements)
    assert whole.outcome == "pass"


def test_several_labels_are_held_by_the_f1_of_all() -> None:
    truth = RNG(4).random((400, 3)) < 0.3
    right = toy_case(LabelScores(("a", "b", "c"), truth * 0.8 + 0.1), truth.tolist())
    missed = truth * 0.8 + 0.1
    missed[:80] = 0.1
    order = [2, 0, 1]
    other = toy_case(LabelScores(("c", "a", "b"), missed[:, order]), truth[:, order].tolist())
    found = held(other, right)
    (one,) = found.comparisons
    lost = truth[:80].sum() / truth.sum()
    assert (one.metric, one.old) == ("f1_micro", 1)
    assert one.new == pytest.approx(2 * (1 - lost) / (2 - lost))
    assert one.outcome == "fail"
    assert churn(found) == {(): pytest.approx(np.mean(truth[:80].any(axis=1)) * 0.2)}


def test_numbers_are_held_in_standard_deviations_and_lower_is_better() -> None:
    truth = RNG(5).normal(100, 10, 600)
    noise = RNG(6).normal(0, 2, 600)
    old = toy_case(Values(truth + noise), truth=Values(truth))
    worse = toy_case(Values(truth + 2 * noise), truth=Values(truth))
    (one,) = held(worse, old).comparisons
    spread = np.std(truth, ddof=1)
    assert one.rule == "baseline:mean_absolute_error<=0.02"
    assert one.change == pytest.approx(np.mean(np.abs(noise)) / spread)
    assert one.outcome == "fail"
    assert held(old, worse).comparisons[0].outcome == "pass"
    assert churn(held(worse, old)) == {(): pytest.approx(np.mean(np.abs(noise) > 0.1 * spread))}


def test_rankings_are_held_by_ndcg_and_their_places_counted() -> None:
    users, items = (
        tuple(f"u{place}" for place in range(200)),
        np.array([f"i{place}" for place in range(10)], dtype=object),
    )
    wanted = Rankings(users, np.tile(items[:2], (200, 1)))
    first = toy_case(Rankings(users, np.tile(items, (200, 1))), truth=wanted)
    last = toy_case(Rankings(users, np.tile(items[::-1], (200, 1))), truth=wanted)
    found = held(last, first)
    (one,) = found.comparisons
    assert (one.metric, one.old, one.outcome) == ("ndcg_at_10", 1, "fail")
    assert one.new == pytest.approx((1 / np.log2(10) + 1 / np.log2(11)) / (1 + 1 / np.log2(3)))
    assert churn(found) == {(): 0}  # the same ten items


def test_entities_are_held_by_f1() -> None:
    true = TokenLabels((((0, 3, "DRUG", 1.0),),) * 100)
    none = TokenLabels((((0, 3, "DRUG", 1.0),),) * 50 + ((),) * 50)
    found = held(toy_case(none, truth=true), toy_case(true, truth=true))
    (one,) = found.comparisons
    assert (one.metric, one.old, one.outcome) == ("entity_f1", 1, "fail")
    assert one.new == pytest.approx(100 / 150)
    assert churn(found) == {(): 0.5}


def test_without_a_target_only_the_churn_is_told() -> None:
    case = toy_case(ClassScores(("no", "yes"), np.tile([0.3, 0.7], (100, 1))))
    found = held(case, case)
    (one,) = found.comparisons
    assert one.outcome == "inconclusive"
    assert "the data have no target" in str(one.reason)
    assert churn(found) == {(): 0}


def test_the_same_two_releases_always_have_the_same_intervals() -> None:
    truth = RNG(7).normal(size=300)
    cases = [toy_case(Values(truth + RNG(seed).normal(0, 0.3, 300)), truth=Values(truth)) for seed in (8, 9)]
    first, second = (held(*cases).comparisons[0].interval for _ in range(2))
    assert first == second


def test_apart_the_unlike_group_of_the_baseline_is_undefined() -> None:
    right = RNG(10).random(300) < 0.8
    new = binary(right, {"sex": ["F", "M"] * 150})
    old = binary(right, {"sex": ["M"] * 300})
    outcomes = {one.group.get("sex"): one for one in held(new, old, paired=False).comparisons}
    assert outcomes["F"].outcome == "inconclusive"
    assert outcomes["F"].change is None
    assert outcomes["M"].change is not None


def test_a_margin_of_nothing_is_never_met_by_an_equal_model() -> None:
    right = RNG(11).random(500) < 0.8
    (one,) = held(binary(right), binary(right), baseline={"margin": 0.0}).comparisons
    assert one.outcome == "inconclusive"
    assert one.wanted is None
    assert "no number of further rows" in str(one.reason)


def test_intersections_and_all_rows_alone() -> None:
    right = RNG(12).random(800) < 0.8
    groups = {"sex": ["F", "M"] * 400, "band": ["old"] * 400 + ["young"] * 400}
    case = binary(right, groups)
    crossed = held(case, case, baseline={"group": ("sex", "band")})
    assert [one.group for one in crossed.comparisons] == [
        {"sex": sex, "band": band} for sex in ("F", "M") for band in ("old", "young")
    ]
    assert [one.group for one in held(case, case, baseline={"group": ()}).comparisons] == [{}]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prediction_type": "Values"}, "'Values'"),
        ({"classes": ("a", "b")}, "other classes"),
    ],
)
def test_another_task_is_refused(change: dict[str, Any], words: str) -> None:
    other = RESULT.model_copy(update={"subject": RESULT.subject.model_copy(update=change)})
    with pytest.raises(SpecError, match=words):
        refuse_other_task(RESULT, other)
