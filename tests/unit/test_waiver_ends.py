"""What ends a waiver before its day, what may never be waived, and which waivers a policy refuses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from judgements import TODAY, finding, judged, measured, rule, waiver

from auditkit.errors import SpecError
from auditkit.judging import judge, lift_expired
from auditkit.policy import Policy, PolicyPack, Rule
from auditkit.resolving import resolve_policy
from auditkit.specs.source import Source
from auditkit.waiving import faults_of, refuse_faults

MODEL, OTHER = "a" * 64, "b" * 64
BAD = finding(measured(0.3, 0.2, 0.4))


def outcome_for(models: tuple[str, ...], **named: Any) -> tuple[str, list[str]]:
    policy = resolve_policy(Policy(rules=(rule(),), waivers=(waiver(**named),)), {}, {})
    (found,) = judge(policy, [BAD], (), TODAY, models).judgements
    return found.outcome, [str(one.why) for one in found.ended]


def test_an_expired_waiver_lets_the_finding_return_and_says_when_it_expired():
    found = judged(rule(), BAD, waivers=(waiver(date(2026, 11, 21)),))
    assert found.outcome == "fail"
    assert [str(one.why) for one in found.ended] == ["the waiver of A. Name expired on 2026-11-21"]


def test_a_waiver_of_one_model_ends_with_it():
    assert outcome_for((MODEL,), model_digest=MODEL) == ("waived", [])
    assert outcome_for((OTHER, MODEL), model_digest=f"sha256:{MODEL}") == ("waived", [])
    for models in ((OTHER,), ()):
        assert outcome_for(models, model_digest=MODEL) == ("fail", ["the waiver of A. Name was for another model"])


@pytest.mark.parametrize(("worst", "outcome"), [(0.3, "waived"), (0.31, "waived"), (0.29, "fail")])
def test_a_waiver_ends_at_a_value_that_is_worse_than_its_own(worst, outcome):
    assert judged(rule(), BAD, waivers=(waiver(worst=worst),)).outcome == outcome


@pytest.mark.parametrize(("worst", "outcome"), [(0.7, "waived"), (0.65, "waived"), (0.75, "fail")])
def test_worse_than_a_minimum_is_below(worst, outcome):
    low = finding(measured(0.7, 0.65, 0.75))
    found = judged(rule(min=0.8), low, waivers=(waiver(worst=worst),))
    assert found.outcome == outcome
    if outcome == "fail":
        assert [str(one.why) for one in found.ended] == [
            "the waiver of A. Name ended: the value is worse than 0.75",
        ]


def test_a_value_that_is_not_there_is_no_better_than_the_worst():
    undefined = finding(measured(None))
    assert judged(rule(), undefined, waivers=(waiver(),)).outcome == "waived"
    assert judged(rule(), undefined, waivers=(waiver(worst=0.9),)).outcome == "inconclusive"


def test_why_a_waiver_ended_quotes_no_measured_value():
    found = judged(rule(), BAD, waivers=(waiver(worst=0.1),))
    assert "0.3" not in str(found.ended[0].why)


def test_another_waiver_may_take_over_from_one_that_ended():
    found = judged(rule(), BAD, waivers=(waiver(worst=0.1), waiver()))
    assert (found.outcome, found.waiver, found.ended) == ("waived", 1, ())


def test_a_waiver_of_a_check_covers_that_check_alone():
    covering = (waiver(check="fairness.gaps"),)
    assert judged(rule(), BAD, waivers=covering).outcome == "waived"
    other = finding(measured(0.3, 0.2, 0.4), check="fairness.gaps-by-hand")
    assert judged(rule(), other, waivers=covering).outcome == "fail"
    assert judged(rule(), BAD, waivers=(waiver(check="fairness"),)).outcome == "fail"


def test_a_rule_that_met_its_bound_names_no_waiver():
    found = judged(rule(), finding(measured(0.01, 0.0, 0.02)), waivers=(waiver(date(2026, 1, 1)),))
    assert (found.outcome, found.ended) == ("pass", ())


def test_a_waiver_that_runs_out_after_signing_is_named_where_it_is_lifted():
    policy = resolve_policy(Policy(rules=(rule(),), waivers=(waiver(),)), {}, {})
    later = lift_expired(policy, judge(policy, [BAD], (), TODAY), TODAY + timedelta(days=1))
    assert [(one.waiver, str(one.why)) for one in later.judgements[0].ended] == [
        (0, "the waiver of A. Name expired on 2026-11-22")
    ]


# What nobody may waive.


def test_a_blocker_is_never_waived():
    assert judged(rule(blocker=True), BAD, waivers=(waiver(),)).outcome == "fail"


@pytest.mark.parametrize("soft", [{"otherwise": "warn"}, {"required": False}])
def test_a_blocker_that_would_not_block_is_no_rule(soft):
    with pytest.raises(ValueError, match="a blocker is required"):
        rule(blocker=True, **soft)


def faults(*rules: Rule, **named: Any) -> list[tuple[str, str]]:
    own = {"approved_by": "B. Name"} | named
    policy = resolve_policy(Policy(rules=rules or (rule(),), waivers=(waiver(**own),)), {}, {})
    return [(fault.key, fault.message) for fault in faults_of(policy, TODAY)]


def test_a_waiver_of_a_blocker_is_refused_when_planning():
    ((key, message),) = faults(rule(blocker=True))
    assert (key, message) == (
        "metric",
        "is waived by A. Name, and the rule 'gap<=0.1' is a blocker, which nobody may waive",
    )
    assert faults(rule(blocker=True), metric="", rule="gap<=0.1")[0][0] == "rule"


def test_a_waiver_of_what_the_blocker_is_not_about_is_none_of_it():
    blocker, other = rule(blocker=True, group="sex"), rule(group="age")
    assert faults(blocker, other, group="age") == []
    assert faults(blocker, other) != []
    assert faults(rule(blocker=True, check="fairness.gaps"), check="fairness.other") == []
    assert faults(rule(blocker=True, check="fairness"), check="fairness.gaps") != []
    assert faults(rule(blocker=True, label="a"), label="b") == []


def test_a_waiver_that_nobody_approved_is_refused():
    assert faults(approved_by="") == [("approved_by", "is missing")]
    assert faults(approved_by="  ") == [("approved_by", "is missing")]


def test_a_waiver_may_last_as_long_as_the_policy_says():
    def faulty(days: int, **policy: Any) -> bool:
        own = waiver(TODAY + timedelta(days=days), approved_by="B. Name")
        return bool(list(faults_of(Policy(rules=(rule().identified(),), waivers=(own,), **policy), TODAY)))

    assert [faulty(180), faulty(181)] == [False, True]
    assert [faulty(365, waiver_days=365), faulty(366, waiver_days=365), faulty(31, waiver_days=30)] == [
        False,
        True,
        True,
    ]
    with pytest.raises(ValueError, match="365"):
        Policy(waiver_days=366)


def test_the_refusal_names_file_line_and_key():
    source = Source("policy.toml", content={"waivers": [{"owner": "A. Name"}]}, lines={("waivers", 0): 7})
    policy = resolve_policy(Policy(rules=(rule(),), waivers=(waiver(),)), {}, {})
    with pytest.raises(SpecError, match=r"policy.toml:7: \[\[waivers\]\] approved_by is missing") as refused:
        refuse_faults(policy, TODAY, source, ())
    assert "another person" in refused.value.hint


HOUSE = {"house": PolicyPack(name="house", title="t", rules=(rule(blocker=True),))}


@pytest.mark.parametrize(
    "softer",
    [
        {"max": 0.2, "blocker": True},
        {"max": 0.1},
        {"judge": "value", "blocker": True},
        {"needs": ("training",), "blocker": True},
    ],
)
def test_a_rule_of_ones_own_cannot_soften_a_blocker_of_a_pack(softer):
    with pytest.raises(SpecError, match="the place of the blocker 'gap<"):
        resolve_policy(Policy(extends=("house",), rules=(rule(**softer),)), HOUSE, {})


def test_a_stricter_blocker_may_take_its_place():
    resolved = resolve_policy(Policy(extends=("house",), rules=(rule(max=0.05, blocker=True),)), HOUSE, {})
    assert [one.id for one in resolved.rules] == ["gap<=0.05"]


# What says nothing new is written as it always was.


def test_a_policy_that_says_nothing_new_keeps_its_bytes():
    policy = Policy(rules=(rule(),), waivers=(waiver(),))
    said = policy.model_dump(mode="json")
    assert set(said) == {"extends", "min_group_size", "small_groups", "rules", "waivers", "reaudit"}
    assert "blocker" not in said["rules"][0]
    assert set(said["waivers"][0]) == {"metric", "rule", "group", "label", "owner", "reason", "expires"}
    assert policy.digest == "32b7e50c97f06387e5e65634f91b272dfea1172024e51eb2cc719cfeb3b29035"
    assert Policy.from_json(policy.to_json()) == policy


def test_what_is_new_is_written_and_digested():
    plain = Policy(rules=(rule(),), waivers=(waiver(),))
    for changed in (
        Policy(rules=(rule(blocker=True),), waivers=(waiver(),)),
        Policy(rules=(rule(),), waivers=(waiver(approved_by="B. Name"),)),
        Policy(rules=(rule(),), waivers=(waiver(),), waiver_days=30),
    ):
        assert changed.digest != plain.digest
        assert Policy.from_json(changed.to_json()) == changed
