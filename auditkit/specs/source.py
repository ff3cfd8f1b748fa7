"""Where a value of a spec stands in its file, and how a mistake there is said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any, Literal

from auditkit.errors import SpecError
from auditkit.terminal import printable

Keys = tuple[str | int, ...]
Notation = Literal["toml", "yaml"]

DEEPEST = 32
"""Levels of tables and lists that a spec may have; deeper ones are written to exhaust the reader's stack."""

_LONGEST_SHOWN = 60


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


def misread(name: str, line: int, message: str, hint: str = "") -> SpecError:
    """An error with the place in the file in front; nothing in it can move a cursor."""
    place = f"{name}:{line}: " if name else ""  # what was said in Python has no file
    return SpecError(printable(f"{place}{message}"), hint=printable(hint))


def shown(value: Any) -> str:
    """A value as a spec would say it, cut when it is long."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return cut(f"[{', '.join(shown(item) for item in value)}]")
    return cut(json.dumps(value, ensure_ascii=False))


def cut(text: str) -> str:
    """The beginning of a long text."""
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
