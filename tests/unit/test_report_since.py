"""What a report says of the audit before, of use and people, and of who answers for a rule."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from auditkit.document import Text
from auditkit.earlier import BaselineFacts, Change, Comparison
from auditkit.finding import Interval, Measurement
from auditkit.policy import Rule
from auditkit.report.appendix import policy_facts
from auditkit.report.compose import compose
from auditkit.report.context import Fact
from auditkit.report.register import register
from auditkit.report.since import since
from auditkit.report.statements import data_statements, use_facts
from auditkit.report.wording import Wording
from auditkit.result import AuditResult
from auditkit.stated import GovernanceSpec, Stated
from auditkit.testing.results import made_up_digest, toy_result


def interval(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, level=0.95, method="made up")


def comparison(**more: Any) -> Comparison:
    known: dict[str, Any] = {
        "rule": "baseline:accuracy>=-0.02",
        "outcome": "fail",
        "metric": "accuracy",
        "better": "higher",
        "margin": 0.02,
        "alpha": 0.05,
        "new": 0.75,
        "old": 0.8125,
        "change": -0.0625,
        "interval": interval(-0.09, -0.035),
        "n": 400,
        "test": "mcnemar",
        "p_value": 0.00002,
        "reason": Text.of("it lies beyond"),
    }
    return Comparison(**(known | more))


def changed(*, trusted: bool = False, comparisons: tuple[Comparison, ...] = ()) -> AuditResult:
    earlier = BaselineFacts(
        name="Toy audit",
        path="../old",
        result_digest=made_up_digest("0e1d"),
        subject_digest=made_up_digest("77aa"),
        created="2026-05-02T08:15:00Z",
        verdict="pass",
        found="named",
    )
    churn = Measurement(metric="newly_wrong_rate", value=0.1, n=400, interval=interval(0.07, 0.13))
    change = Change(
        earlier=earlier,
        signer="ACME model risk",
        keyid="a975be4812345678ff",
        trusted=trusted,
        pairing=Text.of("paired, row by row: {rows} rows are in both", rows=400),
        paired=True,
        comparisons=comparisons or (comparison(),),
        churn=(churn,),
    )
    return toy_result(change=change)


def told(facts: tuple[Fact, ...]) -> dict[str, str]:
    return {fact.term: fact.value for fact in facts}


def test_without_an_earlier_audit_one_sentence_says_so():
    found = since(toy_result(), Wording())
    assert found.sentence.startswith("This audit was compared with no earlier one")
    assert found.facts == found.tables == ()


def test_a_comparison_says_before_now_change_interval_n_margin_outcome_and_test():
    table, _ = since(changed(), Wording()).tables
    cells = "Accuracy|all rows|0.812|0.750|−0.062 (−0.090 to −0.035)|400|0.02|Not met|McNemar, p < 0.001"  # noqa: RUF001
    assert "|".join(table.rows[0]) == cells


def test_what_cannot_be_compared_says_why_in_place_of_a_number():
    undefined = {"new": None, "old": None, "change": None, "interval": None, "p_value": None, "test": ""}
    one = comparison(outcome="inconclusive", group={"sex": "F"}, n=None, **undefined)
    table, _ = since(changed(comparisons=(one,)), Wording()).tables
    dash = "\N{EN DASH}"
    expected = ("sex: F", dash, dash, "It lies beyond", "withheld", "0.02", "Inconclusive", dash)
    assert table.rows[0][1:] == expected


def test_changed_answers_stand_with_interval_and_n():
    _, table = since(changed(), Wording()).tables
    assert table.rows == (
        ("that were answered rightly, and are wrongly now", "all rows", "0.100", "0.070 to 0.130", "400"),
    )


@pytest.mark.parametrize(("trusted", "said"), [(True, "that the spec demands"), (False, "the spec demands none")])
def test_the_earlier_audit_is_named_with_its_digest_and_signer(trusted, said):
    facts = told(since(changed(trusted=trusted), Wording()).facts)
    assert facts["Its result digest"] == f"sha256:{made_up_digest('0e1d')}"
    assert facts["Its verdict"] == "PASS"
    assert facts["Made on"] == "2026-05-02 08:15 UTC"
    assert "ACME model risk, with the key a975be4812345678" in facts["Signed by"]
    assert said in facts["Signed by"]


def test_a_result_that_compares_with_none_keeps_the_bytes_of_the_first_version():
    written = toy_result().to_json()
    assert b'"change"' not in written
    assert b'"stated"' not in written


STATED = Stated(intended_use="Refers urgent cases first", data_source="Four hospitals")


def test_what_is_not_stated_is_said_not_to_be():
    result = toy_result(stated=STATED)
    use = told(use_facts(result, Wording()))
    assert use["Intended use"] == "Refers urgent cases first"
    assert list(use) == ["Intended use", "Not stated"]
    assert use["Not stated"].startswith("Version (model_version); Supplied by (supplied_by); Not intended for")
    assert use["Not stated"].endswith("A spec states it under [governance], by the words in brackets.")
    assert told(data_statements(result, Wording()))["Source"] == "Four hospitals"


def test_where_all_is_stated_no_line_says_what_is_not():
    all_stated = Stated(data_source="Four hospitals", data_collected="2026", data_represents="Adults")
    assert "Not stated" not in told(data_statements(toy_result(stated=all_stated), Wording()))


def test_governance_keeps_further_keys_apart_from_statements():
    spec = GovernanceSpec(intended_use="Triage", options={"reviewed": "2026-11-01"})
    assert spec.stated == Stated(intended_use="Triage")
    assert "what the model is meant to be used for" not in set(spec.missing)
    assert {"who supplied the model", "whom its answers affect"} <= set(spec.missing)
    assert GovernanceSpec().model_dump(mode="json") == {}


def owned(**more: Any) -> AuditResult:
    """The toy result with a rule that is missed, answered for by somebody."""
    result = toy_result()
    held = result.policy
    missed = next(one.rule for one in result.verdict.judgements if one.outcome == "fail")
    rules = tuple(rule.model_copy(update=more) if rule.id == missed else rule for rule in held.policy.rules)
    policy = held.policy.model_copy(update={"rules": rules})
    return result.model_copy(update={"policy": held.model_copy(update={"policy": policy})})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "The policy names nobody who answers for this rule, and no date."),
        ({"owner": "A. Weber"}, "A. Weber answers for this rule; the policy names no date."),
        (
            {"owner": "A. Weber", "due": date(2099, 1, 31)},
            "A. Weber answers for this rule; due on 2099-01-31.",
        ),
        (
            {"owner": "A. Weber", "due": date(2001, 1, 31)},
            "A. Weber answers for this rule; due on 2001-01-31. That day had passed when this was audited.",
        ),
    ],
)
def test_the_register_names_who_answers_for_a_missed_rule_and_by_when(more, said):
    first = register(owned(**more), Wording())[0]
    assert {fact.term: fact.value for fact in first.parts}["Owner"] == said


def test_a_due_day_needs_an_owner():
    with pytest.raises(ValueError, match="a due day is somebody's"):
        Rule(metric="accuracy", min=0.7, because="a test", due=date(2027, 1, 1))


def test_criteria_say_where_bounds_come_from_and_whether_they_were_locked():
    result = owned(basis="law")
    facts = told(policy_facts(result, Wording()))
    rest = len(result.policy.policy.rules) - 1
    assert facts["Where bounds come from"] == f"from a law: 1; not stated beyond the reason of the rule: {rest}"
    assert facts["Locked before the run"].startswith("No: nothing was sealed")
    terms = compose(result, None, Wording.of(result)).rules[0].terms
    assert terms.startswith("its bound comes from a law")


SEVERITIES = ["blocking", "high severity", "not settled", "low severity", "accepted for a time"]


def test_page_one_counts_findings_by_severity():
    found = compose(toy_result(), None, Wording.of(toy_result())).front.severities
    counted = {one.word: int(one.number) for one in found}
    assert [one.word for one in found] == sorted(counted, key=SEVERITIES.index)
    # Of the toy's eight rules one is met and one does not apply; fail, warn, waived are one each, and three are open.
    assert counted == {"high severity": 1, "not settled": 3, "low severity": 1, "accepted for a time": 1}


def test_owners_of_rules_stand_among_the_responsibilities():
    result = owned(owner="A. Weber")
    facts = told(compose(result, None, Wording.of(result)).responsibilities)
    assert facts["Owners of rules"] == "A. Weber"
