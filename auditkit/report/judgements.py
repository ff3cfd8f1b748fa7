"""The rules in words: what each asks for, what decided it, and which of them page one tells about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from auditkit.numerals import bound_number
from auditkit.policy import Rule, Waiver
from auditkit.report.areas import anchor_of, placed
from auditkit.report.context import Count, RuleRow, WaiverRow, WorstFinding
from auditkit.report.needed import what_would_decide
from auditkit.report.wording import OUTCOMES, Wording
from auditkit.result import AuditResult, Judgement

MOST_WORST = 3
MOST_RULES = 200
BAD = ("fail", "error", "no_evidence", "inconclusive", "waived", "warn")


def count_outcomes(result: AuditResult, wording: Wording) -> tuple[Count, ...]:
    """How many rules had each outcome; outcomes that no rule had are left out."""
    outcomes = [judgement.outcome for judgement in result.verdict.judgements]
    return tuple(
        Count(outcome, wording.outcome(outcome), f"{outcomes.count(outcome):,}")
        for outcome in OUTCOMES
        if outcome in outcomes
    )


def ranked(result: AuditResult) -> list[tuple[Judgement, Rule | None]]:
    """All judgements with their rules, the worst first: by outcome, required before the rest, by how far they miss."""
    rules = {rule.id: rule for rule in result.policy.policy.rules}
    order = {outcome: place for place, outcome in enumerate(OUTCOMES)}

    def badness(pair: tuple[Judgement, Rule | None]) -> tuple[int, bool, float, str]:
        judgement, rule = pair
        return order[judgement.outcome], rule is not None and not rule.required, -_miss(judgement, rule), judgement.rule

    return sorted(((one, rules.get(one.rule)) for one in result.verdict.judgements), key=badness)


def _miss(judgement: Judgement, rule: Rule | None) -> float:
    """How far the deciding value lies beyond the bound, as a share of the bound."""
    if rule is None or judgement.worst is None or judgement.worst.value is None:
        return 0.0
    bound = rule.max if rule.max is not None else rule.min or 0.0
    beyond = judgement.worst.value - bound if rule.max is not None else bound - judgement.worst.value
    return beyond / (abs(bound) or 1.0)


def worst_findings(result: AuditResult, wording: Wording) -> tuple[WorstFinding, ...]:
    """The three that page one tells about."""
    places = places_of(result)
    hints = {one.check: wording.hint(one.hint) for one in reversed(result.findings) if one.status != "measured"}
    chosen = [(one, rule) for one, rule in ranked(result) if one.outcome in BAD][:MOST_WORST]
    decided = {one.rule: would_decide(result, one, rule, wording) for one, rule in chosen}
    return tuple(
        _worst(
            one,
            rule,
            wording,
            anchor=places.get(one.check or "", "rules"),
            hint=hints.get(one.check or "", "") if one.outcome in ("error", "no_evidence") else decided[one.rule],
        )
        for one, rule in chosen
    )


def would_decide(result: AuditResult, judgement: Judgement, rule: Rule | None, wording: Wording) -> str:
    """What would decide an inconclusive rule; empty: it is decided, or nothing is known."""
    return (
        ""
        if rule is None
        else what_would_decide(
            judgement,
            rule,
            result.policy.policy,
            wording,
            [one for finding in result.findings for one in finding.measurements],
        )
    )


def places_of(result: AuditResult) -> Mapping[str, str]:
    """Check -> the anchor of its section."""
    places: dict[str, str] = {}
    for members in placed(result).values():
        for one in members:
            places.setdefault(one.finding.check, one.anchor)
    return places


def _worst(judgement: Judgement, rule: Rule | None, wording: Wording, *, anchor: str, hint: str) -> WorstFinding:
    return WorstFinding(
        outcome=judgement.outcome,
        word=wording.outcome(judgement.outcome),
        title=_title(judgement, rule, wording),
        sentence=_sentence(judgement, rule, wording),
        hint=hint,
        check=wording.label(judgement.check) if judgement.check else "",
        meaning=wording.asked(rule.metric) if rule else "",
        because=because(rule, wording) if rule else "",
        anchor=anchor,
    )


def _title(judgement: Judgement, rule: Rule | None, wording: Wording) -> str:
    if rule is None:
        return wording.label(judgement.rule)
    if judgement.worst is None:
        return wording.metric(rule.metric)
    return wording.apart((wording.metric(rule.metric), wording.group(judgement.worst)))


def _sentence(judgement: Judgement, rule: Rule | None, wording: Wording) -> str:
    """Number, interval, n and bound in one sentence; without a number, the reason why there is none."""
    worst = judgement.worst
    bound = wording.say("The rule: {bound}.", bound=wording.bound(rule)) if rule else ""
    bound = wording.prose((bound, ended(judgement, wording)))
    number = measured_sentence(judgement, wording)
    if worst is None or worst.value is None or judgement.outcome not in ("error", "inconclusive", "no_evidence"):
        return wording.prose((number, bound))
    return wording.prose((number, bound, wording.stopped(wording.reason(judgement.reason))))


def measured_sentence(judgement: Judgement, wording: Wording) -> str:
    """Number, interval and n of what decided; without a number, the reason why there is none."""
    worst = judgement.worst
    if worst is None or worst.value is None:
        return wording.stopped(wording.reason(judgement.reason))
    said = {"value": wording.value(worst), "n": wording.count(worst.n), "interval": wording.interval(worst)}
    if worst.interval:
        level = worst.interval.level
        return wording.say("Measured: {value}, {level:percent} interval {interval}, n = {n}.", level=level, **said)
    return wording.say("Measured: {value} ({interval}), n = {n}.", **said)


def rule_rows(result: AuditResult, wording: Wording) -> tuple[RuleRow, ...]:
    """The rules of the policy, the worst first."""
    waivers = result.policy.policy.waivers
    places, taken = places_of(result), set[str]()
    return tuple(
        replace(
            _row(one, rule, waivers, wording, anchor=anchor_of("rule", one.rule, taken)),
            needed=would_decide(result, one, rule, wording),
            leads=places.get(one.check or "", ""),
        )
        for one, rule in ranked(result)[:MOST_RULES]
    )


def rules_note(result: AuditResult, wording: Wording) -> str:
    """Says how many rules were left out of the table, when it was folded."""
    count = len(result.verdict.judgements)
    if count <= MOST_RULES:
        return ""
    return wording.say(
        "The worst {shown} of {count} rules are shown; all stand in the embedded result.", shown=MOST_RULES, count=count
    )


def _row(
    judgement: Judgement, rule: Rule | None, waivers: tuple[Waiver, ...], wording: Wording, *, anchor: str
) -> RuleRow:
    worst = judgement.worst
    waiver = waivers[judgement.waiver] if judgement.waiver is not None else None
    return RuleRow(
        anchor=anchor,
        outcome=judgement.outcome,
        word=wording.outcome(judgement.outcome),
        requirement=wording.requirement(rule) if rule else wording.label(judgement.rule),
        id=wording.label(judgement.rule),
        about=wording.group(worst) if worst else "\N{EN DASH}",
        value=wording.value(worst) if worst else "\N{EN DASH}",
        interval=wording.interval(worst) if worst else "\N{EN DASH}",
        n=wording.count(worst.n) if worst else "\N{EN DASH}",
        reason=wording.reason(judgement.reason),
        needed="",
        because=because(rule, wording) if rule else "",
        terms=_terms(rule, wording) if rule else "",
        waiver=_waived(waiver, wording) if waiver else ended(judgement, wording),
        check=wording.label(judgement.check) if judgement.check else "",
        leads="",
    )


def because(rule: Rule, wording: Wording) -> str:
    """Why the rule stands, as the policy says."""
    return wording.label(rule.because, limit=300)


_BASES = {
    "law": "its bound comes from a law",
    "standard": "its bound comes from a standard",
    "study": "its bound comes from a study",
    "decision": "its bound is a decision of the house",
}
"""Where a threshold comes from, as the policy says."""


def _terms(rule: Rule, wording: Wording) -> str:
    parts = [wording.say(_BASES[rule.basis])] if rule.basis else []
    parts.append(wording.say("required") if rule.required else wording.say("not required"))
    parts.append(
        wording.say("judged by the interval") if rule.judge == "interval" else wording.say("judged by the value")
    )
    if rule.otherwise == "warn":
        parts.append(wording.say("a miss is a warning"))
    if rule.needs:
        parts.append(wording.say("needs {needs}", needs=wording.listed(rule.needs)))
    if rule.owner:
        parts.append(wording.say("answered for by {owner}", owner=wording.label(rule.owner)))
    return wording.clauses(parts)


def _waived(waiver: Waiver, wording: Wording) -> str:
    said = wording.say(
        "waived by {owner} until {date}: {reason}",
        owner=wording.label(waiver.owner),
        date=wording.day(waiver.expires),
        reason=wording.label(waiver.reason, limit=300),
    )
    if not waiver.approved_by:
        return said
    return wording.say("{said} (approved by {approver})", said=said, approver=wording.label(waiver.approved_by))


def ended(judgement: Judgement, wording: Wording) -> str:
    """Why waivers cover it no more: `The waiver of A. Name expired on 2026-06-30.`; empty: none would have."""
    return wording.prose(wording.stopped(wording.sentence(one.why)) for one in judgement.ended)


def waiver_rows(result: AuditResult, wording: Wording) -> tuple[WaiverRow, ...]:
    """Every waiver of the policy: in force, over, or without a rule that it had to cover."""
    used = {one.waiver for one in result.verdict.judgements if one.waiver is not None}
    over = set(result.verdict.waivers_expired)
    over_by = {one.waiver: one.why for judgement in result.verdict.judgements for one in judgement.ended}

    def state(place: int) -> str:
        if place in over:
            return wording.say("expired: the finding counts again")
        if place in used:
            return wording.say("in force")
        if place in over_by:
            return wording.say("over: {why}", why=wording.reason(over_by[place]))
        return wording.say("not used")

    return tuple(
        WaiverRow(
            state=state(place),
            about=_about(waiver, wording),
            owner=wording.label(waiver.owner),
            approved_by=wording.label(waiver.approved_by) if waiver.approved_by else "",
            reason=wording.label(waiver.reason, limit=300),
            expires=wording.day(waiver.expires),
            terms=_ends_with(waiver, wording),
        )
        for place, waiver in enumerate(result.policy.policy.waivers)
    )


def _ends_with(waiver: Waiver, wording: Wording) -> str:
    parts = []
    if waiver.model_digest is not None:
        digest = waiver.model_digest.removeprefix("sha256:")[:16]
        parts.append(wording.say("for the model sha256:{digest}… alone", digest=digest))
    if waiver.worst is not None:
        parts.append(wording.say("for values no worse than {worst}", worst=bound_number(waiver.worst)))
    return wording.clauses(parts)


def waiver_lines(result: AuditResult, wording: Wording) -> tuple[str, ...]:
    """Every waiver of the policy in a line, for a terminal."""
    return tuple(
        wording.say(
            "{about}: {owner}, approved by {approver}, until {date}: {reason} ({state})",
            state=row.state,
            about=row.about,
            owner=row.owner,
            approver=row.approved_by or wording.say("nobody"),
            date=row.expires,
            reason=row.reason,
        )
        for row in waiver_rows(result, wording)
    )


def _about(waiver: Waiver, wording: Wording) -> str:
    if not waiver.metric:
        return wording.label(waiver.rule)
    group = (waiver.group,) if isinstance(waiver.group, str) else waiver.group or ()
    return wording.apart([wording.metric(waiver.metric), *(wording.label(name) for name in group)])
