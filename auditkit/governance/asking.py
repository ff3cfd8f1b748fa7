"""Desk: where process questions are answered: which are open for a spec, and answers kept as they are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Self

from auditkit.errors import AuditError, did_you_mean
from auditkit.governance import answering
from auditkit.governance.reading import read_sheets, within
from auditkit.governance.record import Kind
from auditkit.governance.rules import SHORTEST, is_placeholder, is_short
from auditkit.governance.sheets import LONGEST, Answer, Answers, Owners
from auditkit.terminal import printable

if TYPE_CHECKING:
    from auditkit.governance.answering import Question, State
    from auditkit.spec import AuditSpec

_NOT_APPLICABLE = "n/a:"


@dataclass
class Desk:
    """The questions of one spec, on one day."""

    folder: Path
    place: str
    """The file of answers, as the spec says it."""
    language: str
    today: date
    kinds: frozenset[Kind]
    areas: frozenset[str]
    people: tuple[str, ...] = ()
    """Whom the records of owners name; empty where there is none: anybody may answer."""
    answers: dict[str, Answer] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> Self:
        """What is open for a spec.

        Raises:
            AuditError: the spec cannot be read, names no folder of records, or a record cannot be read.
        """
        from auditkit.auditing import created
        from auditkit.host import Host
        from auditkit.spec import read_spec

        spec = read_spec(path)
        named = spec.governance.records
        if named is None:
            hint = 'name where answers are to be kept: [governance] records = "governance"'
            raise spec.source.error(("governance",), "names no folder of records", hint)
        folder = within(spec.folder, named)
        if folder is None:
            raise spec.source.error(
                ("governance", "records"),
                f"is '{named}', which leads out of the spec's folder",
                'records = "governance"',
            )
        found = read_sheets(spec) if folder.exists() else ()
        areas = {item.check.area for item in Host.installed(spec).plan(spec)}
        answers = answering.newest(one.sheet for one in found if isinstance(one.sheet, Answers))
        kinds = frozenset(one.kind for one in found) | _stated(spec)
        people = [person.name for one in found if isinstance(one.sheet, Owners) for person in one.sheet.people]
        return cls(
            folder=folder,
            place=f"{named}/{answering.FILE}",
            language=spec.report.language,
            today=created().date(),
            kinds=kinds,
            areas=frozenset(areas),
            people=tuple(name for name in dict.fromkeys(people) if name),
            answers=answers,
        )

    def states(self) -> list[tuple[Question, State, Answer | None]]:
        """Every question, whether it is open, and its newest answer."""
        return [
            (
                one,
                answering.state_of(one, self.answers.get(one.id), self.today, self.kinds, self.areas),
                self.answers.get(one.id),
            )
            for one in answering.questions()
        ]

    def waiting(self) -> list[Question]:
        """The questions that are to be asked."""
        return [one for one, state, _ in self.states() if state in ("open", "stale", "changed")]

    def known(self, author: str | None) -> str:
        """The name of who answers.

        Raises:
            AuditError: nobody is named, or somebody whom the records of owners do not know.
        """
        name = (author or "").strip()
        if not name:
            raise AuditError("nobody is named who answers", hint="--author 'A. Name'")
        if self.people and name not in self.people:
            hint = did_you_mean(name, self.people, otherwise="name them in the record of owners first")
            raise AuditError(f"no record of owners knows '{printable(name)[:60]}', who answers", hint=hint)
        return name

    def give(self, said: str, author: str | None) -> None:
        """Keep an answer, written `ID=TEXT`, at once.

        Raises:
            AuditError: there is no such question, the answer says nothing, or nobody whom the records know gives it.
        """
        id, sign, text = said.partition("=")
        known = {one.id: one for one in answering.questions()}
        if id not in known or not sign:
            hint = did_you_mean(id, known, otherwise="--answer ID=TEXT; --list names them")
            raise AuditError(f"there is no question '{id[:40]}'", hint=hint)
        name = self.known(author)
        text = " ".join(text.split())
        reason = text[len(_NOT_APPLICABLE) :].strip() if text.lower().startswith(_NOT_APPLICABLE) else None
        meant = text if reason is None else reason
        if is_placeholder(meant) or is_short(meant):
            hint = f"say it in a sentence of {SHORTEST} letters or more, or 'n/a: WHY'"
            raise AuditError(f"the answer to '{id}' says nothing", hint=hint)
        if len(text) > LONGEST:
            raise AuditError(f"the answer to '{id}' has {len(text)} characters", hint=f"at most {LONGEST}")
        if not all(char.isprintable() for char in f"{text}{name}".replace("\u3000", "")):
            raise AuditError(f"the answer to '{id}' has control characters", hint="take them out")
        about = {"id": id, "asked": known[id].digest, "author": name, "date": self.today}
        kept = {"answer": text} if reason is None else {"not_applicable": reason}
        self.answers = {**self.answers, id: Answer(**about, **kept)}
        answering.keep(self.folder, self.answers, self.today)


def _stated(spec: AuditSpec) -> frozenset[Kind]:
    """What the spec itself states."""
    said: dict[Kind, str | None] = {
        "intended-use": spec.governance.intended_use,
        "human-oversight": spec.governance.human_review,
    }
    return frozenset(kind for kind, one in said.items() if one is not None)
