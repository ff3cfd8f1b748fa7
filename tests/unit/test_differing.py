"""What changed between two results, by results that are worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from judgements import TODAY, crashed, finding, measured, rule, waiver

from auditkit.differing.diffing import diff_results
from auditkit.differing.told import Diff, Moved, Turned
from auditkit.document import Text
from auditkit.finding import Finding, Measurement
from auditkit.gating.releases import Compared, Release
from auditkit.judging import judge
from auditkit.policy import Policy
from auditkit.resolving import resolve_policy
from auditkit.result import AuditResult, JudgedPolicy
from auditkit.testing.results import toy_result

OLD, NEW = "1" * 64, "2" * 64


def result(*findings: Finding, digest: str = OLD, policy: Policy | None = None, **changes: Any) -> AuditResult:
    """A result of these findings, judged by this policy."""
    resolved = resolve_policy(policy or Policy(rules=(rule(),)), {}, {})
    whole = toy_result()
    fields = {
        "findings": findings,
        "subject": whole.subject.model_copy(update={"digest": digest}),
        "policy": JudgedPolicy(policy=resolved, digest=resolved.digest, source="spec"),
        "verdict": judge(resolved, findings, (), TODAY),
    }
    return toy_result(**(fields | changes))


def diff(old: AuditResult, new: AuditResult) -> Diff:
    before, after = Release(Path("a"), old), Release(Path("b"), new)
    compared = Compared(after, before, None, None, paired=False, says=Text.of("by intervals"))
    return diff_results(before, after, compared, compared.says)


def said(found: Diff, what: str) -> tuple[str | None, str | None]:
    (one,) = [fact for fact in found.facts if fact.what == what]
    return one.old, one.new


def only_rule(old: AuditResult, new: AuditResult) -> Turned:
    (one,) = diff(old, new).rules
    return one


def share(count: int, n: int, metric: str = "gap", **fields: Any) -> Measurement:
    return Measurement.rate(metric, count, n, **fields)


def changed(*pairs: tuple[Measurement | None, Measurement | None], **changes: Any) -> tuple[Moved, ...]:
    """What is said of each pair."""
    old, new = (finding(*(pair[side] for pair in pairs if pair[side] is not None)) for side in (0, 1))
    return diff(result(old), result(new, **({"digest": NEW} | changes))).measurements


# Numbers.


def test_two_shares_are_told_apart_as_newcombe_worked_out():
    """56 of 70 against 48 of 80: 0.20, from 0.0524 to 0.3339. Newcombe (1998), Stat. Med. 17, table II, method 10."""
    (one,) = changed((share(48, 80), share(56, 70)))
    assert one.interval is not None
    assert (one.change, one.interval.low, one.interval.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert (one.says, one.how, one.old_n, one.new_n) == ("differs", "unpaired", 80, 70)


def test_a_change_that_chance_may_have_made_is_called_so():
    """10 of 100 against 16 of 100: by Newcombe's method from -0.034 to 0.154, which holds 0."""
    (one,) = changed((share(10, 100), share(16, 100)))
    assert one.says == "noise"
    assert one.interval is not None
    assert one.interval.low < 0 < one.interval.high


def test_what_is_looked_at_beside_it_makes_a_change_harder_to_tell_from_chance():
    """Alone 48 of 80 and 56 of 70 differ. Beside nine others, at 0.025 / 10, the interval reaches below 0."""
    others = tuple((share(50, 100, f"m{place}"), share(51, 100, f"m{place}")) for place in range(9))
    first, *rest = changed((share(48, 80), share(56, 70)), *others)
    assert (first.says, {one.says for one in rest}) == ("noise", {"noise"})
    assert first.interval is not None
    assert first.interval.level == pytest.approx(1 - 2 * 0.025 / 10)


def test_each_kind_of_change_is_called_by_its_name():
    withheld = Measurement(metric="e", value=None, n=None, undefined=Text.of("withheld"), suppressed=True)
    pairs = (
        (measured(0.5, metric="a", exact=True, n=10), measured(0.6, metric="a", exact=True, n=10)),
        (Measurement(metric="b", value=0.5, n=10), Measurement(metric="b", value=0.6, n=10)),
        (share(1, 10, "c"), None),
        (None, share(1, 10, "d")),
        (share(20, 100, "e"), withheld),
        (share(20, 100, "f"), measured(None, metric="f")),
        (share(20, 100, "g"), share(20, 100, "g")),
    )
    found = {one.metric: one for one in changed(*pairs)}
    assert {name: one.says for name, one in found.items()} == {
        "a": "differs exactly", "b": "undecided", "c": "only in A", "d": "only in B", "e": "withheld",
        "f": "undefined", "g": "same",
    }  # fmt: skip
    assert (found["e"].new, found["e"].change, found["e"].new_n, found["e"].interval) == (None, None, None, None)


def test_the_same_model_and_rows_leave_nothing_to_chance():
    (one,) = changed((share(48, 80), share(49, 80)), digest=OLD)
    assert (one.says, one.interval, one.how) == ("not the release", None, "")


def test_a_check_that_was_asked_otherwise_is_not_held_against_chance():
    old, new = (finding(share(count, 80), options={"bins": count}) for count in (20, 60))
    found = diff(result(old), result(new, digest=NEW))
    assert [one.says for one in found.measurements] == ["other options"]
    assert [(one.what, one.old, one.new) for one in found.checks] == [("options", '{"bins":20}', '{"bins":60}')]


def test_findings_of_one_check_pair_by_their_options():
    ours, theirs = (
        [finding(share(count, 80), options={"bins": bins}) for bins, count in order]
        for order in (((10, 40), (15, 40)), ((15, 40), (10, 40)))
    )
    found = diff(result(*ours), result(*theirs, digest=NEW))
    assert (found.checks, {one.says for one in found.measurements}) == ((), {"same"})


def test_other_tasks_are_not_compared():
    old, new = (result(finding(share(count, 80)), digest=digest) for count, digest in ((20, OLD), (60, NEW)))
    before, after = Release(Path("a"), old), Release(Path("b"), new)
    found = diff_results(before, after, None, Text.of("another task"))
    assert [one.says for one in found.measurements] == ["other subject"]


# Rules.


def test_a_rule_that_did_not_turn_has_no_cause():
    one = only_rule(result(finding(measured(0.05, 0.0, 0.08))), result(finding(measured(0.06, 0.0, 0.09)), digest=NEW))
    assert (one.old, one.new, one.causes) == ("pass", "pass", ())
    assert diff(result(finding(share(1, 90))), result(finding(share(1, 90)), digest=NEW)).exit_code == 0


def test_a_number_turned_it():
    low, high = finding(measured(0.05, 0.04, 0.06)), finding(measured(0.3, 0.29, 0.31))
    one = only_rule(result(low), result(high, digest=NEW))
    assert (one.old, one.new, one.causes, one.noise, one.values) == ("pass", "fail", ("number",), False, (0.05, 0.3))


def test_a_number_turned_it_and_chance_may_have():
    """The ends lie 0.03 from both values: the change of 0.02 has the interval 0.02 -+ 0.042."""
    low, high = finding(measured(0.07, 0.04, 0.10)), finding(measured(0.09, 0.06, 0.12))
    one = only_rule(result(low), result(high, digest=NEW))
    assert (one.old, one.new, one.causes, one.noise) == ("pass", "inconclusive", ("number",), True)


@pytest.mark.parametrize(
    ("bound", "value", "causes"),
    [
        (0.02, 0.05, ("rule",)),  # the same number under a lower bound
        (0.02, 0.3, ("rule", "number")),  # either would have
        (0.08, 0.09, ("rule", "number")),  # neither would have: 0.09 keeps 0.1, and 0.05 keeps 0.08
    ],
)
def test_a_bound_that_moved_is_told_from_a_number_that_did(bound, value, causes):
    old = result(finding(measured(0.05, 0.049, 0.051)))
    policy = Policy(rules=(rule(max=bound),))
    new = result(finding(measured(value, value - 0.001, value + 0.001)), digest=NEW, policy=policy)
    one = only_rule(old, new)
    assert (one.rule, one.was, one.old, one.new) == (f"gap<={bound}", "gap<=0.1", "pass", "fail")
    assert one.causes == causes
    assert said(diff(old, new), f"rule gap<={bound}: max") == ("0.1", f"{bound}")


def test_a_waiver_turned_it():
    high = finding(measured(0.3, 0.29, 0.31))
    waived = Policy(rules=(rule(),), waivers=(waiver(approved_by="B. Name", expires=date(2026, 12, 1)),))
    old, new = result(high, policy=waived), result(high)
    found = diff(old, new)
    assert [(one.old, one.new, one.causes) for one in found.rules] == [("waived", "fail", ("waiver",))]
    assert said(found, "waiver of gap") == ("A. Name, approved by B. Name, until 2026-12-01: known", None)
    assert found.exit_code == 1


def test_evidence_that_is_gone_turned_it():
    low = finding(measured(0.05, 0.04, 0.06), measures=("gap",))
    found = diff(result(low), result(crashed(measures=("gap",)), digest=NEW))
    assert [(one.old, one.new, one.causes) for one in found.rules] == [("pass", "error", ("evidence",))]
    assert [(one.check, one.old, one.new) for one in found.checks] == [("fairness.gaps", "measured", "error")]


def test_numbers_that_were_withheld_after_judging_leave_the_cause_untold():
    hidden = Measurement(metric="gap", value=None, n=None, undefined=Text.of("withheld"), suppressed=True)
    low, high = (result(finding(measured(value, value, value + 0.01))) for value in (0.05, 0.3))
    new = result(finding(hidden), digest=NEW, verdict=high.verdict)
    one = only_rule(low, new)
    assert (one.new, one.causes, one.values) == ("fail", ("not told",), (0.05, None))


def test_rules_that_came_and_went():
    low = finding(measured(0.05, 0.04, 0.06))
    old, new = (result(low, policy=Policy(rules=rules)) for rules in ((rule(),), (rule(metric="other"),)))
    found = diff(old, new)
    assert [(one.rule, one.causes) for one in found.rules] == [
        ("other<=0.1", ("new rule",)),
        ("gap<=0.1", ("rule gone",)),
    ]
    assert said(found, "rule other<=0.1") == (None, "max 0.1: by decision")
    assert said(found, "rule gap<=0.1") == ("max 0.1: by decision", None)


# Facts.


def test_facts_that_changed_are_named_and_others_are_not():
    old = result()
    audit = old.data.splits[0]
    sex = audit.attributes[0]
    fewer = sex.model_copy(update={"groups": (sex.groups[0].model_copy(update={"rows": 100}),)})
    split = audit.model_copy(update={"rows": 300, "attributes": (fewer, audit.attributes[1])})
    plugin = old.provenance.plugins[0]
    new = result(
        digest=NEW,
        data=old.data.model_copy(update={"splits": (split,), "threshold": 0.4}),
        provenance=old.provenance.model_copy(
            update={
                "plugins": tuple(
                    one.model_copy(update={"version": "9.9"}) if one.distribution == plugin.distribution else one
                    for one in old.provenance.plugins
                ),
                "libraries": old.provenance.libraries | {"numpy": "9.9"},
                "seed": old.provenance.seed + 1,
            }
        ),
    )
    found = diff(old, new)
    facts = {(one.area, one.what): (one.old, one.new) for one in found.facts}
    assert facts == {
        ("subject", "digest"): (OLD, NEW),
        ("data", "audit split: rows"): ("330", "300"),
        ("data", "audit split: rows of sex F"): ("174", "100"),
        ("data", "audit split: rows of sex M"): ("152", None),
        ("spec", "seed"): (str(old.provenance.seed), str(old.provenance.seed + 1)),
        ("spec", "[data] threshold"): ("0.5", "0.4"),
        ("plugins", f"{plugin.distribution}: version"): (plugin.version, "9.9"),
        ("environment", "numpy"): (old.provenance.libraries.get("numpy"), "9.9"),
    }  # fmt: skip
    assert found.exit_code == 0


def test_a_group_that_is_withheld_stays_so():
    old = result()
    audit = old.data.splits[0]
    site = audit.attributes[1]
    shown = tuple(one.model_copy(update={"rows": one.rows or 12}) for one in site.groups)
    split = audit.model_copy(update={"attributes": (audit.attributes[0], site.model_copy(update={"groups": shown}))})
    new = result(digest=NEW, data=old.data.model_copy(update={"splits": (split,)}))
    assert said(diff(old, new), "audit split: rows of site Long Beach") == ("withheld", "12")


def test_the_json_says_its_version_and_its_exit_code():
    told = json.loads(diff(result(finding(share(4, 80))), result(finding(share(56, 70)), digest=NEW)).to_json())
    assert (told["schema_version"], told["exit_code"], told["rules"][0]["new"]) == (1, 1, "fail")
