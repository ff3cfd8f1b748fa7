"""Record: what a result says of one governance record: whether it is there, whose it is, and what is wrong with it."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

from pydantic import Field

from auditkit.document import Document, Grown, Text

Kind = Literal[
    "owners",
    "responsibilities",
    "intended-use",
    "affected-people",
    "human-oversight",
    "override-log",
    "incident-contact",
    "complaint-channel",
    "monitoring-plan",
    "change-log",
    "third-party-parts",
    "licences",
    "protective-measures",
    "process-answers",
]

KINDS: tuple[Kind, ...] = get_args(Kind)

Status = Literal["present", "partial", "missing", "expired", "not-applicable"]
"""partial: it is there, and something is wrong with it."""

State = Literal["holds", "broken", "unchecked"]
"""unchecked: it is there, and no machine can say whether it bears the statement out."""


NEEDS_RECORDS = "governance"
"""What a check that looks at records names among its `needs`: it runs last, and with what others found."""


class Fault(Document):
    """Something that is wrong with a record."""

    id: str = Field(description="a topic and a rule, e.g. evidence.stale; a topic: what one check counts")
    text: Text


class Link(Document):
    """What a statement points to as its evidence."""

    statement: str = Field(description="what it is to bear out, in the record's words; empty: the record itself")
    kind: Literal["bundle", "file", "ledger", "check", "none"] = Field(description="none: it names no evidence")
    path: str = Field(description="as the record says it: relative to the spec's folder, or the id of a check")
    state: State
    date: str | None = Field(default=None, description="ISO 8601, of the evidence; None: it has none")
    sha256: str | None = Field(default=None, description="of a file, as it lay there; None: it is none, or is missing")
    said: Text = Field(description="what was found there")
    measure: str = Field(default="", description="the protective measure that is claimed, e.g. encryption")


class Person(Document):
    """Somebody who is named to be published."""

    name: str
    role: str = ""
    contact: str = ""


class Detail(Document):
    """One thing that a record says, in its own words: for reports and forms."""

    name: str = Field(description="the key, e.g. users; of a list with its place, e.g. parts.2.version")
    value: str


class Counted(Document):
    """Decisions of one group in an override log, and how many a person overrode."""

    attribute: str = Field(description="the column; empty: of all rows")
    label: str
    decisions: int | None = Field(description="None: withheld, because they are too few to tell")
    overridden: int | None


class OverrideLog(Document):
    """An override log, counted: no row of it is kept."""

    rows: int
    sha256: str
    absent: tuple[str, ...] = Field(default=(), description="fields that the log lacks")
    without_reason: int = Field(default=0, description="overrides that nobody gave a reason for")
    operators: int = 0
    never: int = Field(default=0, description="operators with many decisions who never overrode one")
    counts: tuple[Counted, ...] = ()


class Record(Grown):
    """One record: a file of the folder, or that there is none of its kind."""

    grown: ClassVar[frozenset[str]] = frozenset({"reason", "people", "details", "log"})

    kind: Kind
    title: str = Field(description="in its author's words; empty: it has none")
    status: Status
    owner: str | None = Field(default=None, description="who answers for it; None: nobody is named")
    date: str | None = Field(default=None, description="ISO 8601: when it was last gone through")
    expires: str | None = Field(default=None, description="ISO 8601: the last day on which it holds")
    source: str = Field(description="its file, relative to the spec's folder; empty: there is none")
    faults: tuple[Fault, ...] = ()
    evidence: tuple[Link, ...] = ()
    reason: str | None = Field(default=None, description="why it does not apply, in its author's words")
    people: tuple[Person, ...] = Field(default=(), description="named to be published: owners and contacts")
    details: tuple[Detail, ...] = ()
    log: OverrideLog | None = Field(default=None, description="of an override log that could be read")

    def says(self, name: str) -> str | None:
        """What it says under a key; None: nothing."""
        return next((one.value for one in self.details if one.name == name), None)


def of_kind(records: tuple[Record, ...], kind: Kind) -> tuple[Record, ...]:
    """The records of a kind; one that says it is missing stands for none."""
    return tuple(one for one in records if one.kind == kind)
