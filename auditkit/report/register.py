"""The findings register: each rule that is missed, waived or undecided as an auditor writes a finding down.

Condition, criterion, cause, consequence and recommendation are the parts of a finding in The Institute of Internal
Auditors, Global Internal Audit Standards (2024), standard 14.3. Each is filled from the result, or says that the audit
does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditkit.finding import Measurement
from auditkit.policy import Rule, Waiver
from auditkit.report.areas import anchor_of
from auditkit.report.conditions import named_value
from auditkit.report.consequences import what_it_means
from auditkit.report.context import Count, Fact, RegisteredFinding
from auditkit.report.ends import Ends, ends_of, protected_effect, shortcuts_found, worst_group
from auditkit.report.judgements import BAD, because, ended, measured_sentence, places_of, ranked, would_decide
from auditkit.report.remedied import advice
from auditkit.report.wording import Wording
from auditkit.result import AuditResult, Judgement

MOST_REGISTERED = 60

_UNDECIDED = ("error", "no_evidence", "inconclusive")


@dataclass(frozen=True)
class _Case:
    """What is written down, and out of what."""

    judgement: Judgement
    rule: Rule
    result: AuditResult
    waiver: Waiver | None
    ends: Ends | None

    @property
    def is_missed(self) -> bool:
        return (self.judgement.unwaived or self.judgement.outcome) not in _UNDECIDED


def register(result: AuditResult, wording: Wording) -> tuple[RegisteredFinding, ...]:
    """Every rule that is missed, waived or undecided, the worst first."""
    places, taken = places_of(result), set[str]()
    chosen = [(one, rule) for one, rule in _by_severity(result) if rule is not None][:MOST_REGISTERED]
    return tuple(
        _registered(_case(one, rule, result), wording, place, places, anchor_of("finding", one.rule, taken))
        for place, (one, rule) in enumerate(chosen, start=1)
        if rule is not None
    )


_IN_A_WORD = ("blocking", "high severity", "not settled", "low severity", "low severity", "accepted for a time")
"""Of each severity."""


def severities(result: AuditResult, wording: Wording) -> tuple[Count, ...]:
    """How many findings there are of each severity, the most severe first; one that there is none of is left out."""
    found = Counter(_IN_A_WORD[_SEVERITIES.index(_severity(*pair))] for pair in _by_severity(result))
    return tuple(
        Count("plain", wording.say(word), f"{found[word]:,}") for word in dict.fromkeys(_IN_A_WORD) if found[word]
    )


def register_note(result: AuditResult, wording: Wording) -> str:
    """Says how many findings are in the register, where it leaves some out; else empty."""
    return "" if len(_by_severity(result)) <= MOST_REGISTERED else register_cut(MOST_REGISTERED, wording)


def register_cut(shown: int, wording: Wording) -> str:
    """Says that the register stops, and where the rest is."""
    return wording.say(
        "Only the most severe findings are written down here: {shown}. All stand among the rules.", shown=shown
    )


def _by_severity(result: AuditResult) -> list[tuple[Judgement, Rule | None]]:
    bad = [(one, rule) for one, rule in ranked(result) if one.outcome in BAD]
    return sorted(bad, key=lambda pair: _SEVERITIES.index(_severity(*pair)))


_SEVERITIES = (
    "Blocks: a rule that nobody may waive is not met",
    "High: a required rule is not met",
    "Open: whether a required rule is met is not known",
    "Low: a rule that is not required, or only warns, is not met",
    "Low: whether a rule that is not required is met is not known",
    "Accepted: somebody answers for it until a date",
)


def _severity(judgement: Judgement, rule: Rule | None) -> str:
    required = rule is None or rule.required
    if judgement.outcome == "waived":
        return _SEVERITIES[5]
    if judgement.outcome in _UNDECIDED:
        return _SEVERITIES[2 if required else 4]
    if judgement.outcome == "warn" or not required:
        return _SEVERITIES[3]
    return _SEVERITIES[0 if rule is not None and rule.blocker else 1]


def _case(judgement: Judgement, rule: Rule, result: AuditResult) -> _Case:
    waivers = result.policy.policy.waivers
    waiver = waivers[judgement.waiver] if judgement.waiver is not None else None
    return _Case(judgement, rule, result, waiver, ends_of(judgement.worst, result))


def _registered(case: _Case, wording: Wording, place: int, places: Mapping[str, str], anchor: str) -> RegisteredFinding:
    judgement = case.judgement
    said = (
        ("Condition", measured_sentence(judgement, wording)),
        ("Criterion", _criterion(case, wording)),
        ("Cause", wording.prose(_causes(case, wording))),
        ("Consequence", _consequence(case, wording)),
        ("Recommendation", wording.prose(_advice(case, wording))),
        ("Owner", _owner(case, wording)),
    )
    return RegisteredFinding(
        anchor=anchor,
        number=str(place),
        outcome=judgement.outcome,
        word=wording.outcome(judgement.outcome),
        severity=wording.say(_severity(judgement, case.rule)),
        title=wording.requirement(case.rule),
        parts=tuple(Fact(wording.say(term), value) for term, value in said),
        check=wording.label(judgement.check) if judgement.check else "",
        leads=places.get(judgement.check or "", ""),
    )


def _criterion(case: _Case, wording: Wording) -> str:
    return wording.prose(
        (
            wording.say("The rule: {bound}.", bound=wording.bound(case.rule)),
            wording.say("It stands because of: {reason}.", reason=because(case.rule, wording).rstrip(".")),
            ended(case.judgement, wording),
        )
    )


def _causes(case: _Case, wording: Wording) -> Iterator[str]:
    """What the audit knows of where it lies and why; that it does not know why is said too."""
    if not case.is_missed:
        yield wording.stopped(wording.reason(case.judgement.reason))
        return
    if case.ends is not None:
        yield wording.say(
            "Where it lies: {worst}, against {best}.",
            worst=_told(case.ends.worst, wording),
            best=_told(case.ends.best, wording),
        )
    elif (worst := worst_group(case.judgement.worst, case.result)) is not None:
        yield wording.say("Of the groups it is worst for {worst}.", worst=_told(worst, wording))
    known = list(_known(case, wording))
    yield from known
    if not known:
        yield wording.say("Why it is so, no check of this audit tells.")


_BY_ITSELF = "shortcut_effect"
"""The metric whose finding is the cause: the words, or the places, themselves."""


def _known(case: _Case, wording: Wording) -> Iterator[str]:
    """What experiments of other checks have shown of the attribute: only they tell of causes."""
    worst = case.judgement.worst
    if case.rule.metric == _BY_ITSELF and (named := _shortcuts(case, wording)):
        yield wording.say("These do it, the strongest first: {words}.", words=named)
    if worst is None or len(worst.group) != 1:
        return
    (attribute,) = worst.group
    if (effect := protected_effect(attribute, case.result)) is not None:
        yield wording.say(
            "The model takes {attribute} from what it is given: changing that alone moves the score by {value} more "
            "than changing something else ({interval}), n = {n}.",
            attribute=wording.label(attribute),
            value=wording.value(effect),
            interval=wording.interval(effect),
            n=wording.count(effect.n),
        )
    if named := _shortcuts(case, wording):
        yield wording.say(
            "These move the score by themselves, whatever else stands there, and may have a part in it: {words}.",
            words=named,
        )


def _shortcuts(case: _Case, wording: Wording) -> str:
    found = shortcuts_found(case.result)
    return wording.listed(named_value(one, wording) if kind == "region" else wording.label(one) for kind, one in found)


def _told(one: Measurement, wording: Wording) -> str:
    """`sex: F, 0.31 (0.28 to 0.34), n = 1,012`."""
    said = wording.bracketed(wording.value(one), wording.interval(one))
    return wording.apart((wording.members(one.group), said, wording.say("n = {n}", n=wording.count(one.n))))


def _consequence(case: _Case, wording: Wording) -> str:
    outcome = case.judgement.unwaived or case.judgement.outcome
    if case.is_missed:
        return what_it_means(case.rule, case.ends, wording)
    said = what_it_means(case.rule, None, wording)
    if outcome == "inconclusive":
        return wording.prose((wording.say("Whether it is so is not settled. If it is, this follows."), said))
    return wording.prose(
        (wording.say("Whether it is so is not known, as nothing was judged. If it is, this follows."), said)
    )


def _advice(case: _Case, wording: Wording) -> Iterator[str]:
    """What to do next: by what is missing where nothing is decided, else by what would meet the rule."""
    if case.waiver is not None:
        yield wording.say(
            "See that the rule is met before the waiver ends on {date}: from then on it counts again.",
            date=wording.day(case.waiver.expires),
        )
    if not case.is_missed:
        yield _to_decide(case, wording)
        return
    if case.ends is not None:
        yield wording.say(
            "Look at wrong answers about {worst} with somebody who knows the field, and at how such rows were labelled "
            "and how many were trained on.",
            worst=wording.members(case.ends.worst.group),
        )
    yield from filter(None, [advice(case.judgement, case.result, wording)])
    yield wording.say(
        "Change the model, its data or its use until the rule is met, and audit it anew by the same policy."
    )
    if case.waiver is None:
        yield (
            wording.say("Nobody may waive this rule.")
            if case.rule.blocker
            else wording.say(
                "To live with it instead takes a waiver: a named owner, another person who approves, a reason and a "
                "date."
            )
        )


def _to_decide(case: _Case, wording: Wording) -> str:
    hints = [one.hint for one in case.result.findings if one.check == case.judgement.check and one.hint]
    needed = would_decide(case.result, case.judgement, case.rule, wording)
    if needed:
        return needed
    if hints:
        return wording.say("What to do: {hint}", hint=wording.hint(hints[0]))
    return wording.say("Give the audit what is missing, as the cause says, and run it anew by the same policy.")


def _named(case: _Case, wording: Wording) -> str:
    """Whom the policy names for a miss of the rule, and by when it is to be mended."""
    rule = case.rule
    if not rule.owner:
        return wording.say("The policy names nobody who answers for this rule, and no date.")
    owner = wording.label(rule.owner)
    if rule.due is None:
        return wording.say("{owner} answers for this rule; the policy names no date.", owner=owner)
    said = wording.say("{owner} answers for this rule; due on {date}.", owner=owner, date=wording.day(rule.due))
    if rule.due.isoformat() >= case.result.run.created[:10]:
        return said
    return wording.prose((said, wording.say("That day had passed when this was audited.")))


def _owner(case: _Case, wording: Wording) -> str:
    if case.waiver is None:
        return _named(case, wording)
    return wording.say(
        "{owner}, until {date}; approved by {approver}.",
        owner=wording.label(case.waiver.owner),
        date=wording.day(case.waiver.expires),
        approver=wording.label(case.waiver.approved_by) if case.waiver.approved_by else wording.say("nobody"),
    )
