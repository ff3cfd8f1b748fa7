"""A spec or policy file as plain values with the line of each; what they mean stands in `spec`."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from auditkit.errors import SpecError, did_you_mean
from auditkit.specs.source import DEEPEST, Keys, Notation, Source, cut, misread, shown
from auditkit.terminal import printable

_LARGEST_FILE = 4 * 2**20
_LARGEST_INTEGER = 2**53 - 1  # RFC 8785: what every JSON reader takes for the same number
_NOTATIONS: dict[str, Notation] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


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


def _parse(text: str, name: str, notation: Notation) -> tuple[dict[str, Any], dict[Keys, int]]:
    if notation == "toml":
        from auditkit.specs.toml import parse_toml

        return parse_toml(text, name)
    from auditkit.specs.yaml import parse_yaml

    return parse_yaml(text, name)


def _bytes_of(path: Path) -> bytes:
    said = printable(str(path))
    try:
        # One byte more than is allowed, so that a wrong and huge file is not read whole.
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SpecError(f"'{said}' is not a regular file", hint="a spec is a .toml or .yaml file")
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


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; of a pipe nobody is waited for who writes into it."""
    return os.open(path, flags | os.O_NONBLOCK)


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
        raise source.error(keys, f"is '{cut(hex(value))}', which JSON cannot say exactly", "stay under 2**53")
    elif not isinstance(value, bool | int | float | date | datetime | time):
        raise source.error(keys, f"has a value of the kind '{type(value).__name__}'", "write text or a number")


def _refuse_text(source: Source, text: str, keys: Keys) -> None:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise source.error(keys, f"has a character that no file can hold: {shown(text)}", "remove the character")
