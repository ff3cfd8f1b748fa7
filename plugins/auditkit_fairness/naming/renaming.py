"""Other names put into texts: where somebody is named, with everything else where it then stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from auditkit import AuditError
from auditkit_fairness.naming.matching import Span

SLOT = "{name}"
LABELS = ("person", "per", "name", "patient", "people", "pers")
"""What persons are called by many models, the first that occurs."""

_TITLE = re.compile(r"(?:(?:dr|mr|mrs|ms|miss|prof|professor|sir|madam)\.?\s+)+", re.IGNORECASE)


@dataclass(frozen=True)
class Renamed:
    """A text with another name in it."""

    text: str
    names: tuple[Span, ...]
    """Where it stands."""
    true: tuple[Span, ...]
    """All entities."""


def label_of(wanted: str, labels: Sequence[str]) -> str | None:
    """The label of persons: the one that is asked for, or the first that is called so; None: there is none."""
    if wanted:
        return wanted if wanted in labels else None
    called = {label.lower(): label for label in sorted(labels, reverse=True)}
    return next((called[one] for one in LABELS if one in called), None)


def renamed(text: str, true: Sequence[Span], label: str, name: str) -> Renamed | None:
    """The text with its first person called by another name, wherever the same words name a person; None: nobody.

    Of a name of several words the first is replaced, after titles such as "Dr."; all words where the new name has
    several too.
    """
    people = sorted(one for one in true if one[2] == label)
    if not people:
        return None
    own = text[people[0][0] : people[0][1]]
    spans = [one for one in people if text[one[0] : one[1]] == own]
    if any(_crosses(one, other) for one in spans for other in true):
        return None
    start, end = _part(own, name)
    if own[start:end] == name:
        return None
    edits = [(one[0] + start, one[0] + end) for one in spans]
    more = len(name) - (end - start)
    parts, at = [], 0
    for begins, ends in edits:
        parts += [text[at:begins], name]
        at = ends
    moved = {one: _moved(one, edits, more) for one in true}
    return Renamed("".join([*parts, text[at:]]), tuple(moved[one] for one in spans), tuple(moved[one] for one in true))


def _crosses(one: Span, other: Span) -> bool:
    """Whether another entity lies within a name, or begins or ends in it: then nobody knows where it is after."""
    return other != one and other[0] < one[1] and one[0] < other[1] and not (other[0] <= one[0] and one[1] <= other[1])


def _part(own: str, name: str) -> tuple[int, int]:
    title = _TITLE.match(own)
    start = title.end() if title and title.end() < len(own) else 0
    words = own[start:].split(" ")
    return (start, len(own)) if " " in name else (start, start + len(words[0]))


def _moved(one: Span, edits: Sequence[tuple[int, int]], more: int) -> Span:
    before = sum(ends <= one[0] for _, ends in edits)
    within = sum(ends <= one[1] for _, ends in edits)
    return one[0] + before * more, one[1] + within * more, one[2]


def read_templates(text: str) -> tuple[str, ...]:
    """The lines of a file of templates, each with `{name}` in it once or more.

    Raises:
        AuditError: there is none, or a line has no place for a name.
    """
    lines = [line.strip() for line in text.splitlines()]
    found = tuple(line for line in lines if line and not line.startswith("#"))
    if not found:
        raise AuditError("the file of templates is empty", hint=f"a text a line, e.g. {SLOT} was seen for a cough.")
    for line in found:
        if SLOT not in line:
            raise AuditError(f"the file of templates: '{line[:60]}' has no {SLOT}", hint=f"e.g. {SLOT} was seen today.")
    return found


def filled(template: str, label: str, name: str) -> Renamed:
    """A template with a name in its places; nothing else in it is known."""
    names, made = [], ""
    for place, part in enumerate(template.split(SLOT)):
        if place:
            names.append((len(made), len(made) + len(name), label))
            made += name
        made += part
    return Renamed(made, tuple(names), tuple(names))
