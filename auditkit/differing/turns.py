"""Which rules turned from one bundle to the next, and whether the number, the rule or a waiver turned them.

Each half is judged by the other's rule, as if nothing else had changed. Where that does not give again what was signed,
since cells were withheld after the audit had judged, no cause is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from auditkit.differing.bars import Pair
from auditkit.differing.told import Cause, Moved, Turned
from auditkit.finding import Measurement
from auditkit.judging import judge
from auditkit.policy import Outcome, Policy, Rule
from auditkit.result import AuditResult, Judgement
from auditkit.sealing.record import seal_findings

_ABSENT = frozenset({"error", "no_evidence", "not_applicable"})
_NEVER = date.min


def turned_rules(
    old: AuditResult, new: AuditResult, pairs: Sequence[Pair], measurements: Sequence[Moved]
) -> Iterator[Turned]:
    """Every rule of either policy with its two outcomes."""
    ours, theirs = ({one.rule: one for one in result.verdict.judgements} for result in (old, new))
    for was, rule in pairs:
        before = None if was is None else ours.get(was.id)
        after = None if rule is None else theirs.get(rule.id)
        causes = tuple(_causes(old, new, was, rule, before, after))
        yield _turned(was, rule, before, after, causes, measurements)


def _turned(
    was: Rule | None,
    rule: Rule | None,
    before: Judgement | None,
    after: Judgement | None,
    causes: tuple[Cause, ...],
    measurements: Sequence[Moved],
) -> Turned:
    decided = after if after is not None and after.worst is not None else before
    worst = None if decided is None else decided.worst
    moved = None if worst is None else _moved_of(worst, decided, measurements)
    return Turned(
        rule=rule.id if rule is not None else was.id if was is not None else "",
        was="" if was is None or rule is None or was.id == rule.id else was.id,
        old=None if before is None else before.outcome,
        new=None if after is None else after.outcome,
        causes=causes,
        noise=None if "number" not in causes or moved is None else _is_noise(moved),
        about="" if worst is None else about(worst.metric, worst.label, worst.group),
        values=(None, None) if moved is None else (moved.old, moved.new),
        reasons=(None if before is None else before.reason, None if after is None else after.reason),
    )


def about(metric: str, label: str | None, group: dict[str, str]) -> str:
    """What a measurement is of, in words: `accuracy of yes, sex F`."""
    whom = ", ".join(f"{name} {one}" for name, one in group.items()) or "all rows"
    return f"{metric}{'' if label is None else f' of {label}'}, {whom}"


def _is_noise(moved: Moved) -> bool | None:
    return {"noise": True, "same": True, "differs": False, "differs exactly": False}.get(moved.says)


def _moved_of(worst: Measurement, judgement: Judgement | None, measurements: Sequence[Moved]) -> Moved | None:
    wanted = worst.metric, worst.label, worst.group, worst.conditions, worst.versus
    for one in measurements:
        is_it = (one.metric, one.label, one.group, one.conditions, one.versus) == wanted
        if is_it and judgement is not None and judgement.check in {None, one.check}:
            return one
    return None


def _causes(
    old: AuditResult,
    new: AuditResult,
    was: Rule | None,
    rule: Rule | None,
    before: Judgement | None,
    after: Judgement | None,
) -> Iterator[Cause]:
    """Why the two outcomes are not the same; nothing where they are."""
    if was is None or before is None or rule is None or after is None:
        yield "new rule" if was is None else "rule gone"
        return
    if before.outcome == after.outcome:
        return
    bare, now = before.unwaived or before.outcome, after.unwaived or after.outcome
    if (bare == before.outcome) != (now == after.outcome):
        yield "waiver"
    if bare == now:
        return
    if bare in _ABSENT or now in _ABSENT:
        yield "evidence"
        return
    yield from _of_the_bare((old, new), (was, rule), (bare, now))


def _of_the_bare(
    results: tuple[AuditResult, AuditResult], rules: tuple[Rule, Rule], outcomes: tuple[Outcome, Outcome]
) -> Iterator[Cause]:
    """Whether the rule or the number turned it: each is put beside the other half as it was."""
    (old, new), (was, rule), (bare, now) = results, rules, outcomes
    if (_outcome(old, old, was), _outcome(new, new, rule)) != (bare, now):
        yield "not told"
        return
    by_the_rule = _outcome(new, old, rule) != bare
    by_the_number = _outcome(old, new, was) != bare
    # Where neither would have turned it alone, both together did.
    if by_the_rule or not by_the_number:
        yield "rule"
    if by_the_number or not by_the_rule:
        yield "number"


def _outcome(policy_of: AuditResult, findings_of: AuditResult, rule: Rule) -> Outcome:
    """What one rule, of one bundle's policy, says of the other's findings, without waivers."""
    policy: Policy = policy_of.policy.policy.model_copy(update={"rules": (rule,), "waivers": ()})
    findings = (*findings_of.findings, *seal_findings(findings_of.seal))
    (judgement,) = judge(policy, findings, findings_of.data.available, _NEVER).judgements
    return judgement.outcome
