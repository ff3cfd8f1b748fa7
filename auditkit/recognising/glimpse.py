"""What a recogniser is given and what it answers."""

from __future__ import annotations

import json
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from auditkit.errors import PluginError

FIRST_ROWS = 1_000
"""So many rows of a table are looked at, and no more are read."""
MOST_BYTES = 8 << 20
"""Of one file of settings, or of one header: what has more is not looked at."""
MOST_NAMES = 10_000

Certainty = Literal["possible", "likely", "sure"]
Takes = Literal["text", "image", "columns", "mixed", "interactions", "nothing"]
"""What a row of the input is: one text, one image's path, numbers and categories in columns, several of these, the
items of a user; or nothing, because the predictions are there."""


@dataclass(frozen=True)
class Setting:
    """A key of the spec that a recogniser proposes, or that it can only ask for."""

    key: str
    """In the table of what was recognised: `[model]` for an adapter, `[data]` for a loader."""
    value: Any = None
    """What is proposed; None: nothing is, and a person has to say."""
    why: str = ""
    """What stands beside it as a comment: how it is known, or what it is for."""
    is_safe: bool = True
    """Whether it may be written without asking; what runs code or changes numbers is not."""
    choices: tuple[str, ...] = ()
    """What it can be; empty: anything."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_]+", self.key):
            raise PluginError(f"a setting is called '{self.key}'", hint="the name of a key, such as 'module'")


@dataclass(frozen=True)
class Recognised:
    """What a recogniser makes of a model or of a data file."""

    certainty: Certainty
    """`sure`: it says so itself; `likely`: it has the form of one; `possible`: nothing speaks against it."""
    reason: str
    """What tells, as the end of a sentence: "config.json names BertForSequenceClassification"."""
    settings: tuple[Setting, ...] = ()
    data: tuple[Setting, ...] = ()
    """Of an adapter: keys of `[data]` that follow from the model, such as the columns of recorded predictions."""
    task: str | None = None
    takes: Takes | None = None
    """Of an adapter: what a row of its input is; None: it cannot tell."""
    gives: str | None = None
    """Of an adapter: the name of its prediction type, where this model's is known."""
    classes: tuple[str, ...] = ()
    """Of an adapter: what the model calls its outputs, in their order."""
    are_numbered: bool = False
    """Of an adapter: whether its outputs have numbers and no names, so that `[model] labels` has to give them some."""
    columns: tuple[str, ...] = ()
    """Of an adapter: the columns that it was trained on, in their order, where its file says them."""
    of_inputs: Callable[[Any], Iterable[Setting]] | None = None
    """Of an adapter: is given the first rows of the chosen input columns, a DataFrame, and adds settings."""
    rows: Any = None
    """Of a loader: the first rows as a DataFrame, at most `FIRST_ROWS`."""
    attributes: Any = None
    """Of a loader of interactions: the first rows of the table of users' attributes, a DataFrame."""
    makes: Takes | None = None
    """Of a loader: what it reads files for, such as "image"; None: tables of any kind."""

    def __post_init__(self) -> None:
        if self.certainty not in get_args(Certainty):
            known = ", ".join(get_args(Certainty))
            raise PluginError(f"a recogniser is '{self.certainty}'", hint=f"certainty is one of {known}")


@dataclass(frozen=True)
class Glimpse:
    """A model or a data file, by its path or its URL: what can be seen of it without opening it."""

    written: str
    """As the user wrote it; empty: no model was named."""
    path: Path | None = None
    """Where it lies; None: it is a URL, or nothing."""
    rows: Any = None
    """Of a model: the first rows of the data beside it, a DataFrame, where a loader knew them."""

    @property
    def called(self) -> str:
        """What people are shown: an address may hold a secret."""
        return "the address" if self.is_url else f"'{self.written}'"

    @property
    def is_url(self) -> bool:
        """Whether it is the address of a server."""
        return self.written.startswith(("http://", "https://"))

    @cached_property
    def is_file(self) -> bool:
        """Whether it is a file that can be read: no folder, no device, no pipe."""
        try:
            return self.path is not None and stat.S_ISREG(self.path.stat().st_mode)
        except (OSError, ValueError):  # gone, forbidden, a loop of links, or no name of a file
            return False

    @cached_property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path is not None and self.path.is_dir()

    @property
    def name(self) -> str:
        """The last part of its path."""
        return "" if self.path is None else self.path.name

    @property
    def suffix(self) -> str:
        """The ending of its name, small, with its point: `.csv`; that of a folder is empty."""
        return self.path.suffix.lower() if self.path is not None and self.is_file else ""

    @cached_property
    def names(self) -> frozenset[str]:
        """What lies in the folder, without what lies deeper: at most `MOST_NAMES` names."""
        if self.path is None or not self.is_folder:
            return frozenset()
        found: set[str] = set()
        try:
            for entry in self.path.iterdir():
                found.add(entry.name)
                if len(found) >= MOST_NAMES:
                    break
        except OSError:  # a folder that may not be listed shows nothing
            return frozenset()
        return frozenset(found)

    def beside(self, name: str) -> Glimpse:
        """The same of a file in the folder."""
        return Glimpse(name, None if self.path is None else self.path / name)

    def head(self, size: int = 1 << 16) -> bytes:
        """The first bytes of the file; none, where there is no file that can be read."""
        if self.path is None or not self.is_file:
            return b""
        try:
            with self.path.open("rb") as stream:
                return stream.read(size)
        except OSError:  # what cannot be read is not recognised
            return b""

    def settings(self, name: str = "") -> Mapping[str, Any]:
        """The JSON object in the file, or in a file of the folder; empty: there is none, or it is no such thing."""
        file = self.beside(name) if name else self
        return _object(file.head(MOST_BYTES + 1))

    def tensors(self, name: str = "") -> Mapping[str, tuple[int, ...]]:
        """The shapes of the tensors of a .safetensors file, by name, from its header; empty: it is none."""
        head = (self.beside(name) if name else self).head(MOST_BYTES)
        if len(head) <= _HEADER:
            return {}
        (size,) = struct.unpack("<Q", head[:_HEADER])
        found = _object(head[_HEADER : _HEADER + size]) if size <= len(head) - _HEADER else {}
        shapes = {key: item.get("shape") for key, item in found.items() if isinstance(item, dict)}
        return {key: tuple(shape) for key, shape in shapes.items() if isinstance(shape, list)}

    def members(self) -> tuple[str, ...]:
        """The names in a zip archive, such as .skops, .npz and .keras files are; none: it is no archive."""
        if self.path is None or not self.is_file or self.head(4) != b"PK\x03\x04":
            return ()
        try:
            with zipfile.ZipFile(self.path) as archive:
                return tuple(archive.namelist()[:MOST_NAMES])
        except (zipfile.BadZipFile, OSError, ValueError):  # it begins as one, and is damaged
            return ()

    def member(self, name: str) -> Mapping[str, Any]:
        """The JSON object in a file of a zip archive; empty: there is none, or it is no such thing, or too large."""
        if self.path is None or name not in self.members():
            return {}
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(name) as stream:
                return _object(stream.read(MOST_BYTES + 1))
        # Damaged, encrypted, or packed in a way that nobody knows.
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError):
            return {}


_HEADER = 8
"""Bytes that say how long the header of a .safetensors file is."""


def _object(raw: bytes) -> Mapping[str, Any]:
    if len(raw) > MOST_BYTES:
        return {}
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):  # no JSON: it says nothing
        return {}
    return found if isinstance(found, dict) else {}
