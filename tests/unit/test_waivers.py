"""Waivers: what they waive, what they never do, and what is left when they run out."""

from datetime import date

import pytest
from judgements import TODAY, crashed, finding, judged, measured, outcome, rule, verdict_of, waiver

from auditkit.errors import SpecError
from auditkit.judging import judge, lift_expired
from auditkit.policy import Policy
from auditkit.resolving import resolve_policy


def test_waiver_in_force_waives_until_its_day_is_over():
    bad = finding(measured(0.3, 0.2, 0.4))
    verdict = verdict_of(rule(), bad, waivers=(waiver(),))
    assert (verdict.outcome, verdict.judgements[0].outcome, verdict.judgements[0].waiver) == ("pass", "waived", 0)
    assert verdict.waivers_in_force == 1
    late = verdict_of(rule(), bad, waivers=(waiver(date(2026, 11, 21)),))
    assert (late.outcome, late.waivers_in_force, late.waivers_expired) == ("fail", 0, (0,))


def test_waiver_that_runs_out_after_signing_is_lifted_and_nothing_else_changes():
    policy = resolve_policy(
        Policy(rules=(rule(), rule(metric="other")), waivers=(waiver(metric="gap"),)),
        {},
        {},
    )
    findings = [finding(measured(0.3, 0.2, 0.4), measured(0.3, 0.2, 0.4, metric="other"))]
    signed = judge(policy, findings, (), TODAY)
    assert [one.outcome for one in signed.judgements] == ["waived", "fail"]
    assert lift_expired(policy, signed, TODAY) == signed
    later = lift_expired(policy, signed, date(2026, 11, 23))
    assert [one.outcome for one in later.judgements] == ["fail", "fail"]
    assert (later.waivers_in_force, later.waivers_expired) == (0, (0,))
    assert later.judgements[1] == signed.judgements[1]


def test_waiver_over_one_of_two_failures_remembers_what_it_hides():
    age, sex = measured(0.3, 0.2, 0.4, group={"age": "*"}), measured(0, 0, 0.2, group={"sex": "*"})
    found = judged(rule(), finding(age, sex), waivers=(waiver(group="age"),))
    assert (found.outcome, found.unwaived) == ("inconclusive", "fail")


def test_waiver_never_waives_a_crash_or_an_absence():
    assert judged(rule(), crashed(measures=("gap",)), waivers=(waiver(),)).outcome == "error"
    assert judged(rule(), waivers=(waiver(),)).outcome == "no_evidence"


def test_waiver_of_one_group_waives_that_group_of_a_rule_about_all():
    age, sex = measured(0.3, 0.2, 0.4, group={"age": "*"}), measured(0.3, 0.2, 0.4, group={"sex": "*"})
    of_age = (waiver(group="age"),)
    assert outcome(rule(), age, waivers=of_age) == "waived"
    assert outcome(rule(), sex, waivers=of_age) == "fail"
    assert outcome(rule(), age, sex, waivers=of_age) == "fail"
    assert outcome(rule(), age, measured(0, 0, 0.01, group={"sex": "*"}), waivers=of_age) == "waived"


def test_waiver_covers_only_what_it_names():
    bad = measured(0.3, 0.2, 0.4, label="dental")
    for named in ({"label": "cardiac"}, {"group": "sex"}):
        assert outcome(rule(), bad, waivers=(waiver(**named),)) == "fail"
    for named in ({"metric": "", "rule": "gap<=0.1"}, {"label": "dental"}, {"group": "any"}):
        assert outcome(rule(), bad, waivers=(waiver(**named),)) == "waived"


@pytest.mark.parametrize("named", [{"rule": "gap<=0.2"}, {"metric": "gpa"}])
def test_a_waiver_that_names_no_rule_is_refused_with_the_near_one(named):
    with pytest.raises(SpecError, match="is no rule's") as refused:
        resolve_policy(Policy(rules=(rule(),), waivers=(waiver(**({"metric": ""} | named)),)), {}, {})
    assert "gap" in refused.value.hint
