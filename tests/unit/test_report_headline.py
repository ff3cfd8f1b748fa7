"""The verdict box: its sentence says no more than the rules that were judged."""

from __future__ import annotations

from typing import Any

import pytest

from auditkit.document import Text
from auditkit.policy import Outcome, Policy, Rule
from auditkit.report.compose import compose
from auditkit.report.context import Headline
from auditkit.report.frontpage import subject_name
from auditkit.report.wording import Wording
from auditkit.result import JudgedPolicy, Judgement, ModelFacts, Verdict
from auditkit.testing.results import measured, toy_result

BY_INTERVAL = "Every required rule that could be judged is met, with its whole interval within its bound."
CALM = "No rule speaks against deployment; what was not looked at is listed below."
LISTED = "What was not looked at is listed below."
SOUND = tuple(one for one in toy_result().findings if one.check in ("fairness.group-rates", "performance.overall"))

DIFFERENCES = {one.metric for found in SOUND for one in found.measurements if one.metric.endswith("_difference")}

Case = tuple[Outcome, dict[str, Any]]


def passed(*cases: Case, **changes: Any) -> Headline:
    """The box of an audit that passed with these outcomes of these rules."""
    rules = tuple(
        Rule.model_validate({"metric": "accuracy", "id": str(place), "min": 0.5, "because": "test", **said})
        for place, (_, said) in enumerate(cases)
    )
    worst = measured("accuracy", 0.7, 90, 0.6, 0.8)
    judgements = tuple(
        Judgement(rule=rule.id, outcome=outcome, worst=worst, reason=Text.of("test"))
        for rule, (outcome, _) in zip(rules, cases, strict=True)
    )
    policy = Policy(rules=rules)
    waived = sum(outcome == "waived" for outcome, _ in cases)
    fields = {
        "policy": JudgedPolicy(policy=policy, digest=policy.digest, source="spec"),
        "verdict": Verdict(outcome="pass", judgements=judgements, waivers_in_force=waived),
        "findings": SOUND,
    }
    result = toy_result(**(fields | changes))
    return compose(result, None, Wording.of(result)).verdict


def test_pass_of_rules_that_are_all_met_by_their_intervals_speaks_of_intervals() -> None:
    assert passed(("pass", {}), ("not_applicable", {})).sentence == f"{BY_INTERVAL} {CALM}"


OPTIONAL = {"required": False}
NONE_REQUIRED = "No required rule was judged: this verdict rests on rules that are not required."
WARNED = "Every required rule that could be judged is missed, which it counts as a warning."
ALL_THREE = "Every required rule that could be judged is met, waived, or counts its miss as a warning."


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([("warn", {"otherwise": "warn"})], f"{WARNED} Rules missed with a warning: 1."),
        ([("pass", {}), ("waived", {})], "Every required rule that could be judged is met or waived."),
        ([("waived", {})], "Every required rule that could be judged is waived: none is met."),
        ([("fail", OPTIONAL)], f"{NONE_REQUIRED} Rules that are not required and are not met: 1."),
        ([("pass", {}), ("error", OPTIONAL)], f"{BY_INTERVAL} Rules that are not required and have no answer: 1."),
        ([("pass", {}), ("warn", {}), ("waived", {})], f"{ALL_THREE} Rules missed with a warning: 1."),
    ],
)
def test_pass_says_what_is_missed_waived_or_unanswered(cases: list[Case], said: str) -> None:
    assert passed(*cases).sentence == f"{said} {LISTED}"


def test_pass_by_value_says_that_no_interval_was_held_against_the_bound() -> None:
    assert passed(("pass", {"judge": "value"}), ("pass", {})).sentence == (
        "Every required rule that could be judged is met. "
        f"Rules judged by the value alone, not by an interval: 1. {CALM}"
    )


def test_pass_beside_a_crash_does_not_say_that_nothing_speaks_against_deployment() -> None:
    assert passed(("pass", {}), findings=toy_result().findings).sentence == f"{BY_INTERVAL} {LISTED}"


def test_audit_without_groups_says_that_fairness_was_not_measured() -> None:
    toy = toy_result()
    nobody = tuple(split.model_copy(update={"attributes": ()}) for split in toy.data.splits)
    data = toy.data.model_copy(update={"splits": nobody})
    overall = tuple(finding for finding in SOUND if finding.check == "performance.overall")
    box = passed(("pass", {}), data=data, findings=overall)
    (said,) = box.besides
    assert said.startswith("Fairness was not measured: no group of people was compared with another")
    assert said.endswith('for example groups = ["sex"].')
    assert box.sentence == f"{BY_INTERVAL} {LISTED}"


def test_groups_that_no_check_compared_are_told_from_groups_that_nobody_named() -> None:
    overall = tuple(finding for finding in SOUND if finding.check == "performance.overall")
    box = passed(("pass", {}), findings=overall)
    assert box.besides == ("Fairness was not measured: no check has a number that compares the groups.",)


@pytest.mark.parametrize(
    ("but", "said"),
    [
        (
            {"attributes": ()},
            "Groups of rows were not compared, since the spec names none. What is said of fairness is what these",
        ),
        ({}, "No check compares groups of rows by a number. What is said of fairness is what these"),
    ],
)
def test_people_who_were_compared_in_texts_are_not_said_to_be_left_out(but: dict[str, Any], said: str) -> None:
    toy = toy_result()
    splits = tuple(split.model_copy(update=but) for split in toy.data.splits)
    data = toy.data.model_copy(update={"splits": splits})
    overall = next(finding for finding in SOUND if finding.check == "performance.overall")
    ungrouped = tuple(one for one in overall.measurements if not one.group)
    names, idle = (
        overall.model_copy(update={"check": "fairness.name-swaps", "measurements": ungrouped}),
        overall.model_copy(
            update={
                "check": "fairness.term-swaps",
                "status": "not_applicable",
                "measurements": (),
                "reason": Text.of("none"),
            }
        ),
    )
    (beside,) = passed(("pass", {}), data=data, findings=(overall, names, idle)).besides
    assert beside.startswith(f"{said} found: fairness.name-swaps.")


@pytest.mark.parametrize(
    ("source", "count", "named_as"),
    [("baseline", 1, "baseline; rules: 8"), ("spec", 0, "baseline, and rules of its own; rules: 8")],
)
def test_rules_that_nobody_gave_are_named_in_words_that_hold_without_a_spec(
    source: str, count: int, named_as: str
) -> None:
    policy = toy_result().policy.policy.model_copy(update={"extends": ("baseline",)})
    given = JudgedPolicy(policy=policy, digest=policy.digest, source=source)
    page = compose(toy_result(policy=given), None, Wording())
    assert page.verdict.besides.count("No policy rules were given: the pack 'baseline' was used.") == count
    assert [fact.value for fact in page.front.facts if fact.term == "Policy"] == [named_as]


def test_a_gap_that_no_rule_judges_is_told_beside_a_pass() -> None:
    # Of the toy result two differences of sex have intervals above 0; .332 is the wider one.
    said = "Gaps between groups that no rule judges, and whose interval lies wholly above 0: {}. The widest: {}."
    odds = "Equalized odds difference, between the groups of sex: 0.332 (0.142 to 0.510)"
    assert passed(("pass", {})).besides == (said.format(2, odds),)
    judged = passed(("pass", {}), ("pass", {"metric": "equalized_odds_difference", "min": None, "max": 0.9}))
    assert judged.besides[0].startswith(said.format(1, "").partition(". The")[0])


def test_measured_fairness_needs_no_other_word_in_the_box() -> None:
    rules = [{"metric": name, "min": None, "max": 0.9} for name in DIFFERENCES]
    assert passed(*(("pass", rule) for rule in rules)).besides == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"adapter": "recorded", "path": None}, "recorded predictions"),
        ({"adapter": "text-classifier", "path": "model", "facts": None}, "text-classifier, from 'model'"),
        (
            {"path": "model", "facts": ModelFacts(architectures=("BertForSequenceClassification",))},
            "BertForSequenceClassification, from 'model'",
        ),
        ({"class_name": "sklearn.svm.SVC"}, "sklearn.svm.SVC, given in memory"),
    ],
)
def test_page_one_says_what_kind_of_model_it_is_about(given, said):
    assert subject_name(toy_result().subject.model_copy(update=given), Wording()) == said


@pytest.mark.parametrize(("least", "count"), [(9, 1), (10, 0)])
def test_groups_of_fewer_than_ten_that_are_compared_are_said_to_tell_of_them(least: int, count: int) -> None:
    policy = toy_result().policy.policy.model_copy(update={"min_group_size": least})
    given = JudgedPolicy(policy=policy, digest=policy.digest, source="spec")
    page = compose(toy_result(policy=given), None, Wording())
    said = [one for one in page.verdict.besides if one.startswith("Groups of fewer than 10 people are compared")]
    assert len(said) == count
    assert all("min_group_size is 9" in one for one in said)


@pytest.mark.parametrize(
    ("low", "units", "check", "count"),
    [
        (0.05, None, "data-quality.duplicates", 1),
        (0.02, None, "data-quality.duplicates", 0),
        (0.05, 80, "data-quality.duplicates", 0),
        (0.05, None, "somebody.else", 0),
    ],
)
def test_copies_that_no_unit_holds_together_are_said_to_shorten_intervals(
    low: float, units: int | None, check: str, count: int
) -> None:
    copies = measured("near_duplicate_rate", 0.1, 200, low, 0.2)
    found = SOUND[0].model_copy(update={"check": check, "measurements": (copies,)})
    data = toy_result().data
    splits = tuple(one.model_copy(update={"units": units}) for one in data.splits)
    result = toy_result(findings=(*SOUND, found), data=data.model_copy(update={"splits": splits}))
    said = [one for one in compose(result, None, Wording()).verdict.besides if "near copy among the others: 10" in one]
    assert len(said) == count
