"""The policy judges: every outcome, every way in which a rule finds its measurements, and the verdict."""

import pytest
from judgements import TODAY, crashed, finding, judged, measured, outcome, rule, verdict_of

from auditkit.document import Text
from auditkit.finding import Control, Finding, GroupCount, Measurement
from auditkit.judging import EXIT_CODES, judge
from auditkit.policy import Policy, Rule
from auditkit.resolving import resolve_policy


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.02, 0.08, "pass"),
        (0.02, 0.1, "pass"),  # at the bound is under it
        (0.1, 0.2, "inconclusive"),  # only beyond it fails
        (0.05, 0.15, "inconclusive"),
        (0.11, 0.2, "fail"),
    ],
)
def test_max_holds_the_whole_interval_against_the_bound(low, high, expected):
    assert outcome(rule(max=0.1), measured((low + high) / 2, low, high)) == expected
    assert outcome(rule(min=-0.1), measured(-(low + high) / 2, -high, -low)) == expected


def test_otherwise_warn_turns_a_fail_into_a_warning_and_nothing_else():
    assert outcome(rule(otherwise="warn"), measured(0.3, 0.2, 0.4)) == "warn"
    assert outcome(rule(otherwise="warn"), measured(0.1, 0.0, 0.4)) == "inconclusive"


def test_value_judges_the_number_alone_when_the_rule_says_so():
    assert outcome(rule(judge="value"), measured(0.09, 0.0, 0.5)) == "pass"
    assert outcome(rule(judge="value"), measured(0.11, 0.0, 0.5)) == "fail"


def test_number_without_an_interval_is_inconclusive_unless_it_is_exact():
    assert outcome(rule(), Measurement(metric="gap", value=0.01, n=400)) == "inconclusive"
    assert outcome(rule(), measured(0.01, exact=True)) == "pass"
    assert outcome(rule(), measured(0.11, exact=True)) == "fail"


@pytest.mark.parametrize("how", ["interval", "value"])
def test_undefined_and_withheld_numbers_are_inconclusive(how):
    assert outcome(rule(judge=how), measured(None)) == "inconclusive"
    assert outcome(rule(judge=how), measured(None, suppressed=True)) == "inconclusive"


GROUPS = {
    "all": {},
    "sex gap": {"sex": "*"},
    "race gap": {"race": "*"},
    "F": {"sex": "F"},
    "F b": {"sex": "F", "race": "b"},
    "both gap": {"race": "*", "sex": "*"},
}


@pytest.mark.parametrize(
    ("group", "about"),
    [
        (None, {"all", "sex gap", "race gap"}),
        ("sex", {"sex gap", "F"}),
        (("sex", "race"), {"F b", "both gap"}),
        (("race", "sex"), {"F b", "both gap"}),
        ("any", set(GROUPS)),
        ("age", set()),
    ],
)
def test_group_says_which_measurements_a_rule_is_about(group, about):
    found = {
        name
        for name, where in GROUPS.items()
        if outcome(rule(group=group), measured(0.3, 0.2, 0.4, group=where)) != "no_evidence"
    }
    assert found == about


def test_check_is_an_area_or_an_id():
    found = finding(measured(0.01, 0, 0.02), check="fairness.gaps")
    assert judged(rule(check="fairness"), found).outcome == "pass"
    assert judged(rule(check="fairness.gaps"), found).outcome == "pass"
    assert judged(rule(check="fair"), found).outcome == "no_evidence"
    assert judged(rule(check="fairness.other"), found).outcome == "no_evidence"


def test_label_and_conditions_are_taken_exactly():
    assert outcome(rule(label="dental"), measured(0.01, 0, 0.02, label="dental")) == "pass"
    assert outcome(rule(label="dental"), measured(0.01, 0, 0.02)) == "no_evidence"
    assert outcome(rule(), measured(0.3, 0.2, 0.4, label="dental")) == "fail"
    blurred = measured(0.3, 0.2, 0.4, conditions={"corruption": "blur", "severity": "3"})
    assert outcome(rule(), blurred) == "no_evidence"
    assert outcome(rule(conditions={"corruption": "blur"}), blurred) == "no_evidence"
    assert outcome(rule(conditions={"severity": "3", "corruption": "blur"}), blurred) == "fail"


def test_worst_measurement_decides_and_the_farthest_is_shown():
    near, far = measured(0.3, 0.2, 0.4, group={"sex": "*"}), measured(0.5, 0.4, 0.6, group={"age": "*"})
    found = judged(rule(), finding(measured(0.0, 0.0, 0.05), near, far))
    assert (found.outcome, found.worst, found.check) == ("fail", far, "fairness.gaps")


def test_unmet_need_is_not_applicable_and_every_other_absence_is_no_evidence():
    needy = rule(needs=("training", "scores"))
    assert judged(needy, available=("scores",)).outcome == "not_applicable"
    assert "training" in str(judged(needy, available=("scores",)).reason)
    assert judged(needy, available=("scores", "training")).outcome == "no_evidence"
    silent = finding(status="not_applicable", reason=Text.of("it has no scores"), measures=("gap",))
    assert "it has no scores" in str(judged(rule(), silent).reason)


def test_small_group_is_inconclusive_or_listed():
    small, large = measured(0.01, 0, 0.02, group={"sex": "F"}, n=29), measured(0.01, 0, 0.02, group={"sex": "M"}, n=30)
    assert outcome(rule(group="sex"), small, large) == "inconclusive"
    found = judged(rule(group="sex"), finding(small, large), small_groups="list")
    assert (found.outcome, found.listed) == ("pass", (small,))
    alone = judged(rule(group="sex"), finding(small), small_groups="list")
    assert (alone.outcome, alone.listed) == ("inconclusive", (small,))


def test_withheld_group_is_never_merely_listed():
    withheld = measured(None, group={"sex": "F"}, n=None, suppressed=True)
    large = measured(0.01, 0, 0.02, group={"sex": "M"}, n=300)
    assert outcome(rule(group="sex"), withheld, large, small_groups="list") == "inconclusive"


def gap(low: float, high: float, **parts: tuple[int, bool]) -> Measurement:
    counts = tuple(GroupCount(label=label, n=n, compared=part) for label, (n, part) in parts.items())
    return measured((low + high) / 2, low, high, group={"sex": "*"}, compared=counts)


def test_gap_that_left_out_small_groups_cannot_pass_but_can_fail():
    parts = {"F": (300, True), "M": (300, True), "X": (12, False)}
    assert outcome(rule(), gap(0.01, 0.05, **parts)) == "inconclusive"
    assert outcome(rule(), gap(0.2, 0.3, **parts)) == "fail"  # the small group can only widen it
    found = judged(rule(), finding(gap(0.01, 0.05, **parts)), small_groups="list")
    assert found.outcome == "pass"
    assert [(m.group, m.n, m.value) for m in found.listed] == [({"sex": "X"}, 12, None)]


def test_listed_group_of_an_intersection_is_named_by_its_attributes():
    parts = (GroupCount(label="F \N{MULTIPLICATION SIGN} b", n=12, compared=False),)
    both = measured(0.01, 0, 0.02, group={"sex": "*", "race": "*"}, compared=parts)
    found = judged(rule(group=("sex", "race")), finding(both), small_groups="list")
    assert [m.group for m in found.listed] == [{"sex": "F", "race": "b"}]


def test_gap_measured_with_another_smallest_group_is_not_judged_to_pass():
    parts = {"F": (300, True), "M": (300, True), "X": (20, True)}
    assert outcome(rule(), gap(0.01, 0.05, **parts)) == "inconclusive"
    assert outcome(rule(), gap(0.2, 0.3, **parts)) == "inconclusive"  # X may be what makes it wide
    assert outcome(rule(), gap(0.2, 0.3, **(parts | {"X": (40, False)}))) == "fail"


@pytest.mark.parametrize("measures", [("gap",), ()], ids=["declared", "undeclared"])
def test_crashed_check_is_an_error(measures):
    verdict = verdict_of(rule(), crashed(measures=measures))
    assert verdict.judgements[0].outcome == "error"
    assert (verdict.outcome, EXIT_CODES[verdict.outcome]) == ("error", 3)


def test_crash_beside_a_passing_measurement():
    good = finding(measured(0.01, 0, 0.02), check="a.one")
    assert judged(rule(), good, crashed("b.two", measures=("gap",))).outcome == "error"
    assert judged(rule(), good, crashed("b.two", measures=("other",))).outcome == "pass"
    assert judged(rule(), good, crashed("b.two")).outcome == "pass"
    # The same check with other options crashed: nobody knows what it would have measured.
    assert judged(rule(), good, crashed("a.one")).outcome == "error"
    assert judged(rule(check="a.one"), good, crashed("b.two", measures=("gap",))).outcome == "pass"


def test_measured_failure_is_worse_than_a_crash():
    bad = finding(measured(0.3, 0.2, 0.4), check="a.one")
    assert judged(rule(), bad, crashed("b.two", measures=("gap",))).outcome == "fail"


def test_failed_control_makes_the_checks_numbers_an_error():
    said = {"title": Text.of("t"), "expected": Text.of("none"), "observed": Text.of("3 of 20")}
    control = Control(kind="clean", passed=False, **said)
    assert judged(rule(), finding(measured(0.01, 0, 0.02), controls=(control,))).outcome == "error"


def test_check_that_failed_its_control_did_not_crash_and_its_rule_says_so():
    said = {"title": Text.of("t"), "expected": Text.of("none"), "observed": Text.of("3 of 20")}
    control = Control(kind="clean", passed=False, **said)
    judgement = judged(rule(), crashed("a.one", measures=("gap",)).model_copy(update={"controls": (control,)}))
    assert judgement.outcome == "error"
    assert str(judgement.reason).startswith("a control of the check a.one failed")


def test_misspelt_metric_is_no_evidence_and_the_near_one_is_named():
    found = judged(rule(metric="acuracy"), finding(measures=("accuracy",)))
    assert found.outcome == "no_evidence"
    assert str(found.reason) == "no check that ran measured 'acuracy'; did you mean 'accuracy'?"


def of(kind: str, *, required: bool = True) -> tuple[Rule, Finding | None]:
    found = {
        "pass": finding(measured(0.01, 0, 0.02, metric=kind)),
        "fail": finding(measured(0.3, 0.2, 0.4, metric=kind)),
        "warn": finding(measured(0.3, 0.2, 0.4, metric=kind)),
        "inconclusive": finding(measured(0.1, 0.0, 0.4, metric=kind)),
        "error": crashed(measures=("error",)),
    }.get(kind)
    needs = ("training",) if kind == "not_applicable" else ()
    otherwise = "warn" if kind == "warn" else "fail"
    return rule(metric=kind, required=required, needs=needs, otherwise=otherwise), found


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("pass", "pass"),
        ("pass warn", "pass"),
        ("warn", "pass"),
        ("pass not_applicable", "pass"),
        ("not_applicable", "inconclusive"),
        ("", "inconclusive"),
        ("pass inconclusive", "inconclusive"),
        ("pass inconclusive no_evidence", "error"),
        ("pass inconclusive error", "error"),
        ("pass inconclusive error no_evidence fail", "fail"),
    ],
)
def test_verdict_is_the_worst_of_the_required_rules(kinds, expected):
    rules, findings = zip(*[of(kind) for kind in kinds.split()], strict=True) if kinds else ((), ())
    verdict = verdict_of(tuple(rules), *[found for found in findings if found])
    assert [judgement.outcome for judgement in verdict.judgements] == kinds.split()
    assert verdict.outcome == expected


@pytest.mark.parametrize("kind", ["fail", "error", "no_evidence", "inconclusive"])
def test_rule_that_is_not_required_changes_no_verdict_and_earns_none(kind):
    one, found = of(kind, required=False)
    good, passing = of("pass")
    assert passing is not None
    findings = [passing, *([found] if found else [])]
    assert verdict_of((good, one), *findings).outcome == "pass"
    if kind != "fail":
        assert verdict_of(one, *findings).outcome == "inconclusive"


def test_a_gap_that_names_no_groups_and_a_value_rule_are_worded_by_what_they_are():
    # The words stand in the signed result: a bound held against a value must not claim an interval.
    policy = resolve_policy(
        Policy(rules=(Rule(metric="x", max=0.1, judge="value", because="t"), Rule(metric="gap", max=0.1, because="t"))),
        {},
        {},
    )
    bare = Measurement(metric="x", value=0.05, n=50)
    nameless = Measurement(metric="gap", value=0.0, n=50, exact=True, group={"sex": "*"})
    verdict = judge(policy, [finding(bare, nameless)], (), TODAY)
    assert [one.outcome for one in verdict.judgements] == ["pass", "inconclusive"]
    assert str(verdict.judgements[0].reason) == "the value, 0.050, keeps the bound 0.10"
    assert str(verdict.judgements[1].reason) == "the gap does not say which groups it compares"


def test_a_gap_that_is_undefined_says_why_itself():
    policy = resolve_policy(Policy(rules=(Rule(metric="gap", max=0.1, because="t"),)), {}, {})
    why = "too few rows to fit to"
    none = Measurement(metric="gap", value=None, undefined=Text.of(why), n=50, group={"sex": "*"})
    (one,) = judge(policy, [finding(none)], (), TODAY).judgements
    assert (one.outcome, str(one.reason)) == ("inconclusive", f"it is undefined: {why}")


def test_a_rule_for_a_group_that_nothing_measured_says_so():
    policy = resolve_policy(Policy(rules=(Rule(metric="rate", max=0.1, group="sxe", because="t"),)), {}, {})
    verdict = judge(policy, [finding(measured(0.0, 0.0, 0.1, metric="rate", group={"sex": "F"}))], (), TODAY)
    assert "was measured, but not for the group" in str(verdict.judgements[0].reason)
    assert "groups: sex" in str(verdict.judgements[0].reason)


def test_a_rule_without_the_conditions_that_were_measured_is_told_them():
    policy = resolve_policy(Policy(rules=(Rule(metric="rate", max=0.1, because="t"),)), {}, {})
    both = [measured(0.0, 0.0, 0.1, metric="rate", conditions={"method": name}) for name in ("occlusion", "gradient")]
    verdict = judge(policy, [finding(*both)], (), TODAY)
    assert str(verdict.judgements[0].reason).endswith("conditions: method = gradient; method = occlusion")


def test_a_group_is_judged_by_its_people_where_rows_share_them() -> None:
    small = measured(0.95, 0.9, 0.99, n=400, people=12, group={"sex": "F"})
    one = judged(rule(min=0.8, group="sex"), finding(small))
    assert (one.outcome, str(one.reason)) == ("inconclusive", "the rows of the group are of 12 units, fewer than 30")
    assert outcome(rule(min=0.8, group="sex"), small.model_copy(update={"people": 40})) == "pass"
