"""The findings register: what it says of each rule that is not met, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from judgements import finding, measured, rule, verdict_of, waiver

from auditkit.document import Text
from auditkit.finding import Finding, GroupCount
from auditkit.policy import Policy, Rule
from auditkit.report.consequences import BETWEEN_GROUPS, OVER_ALL
from auditkit.report.context import RegisteredFinding
from auditkit.report.register import MOST_REGISTERED, register, register_note
from auditkit.report.wording import Wording
from auditkit.resolving import resolve_policy
from auditkit.result import AuditResult, JudgedPolicy
from auditkit.testing import toy_result

GAP = {"metric": "equal_opportunity_difference", "group": {"sex": "*"}}
GROUPS = tuple(GroupCount(label=label, n=n, compared=True) for label, n in (("F", 300), ("M", 200)))
RATE = {"metric": "true_positive_rate", "better": "higher"}
WOMEN = measured(0.5, 0.45, 0.55, n=300, group={"sex": "F"}, **RATE)
MEN = measured(0.8, 0.75, 0.85, n=200, group={"sex": "M"}, **RATE)
WIDE = measured(0.3, 0.2, 0.4, n=500, compared=GROUPS, **GAP)
SEX = rule(metric=GAP["metric"], group="sex")


def judged_by(rules: Any, *findings: Finding, **policy: Any) -> AuditResult:
    rules = rules if isinstance(rules, tuple) else (rules,)
    full = resolve_policy(Policy(rules=rules, **policy), {}, {})
    return toy_result(
        findings=findings,
        policy=JudgedPolicy(policy=full, digest="0" * 64, source="spec"),
        verdict=verdict_of(rules, *findings, **policy),
    )


def one_of(result: AuditResult) -> RegisteredFinding:
    (found,) = register(result, Wording.of(result))
    return found


def parts(found: RegisteredFinding) -> dict[str, str]:
    return {fact.term: fact.value for fact in found.parts}


def test_a_gap_is_written_down_with_its_two_groups() -> None:
    found = one_of(judged_by(SEX, finding(WIDE, WOMEN, MEN)))
    said = parts(found)
    assert (found.number, found.outcome, found.severity) == ("1", "fail", "High: a required rule is not met")
    assert said["Condition"] == "Measured: 0.300, 95% interval 0.200 to 0.400, n = 500."
    assert said["Criterion"] == "The rule: at most 0.10. It stands because of: by decision."
    assert said["Cause"] == (
        "Where it lies: sex: F, 0.500 (0.450 to 0.550), n = 300, against sex: M, 0.800 (0.750 to 0.850), n = 200. "
        "Why it is so, no check of this audit tells."
    )
    assert said["Consequence"] == (
        "Of those who should be found, a smaller share is found among sex: F than among sex: M: more of them are "
        "missed."
    )
    assert said["Recommendation"].startswith("Look at wrong answers about sex: F with somebody who knows the field")
    assert "To live with it instead takes a waiver" in said["Recommendation"]
    assert said["Owner"] == "The policy names nobody who answers for this rule, and no date."


def test_groups_whose_values_do_not_give_the_gap_are_not_named() -> None:
    # 0.8 - 0.6 is 0.2, and not the 0.3 that was judged: another set of rows, or of groups.
    other = measured(0.6, 0.55, 0.65, n=300, group={"sex": "F"}, **RATE)
    said = parts(one_of(judged_by(SEX, finding(WIDE, other, MEN))))
    assert said["Cause"] == "Why it is so, no check of this audit tells."
    assert "among one group than among another" in said["Consequence"]


def test_of_equalized_odds_nobody_says_which_rate_it_is_without_the_groups() -> None:
    odds = WIDE.model_copy(update={"metric": "equalized_odds_difference"})
    about = rule(metric=odds.metric, group="sex")
    assert parts(one_of(judged_by(about, finding(odds))))["Consequence"] == OVER_ALL[odds.metric]
    assert "sex: F than among sex: M" in parts(one_of(judged_by(about, finding(odds, WOMEN, MEN))))["Consequence"]


def test_a_group_that_was_not_compared_is_no_end_of_the_gap() -> None:
    few = measured(0.1, 0.0, 0.6, n=3, group={"sex": "X"}, **RATE)
    said = parts(one_of(judged_by(SEX, finding(WIDE, WOMEN, MEN, few))))
    assert "sex: F, 0.500" in said["Cause"]
    assert "sex: X" not in said["Cause"]


def test_of_a_gap_in_false_alarms_the_higher_share_is_the_worse() -> None:
    metric = {"metric": "false_positive_rate", "better": "lower"}
    rows = [
        measured(value, 0.0, 1.0, n=100, group={"sex": sex}, **metric) for sex, value in (("F", 0.125), ("M", 0.625))
    ]
    gap = measured(0.5, 0.4, 0.6, metric="false_positive_rate_difference", group={"sex": "*"}, compared=GROUPS)
    said = parts(one_of(judged_by(rule(metric=gap.metric, group="sex"), finding(gap, *rows))))
    assert said["Consequence"].endswith("more are flagged by mistake among sex: M than among sex: F.")


def test_of_a_ratio_of_selection_rates_the_lower_share_is_the_worse() -> None:
    metric = {"metric": "selection_rate", "better": "target"}
    rows = [measured(value, 0.0, 1.0, n=100, group={"sex": sex}, **metric) for sex, value in (("F", 0.25), ("M", 0.5))]
    ratio = measured(0.5, 0.4, 0.6, metric="demographic_parity_ratio", group={"sex": "*"}, compared=GROUPS)
    said = parts(one_of(judged_by(rule(metric=ratio.metric, group="sex", min=0.8), finding(ratio, *rows))))
    assert "less often for sex: F than for sex: M" in said["Consequence"]


@pytest.mark.parametrize(("low", "is_shown"), [(0.05, True), (-0.01, False)])
def test_a_cause_is_named_where_an_experiment_has_shown_it(low: float, *, is_shown: bool) -> None:
    about = {"metric": "protected_excess_effect", "n": 90, "conditions": {"attribute": "sex"}}
    effect = measured(0.15, low, 0.2, **about)
    word = measured(0.25, low, 0.3, metric="shortcut_effect", n=90, conditions={"towards": "routine", "word": "female"})
    tried = finding(effect, word, check="explainability.reliance")
    cause = parts(one_of(judged_by(SEX, finding(WIDE, WOMEN, MEN), tried)))["Cause"]
    assert ("changing that alone moves the score by 0.150 more" in cause) == is_shown
    assert cause.endswith("may have a part in it: female.") == is_shown
    assert ("no check of this audit tells" in cause) != is_shown


def test_of_another_attribute_an_experiment_shows_nothing() -> None:
    about = {"metric": "protected_excess_effect", "n": 90, "conditions": {"attribute": "age"}}
    tried = finding(measured(0.15, 0.1, 0.2, **about), check="explainability.reliance")
    assert "takes age" not in parts(one_of(judged_by(SEX, finding(WIDE, WOMEN, MEN), tried)))["Cause"]


def test_of_a_number_over_all_rows_the_worst_group_that_is_large_enough_is_named() -> None:
    auc = {"metric": "roc_auc", "better": "higher"}
    groups = (("F", 0.6, 200), ("M", 0.9, 200), ("X", 0.3, 29))
    rows = [measured(value, 0.0, 1.0, n=n, group={"sex": sex}, **auc) for sex, value, n in groups]
    said = parts(one_of(judged_by(rule(metric="roc_auc", min=0.8), finding(measured(0.7, 0.6, 0.75, **auc), *rows))))
    assert said["Cause"].startswith("Of the groups it is worst for sex: F, 0.600 (0 to 1), n = 200.")
    assert said["Consequence"] == OVER_ALL["roc_auc"]


def test_what_is_undecided_says_why_and_claims_nothing() -> None:
    open_gap = measured(0.12, 0.05, 0.2, n=500, compared=GROUPS, **GAP)
    found = one_of(judged_by(SEX, finding(open_gap)))
    said = parts(found)
    assert found.severity == "Open: whether a required rule is met is not known"
    assert said["Cause"].startswith("The interval, 0.050 to 0.200, ")
    assert said["Consequence"].startswith("Whether it is so is not settled. If it is, this follows. Of those who")
    assert "would decide it in 80% of audits" in said["Recommendation"]


def test_what_nothing_measured_is_a_finding_too() -> None:
    missing = finding(
        check="performance.overall", status="not_applicable", reason=Text.of("no targets"), measures=("roc_auc",)
    )
    said = parts(one_of(judged_by(rule(metric="roc_auc", min=0.8), missing)))
    assert said["Consequence"].startswith("Whether it is so is not known, as nothing was judged.")


def test_a_waived_finding_names_who_answers_for_it_and_until_when() -> None:
    waived = waiver(metric=GAP["metric"], approved_by="B. Other")
    found = one_of(judged_by(SEX, finding(WIDE, WOMEN, MEN), waivers=(waived,)))
    assert (found.outcome, found.severity) == ("waived", "Accepted: somebody answers for it until a date")
    assert parts(found)["Owner"] == "A. Name, until 2026-11-22; approved by B. Other."
    assert parts(found)["Recommendation"].startswith("See that the rule is met before the waiver ends on 2026-11-22")


def test_findings_stand_by_severity() -> None:
    def of(metric: str, **fields: Any) -> Rule:
        return rule(metric=metric, **fields)

    rules = (of("a", required=False), of("b", otherwise="warn"), of("c"), of("d", blocker=True), of("e"), of("f"))
    numbers = [measured(0.5, 0.4, 0.6, metric=metric) for metric in "abcd"]
    numbers += [measured(0.1, 0.0, 0.2, metric="e"), measured(0.05, 0.0, 0.08, metric="f")]
    result = judged_by(rules, finding(*numbers))
    found = register(result, Wording.of(result))
    assert [one.title[0] for one in found] == list("DCEAB")
    assert "Nobody may waive this rule." in parts(found[0])["Recommendation"]


def test_a_long_register_stops_and_says_so() -> None:
    rules = tuple(rule(metric=f"m{place:03d}") for place in range(MOST_REGISTERED + 5))
    result = judged_by(rules, finding(*(measured(0.5, 0.4, 0.6, metric=one.metric) for one in rules)))
    assert len(register(result, Wording.of(result))) == MOST_REGISTERED
    assert register_note(result, Wording.of(result)) == (
        "Only the most severe findings are written down here: 60. All stand among the rules."
    )


def test_consequences_name_both_groups() -> None:
    assert all("{worst}" in said and "{best}" in said for said in BETWEEN_GROUPS.values())


def test_of_a_rule_about_single_words_they_are_the_cause() -> None:
    about = {"metric": "shortcut_effect", "n": 90}
    kiosk = measured(0.25, 0.2, 0.3, **about, conditions={"towards": "urgent", "word": "kiosk"})
    tried = finding(measured(0.25, 0.2, 0.3, **about), kiosk, check="explainability.shortcuts")
    cause = parts(one_of(judged_by(rule(metric="shortcut_effect", max=0.1), tried)))["Cause"]
    assert cause == "These do it, the strongest first: kiosk."
