"""A spec or policy file as plain values with the line of each; what they mean stands in `spec`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

from auditkit.errors import SpecError, did_you_mean

Keys = tuple[str | int, ...]
Notation = Literal["toml", "yaml"]

DEEPEST = 32
"""Levels of tables and lists that a spec may have; deeper ones are written to exhaust the reader's stack."""

_LARGEST_FILE = 4 * 2**20
_LARGEST_INTEGER = 2**53 - 1  # RFC 8785: what every JSON reader takes for the same number
_LONGEST_SHOWN = 60
_NOTATIONS: dict[str, Notation] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


@dataclass(frozen=True)
class Source:
    """Where a document was read from, so that later stages can name the line of what they refuse."""

    name: str = ""
    """The file's name; empty for a document that was made in Python."""
    folder: Path = field(default_factory=Path.cwd)
    """What the paths in the file are relative to."""
    content: Mapping[str, Any] = field(default_factory=dict)
    """What the file says, before any meaning is given to it."""
    lines: Mapping[Keys, int] = field(default_factory=dict)
    notation: Notation = "toml"

    def error(self, keys: Keys, message: str, hint: str = "") -> SpecError:
        """An error that begins with file, line and key: `audit.toml:12: [model] adapter 'x' is not installed`.

        Args:
            keys: the way to the value, e.g. `("model", "adapter")` or `("checks", 0, "bins")`; `()` is the whole file.
            message: what is wrong, worded so that it can follow the key.
            hint: what to type next.
        """
        label = self.label(keys)
        said = f"{label} {message}" if label else message
        if not self.name:
            return SpecError(printable(said), hint=printable(hint))
        return misread(self.name, self.line(keys), said, hint)

    def line(self, keys: Keys) -> int:
        """The line of a value, or of the nearest table around it; 1 when there is none."""
        return next((self.lines[keys[:end]] for end in range(len(keys), 0, -1) if keys[:end] in self.lines), 1)

    def value(self, keys: Keys) -> Any:
        """What the file says there; None when it says nothing."""
        node: Any = self.content
        for key in keys:
            if not _holds(node, key):
                return None
            node = node[key]
        return node

    def label(self, keys: Keys) -> str:
        """The key as a person would look for it: `[data] groups`, `[[policy.rules]] max`, `[model]`."""
        if isinstance(self.value(keys), Mapping):
            return _header(keys)
        while keys and isinstance(keys[-1], int):
            keys = keys[:-1]
        return " ".join(filter(None, [_header(keys[:-1]), str(keys[-1])])) if keys else ""

    def assignment(self, key: str, value: Any) -> str:
        """The line that gives a key a value, in the notation of this file."""
        sign = " = " if self.notation == "toml" else ": "
        return f"{key}{sign}{shown(value)}"


def read_source(path: Path | str) -> Source:
    """Read a TOML or YAML file into plain values; raise SpecError with the line of what cannot be read."""
    path = Path(path)
    raw = _bytes_of(path)
    notation = _NOTATIONS.get(path.suffix.lower())
    if notation is None:
        message = f"'{printable(path.name)}' is neither TOML nor YAML by its name"
        raise SpecError(message, hint="name it audit.toml or audit.yaml")
    text = _decoded(raw, path.name)
    try:
        content, lines = _parse(text, path.name, notation)
    except RecursionError:
        raise misread(path.name, 1, "the file is nested too deeply", f"use at most {DEEPEST} levels") from None
    source = Source(path.name, path.absolute().parent, content, lines, notation)
    if not content:
        raise misread(
            path.name,
            1,
            "the file is empty",
            "a spec has at least a name, [model] and [data]; a policy file has [[rules]]",
        )
    _refuse_unwritable(source, content, ())
    return source


def misread(name: str, line: int, message: str, hint: str = "") -> SpecError:
    """An error with the place in the file in front; nothing in it can move a cursor."""
    return SpecError(printable(f"{name}:{line}: {message}"), hint=printable(hint))


def printable(text: str) -> str:
    """Text that may be shown in a terminal: what could move a cursor or reorder a line is escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def shown(value: Any) -> str:
    """A value as a spec would say it, cut when it is long."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return _cut(f"[{', '.join(shown(item) for item in value)}]")
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _header(keys: Keys) -> str:
    names = ".".join(key for key in keys if isinstance(key, str))
    if not names:
        return ""
    return f"[[{names}]]" if isinstance(keys[-1], int) else f"[{names}]"


def _holds(node: Any, key: str | int) -> bool:
    if isinstance(node, Mapping):
        return key in node
    is_list = isinstance(node, Sequence) and not isinstance(node, str)
    return is_list and isinstance(key, int) and 0 <= key < len(node)


def _parse(text: str, name: str, notation: Notation) -> tuple[dict[str, Any], dict[Keys, int]]:
    if notation == "toml":
        from auditkit.specfile_toml import parse_toml

        return parse_toml(text, name)
    from auditkit.specfile_yaml import parse_yaml

    return parse_yaml(text, name)


def _bytes_of(path: Path) -> bytes:
    said = printable(str(path))
    try:
        # One byte more than is allowed, so that a wrong and huge file is not read whole.
        with path.open("rb") as file:
            raw = file.read(_LARGEST_FILE + 1)
    except IsADirectoryError:
        raise SpecError(f"'{said}' is a folder, not a spec", hint=f"name the file in it: {said}/audit.toml") from None
    except (FileNotFoundError, ValueError):  # ValueError: a NUL in the name
        near = sorted(printable(other.name) for other in path.absolute().parent.glob("*") if other.suffix in _NOTATIONS)
        hint = did_you_mean(path.name, near, otherwise="check the path; a spec is a .toml or .yaml file")
        raise SpecError(f"there is no file '{said}'", hint=hint) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SpecError(f"'{said}' cannot be read: {reason}", hint=f"check it with: ls -l {said}") from None
    if len(raw) > _LARGEST_FILE:
        raise SpecError(f"'{said}' is too large to be a spec", hint="a spec has at most 4 MiB")
    return raw


def _decoded(raw: bytes, name: str) -> str:
    try:
        # The signature that Windows editors put in front is no part of the text.
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        byte = f"the byte '0x{raw[error.start]:02x}' is not UTF-8"
        raise misread(name, line, byte, "save the file with the encoding UTF-8") from None


def _refuse_unwritable(source: Source, value: Any, keys: Keys) -> None:
    """Refuse what canonical JSON cannot say: the spec's digest would be undefined."""
    if len(keys) > DEEPEST:
        raise source.error(keys[:1], "is nested too deeply", f"use at most {DEEPEST} levels")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_text(source, key, keys)
            _refuse_unwritable(source, item, (*keys, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _refuse_unwritable(source, item, (*keys, place))
    else:
        _refuse_scalar(source, value, keys)


def _refuse_scalar(source: Source, value: Any, keys: Keys) -> None:
    if isinstance(value, str):
        _refuse_text(source, value, keys)
    elif value is None:
        raise source.error(keys, "has no value", "give it one, or remove the line")
    elif isinstance(value, float) and not math.isfinite(value):
        raise source.error(keys, f"is '{value}'", "write a finite number")
    elif isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        raise source.error(keys, f"is '{_cut(hex(value))}', which JSON cannot say exactly", "stay under 2**53")
    elif not isinstance(value, bool | int | float | date | datetime | time):
        raise source.error(keys, f"has a value of the kind '{type(value).__name__}'", "write text or a number")


def _refuse_text(source: Source, text: str, keys: Keys) -> None:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise source.error(keys, f"has a character that no file can hold: {shown(text)}", "remove the character")
