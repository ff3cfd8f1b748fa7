"""Who answers for it: the governance records of a result, the ones with something wrong first."""

from __future__ import annotations

from dataclasses import dataclass

from auditkit.document import Text
from auditkit.governance.record import Kind, Record, Status
from auditkit.policy import Outcome
from auditkit.report.figures import Column, Grid
from auditkit.report.wording import Wording
from auditkit.result import AuditResult


@dataclass(frozen=True)
class RecordRow:
    """A governance record."""

    outcome: str
    """Chooses the shape: fail, warn, pass, no_evidence or not_applicable."""
    word: str
    """Its status."""
    kind: str
    title: str
    owner: str
    when: str
    """When it was gone through, and until when it holds."""
    source: str
    """Its file; empty: there is none."""
    faults: tuple[str, ...]
    evidence: tuple[str, ...]
    """What its statements point to, each with what was found there."""


KINDS: dict[Kind, Text] = {
    "owners": Text.of("Owners"),
    "responsibilities": Text.of("Responsibilities"),
    "intended-use": Text.of("Intended use"),
    "affected-people": Text.of("Affected people"),
    "human-oversight": Text.of("Human oversight"),
    "override-log": Text.of("Override log"),
    "incident-contact": Text.of("Contact for incidents"),
    "complaint-channel": Text.of("Complaints"),
    "monitoring-plan": Text.of("Monitoring plan"),
    "change-log": Text.of("Change log"),
    "third-party-parts": Text.of("Parts that others made"),
    "licences": Text.of("Licences"),
    "protective-measures": Text.of("Protective measures"),
    "process-answers": Text.of("Answers to process questions"),
}

_STATUS: dict[Status, tuple[Outcome, Text]] = {
    "missing": ("no_evidence", Text.of("missing")),
    "expired": ("fail", Text.of("expired")),
    "partial": ("warn", Text.of("partial")),
    "present": ("pass", Text.of("present")),
    "not-applicable": ("not_applicable", Text.of("not applicable")),
}
"""In the order of the report."""

_STATE = {
    "holds": Text.of("{path}: it holds, {said}. It stands for: {statement}"),
    "broken": Text.of("{path}: it does not hold, {said}. It stands for: {statement}"),
    "unchecked": Text.of("{path}: {said}. It stands for: {statement}"),
}
MOST_FAULTS = 12
"""Of one record, that the report tells; the result has all."""


def record_rows(result: AuditResult, wording: Wording) -> tuple[RecordRow, ...]:
    """Every record, those with something wrong first; none where the spec names none."""
    order = list(_STATUS)
    return tuple(_row(one, wording) for one in sorted(result.governance, key=lambda one: order.index(one.status)))


def records_note(result: AuditResult, wording: Wording) -> str:
    """How many there are of each status, and what they are; empty where there are none."""
    if not result.governance:
        return ""
    counts = {status: sum(one.status == status for one in result.governance) for status in _STATUS}
    said = [wording.pair(wording.text(_STATUS[one][1]), str(count)) for one, count in counts.items() if count]
    return wording.say(
        "What people wrote down of who answers for the model, and what a machine can say of it: {counts}. That a "
        "record is in order does not say that anybody keeps to it.",
        counts=wording.clauses(said),
    )


def named_people(result: AuditResult, wording: Wording) -> Grid:
    """Who is named to be published, with role and contact; no rows where nobody is."""
    if not result.governance:
        return Grid("", (), ())
    people = dict.fromkeys(one for record in result.governance for one in record.people if one.name or one.contact)
    rows = tuple(
        tuple(wording.label(said) if said else _NONE for said in (one.name, one.role, one.contact))
        for one in people
        if one.role or one.contact
    )
    columns = (Column(wording.say("Name")), Column(wording.say("Role")), Column(wording.say("Contact")))
    return Grid(caption=wording.say("Who is named, and how to reach them"), columns=columns, rows=rows)


_NONE = "\N{EN DASH}"


def _row(one: Record, wording: Wording) -> RecordRow:
    outcome, word = _STATUS[one.status]
    faults = [wording.text(fault.text) for fault in one.faults[:MOST_FAULTS]]
    left = len(one.faults) - len(faults)
    if left:
        faults.append(wording.say("And {count} more, which result.json has.", count=left))
    if one.reason:
        faults.append(wording.say("It does not apply: {why}", why=wording.label(one.reason, limit=300)))
    if one.status == "missing":
        faults.append(wording.say("The folder has no such record."))
    return RecordRow(
        outcome=outcome,
        word=wording.text(word),
        kind=wording.text(KINDS[one.kind]),
        title=wording.label(one.title) if one.title else "",
        owner=wording.label(one.owner) if one.owner else _NONE if one.source else "",
        when=_when(one, wording),
        source=wording.label(one.source) if one.source else "",
        faults=tuple(faults),
        evidence=tuple(_evidence(one, wording)),
    )


def _when(one: Record, wording: Wording) -> str:
    if one.date is None:
        return ""
    if one.expires is None:
        return one.date
    return wording.say("{date}, until {end}", date=one.date, end=one.expires)


def _evidence(one: Record, wording: Wording) -> list[str]:
    said = []
    for link in one.evidence[:MOST_FAULTS]:
        text = _STATE[link.state]
        path: str | Text = link.path or Text.of("this audit's own numbers")
        about = {"statement": link.statement or link.measure or link.kind, "path": path, "said": link.said}
        if link.kind == "none":
            text, path = Text.of("Nothing is named that shows it: '{statement}'."), ""
            about = {"statement": link.statement}
        said.append(wording.text(Text.of(text.msgid, **about)))
    return said
