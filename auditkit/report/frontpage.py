"""Page one below the verdict: what was audited, by what rules, and what a reader must know of both."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit.disclosure.few import THRESHOLD
from auditkit.files import LEFT_OUT
from auditkit.finding import Control, Finding
from auditkit.report.context import Count, Fact, FrontPage, Seal, WaiverRow
from auditkit.report.forests import is_small
from auditkit.report.judgements import count_outcomes, waiver_rows, worst_findings
from auditkit.report.known import told_of
from auditkit.report.register import severities
from auditkit.report.sealed import seal_fact
from auditkit.report.wording import SENTENCE_LIMIT, Wording
from auditkit.result import Attribute, AuditResult, Judgement, SplitSummary, Subject

MOST_LISTED = 12
MOST_OF_A_REASON = 3
"""Things that are named, of those that one reason kept from being looked at."""


def compose_front(result: AuditResult, seal: Seal, wording: Wording) -> FrontPage:
    """Page one below the verdict."""
    used, unused = _waivers(result, wording)
    return FrontPage(
        facts=_facts(result, seal, wording),
        scope=_scope(result, wording),
        missing=_missing(result, wording),
        checks=_check_counts(result.findings, wording),
        rules=count_outcomes(result, wording),
        severities=severities(result, wording),
        worst=worst_findings(result, wording),
        trusted=_trusted(result, wording),
        crashed=_crashed(result.findings, wording),
        controls_failed=_controls_failed(result.findings, wording),
        controls_hint=_controls_hint(result.findings, wording),
        small_groups=_small_groups(result, wording),
        waivers=used,
        waivers_unused=unused,
        not_looked_at=_not_looked_at(result, wording),
    )


def _trusted(result: AuditResult, wording: Wording) -> tuple[str, ...]:
    """What could have run code of a model's own; of two models the same once."""
    beside = result.subject.reference_model
    said = (*result.subject.trusted, *(() if beside is None else beside.trusted))
    return tuple(dict.fromkeys(wording.sentence(one) for one in said))


def _waivers(result: AuditResult, wording: Wording) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The waivers that have not run out: those that some rule's outcome rests on, and the rest."""
    named = {judgement.waiver for judgement in result.verdict.judgements}
    over = {one.waiver for judgement in result.verdict.judgements for one in judgement.ended}
    said = [
        (place in named, _waiver(row, wording, over=place in over - named))
        for place, row in enumerate(waiver_rows(result, wording))
        if place not in result.verdict.waivers_expired
    ]
    used = tuple(one for is_used, one in said if is_used)
    return used, tuple(one for is_used, one in said if not is_used)


def _waiver(row: WaiverRow, wording: Wording, *, over: bool) -> str:
    said = wording.say(
        "{about}: {owner}, until {date}, approved by {approver}. {reason}",
        about=row.about,
        owner=row.owner,
        date=row.expires,
        approver=row.approved_by or wording.say("nobody"),
        reason=row.reason,
    )
    return wording.say("{said} ({state})", said=said, state=row.state) if over else said


def subject_name(subject: Subject, wording: Wording) -> str:
    """What was audited: its architecture and path, as far as they are known; of what was given in memory, its class."""
    if subject.class_name is not None:
        return wording.say("{kind}, given in memory", kind=wording.label(subject.class_name))
    if subject.remote:
        named = wording.listed(wording.label(one) for one in subject.remote.values())
        return wording.say("{named}; its weights were not seen", named=named)
    if subject.path is None:
        return wording.say("recorded predictions") if subject.adapter == "recorded" else wording.label(subject.adapter)
    kind = subject.facts.architectures[0] if subject.facts and subject.facts.architectures else subject.adapter
    return wording.say("{kind}, from '{path}'", kind=wording.label(kind), path=wording.label(subject.path))


def _facts(result: AuditResult, seal: Seal, wording: Wording) -> tuple[Fact, ...]:
    signer = next((fact.value for fact in seal.facts[:1]), "")
    terms = {wording.say("Assurance"), wording.say("Valid until")}
    until = [fact for fact in seal.facts if fact.term in terms]
    return (
        Fact(wording.say("Subject"), subject_name(result.subject, wording)),
        Fact(wording.say("Digest"), f"sha256:{result.subject.digest[:16]}…", machine=True),
        Fact(wording.say("Policy"), _policy_name(result, wording)),
        Fact(wording.say("Audited on"), wording.moment(result.run.created)),
        *seal_fact(result.seal, wording),
        Fact(wording.say("Signed by"), signer),
        *until,
    )


def _policy_name(result: AuditResult, wording: Wording) -> str:
    packs = wording.listed(wording.label(name) for name in result.policy.policy.extends)
    count = len(result.policy.policy.rules)
    if result.policy.source == "baseline":
        return wording.say("{packs}; rules: {count}", count=count, packs=packs)
    if packs:
        return wording.say("{packs}, and rules of its own; rules: {count}", count=count, packs=packs)
    return wording.say("rules of its own: {count}", count=count)


def _scope(result: AuditResult, wording: Wording) -> str:
    audit = _audit_split(result)
    if audit is None:
        return wording.say("No rows were audited.")
    attributes = wording.listed(wording.label(one.name) for one in audit.attributes) or wording.say("none")
    scope = wording.say(
        "{rows} rows of {file}; protected attributes: {attributes}; target: {target}.",
        rows=f"{audit.rows:,}",
        file=wording.label(audit.file.name) if audit.file else wording.say("a table given in memory"),
        attributes=attributes,
        target=wording.label(result.data.target) if result.data.target else wording.say("none"),
    )
    if result.data.weights is None:
        return scope
    return wording.say("{scope} Rows are weighted by {column}.", scope=scope, column=wording.label(result.data.weights))


def _missing(result: AuditResult, wording: Wording) -> str:
    """What is not in the numbers: rows that were left out, and those without a target or an attribute."""
    audit = _audit_split(result)
    if audit is None:
        return ""
    left_out = [wording.stopped(wording.reason(note)) for note in result.subject.notes if note.msgid == LEFT_OUT]
    return wording.prose([*left_out, *_lacking(audit, wording)])


def _lacking(audit: SplitSummary, wording: Wording) -> Iterator[str]:
    absent = [(wording.say("a target"), audit.missing_targets)]
    absent += [(wording.label(one.name), one.missing) for one in audit.attributes]
    parts = tuple(_without(name, rows, audit.rows, wording) for name, rows in absent if rows)
    if parts:
        said = wording.clauses(_first(parts, wording))
        yield wording.say("Rows {parts}. They take no part in what needs it.", parts=said)


def _without(name: str, rows: int, of: int, wording: Wording) -> str:
    return wording.say("without {name}: {rows} ({share:percent})", name=name, rows=wording.count(rows), share=rows / of)


def _audit_split(result: AuditResult) -> SplitSummary | None:
    return next((split for split in result.data.splits if split.name == "audit"), None)


def _check_counts(findings: tuple[Finding, ...], wording: Wording) -> tuple[Count, ...]:
    """Planned, measured, not applicable, crashed: always all four, so that a zero is said and not guessed."""
    statuses = [finding.status for finding in findings]
    failed = sum(not finding.controls_passed for finding in findings)
    crashed = sum(finding.crashed for finding in findings)
    return (
        Count("plain", wording.say("planned"), f"{len(findings):,}"),
        Count("plain", wording.say("measured"), f"{statuses.count('measured'):,}"),
        Count("not_applicable", wording.say("not applicable"), f"{statuses.count('not_applicable'):,}"),
        Count("error" if crashed else "plain", wording.say("crashed"), f"{crashed:,}"),
        Count("error" if failed else "plain", wording.say("failed their control"), f"{failed:,}"),
    )


def _crashed(findings: tuple[Finding, ...], wording: Wording) -> tuple[Fact, ...]:
    crashed = [(one.check, one.reason) for one in findings if one.crashed and one.reason]
    shown = [
        (wording.label(check), wording.text(reason, part=SENTENCE_LIMIT)) for check, reason in crashed[:MOST_LISTED]
    ]
    return _listed(shown, len(crashed), wording)


def _controls_failed(findings: tuple[Finding, ...], wording: Wording) -> tuple[Fact, ...]:
    failed = [(one.check, control) for one in findings for control in one.controls if not control.passed]
    shown = [(wording.label(check), _failed_control(control, wording)) for check, control in failed[:MOST_LISTED]]
    return _listed(shown, len(failed), wording)


def _failed_control(control: Control, wording: Wording) -> str:
    return wording.say(
        "{title}; expected: {expected}; observed: {observed}",
        title=wording.text(control.title),
        expected=told_of(control.expected, wording),
        observed=told_of(control.observed, wording),
    )


def _controls_hint(findings: tuple[Finding, ...], wording: Wording) -> str:
    """What to do about a check that failed its control; nothing when none did."""
    return next((wording.hint(one.hint) for one in findings if not one.controls_passed and one.hint), "")


def _not_looked_at(result: AuditResult, wording: Wording) -> tuple[Fact, ...]:
    """Each reason once, with all that it is the reason for."""
    by_reason: dict[str, list[str]] = {}
    for one in result.not_looked_at:
        by_reason.setdefault(wording.text(one.why), []).append(wording.sentence(one.what))
    shown = [(wording.clauses(_few_of(whats, wording)), why) for why, whats in by_reason.items()]
    return _listed(shown[:MOST_LISTED], len(shown), wording, machine=False)


def _few_of(whats: list[str], wording: Wording) -> list[str]:
    """The first of what one reason keeps from being looked at; the report's list of checks names them all."""
    if len(whats) <= MOST_OF_A_REASON + 1:
        return whats
    return [*whats[:MOST_OF_A_REASON], wording.say("{count} more", count=len(whats) - MOST_OF_A_REASON)]


def _listed(shown: list[tuple[str, str]], count: int, wording: Wording, *, machine: bool = True) -> tuple[Fact, ...]:
    """The first of several, and how many more there are."""
    facts = tuple(Fact(term, said, machine=machine) for term, said in shown)
    if count == len(shown):
        return facts
    more = wording.say("{count} more", count=count - len(shown))
    return (*facts, Fact(more, wording.say("all stand in the embedded result")))


def _small_groups(result: AuditResult, wording: Wording) -> tuple[str, ...]:
    """Groups that are too small to be judged, each once: by their rows, or by the denominator of what a rule judges."""
    said: dict[str, str] = {}
    least = result.policy.policy.min_group_size
    for attribute in _audit_attributes(result):
        for group in attribute.groups:
            if group.rows is None or group.rows < least:
                name = wording.members({attribute.name: group.label})
                said[name] = _size(name, group.rows, wording)
    for judgement in result.verdict.judgements:
        for name, metric, n in _too_small(judgement, least, wording):
            shown = wording.say("{group}, in {metric}, n = {n}", group=name, metric=metric, n=n)
            said.setdefault(name, shown)
    return _first(tuple(said.values()), wording)


def _too_small(judgement: Judgement, least: int, wording: Wording) -> Iterator[tuple[str, str, str]]:
    """Group, metric and n of what a rule could not judge: listed, left out of a gap, or too few where it decided."""
    worst = judgement.worst
    small = [worst] if worst and is_small(worst, least) else []
    for one in (*judgement.listed, *small):
        yield wording.members(one.group), wording.metric(one.metric), wording.count(one.n)
    if worst and len(worst.group) == 1:
        attribute = next(iter(worst.group))
        for count in worst.compared:
            if not count.compared:
                yield wording.members({attribute: count.label}), wording.metric(worst.metric), wording.count(count.n)


def _size(name: str, rows: int | None, wording: Wording) -> str:
    if rows is None:
        return wording.say(
            "{group}, size withheld: fewer than {limit} rows, or beside so few", group=name, limit=THRESHOLD
        )
    return wording.say("{group}, {rows} rows", group=name, rows=wording.count(rows))


def _audit_attributes(result: AuditResult) -> tuple[Attribute, ...]:
    audit = _audit_split(result)
    return audit.attributes if audit else ()


def _first(items: tuple[str, ...], wording: Wording) -> tuple[str, ...]:
    if len(items) <= MOST_LISTED:
        return items
    more = len(items) - MOST_LISTED
    return (*items[:MOST_LISTED], wording.say("and {count} more, in the embedded result", count=more))
