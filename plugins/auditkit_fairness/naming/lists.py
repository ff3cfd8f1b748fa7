"""Lists of names of persons, with what each suggests of its bearer: ours, or a TOML or CSV file of the user's."""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from auditkit import AuditError, TextFile

FEWEST_NAMES = 5
"""Of one combination of attributes: with fewer nothing is known of how much names differ."""
MOST_NAMES = 2000
OWN = "own"
"""The list of a CSV file."""

_IS_HAN = re.compile("[\u4e00-\u9fff]")
_NAME, _FREQUENCY = "name", "frequency"
_TOML = 'write e.g. [mine] and [[mine.names]] with sex = "female" and names = ["Ada", "Mary", ...]'
_CSV = "the first line names the columns: name, one or more attributes such as sex, and frequency if you have it"


@dataclass(frozen=True)
class Name:
    """One name."""

    text: str
    kind: tuple[str, ...]
    """Its label of each attribute."""
    frequency: float | None = None
    """How often it is borne, in any unit."""


@dataclass(frozen=True)
class NameList:
    """Names that may stand for each other."""

    called: str
    attributes: tuple[str, ...]
    names: tuple[Name, ...]

    @cached_property
    def kinds(self) -> tuple[tuple[str, ...], ...]:
        """The combinations of labels that occur, in order."""
        return tuple(sorted({one.kind for one in self.names}))

    @cached_property
    def is_han(self) -> bool:
        """Whether they are written in Chinese characters: then they only stand for names that are."""
        return is_han(self.names[0].text)

    def of_kind(self, kind: tuple[str, ...]) -> list[int]:
        """The places of the names of one combination."""
        return [place for place, one in enumerate(self.names) if one.kind == kind]


def is_han(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return _IS_HAN.search(text) is not None


def read_file(names: TextFile | None) -> dict[str, NameList]:
    """The lists that are built in, and those of a file; one of the same name takes the place of that.

    Raises:
        AuditError: the file is not what it should be; the message says where.
    """
    return read_names(None if names is None else names.text, is_csv=names is not None and _is_csv(names.name))


def _is_csv(name: str) -> bool:
    return name.lower().endswith(".csv")


@lru_cache(maxsize=8)
def read_names(text: str | None = None, *, is_csv: bool = False) -> dict[str, NameList]:
    """As `read_file`, of what it says.

    Args:
        text: TOML or CSV; None: what is built in alone.
        is_csv: which of them.

    Raises:
        AuditError: it is not what it should be.
    """
    built_in = tomllib.loads((files(__package__) / "names.toml").read_text(encoding="utf-8"))
    found = {called: _of_table(called, table) for called, table in built_in.items()}
    if text is None:
        return found
    if is_csv:
        return found | {OWN: _of_csv(text)}
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AuditError(f"the file of names is no TOML: {error}", hint=_TOML) from None
    if not own:
        raise AuditError("the file of names is empty", hint=_TOML)
    return found | {called: _of_table(called, table) for called, table in own.items()}


def _of_table(called: str, table: Any) -> NameList:
    entries = table.get("names") if isinstance(table, Mapping) else None
    if not isinstance(entries, list) or not entries or not all(isinstance(one, Mapping) for one in entries):
        raise AuditError(f"the file of names: '{called}' has no [[{called}.names]]", hint=_TOML)
    names: list[tuple[str, dict[str, str], float | None]] = []
    for entry in entries:
        told = {key: value for key, value in entry.items() if key != "names"}
        texts = entry.get("names")
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            raise AuditError(f"the file of names: an entry of '{called}' has no list of names", hint=_TOML)
        if not all(isinstance(value, str) for value in told.values()):
            raise AuditError(f"the file of names: an attribute of '{called}' is no text", hint=_TOML)
        names += [(one, told, None) for one in texts]
    return _list(called, names, _TOML)


def _of_csv(text: str) -> NameList:
    reader = csv.DictReader(io.StringIO(text))
    columns = [column or "" for column in reader.fieldnames or ()]
    if _NAME not in columns or not set(columns) - {_NAME, _FREQUENCY} or not all(columns):
        raise AuditError(f"the file of names has the columns {', '.join(columns) or 'of an empty file'}", hint=_CSV)
    names = []
    for place, row in enumerate(reader, start=2):
        if None in row or None in row.values():
            raise AuditError(f"the file of names: line {place} has not {len(columns)} cells", hint=_CSV)
        told = {key: value.strip() for key, value in row.items() if key not in {_NAME, _FREQUENCY}}
        names.append((row[_NAME], told, _frequency(row.get(_FREQUENCY), place)))
    known = [frequency is not None for *_, frequency in names]
    if any(known) and not all(known):
        raise AuditError("the file of names: some names have a frequency, and others none", hint="give all, or none")
    return _list(OWN, names, _CSV)


def _frequency(cell: str | None, line: int) -> float | None:
    if cell is None or not cell.strip():
        return None
    try:
        found = float(cell)
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and found > 0):
        raise AuditError(f"the file of names: line {line} has the frequency '{cell}'", hint="a number above 0")
    return found


def _list(called: str, given: list[tuple[str, dict[str, str], float | None]], hint: str) -> NameList:
    attributes = tuple(dict.fromkeys(key for _, told, _ in given for key in told))
    if not attributes:
        raise AuditError(f"the file of names: '{called}' says nothing of what a name suggests", hint=hint)
    names: dict[str, Name] = {}
    for text, told, frequency in given:
        written = " ".join(text.split())
        if not written:
            raise AuditError(f"the file of names: '{called}' has an empty name", hint=hint)
        if set(told) != set(attributes) or not all(told.values()):
            raise AuditError(
                f"the file of names: '{written}' of '{called}' has not one label for each of {', '.join(attributes)}",
                hint=hint,
            )
        if written in names:
            raise AuditError(f"the file of names: '{written}' stands in '{called}' twice", hint="each name once")
        names[written] = Name(written, tuple(told[key] for key in attributes), frequency)
    found = NameList(called, attributes, tuple(names.values()))
    _refuse_small(found, hint)
    return found


def _refuse_small(found: NameList, hint: str) -> None:
    if len(found.names) > MOST_NAMES:
        raise AuditError(
            f"the file of names: '{found.called}' has {len(found.names):,} names", hint=f"at most {MOST_NAMES:,}"
        )
    if len({is_han(one.text) for one in found.names}) > 1:
        raise AuditError(
            f"the file of names: '{found.called}' has names in Chinese characters and others",
            hint="a list for each: names only stand for names of their script",
        )
    for kind in found.kinds:
        if (count := len(found.of_kind(kind))) < FEWEST_NAMES:
            raise AuditError(
                f"the file of names: '{found.called}' has {count} names of {', '.join(kind)}",
                hint=f"at least {FEWEST_NAMES} of each kind, better 20: fewer tell nothing of other names",
            )
    if not any(len({one.kind[place] for one in found.names}) > 1 for place in range(len(found.attributes))):
        raise AuditError(
            f"the file of names: all names of '{found.called}' are of one kind", hint=f"two or more to compare; {hint}"
        )
