"""What a finished file says: every text in it that a person or a program can read, whatever wraps it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from typing import Any

_SAID = frozenset({"alt", "title", "aria-label", "content", "value", "href", "name"})
_DRAWN = "data:image/svg+xml;base64,"
_ENVELOPE = frozenset({"payload", "payloadType", "signatures"})
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_QUOTED = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_PLACEHOLDER = re.compile(r"\{\w+(?::\w+)?\}")
BREAK = "\n"
"""Stands where one text ends and another begins: no run of words goes over it."""


def words_of(text: str) -> list[str]:
    """The words in lower case, in order; of Chinese, Japanese and Korean each sign, since no space parts them."""
    return _WORD.findall(text.casefold())


def texts_of(name: str, content: bytes) -> Iterator[str]:
    """The texts of a file of a bundle, by the end of its name; a binary one has none that can be read here."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return
    if name.endswith((".html", ".htm", ".xml", ".svg")):
        yield from _of_page(text)
    elif name.endswith((".json", ".sarif")):
        yield from _of_document(text)
    else:
        yield from text.splitlines()


def _of_document(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except ValueError:
        yield from text.splitlines()
        return
    yield from _of_value(value)


def _of_value(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _of_value(one)
    elif isinstance(value, dict):
        if value.keys() >= _ENVELOPE:
            yield from _of_payload(value["payload"])
            return
        for key, one in value.items():
            yield key
            yield from _of_value(one)


def _of_payload(payload: Any) -> Iterator[str]:
    """What is signed: it lies in the envelope as base64."""
    try:
        yield from _of_document(base64.b64decode(payload, validate=True).decode("utf-8"))
    except (ValueError, TypeError, binascii.Error):
        yield str(payload)


def _of_page(page: str) -> Iterator[str]:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    yield from reader.found
    for drawing in reader.drawings:
        try:
            yield from _of_page(base64.b64decode(drawing).decode("utf-8"))
        except (ValueError, binascii.Error):
            yield drawing


_INLINE = frozenset({"b", "bdi", "strong", "em", "span", "i", "a", "u", "small", "code", "tspan", "wbr", "mark"})


class _Reader(HTMLParser):
    """Texts between the tags of blocks, those of attributes that are read out, documents in scripts, and drawings."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.drawings: list[str] = []
        self._open: list[str] = []
        self._kind = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_of(tag)
        self._kind = tag
        for name, said in attrs:
            if said and said.startswith(_DRAWN):
                self.drawings.append(said.removeprefix(_DRAWN))
            elif said and name in _SAID:
                self.found.append(said)

    def handle_endtag(self, tag: str) -> None:
        self._end_of(tag)
        self._kind = ""

    def handle_data(self, data: str) -> None:
        if self._kind == "script":
            self.found += _of_document(data)
        elif self._kind != "style":
            self._open.append(data)

    def unknown_decl(self, data: str) -> None:
        self.found.append(data)  # a CDATA section

    def handle_comment(self, data: str) -> None:
        self.found.append(data)

    def close(self) -> None:
        super().close()
        self._end_of("")

    def _end_of(self, tag: str) -> None:
        if tag not in _INLINE and self._open:
            self.found.append("".join(self._open))
            self._open = []


def own_words(folders: Sequence[Path], language: str) -> tuple[str, ...]:
    """Every text that the report has of itself, in English and in its language: of templates and catalogues."""
    files = [path for folder in folders for path in sorted((*folder.rglob("*.j2"), *folder.rglob("*.po")))]
    return tuple(chain.from_iterable(_own(path, path.stat().st_mtime_ns, language) for path in files))


@lru_cache(maxsize=256)
def _own(path: Path, _: int, language: str) -> tuple[str, ...]:
    """Of one file, as of a time of change: a process that writes several reports reads it once."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".j2":
        return tuple(one[1:-1] for one in re.findall(rf"_\(({_QUOTED})\)", text))
    is_in_language = language in (path.stem, path.parent.name)
    return tuple(_of_catalogue(text, is_in_language=is_in_language))


_SAYING = re.compile(rf"^msg(id|id_plural|str)(?:\[\d+\])?\s*((?:{_QUOTED}\s*)+)", re.MULTILINE)


def _of_catalogue(text: str, *, is_in_language: bool) -> Iterator[str]:
    """Its English texts, and what stands for them where the report is in its language."""
    for kind, quoted in _SAYING.findall(text):
        if kind != "str" or is_in_language:
            yield "".join(one[1:-1] for one in re.findall(_QUOTED, quoted)).replace('\\"', '"').replace("\\n", " ")


def runs_of(text: str, length: int) -> Iterator[tuple[str, ...]]:
    """Each run of so many words that stand behind each other."""
    words = words_of(text)
    for start in range(len(words) - length + 1):
        yield tuple(words[start : start + length])


def between_placeholders(text: str) -> list[str]:
    """A message id, cut where something is put in."""
    return _PLACEHOLDER.split(text)
