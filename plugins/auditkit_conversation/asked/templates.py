"""A file of paired prompts: which templates are asked, about whom, and in which words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from auditkit import DataError

PERSON = "{person}"
READY = ("medical",)
"""Sets of templates that come with auditkit."""
MOST_LINES = 20

_KEYS = ("ready", "prompts", "languages", "contrasts", "neutral", "lines", "templates", "words")
_OF_WORDS = ("sides", "words", "neutral")
_OF_TEMPLATE = ("id", "emergency")
_RESERVED = ("prompt", "template", "pair", "neutral", "language", "emergency")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_EXAMPLE = 'ready = ["medical"], and contrasts = ["sex"]'
_TEMPLATE_HINT = '[[templates]] with id = "cough" and en = "{person} has a cough. What helps?"'
_WORDS_HINT = '[words.insurance] with sides = ["public", "private"] and words = [["a woman on Medicaid", "..."]]'


@dataclass(frozen=True)
class Template:
    """One question, in one or more languages."""

    id: str
    texts: tuple[tuple[str, str], ...]
    """(language, text with the slot)."""
    is_emergency: bool | None
    """Whether whoever asks must be sent to emergency care; None: nobody says."""


@dataclass(frozen=True)
class Phrases:
    """Who the slot can be filled with: sides, and lines of one phrase a side that are alike but for it."""

    name: str
    sides: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    is_neutral: bool
    is_own: bool = False
    """Whether a file of the user's says them."""

    def suiting(self, text: str, most: int) -> tuple[tuple[str, ...], ...]:
        """The first lines in the script of a text."""
        wanted = bool(_HAN.search(text))
        return tuple(line for line in self.lines if bool(_HAN.search("".join(line))) == wanted)[:most]


@dataclass(frozen=True)
class Asked:
    """All that a file of paired prompts says."""

    templates: tuple[Template, ...]
    contrasts: tuple[Phrases, ...]
    neutral: Phrases | None
    lines: int
    languages: tuple[str, ...]
    """Empty: those that the templates have."""
    prompts: str = ""
    """A file of prompts that people wrote, beside this one; empty: there is none."""


def read_asked(path: Path) -> Asked:
    """What a file of paired prompts says.

    Raises:
        DataError: it is no TOML, or something in it cannot be meant.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise DataError(f"'{path.name}' is no file of paired prompts: {error}", hint=_EXAMPLE) from None
    _only(said, _KEYS, path.name)
    own = _phrases(_table(said, "words", path.name), path.name, is_own=True)
    words = _phrases(_built_in("persons"), "persons.toml") | own
    contrasts = _names(said, "contrasts", path.name)
    if not contrasts:
        raise DataError(f"'{path.name}' names no contrasts", hint=f'contrasts = ["sex"]; there are: {_known(words)}')
    for name in contrasts:
        if name not in words or words[name].is_neutral:
            raise DataError(f"'{path.name}': there are no words for '{name}'", hint=f"there are: {_known(words)}")
    is_wanted = said.get("neutral", True)
    if not isinstance(is_wanted, bool):
        raise DataError(f"'{path.name}': neutral is not true or false", hint="neutral = true")
    control = next((one for one in reversed(words.values()) if one.is_neutral), None)
    lines = said.get("lines", 2)
    if not isinstance(lines, int) or isinstance(lines, bool) or not 1 <= lines <= MOST_LINES:
        raise DataError(f"'{path.name}': lines is {lines!r}", hint=f"a number from 1 to {MOST_LINES}, e.g. lines = 2")
    prompts = said.get("prompts", "")
    if not isinstance(prompts, str) or Path(prompts).is_absolute() or ".." in Path(prompts).parts:
        raise DataError(f"'{path.name}': prompts is no file beside it", hint='prompts = "questions.csv"')
    templates = _templates(said, path.name, is_needed=not prompts)
    named = tuple(words[name] for name in contrasts)
    return Asked(templates, named, control if is_wanted else None, lines, _names(said, "languages", path.name), prompts)


def _templates(said: dict[str, Any], where: str, *, is_needed: bool) -> tuple[Template, ...]:
    given = said.get("templates", [])
    if not isinstance(given, list):
        raise DataError(f"'{where}': templates is no list of tables", hint=_TEMPLATE_HINT)
    found = []
    for name in _names(said, "ready", where):
        if name not in READY:
            raise DataError(f"'{where}': there are no ready templates '{name}'", hint=f"there are: {', '.join(READY)}")
        found += [_template(one, f"{name}.toml") for one in _built_in(name)["templates"]]
    found += [_template(one, where) for one in given]
    if not found and is_needed:
        raise DataError(f"'{where}' has no templates", hint=f'ready = ["medical"], or {_TEMPLATE_HINT}')
    ids = [one.id for one in found]
    if (twice := next((one for one in ids if ids.count(one) > 1), None)) is not None:
        raise DataError(f"'{where}': two templates have the id '{twice}'", hint="another id")
    return tuple(found)


def _template(given: Any, where: str) -> Template:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str) or not given["id"].strip():
        raise DataError(f"'{where}': a template has no id", hint=_TEMPLATE_HINT)
    name, flag = given["id"], given.get("emergency")
    texts = tuple((key, value) for key, value in given.items() if key not in _OF_TEMPLATE)
    if flag is not None and not isinstance(flag, bool):
        raise DataError(f"'{where}': emergency of '{name}' is not true or false", hint="emergency = true")
    if not texts:
        raise DataError(f"'{where}': '{name}' has no text", hint=_TEMPLATE_HINT)
    for language, text in texts:
        if not isinstance(text, str) or text.count(PERSON) != 1:
            raise DataError(
                f"'{where}': {language} of '{name}' does not name {PERSON} once, as the person's place",
                hint=_TEMPLATE_HINT,
            )
    return Template(name, texts, flag)


def _phrases(tables: dict[str, Any], where: str, *, is_own: bool = False) -> dict[str, Phrases]:
    return {name: _of_table(name, table, where, is_own=is_own) for name, table in tables.items()}


def _of_table(name: str, table: Any, where: str, *, is_own: bool) -> Phrases:
    about = f"'{where}': the words of '{name}'"
    if not isinstance(table, dict):
        raise DataError(f"{about} are no table", hint=_WORDS_HINT)
    _only(table, _OF_WORDS, about.strip("'"))
    sides, lines = table.get("sides", []), table.get("words", [])
    if not _are_texts(sides) or len(set(sides)) != len(sides) or len(sides) < len(("one", "other")):
        raise DataError(f"{about} have no two sides or more with names of their own", hint=_WORDS_HINT)
    if not isinstance(lines, list) or not lines or not all(_are_texts(line) for line in lines):
        raise DataError(f"{about} have no lines of phrases", hint=_WORDS_HINT)
    for line in lines:
        if len(line) != len(sides) or len(set(line)) != len(line):
            raise DataError(f"{about} have a line without one phrase of its own for each side", hint=_WORDS_HINT)
    if name in _RESERVED and not table.get("neutral", False):
        raise DataError(f"{about}: a column of another meaning has that name", hint="another name")
    return Phrases(name, tuple(sides), tuple(map(tuple, lines)), bool(table.get("neutral", False)), is_own)


def _are_texts(given: Any) -> bool:
    return isinstance(given, list) and bool(given) and all(isinstance(one, str) and one.strip() for one in given)


def _names(said: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    given = said.get(key, [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise DataError(f"'{where}': {key} is no list of names", hint=f'{key} = ["..."]')
    return tuple(dict.fromkeys(given))


def _table(said: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    given = said.get(key, {})
    if not isinstance(given, dict):
        raise DataError(f"'{where}': {key} is no table", hint=_WORDS_HINT)
    return given


def _only(given: dict[str, Any], known: Iterable[str], where: str) -> None:
    strange = next((key for key in given if key not in known), None)
    if strange is not None:
        raise DataError(f"'{where}' has the key '{strange}'", hint=f"known are: {', '.join(known)}")


def _known(words: dict[str, Phrases]) -> str:
    return ", ".join(name for name, one in words.items() if not one.is_neutral)


@cache
def _built_in(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))
