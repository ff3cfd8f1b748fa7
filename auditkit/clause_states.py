"""What a result has for each clause of a rule map: a pure function of its findings, verdict, records and statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from auditkit.document import digest_of
from auditkit.finding import Finding, Measurement
from auditkit.frameworks import (
    STATEMENTS,
    Clause,
    ClauseState,
    Evidence,
    Framework,
    RuleMap,
    SamplingPlan,
    State,
    Strength,
    labelled,
)
from auditkit.governance.record import Kind
from auditkit.stated import Tally

if TYPE_CHECKING:
    from auditkit.policy import Outcome
    from auditkit.result import AuditResult, Judgement

    Judged = Sequence[tuple[Judgement, frozenset[str]]]

# A rule that is in error, or without evidence, has nothing that it judges.
_OUTCOMES: dict[Outcome, Strength] = {
    "fail": "not_met",
    "warn": "not_met",
    "waived": "not_met",
    "inconclusive": "undecided",
    "pass": "met",
}
_READ = ("present", "partial")
_JUDGED: tuple[Strength, ...] = ("not_met", "undecided", "met")
_THERE: tuple[State, ...] = ("not_met", "undecided", "faulty", "met", "measured", "record", "attested")


def states_of(result: AuditResult, maps: Sequence[RuleMap]) -> tuple[Framework, ...]:
    """What a result has for each clause: of its findings, verdict, records and statements, and of nothing else."""
    judged = tuple((one, _about(result, one)) for one in result.verdict.judgements)
    return tuple(
        Framework(
            **one.model_dump(include={"id", "title", "version", "date", "source", "read", "notes"}),
            said=one.said,
            digest=digest_of(one.model_dump(mode="json")),
            clauses=tuple(_state(result, clause, judged) for clause in one.clauses),
        )
        for one in maps
    )


def _about(result: AuditResult, judgement: Judgement) -> frozenset[str]:
    """The checks that a judgement is about, and their areas.

    A number over all rows may be measured by several checks. What a check of fairness has for the groups too stands
    there to compare them with: a rule that it keeps says nothing of fairness.
    """
    worst, named = judgement.worst, {rule.id for rule in result.policy.policy.rules if rule.check}
    checks = {judgement.check} - {None}
    if worst is not None and not worst.group and not worst.versus:
        holders = [
            (finding.check, any(one.metric == worst.metric and one.group for one in finding.measurements))
            for finding in _sound(result)
            if finding.check == judgement.check
            or (judgement.rule not in named and any(_is_same(one, worst) for one in finding.measurements))
        ]
        checks = {check for check, compares in holders if not (compares and _area(check) == "fairness")}
    return frozenset(name for check in checks if check for name in (check, _area(check)))


def _is_same(one: Measurement, other: Measurement) -> bool:
    return (one.metric, one.label, one.group, one.versus, one.conditions, one.value) == (
        other.metric, other.label, other.group, other.versus, other.conditions, other.value,
    )  # fmt: skip


def _state(result: AuditResult, clause: Clause, judgements: Judged) -> ClauseState:
    found = tuple(_evidence(result, clause, judgements))
    strengths = {one.strength for one in found}
    state: State = next((one for one in _THERE if one in strengths), "nothing")
    if state == "met" and "none" in strengths:
        state = "measured"  # rules that are kept say nothing of what is not there
    if state in {"met", "measured", "record"} and any(
        one.kind == "sample" and one.strength == "attested" for one in found
    ):
        state = "attested"  # what the plan asks for rests on somebody's word, whatever else is measured
    if state == "nothing" and strengths == {"not_applicable"}:
        state = "not_applicable"
    return ClauseState(
        id=clause.id, clause=clause.clause, text=clause.text, state=state, evidence=found, said=clause.said
    )


def _evidence(result: AuditResult, clause: Clause, judgements: Judged) -> Iterator[Evidence]:
    for name in clause.checks:
        measured = [one for one in _sound(result) if name in {one.check, one.check.partition(".")[0]}]
        judged = [one for one, about in judgements if name in about]
        yield _measured("check", name, judged, len(measured))
    for name in clause.metrics:
        metric, label = labelled(name)
        numbers = [one for finding in _sound(result) for one in finding.measurements if one.metric == metric]
        count = sum(one.value is not None and label in {None, one.label} for one in numbers)
        asked = {rule.id for rule in result.policy.policy.rules if rule.metric == metric and rule.label == label}
        yield _measured("metric", name, [one for one in result.verdict.judgements if one.rule in asked], count)
    for kind in clause.records:
        yield _recorded(result, kind)
    yield from (_answered(result, name) for name in clause.questions)
    for name in clause.stated:
        said = name in STATEMENTS and bool(getattr(result.stated, name))
        yield Evidence(kind="statement", name=name, strength="attested" if said else "none")
    yield from (Evidence(kind="fact", name=fact, strength=_fact(result, fact)) for fact in clause.facts)
    if clause.sample:
        yield _sampled(result, clause.sample)


def _fact(result: AuditResult, fact: str) -> Strength:
    """What an audit is by itself; criteria that moved after they were sealed are there, and no longer those."""
    if fact == "sealed-criteria":
        if result.seal is None:
            return "none"
        return "faulty" if result.seal.moved else "record"
    if fact == "model-signature":
        signature = result.subject.signature
        return "record" if signature is not None and signature.verified else "none"
    return "record"


def _area(check: str) -> str:
    return check.partition(".")[0]


def _sound(result: AuditResult) -> Iterator[Finding]:
    """Findings that are evidence of anything: measured, by a check that gave its known answers."""
    return (one for one in result.findings if one.status == "measured" and one.controls_passed)


def _measured(kind: Literal["check", "metric"], name: str, judged: Sequence[Judgement], count: int) -> Evidence:
    """By the worst of the rules about it; else whether there is a number."""
    said = [_OUTCOMES[one.outcome] for one in judged if one.outcome in _OUTCOMES]
    unanswered = any(one.outcome in {"no_evidence", "error"} for one in judged)
    for strength in _JUDGED:
        if strength in said and not (strength == "met" and unanswered):
            return Evidence(kind=kind, name=name, strength=strength, count=len(said))
    return Evidence(kind=kind, name=name, strength="measured" if count else "none", count=count)


def _recorded(result: AuditResult, kind: Kind) -> Evidence:
    statuses = {one.status for one in result.governance if one.kind == kind}
    strength: Strength = "none"
    if statuses & {"partial", "expired"}:
        strength = "faulty"
    elif "present" in statuses:
        strength = "record"
    elif "not-applicable" in statuses:
        strength = "not_applicable"
    return Evidence(kind="record", name=kind, strength=strength)


def _answered(result: AuditResult, question: str) -> Evidence:
    answers = [one for one in result.governance if one.kind == "process-answers" and one.status in _READ]
    strength: Strength = "none"
    if any(one.says(f"{question}.answer") for one in answers):
        strength = "attested"
    elif any(one.says(f"{question}.not_applicable") for one in answers):
        strength = "not_applicable"
    return Evidence(kind="question", name=question, strength=strength)


def _sampled(result: AuditResult, plan: SamplingPlan) -> Evidence:
    """A tally of people is their word, however good; one that was measured is judged by the plan's bound."""
    tally, measured = result.stated.samples.get(plan.name), False
    for number in (one for finding in _sound(result) for one in finding.measurements if _is_tally(one, plan)):
        tally, measured = Tally(count=round((number.value or 0.0) * (number.n or 0)), of=number.n or 0), True
    if tally is None or tally.of == 0:
        return Evidence(kind="sample", name=plan.name, strength="none")
    low, high = interval_of(tally, result.provenance.level)
    strength = judge_sample(plan, tally, result.provenance.level)
    if strength == "met" and not measured:
        strength = "attested"
    return Evidence(
        kind="sample",
        name=plan.name,
        strength=strength,
        count=tally.of,
        value=tally.count / tally.of,
        low=low,
        high=high,
    )


def _is_tally(one: Measurement, plan: SamplingPlan) -> bool:
    whole = not one.group and one.label is None and not one.conditions
    return one.metric in plan.metrics and whole and one.value is not None and 0 <= one.value <= 1


def interval_of(tally: Tally, level: float) -> tuple[float, float]:
    """The exact interval of the tally's share. Source: Clopper and Pearson (1934), Biometrika 26, 404-413."""
    from auditkit.statistics import clopper_pearson

    limits = clopper_pearson(tally.count, tally.of, level)
    return float(limits.low), float(limits.high)


def judge_sample(plan: SamplingPlan, tally: Tally, level: float) -> Strength:
    """Whether a sample is large enough, and the whole interval of its share within the plan's bound.

    A sample that is too small can miss the bound, and can never be enough to keep it.
    """
    low, high = interval_of(tally, level)
    missed = high < plan.min if plan.min is not None else low > (plan.max or 0.0)
    kept = low >= plan.min if plan.min is not None else high <= (plan.max or 0.0)
    if missed:
        return "not_met"
    return "met" if kept and tally.of >= plan.least else "undecided"
