"""What a file of each kind of record may say. Form alone: a wrong key or type is refused, wrong content is a fault."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from auditkit.document import Document
from auditkit.governance.record import Kind

LONGEST = 2000
"""Characters of one text in a record."""

Words = Annotated[str, StringConstraints(max_length=LONGEST, strip_whitespace=True)]
Several = Words | tuple[Words, ...]
Day = date | Words

Measure = Literal["encryption", "access-control", "federated-learning", "differential-privacy", "de-identification"]
Every = Literal["daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly"]


class Pointer(Document):
    """One piece of evidence: exactly one of path, bundle, file, ledger and check says where it is."""

    path: Words | None = Field(default=None, description="whichever lies there: a bundle's folder, a ledger, a file")
    bundle: Words | None = None
    file: Words | None = None
    ledger: Words | None = None
    check: Words | None = Field(default=None, description="the id of a check that this audit runs")
    sha256: Words | None = Field(default=None, description="of a file, or the result_digest in a ledger")
    date: Day | None = Field(default=None, description="of a file")


Pointers = tuple[Words | Pointer, ...]


class Statement(Document):
    """Something that is said to be done, with what shows it."""

    text: Words = ""
    every: Every | None = Field(default=None, description="absent: taken from the text, where it says so")
    evidence: Pointers = ()


class Sheet(Document):
    """What every record may say."""

    kind: Kind | None = Field(default=None, description="absent: the file's name says it")
    title: Words = ""
    owner: Words | None = None
    date: Day | None = Field(default=None, description="when it was last gone through")
    expires: Day | None = Field(default=None, description="the last day on which it holds")
    not_applicable: Words | None = Field(default=None, description="why no such record is needed")
    text: Words = ""
    statements: tuple[Statement, ...] = ()
    evidence: Pointers = ()


class Named(Document):
    """A person."""

    name: Words = ""
    role: Words = ""
    contact: Words = ""


class Owners(Sheet):
    """Who is named in the other records."""

    people: tuple[Named, ...] = ()


class Duty(Document):
    """A row of the matrix."""

    duty: Words = ""
    accountable: Several = ()
    responsible: Several = ()
    consulted: Several = ()
    informed: Several = ()
    not_applicable: Words | None = None


class Responsibilities(Sheet):
    """Who does what, and who answers for it."""

    rows: tuple[Duty, ...] = ()


class IntendedUse(Sheet):
    """What the model is for."""

    users: Words = ""
    not_intended: Words = ""
    deployment: Words = ""


class AffectedPeople(Sheet):
    """Whom its answers affect."""

    groups: Several = ()


class HumanOversight(Sheet):
    """Who watches it, and may stop it."""

    people: Several = ()
    may_stop: Several = ()
    escalation_hours: float | int | None = None


class OverrideLogSheet(Sheet):
    """Where the log lies, and the columns of its groups."""

    file: Words | None = None
    groups: tuple[Words, ...] = ()


class Contact(Sheet):
    """Whom to turn to."""

    person: Words = ""
    contact: Words = ""
    answer_hours: float | int | None = None


class Release(Document):
    """A line of the change log."""

    version: Words = ""
    date: Day | None = None
    what: Words = ""
    model: Words | None = Field(default=None, description="SHA-256 of the model, as the audit's report names it")
    commit: Words | None = Field(default=None, description="of the code that trained it")


class ChangeLog(Sheet):
    """What changed, the newest last."""

    changes: tuple[Release, ...] = ()


class Part(Document):
    """Something that others made."""

    name: Words = ""
    version: Words = ""
    licence: Words = ""
    supplier: Words = ""


class Parts(Sheet):
    """What others made, and the file that pins it."""

    parts: tuple[Part, ...] = ()
    lock: Words | None = Field(default=None, description="a lock file")
    sbom: Words | None = Field(default=None, description="a bill of materials, CycloneDX or SPDX")


class Licence(Document):
    """A licence of a part."""

    of: Words = ""
    licence: Words = Field(default="", description="an SPDX expression, or LicenseRef-...")


class Licences(Sheet):
    """Under what terms each part is used, the model itself among them."""

    licences: tuple[Licence, ...] = ()


class Claimed(Document):
    """A protective measure that is claimed."""

    measure: Measure
    text: Words = ""
    epsilon: float | int | None = None
    delta: float | int | None = None
    evidence: Pointers = ()


class Measures(Sheet):
    """Protective measures that are claimed."""

    measures: tuple[Claimed, ...] = ()


class Answer(Document):
    """What a person answered to a question of `auditkit ask`."""

    id: Words
    asked: Words = Field(default="", description="digest of the question's wording when it was answered")
    answer: Words = ""
    not_applicable: Words | None = None
    author: Words = ""
    date: Day | None = None


class Answers(Sheet):
    """Answers to the process questions."""

    answers: tuple[Answer, ...] = ()


SHEETS: dict[Kind, type[Sheet]] = {
    "owners": Owners,
    "responsibilities": Responsibilities,
    "intended-use": IntendedUse,
    "affected-people": AffectedPeople,
    "human-oversight": HumanOversight,
    "override-log": OverrideLogSheet,
    "incident-contact": Contact,
    "complaint-channel": Contact,
    "monitoring-plan": Sheet,
    "change-log": ChangeLog,
    "third-party-parts": Parts,
    "licences": Licences,
    "protective-measures": Measures,
    "process-answers": Answers,
}


def several(said: Any) -> tuple[str, ...]:
    """Names, of a text or a list of them; empty ones are none."""
    return tuple(one for one in ((said,) if isinstance(said, str) else said) if one)
