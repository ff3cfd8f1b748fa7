"""From sheets to records: each held to the rules of its kind, its evidence followed; and a record for what lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from auditkit.document import Text
from auditkit.governance import sheets
from auditkit.governance.answering import answer_faults
from auditkit.governance.kinds import RULES
from auditkit.governance.links import links_of, measure_links
from auditkit.governance.overrides import log_of
from auditkit.governance.reading import Read, read_sheets
from auditkit.governance.record import KINDS, Detail, Fault, Kind, Link, OverrideLog, Person, Record
from auditkit.governance.rules import Scene, common_faults, day_of, fault, has_ended, said_faults

if TYPE_CHECKING:
    from auditkit.result import Subject
    from auditkit.spec import AuditSpec

_STATED: dict[Kind, tuple[type[sheets.Sheet], dict[str, str]]] = {
    "intended-use": (sheets.IntendedUse, {"text": "intended_use", "not_intended": "not_intended"}),
    "affected-people": (sheets.AffectedPeople, {"text": "affected_people"}),
    "human-oversight": (sheets.HumanOversight, {"text": "human_review"}),
}
"""What a spec states, where the folder has no record of it."""

LONGEST_DETAIL = 600
MOST_DETAILS = 200
_COMMON = frozenset(
    {"kind", "title", "owner", "date", "expires", "not_applicable", "statements", "evidence", "people", "file"}
)


def read_records(spec: AuditSpec, today: date, subject: Subject | None = None) -> tuple[Record, ...]:
    """Every record of the folder, and one that is missing for each kind that has none; none without a folder.

    Args:
        spec: whose `[governance] records` names the folder.
        today: the audit's day: what is over by then has run out.
        subject: what was audited, which the change log and the parts must name.

    Raises:
        SpecError: a file of the folder cannot be read as a record; see `read_sheets`.
    """
    if spec.governance.records is None:
        return ()
    found = [*read_sheets(spec)]
    found += _stated(spec, {one.kind for one in found})
    claim = None if spec.model.claimed_epsilon is None else (spec.model.claimed_epsilon, spec.model.claimed_delta)
    return gather(found, Scene(spec.folder, today, spec.name, subject, claim))


def gather(found: Sequence[Read], scene: Scene) -> tuple[Record, ...]:
    """A record of each sheet, and one for each kind that has none; the people of the scene are those of the sheets."""
    owners = [one.sheet for one in found if isinstance(one.sheet, sheets.Owners)]
    scene = replace(scene, people={one.name: one for sheet in owners for one in sheet.people if one.name})
    records = [_record(one, scene, found) for one in found]
    absent = [kind for kind in KINDS if kind not in {one.kind for one in found}]
    records += [Record(kind=kind, title="", status="missing", source="") for kind in absent]
    return tuple(sorted(records, key=lambda one: (KINDS.index(one.kind), one.source)))


def _stated(spec: AuditSpec, have: set[Kind]) -> Iterator[Read]:
    for kind, (document, keys) in _STATED.items():
        said = {key: one for key, name in keys.items() if (one := getattr(spec.governance, name)) is not None}
        if kind not in have and "text" in said:
            yield Read(kind, document(**said), spec.source.name or "the spec")


def _record(read: Read, scene: Scene, others: Sequence[Read]) -> Record:
    sheet = read.sheet
    day, ends = day_of(sheet.date), day_of(sheet.expires)
    about: dict[str, Any] = {
        "kind": read.kind,
        "title": sheet.title,
        "owner": sheet.owner or None,
        "date": None if day is None else day.isoformat(),
        "expires": None if ends is None else ends.isoformat(),
        "source": read.source,
    }
    if sheet.not_applicable is not None:
        faults = tuple(said_faults("not_applicable", sheet.not_applicable))
        status = "partial" if faults else "expired" if has_ended(sheet, scene.today) else "not-applicable"
        return Record(**about, status=status, faults=faults, reason=sheet.not_applicable)
    log: OverrideLog | None = None
    found: list[Fault | Link] = [*common_faults(sheet, scene), *RULES[read.kind](sheet, scene)]
    found += links_of(sheet, scene)
    if isinstance(sheet, sheets.Measures):
        for one in sheet.measures:
            found += measure_links(one.measure, one.text, one.evidence, scene)
    if isinstance(sheet, sheets.OverrideLogSheet):
        log, wrong = log_of(sheet, scene)
        found += wrong
    if isinstance(sheet, sheets.Answers):
        found += answer_faults(sheet, scene, {one.kind for one in others})
    if isinstance(sheet, sheets.Parts):
        found += _unlicensed(sheet, others)
    faults = tuple(one for one in found if isinstance(one, Fault))
    return Record(
        **about,
        status="expired" if has_ended(sheet, scene.today) else "partial" if faults else "present",
        faults=faults,
        evidence=tuple(one for one in found if isinstance(one, Link)),
        people=tuple(_people(sheet)),
        details=tuple(_details(sheet))[:MOST_DETAILS],
        log=log,
    )


def _unlicensed(sheet: sheets.Parts, others: Sequence[Read]) -> Iterator[Fault]:
    """A part of which the record of licences says something else."""
    listed = {
        one.of: one.licence for read in others if isinstance(read.sheet, sheets.Licences) for one in read.sheet.licences
    }
    for part in sheet.parts:
        if part.name in listed and part.licence and listed[part.name] != part.licence:
            text = "The part '{part}' has the licence '{one}' here, and '{other}' in the record of licences."
            about = {"part": part.name, "one": part.licence, "other": listed[part.name]}
            yield fault("licences.differ", Text.of(text, **about))


def _people(sheet: sheets.Sheet) -> Iterator[Person]:
    if isinstance(sheet, sheets.Owners):
        yield from (Person(name=one.name, role=one.role, contact=one.contact) for one in sheet.people)
    if isinstance(sheet, sheets.Contact):
        yield Person(name=sheet.person, contact=sheet.contact)


def _details(sheet: sheets.Sheet) -> Iterator[Detail]:
    """What it says, a key at a time: for forms, and to be read."""
    left_out = _COMMON - {"people"} if isinstance(sheet, sheets.HumanOversight) else _COMMON
    said = sheet.model_dump(mode="json", exclude=set(left_out))
    for place, one in enumerate(sheet.statements, start=1):
        yield Detail(name=f"statements.{place}", value=one.text[:LONGEST_DETAIL])
    yield from _flat(said, "")


def _flat(value: Any, name: str) -> Iterator[Detail]:
    if isinstance(value, dict):
        # An answer is found by its question, not by its place.
        own = value.get("id") if name.startswith("answers.") else None
        for key, one in value.items():
            if own is None:
                yield from _flat(one, f"{name}.{key}" if name else key)
            elif key in ("answer", "author", "date", "not_applicable"):
                yield from _flat(one, f"{own}.{key}")
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        if value:
            yield Detail(name=name, value=", ".join(value)[:LONGEST_DETAIL])
    elif isinstance(value, list):
        for place, one in enumerate(value, start=1):
            yield from _flat(one, f"{name}.{place}")
    elif value not in (None, ""):
        yield Detail(name=name, value=str(value)[:LONGEST_DETAIL])
