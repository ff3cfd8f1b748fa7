"""Process questions, which people answer: what is open, what has gone stale, and how answers are kept.

The questions lie in `questions.toml` beside this file. Answers lie in `answers.toml` of the records' folder, with who
gave them and when, so that version control tells how they changed.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from auditkit.document import Text
from auditkit.governance.record import Fault, Kind
from auditkit.governance.rules import Scene, day_faults, day_of, fault, person_faults, said_faults
from auditkit.governance.sheets import Answer, Answers
from auditkit.initing.toml import toml_text as quoted

FILE = "answers.toml"
LASTS = timedelta(days=366)
"""How long an answer holds."""


@dataclass(frozen=True)
class Question:
    """A question that no measurement answers."""

    id: str
    en: str
    zh: str
    source: str
    answered_by: Kind | None = None
    area: str | None = None

    def words(self, language: str) -> str:
        """The question, in a language."""
        return self.zh if language.startswith("zh") else self.en

    @property
    def digest(self) -> str:
        """Of its English words: an answer is to these."""
        return hashlib.sha256(self.en.encode()).hexdigest()[:16]


@cache
def questions() -> tuple[Question, ...]:
    """All of them, in the order in which they are asked."""
    content = tomllib.loads((Path(__file__).parent / "questions.toml").read_text(encoding="utf-8"))
    return tuple(Question(**one) for one in content["questions"])


State = Literal["open", "answered", "stale", "changed", "by a record", "by the audit"]


def state_of(
    question: Question, answer: Answer | None, today: date, kinds: Collection[str], areas: Collection[str]
) -> State:
    """Whether it is to be asked.

    Args:
        question: one of `questions`.
        answer: the newest that there is; None: there is none.
        today: the day on which it is asked.
        kinds: of which there is a record.
        areas: of the checks that the audit runs.
    """
    if question.answered_by is not None and question.answered_by in kinds:
        return "by a record"
    if question.area is not None and question.area in areas:
        return "by the audit"
    if answer is None:
        return "open"
    if answer.asked != question.digest:
        return "changed"
    day = day_of(answer.date)
    return "stale" if day is None or day + LASTS < today else "answered"


def newest(sheets: Iterable[Answers]) -> dict[str, Answer]:
    """By question, the newest answer."""
    found: dict[str, Answer] = {}
    for one in (one for sheet in sheets for one in sheet.answers):
        before = found.get(one.id)
        if before is None or (day_of(one.date) or date.min) >= (day_of(before.date) or date.min):
            found[one.id] = one
    return found


def answer_faults(sheet: Answers, scene: Scene, kinds: Collection[str] = ()) -> Iterator[Fault]:
    """What is wrong with answers, and how many questions have none."""
    known = {one.id: one for one in questions()}
    for one in sheet.answers:
        key = f"answers.{one.id}"
        if one.id not in known:
            yield fault("answers.unknown", Text.of("There is no question '{id}' to its answer.", id=one.id))
            continue
        said = one.not_applicable if one.not_applicable is not None else one.answer
        yield from said_faults(key, said)
        if not one.author:
            yield fault("answers.nobody", Text.of("Nobody is named who gave the answer '{id}'.", id=one.id))
        yield from person_faults(key, one.author, scene)
        yield from day_faults(key, one.date, scene.today)
        state = state_of(known[one.id], one, scene.today, (), ())
        if state == "stale":
            yield fault("answers.stale", Text.of("The answer '{id}' is older than a year.", id=one.id))
        if state == "changed":
            text = "The answer '{id}' was given to other words than the question now has."
            yield fault("answers.changed", Text.of(text, id=one.id))
    given = newest([sheet])
    asked = [one for one in questions() if one.area is None]
    left = [one for one in asked if state_of(one, given.get(one.id), scene.today, kinds, ()) == "open"]
    if left:
        text = "{count} process questions have no answer: auditkit ask."
        yield fault("answers.open", Text.of(text, count=len(left)))


def written(answers: Mapping[str, Answer], today: date) -> str:
    """The file of answers, in the order of the questions."""
    order = [one.id for one in questions()]
    chosen = sorted(answers.values(), key=lambda one: (order.index(one.id) if one.id in order else len(order), one.id))
    latest = max(chosen, key=lambda one: day_of(one.date) or date.min, default=None)
    author = "" if latest is None else latest.author
    lines = [
        "# Kept by auditkit ask; may be edited by hand.",
        'kind = "process-answers"',
        f"owner = {quoted(author)}",
        f"date = {today.isoformat()}",
    ]
    words = {one.id: one for one in questions()}
    for one in chosen:
        said = "not_applicable" if one.not_applicable is not None else "answer"
        lines += ["", "[[answers]]"]
        if one.id in words:
            lines.append(f"# {words[one.id].en}")
        lines += [
            f"id = {quoted(one.id)}",
            f"asked = {quoted(one.asked)}",
            f"{said} = {quoted(one.not_applicable or one.answer)}",
            f"author = {quoted(one.author)}",
            f"date = {(day_of(one.date) or today).isoformat()}",
        ]
    return "\n".join([*lines, ""])


def keep(folder: Path, answers: Mapping[str, Answer], today: date) -> None:
    """Write the file of answers: whole, or as it was before."""
    from auditkit.bundle.placing import replace_file

    folder.mkdir(exist_ok=True)
    replace_file(folder / FILE, written(answers, today).encode())
