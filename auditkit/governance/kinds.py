"""What each kind of record is held to besides: the matrix, oversight, contacts, the change log, parts and licences.

The duties and the rules of the matrix are those of a responsibility assignment matrix (RACI): one row a duty, exactly
one who is accountable for it. What a decision log and a provenance record should hold follows ISO/IEC 42001:2023,
Annex A, as titles, and NIST AI 100-1 (2023), GOVERN 2.1 and 6.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from auditkit.document import Text
from auditkit.governance import sheets
from auditkit.governance.record import Fault, Kind
from auditkit.governance.rules import (
    Scene,
    contact_faults,
    day_faults,
    day_of,
    fault,
    is_placeholder,
    person_faults,
    said_faults,
)
from auditkit.governance.sheets import several

DUTIES = (
    "data-owner",
    "model-owner",
    "risk-owner",
    "safety-lead",
    "data-protection",
    "operator",
    "incident-contact",
)
"""The rows that a matrix has, be it to say why one does not apply."""

Faults = Iterator[Fault]


def _owners(sheet: sheets.Owners, scene: Scene) -> Faults:
    del scene
    if not sheet.people:
        yield fault("record.empty", Text.of("It leaves {key} empty.", key="people"))
    names = [one.name for one in sheet.people]
    for name in dict.fromkeys(one for one in names if names.count(one) > 1):
        yield fault("record.twice", Text.of("It names '{person}' twice.", person=name))
    for place, one in enumerate(sheet.people, start=1):
        yield from said_faults(f"people.{place}.name", one.name, least=False)
        yield from said_faults(f"people.{place}.role", one.role, least=False)
        yield from contact_faults(one.name or f"people.{place}", one.contact)


def _responsibilities(sheet: sheets.Responsibilities, scene: Scene) -> Faults:
    named = [one.duty for one in sheet.rows]
    for duty in DUTIES:
        if duty not in named:
            yield fault("responsibility.no-row", Text.of("It has no row for the duty {duty}.", duty=duty))
    for duty in dict.fromkeys(one for one in named if named.count(one) > 1):
        yield fault("responsibility.twice", Text.of("It has two rows for the duty {duty}.", duty=duty))
    for place, row in enumerate(sheet.rows, start=1):
        yield from _row(row, row.duty or f"rows.{place}", scene)


def _row(row: sheets.Duty, name: str, scene: Scene) -> Faults:
    if row.not_applicable is not None:
        yield from said_faults(f"{name}.not_applicable", row.not_applicable)
        return
    answering = several(row.accountable)
    if not answering:
        yield fault("responsibility.nobody", Text.of("Nobody is accountable for {duty}.", duty=name))
    elif len(answering) > 1:
        text = "{count} people are accountable for {duty}, and it takes exactly one."
        yield fault("responsibility.several", Text.of(text, count=len(answering), duty=name))
    if not several(row.responsible):
        yield fault("responsibility.no-hands", Text.of("Nobody is responsible for carrying out {duty}.", duty=name))
    for key in ("accountable", "responsible", "consulted", "informed"):
        for person in several(getattr(row, key)):
            yield from person_faults(f"{name}.{key}", person, scene)
            if person in scene.people and not scene.people[person].contact.strip():
                text = "'{person}', who is named for {duty}, has no contact."
                yield fault("responsibility.no-contact", Text.of(text, person=person, duty=name))


def _oversight(sheet: sheets.HumanOversight, scene: Scene) -> Faults:
    yield from said_faults("text", sheet.text)
    if not several(sheet.people):
        yield fault("oversight.nobody", Text.of("It names nobody who watches the model."))
    if not several(sheet.may_stop):
        yield fault("oversight.no-stop", Text.of("It names no human who may stop the model."))
    if sheet.escalation_hours is None or sheet.escalation_hours <= 0:
        yield fault("oversight.no-escalation", Text.of("It does not say within how many hours a doubt is escalated."))
    for key in ("people", "may_stop"):
        for person in several(getattr(sheet, key)):
            yield from person_faults(key, person, scene)


def _intended_use(sheet: sheets.IntendedUse, scene: Scene) -> Faults:
    del scene
    yield from said_faults("text", sheet.text)
    yield from said_faults("users", sheet.users, least=False)
    yield from said_faults("not_intended", sheet.not_intended, least=False)


def _affected(sheet: sheets.AffectedPeople, scene: Scene) -> Faults:
    del scene
    yield from said_faults("text", sheet.text)
    if not several(sheet.groups):
        yield fault("record.empty", Text.of("It leaves {key} empty.", key="groups"))


def _contact(sheet: sheets.Contact, scene: Scene) -> Faults:
    known = scene.people.get(sheet.person)
    yield from person_faults("person", sheet.person, scene)
    yield from contact_faults(sheet.person or "it", sheet.contact or (known.contact if known else ""))
    if sheet.answer_hours is None or sheet.answer_hours <= 0:
        yield fault("contact.no-time", Text.of("It does not say within how many hours somebody answers."))


def _monitoring(sheet: sheets.Sheet, scene: Scene) -> Faults:
    del scene
    if not sheet.statements:
        yield fault("record.empty", Text.of("It leaves {key} empty.", key="statements"))


_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_SHA256 = re.compile(r"(sha256:)?[0-9a-f]{64}")


def _change_log(sheet: sheets.ChangeLog, scene: Scene) -> Faults:
    if not sheet.changes:
        yield fault("record.empty", Text.of("It leaves {key} empty.", key="changes"))
        return
    for place, one in enumerate(sheet.changes, start=1):
        yield from said_faults(f"changes.{place}.version", one.version, least=False)
        yield from said_faults(f"changes.{place}.what", one.what)
        if one.date is None:
            yield fault("record.empty", Text.of("It leaves {key} empty.", key=f"changes.{place}.date"))
        yield from day_faults(f"changes.{place}.date", one.date, scene.today)
    versions = [one.version for one in sheet.changes if one.version]
    for version in dict.fromkeys(one for one in versions if versions.count(one) > 1):
        yield fault("change-log.twice", Text.of("Two changes have the version '{version}'.", version=version))
    days = [(one.version, day) for one in sheet.changes if (day := day_of(one.date)) is not None]
    for (before, first), (after, second) in pairwise(days):
        if second < first:
            text = "The changes are not in order: '{after}' stands after '{before}' and is older."
            yield fault("change-log.order", Text.of(text, after=after, before=before))
    yield from _last_change(sheet.changes[-1], scene)


def _last_change(last: sheets.Release, scene: Scene) -> Faults:
    if not last.model:
        yield fault("provenance.weights", Text.of("Its last change names no digest of the model."))
    elif not _SHA256.fullmatch(last.model.lower()):
        yield fault("provenance.weights", Text.of("What its last change names as the model's digest is no SHA-256."))
    elif scene.subject is not None and last.model.lower().removeprefix("sha256:") not in digests_of(scene):
        text = "The model of its last change, '{version}', is not the model that was audited."
        yield fault("change-log.other-model", Text.of(text, version=last.version))
    if not last.commit or not _COMMIT.fullmatch(last.commit.lower()):
        yield fault("provenance.commit", Text.of("Its last change names no commit of the code that trained the model."))


def digests_of(scene: Scene) -> set[str]:
    """What may name the audited model: it as a whole, with or without its files' names, and the file that is alone."""
    subject = scene.subject
    if subject is None:
        return set()
    files = {subject.files[0].sha256} if len(subject.files) == 1 else set()
    return {subject.digest, *files, *([subject.root_digest] if subject.root_digest else [])}


def _parts(sheet: sheets.Parts, scene: Scene) -> Faults:
    if not sheet.parts:
        yield fault("record.empty", Text.of("It leaves {key} empty.", key="parts"))
    for place, one in enumerate(sheet.parts, start=1):
        name = one.name or f"parts.{place}"
        yield from said_faults(f"parts.{place}.name", one.name, least=False)
        if not one.version or is_placeholder(one.version):
            yield fault("parts.no-version", Text.of("The part '{part}' has no version.", part=name))
        yield from _licence(name, one.licence)
    if sheet.lock is None and sheet.sbom is None:
        yield fault("provenance.lock", Text.of("It names neither a lock file nor a bill of materials."))
    bases = scene.subject.facts.base_models if scene.subject is not None and scene.subject.facts is not None else ()
    for base in bases:
        if base not in {one.name for one in sheet.parts}:
            text = "The model was made from '{base}' by its card, and that is none of the parts."
            yield fault("provenance.base-model", Text.of(text, base=base))


def _licences(sheet: sheets.Licences, scene: Scene) -> Faults:
    for place, one in enumerate(sheet.licences, start=1):
        yield from said_faults(f"licences.{place}.of", one.of, least=False)
        yield from _licence(one.of or f"licences.{place}", one.licence)
    of_model = next((one.licence for one in sheet.licences if one.of.lower() == "model"), None)
    if of_model is None:
        yield fault("provenance.licence", Text.of("It says nothing of the licence of the model itself."))
        return
    facts = None if scene.subject is None else scene.subject.facts
    by_card = None if facts is None else facts.licence
    if by_card and (spelt(by_card) or by_card).lower() != (spelt(of_model) or of_model).lower():
        text = "It says that the model's licence is '{said}', and the model's card says '{card}'."
        yield fault("provenance.licence", Text.of(text, said=of_model, card=by_card))


def _licence(part: str, said: str) -> Faults:
    if not said.strip() or is_placeholder(said):
        yield fault("licences.none", Text.of("'{part}' has no licence.", part=part))
    elif spelt(said) is None:
        text = "The licence of '{part}', '{licence}', is no SPDX identifier; one of its own is LicenseRef-..."
        yield fault("licences.unknown", Text.of(text, part=part, licence=said))


def spelt(said: str) -> str | None:
    """A licence as SPDX spells it; None: it is no SPDX expression (SPDX 2.3, Annex D)."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return canonicalize_license_expression(said)
    except InvalidLicenseExpression:
        return None


def _measures(sheet: sheets.Measures, scene: Scene) -> Faults:
    if not sheet.measures:
        yield fault("record.empty", Text.of("It leaves {key} empty.", key="measures"))
    for one in sheet.measures:
        yield from said_faults(f"measures.{one.measure}.text", one.text)
        if one.measure == "differential-privacy":
            yield from _claim(one, scene)


def _claim(one: sheets.Claimed, scene: Scene) -> Faults:
    if one.epsilon is None:
        yield fault("measure.no-epsilon", Text.of("It claims differential privacy without an epsilon."))
    elif scene.claimed is None:
        text = "It claims an epsilon of {epsilon:bound}, and [model] claimed_epsilon does not, so nothing tests it."
        yield fault("measure.untested", Text.of(text, epsilon=float(one.epsilon)))
    elif (float(one.epsilon), float(one.delta or 0.0)) != scene.claimed:
        text = "It claims an epsilon of {epsilon:bound} and a delta of {delta:bound}, and [model] claims others."
        yield fault("measure.other-claim", Text.of(text, epsilon=float(one.epsilon), delta=float(one.delta or 0.0)))


def _nothing(sheet: sheets.Sheet, scene: Scene) -> Faults:
    del sheet, scene
    return iter(())


RULES: Mapping[Kind, Callable[[Any, Scene], Faults]] = {
    "owners": _owners,
    "responsibilities": _responsibilities,
    "intended-use": _intended_use,
    "affected-people": _affected,
    "human-oversight": _oversight,
    "override-log": _nothing,
    "incident-contact": _contact,
    "complaint-channel": _contact,
    "monitoring-plan": _monitoring,
    "change-log": _change_log,
    "third-party-parts": _parts,
    "licences": _licences,
    "protective-measures": _measures,
    "process-answers": _nothing,
}
"""What a kind is held to; a log and answers are counted where they are read."""
