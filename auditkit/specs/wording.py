"""What is said about a mistake in a spec: pydantic finds it, the words, the line and the hint are ours."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from pydantic import ValidationError

from auditkit.document import Document
from auditkit.errors import SpecError, did_you_mean
from auditkit.labels import canonical_label
from auditkit.policy import Policy
from auditkit.specs.source import Keys, Source, misread, shown

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "date_type": "a date",
}

_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "of at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "of at most"),
}

_EMPTY = frozenset({"string_too_short", "too_short"})

_EXAMPLES: dict[str, Any] = {
    "name": "Specialty triage, release 3",
    "seed": 20261121,
    "level": 0.95,
    "adapter": "recorded",
    "audit": "audit.csv",
    "use": "fairness",
    "target": "outcome",
    "positive": "yes",
    "input": "note",
    "threshold": 0.5,
    "batch_size": 32,
    "formats": ["html"],
    "exports": ["junit.xml"],
    "valid_days": 365,
    "time_limit": 3600,
    "memory_limit": 8,
    "metric": "equalized_odds_difference",
    "min": 0.8,
    "max": 0.1,
    "because": "Release policy 4.2",
    "owner": "A. Name",
    "approved_by": "B. Name",
    "worst": 0.15,
    "waiver_days": 180,
    "reason": "retrained in March",
    "expires": date(2027, 1, 31),
    "due": date(2027, 1, 31),
    "min_group_size": 30,
}

_BANDS = (40, 65)

# The documents of the policy refuse these with a bare ValueError; the hint is about the file, so it stands here.
_POLICY_HINTS = {
    "reaudit": "reaudit = {look = 3, looks = 12}, or without looks where no end is planned",
    "rules": "give it one bound, e.g. max = 0.1; for two bounds write two rules",
    "waivers": 'name what is waived, e.g. metric = "equalized_odds_difference"',
    "blocker": 'take out required = false and otherwise = "warn"; or blocker = true',
    "due": 'owner = "A. Name", who answers for it; or take due out',
}


@dataclass(frozen=True)
class _Mistake:
    """One of pydantic's errors, with its place in the file."""

    kind: str
    keys: Keys
    value: Any
    context: Mapping[str, Any]


def worded(error: ValidationError, source: Source, document: type[Document]) -> SpecError:
    """The first mistake of a file, in the words of the file."""
    found = list(_mistakes(error, source))
    # A union reports the whole and the part; the part is the mistake.
    exact = [one for one in found if not any(_is_inside(other.keys, one.keys) for other in found)]
    # An unknown key explains a missing one when it is the same key misspelt, so missing ones come last.
    first = min(exact, key=lambda one: (one.kind == "missing", source.line(one.keys)))
    return _Wording(source, document).of(first, [one for one in exact if one.keys == first.keys])


def _mistakes(error: ValidationError, source: Source) -> Iterator[_Mistake]:
    for one in error.errors(include_url=False):
        context = one.get("ctx", {})
        keys = _keys_in_file(one["loc"], source)
        if one["type"] == "missing":
            keys = (*keys, one["loc"][-1])
        yield _Mistake(one["type"], (*keys, *context.get("keys", ())), source.value(keys), context)


def _keys_in_file(place: Keys, source: Source) -> Keys:
    """The place by pydantic without what is not in the file: the names of union members and of `options`."""
    keys: Keys = ()
    for part in place:
        if source.value((*keys, part)) is not None:
            keys = (*keys, part)
    return keys


def _is_inside(inner: Keys, outer: Keys) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


class _Wording:
    """Puts mistakes of one file into words."""

    def __init__(self, source: Source, document: type[Document]) -> None:
        self.source = source
        self.document = document

    def of(self, first: _Mistake, together: list[_Mistake]) -> SpecError:
        """The error for a mistake; `together` are all that pydantic says about the same value."""
        if first.kind == "missing":
            return self._missing(first.keys)
        if first.kind == "extra_forbidden":
            return self._unknown(first.keys)
        if first.kind == "mistake":
            return self._cross_check(first)
        if first.kind == "value_error":
            said = str(first.context["error"])
            table = next((key for key in reversed(first.keys) if isinstance(key, str)), "")
            about = next((one for one in ("blocker", "due") if said.startswith(f"a {one}")), table)
            hint = _POLICY_HINTS.get(about, "")
            return self.source.error(first.keys, f"is refused: {said}", hint)
        if any(one.kind in _EMPTY for one in together):
            return self.source.error(first.keys, f"is empty: {shown(first.value)}", self._example(first.keys))
        return self._wrong_value(first, together)

    def _missing(self, keys: Keys) -> SpecError:
        *table, key = keys
        given = self.source.value(tuple(table)) or {}
        for near in difflib.get_close_matches(str(key), sorted(given.keys() - self._known(tuple(table))), n=1):
            hint = f"did you mean '{key}' by '{near}'?"
            return self._at((*table, near), f"{self.source.label(keys)} is missing", hint)
        if self._document_at(keys):
            return self._at(keys, f"the table '{key}' is missing", self._header_hint(str(key)))
        return self.source.error(keys, "is missing", self._example(keys))

    def _unknown(self, keys: Keys) -> SpecError:
        *table, key = keys
        known = self._known(tuple(table))
        hint = did_you_mean(str(key), known, otherwise=self._where_it_belongs(str(key)))
        return self._at(keys, f"{self._table_name(tuple(table))} has no key '{key}'", hint)

    def _where_it_belongs(self, key: str) -> str:
        if key in self.document.model_fields:
            return f"{key} belongs at the top of the file, before the first [table]"
        for section in self.document.model_fields:
            document = self._document_at((section,))
            if document and key in document.model_fields and key != "options":
                return f"{key} belongs under [{section}]"
        if self.document is Policy and key == "policy":
            return "in a policy file the keys of [policy] stand at the top level: [[rules]], not [[policy.rules]]"
        return ""

    def _cross_check(self, mistake: _Mistake) -> SpecError:
        example = mistake.context["example"]
        hint = mistake.context["hint"] or (self.source.assignment(*example) if example else "")
        return self.source.error(mistake.keys, mistake.context["message"], hint)

    def _wrong_value(self, first: _Mistake, together: list[_Mistake]) -> SpecError:
        wanted = list(dict.fromkeys(self._wanted(one) for one in together))
        message = f"is {shown(first.value)}; wanted {_one_of(wanted)}"
        return self.source.error(first.keys, message, self._correction(first, {one.kind for one in together}))

    def _wanted(self, mistake: _Mistake) -> str:
        if mistake.kind in _BOUNDS:
            limit, word = _BOUNDS[mistake.kind]
            return f"a number {word} {mistake.context[limit]:g}"
        if mistake.kind == "literal_error":
            return _one_of([f'"{choice}"' for choice in _choices(mistake)])
        if mistake.kind == "tuple_type" and self._document_at(mistake.keys):
            return "a list of tables"
        return _WANTED.get(mistake.kind, "another kind of value")

    def _correction(self, mistake: _Mistake, kinds: set[str]) -> str:
        """What to type instead: the same value in the right form where that can be told."""
        keys, value = mistake.keys, mistake.value
        names = [key for key in keys if isinstance(key, str)]
        if hint := self._bands_hint(keys) or self._tables_hint(keys, kinds):
            return hint
        if mistake.kind == "literal_error" and isinstance(value, str):
            return did_you_mean(
                value, _choices(mistake), otherwise=self.source.assignment(names[-1], _choices(mistake)[0])
            )
        if "tuple_type" in kinds and not isinstance(value, Mapping | list):
            return self.source.assignment(names[-1], [value if isinstance(value, str) else canonical_label(value)])
        if "string_type" in kinds and not isinstance(value, Mapping | list):
            return self._as_text(keys, names[-1], value)
        if isinstance(value, str) and (meant := _meant(value, kinds)) is not None:
            return self.source.assignment(names[-1], meant)
        return self._example(keys)

    def _as_text(self, keys: Keys, name: str, value: Any) -> str:
        if isinstance(keys[-1], int):
            items = self.source.value(keys[:-1])
            return self.source.assignment(
                name, [item if isinstance(item, list) else canonical_label(item) for item in items]
            )
        return self.source.assignment(name, canonical_label(value))

    def _tables_hint(self, keys: Keys, kinds: set[str]) -> str:
        names = [key for key in keys if isinstance(key, str)]
        document = self._document_at(keys)
        if document and ("tuple_type" in kinds or isinstance(keys[-1], int)):
            key = next(iter(document.model_fields))
            line = self.source.assignment(key, _EXAMPLES[key])
            above = f"[[{'.'.join(names)}]]" if self.source.notation == "toml" else f"{names[-1]}:"
            return f"write {above} and, under it, {line if self.source.notation == 'toml' else f'- {line}'}"
        return self._header_hint(".".join(names)) if kinds & {"model_type", "dict_type"} else ""

    def _bands_hint(self, keys: Keys) -> str:
        """A column with its bands as they are written, from the numbers that stand there."""
        if keys[:2] != ("data", "bands"):
            return ""
        written = self.source.assignment("age", list(_BANDS))
        if len(keys) == 2:  # noqa: PLR2004  the table itself
            return f"{self.source.assignment('bands', None).removesuffix('null')}{{{written}}}"
        found = self.source.value(keys[:3])
        begins = {_number(one) for one in (found if isinstance(found, list) else [found])}
        given = sorted(begin for begin in begins if begin is not None)
        return self.source.assignment(str(keys[2]), given if given and len(given) == len(begins) else list(_BANDS))

    def _header_hint(self, title: str) -> str:
        if self.source.notation == "toml":
            return f"write [{title}] on a line of its own, and its keys under it"
        return f"write {title.rpartition('.')[2]}: on a line of its own, and its keys indented under it"

    def _example(self, keys: Keys) -> str:
        name = next((key for key in reversed(keys) if isinstance(key, str)), "")
        if hint := self._bands_hint(keys):
            return hint
        if name in _EXAMPLES:
            return self.source.assignment(name, _EXAMPLES[name])
        return f"write another value for {name}, or leave the line out"

    def _at(self, keys: Keys, message: str, hint: str) -> SpecError:
        """An error at the line of a key, whose message names the key itself."""
        return misread(self.source.name, self.source.line(keys), message, hint)

    def _table_name(self, table: Keys) -> str:
        if not table:
            return "a policy file" if self.document is Policy else "a spec"
        return self.source.label(table)

    def _known(self, table: Keys) -> set[str]:
        document = self._document_at(table)
        return set(document.model_fields) - {"options"} if document else set()

    def _document_at(self, keys: Keys) -> type[Document] | None:
        """The document that a table is read as; None when the value is not a table with known keys."""
        document: type[Document] | None = self.document
        for key in keys:
            if isinstance(key, str) and document is not None:
                found = document.model_fields.get(key)
                document = next(_documents_in(found.annotation), None) if found else None
        return document


def _documents_in(annotation: Any) -> Iterator[type[Document]]:
    if isinstance(annotation, type) and issubclass(annotation, Document):
        yield annotation
    for part in get_args(annotation):
        yield from _documents_in(part)


def _one_of(choices: list[str]) -> str:
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def _choices(mistake: _Mistake) -> list[str]:
    return re.findall(r"'([^']*)'", mistake.context["expected"])


def _number(cell: Any) -> float | None:
    """The finite number that a value is, or that stands in a text; a whole one without a point."""
    try:
        found = float(cell) if isinstance(cell, str | int | float) and not isinstance(cell, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(found):
        return None
    return int(found) if found.is_integer() else found


def _meant(text: str, kinds: set[str]) -> float | date | None:
    """The number or date that stands in a text by mistake."""
    readers: list[tuple[str, Callable[[str], float | date]]] = [
        ("int_type", int),
        ("float_type", float),
        ("date_type", date.fromisoformat),
    ]
    for kind, read in readers:
        try:
            if kind in kinds:
                return read(text)
        except ValueError:
            continue
    return None
