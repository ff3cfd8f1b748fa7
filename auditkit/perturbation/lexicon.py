"""The words by which a text says who somebody is: read from a file of ours, or of the user's, and found in a text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from auditkit import AuditError, TextFile

ADULT, ELDERLY, APART, OLDEST = 18, 55, 35, 120
"""Years: from when ages are swapped, from when downwards, by how many, and what is no age any more."""

_ABBREVIATED = 2
"""Letters of a word that in capitals is no word: MR is a heart's, or a scanner's."""
_KEYS = ("sides", "words", "beside_people", "not_in", "bound", "ages")
_PEOPLE = (
    "adolescent|adult|adults|boy|boys|child|children|female|females|gentleman|gentlemen|girl|girls|individual|ladies|"
    "lady|male|males|man|men|patient|patients|people|person|persons|woman|women"
)
_IS_HAN = re.compile("[\u4e00-\u9fff]")
_AGE = re.compile(
    r"(?P<years>(?<!\d)\d{1,3})(?=\s?(?:-\s?)?(?:years?|yrs?)[\s-]?old\b|\s?(?:yo|y/o)\b|\s?岁)"
    rf"|(?:\baged (?P<aged>\d{{1,3}})|\bage (?P<age>\d{{1,3}})|\b(?:{_PEOPLE}) of (?P<of>\d{{1,3}}))(?!\d|[./%]\d|%)",
    re.IGNORECASE,
)
_AFTER_AGE = re.compile(r"(?:\s?-?\s?(?:years?|yrs?)[\s-]?old|\s?(?:yo|y/o))\b|\s?岁", re.IGNORECASE)
_HINT = 'write e.g. [insurance] with sides = ["public", "private"] and words = [["public", "private"]]'


@dataclass(frozen=True)
class Found:
    """One place of a text that says who somebody is."""

    start: int
    end: int
    others: tuple[str, ...]
    """[sides]: what stands there for each side; empty where there is no such word, or it is this word's own."""
    side: int
    swap_end: int
    """Where the part ends that a swap replaces: of "72-year-old" the number alone."""


@dataclass(frozen=True)
class Attribute:
    """The words of one attribute."""

    name: str
    sides: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    beside_people: frozenset[str] = frozenset()
    not_in: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    ages: bool = False

    @cached_property
    def places(self) -> dict[str, tuple[int, int]]:
        """Word, in lower case -> its line, and its side."""
        found: dict[str, tuple[int, int]] = {}
        for line, words in enumerate(self.words):
            for side, word in enumerate(words):
                if word:
                    found.setdefault(word.lower(), (line, side))
        return found

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds its words, the longest first, and what only looks like one."""
        wanted = sorted({*self.places, *(word.lower() for word in self.not_in)}, key=lambda word: (-len(word), word))
        return re.compile("|".join(map(_whole, wanted)) or r"(?!)", re.IGNORECASE)

    @cached_property
    def bound_pattern(self) -> re.Pattern[str]:
        """Finds words that only fit one side."""
        return re.compile("|".join(map(_whole, self.bound)) or r"(?!)", re.IGNORECASE)

    def swaps(self, text: str) -> bool:
        """Whether the other side would make sense of the text."""
        return self.bound_pattern.search(text) is None

    def found(self, text: str) -> list[Found]:
        """Every place, in order."""
        return sorted(self._found(text), key=lambda one: one.start)

    def _found(self, text: str) -> Iterator[Found]:
        ages = list(self._ages(text)) if self.ages else []
        yield from ages
        left_out = {word.lower() for word in self.not_in}
        plain = {word.lower() for word in self.beside_people}
        for match in self.pattern.finditer(text):
            word = match.group().lower()
            is_age = any(one.start <= match.start() < one.end for one in ages)
            is_short = len(word) == _ABBREVIATED and match.group().isupper() and not text.isupper()
            if word in left_out or is_age or is_short or (word in plain and not _beside_people(text, match)):
                continue
            line, side = self.places[word]
            yield Found(match.start(), match.end(), self.words[line], side, match.end())
        if self.name == "sex" and "she" in self.places:
            yield from _possessives(text)

    @staticmethod
    def _ages(text: str) -> Iterator[Found]:
        for match in _AGE.finditer(text):
            name = match.lastgroup or ""
            years = int(match[name])
            if not ADULT <= years <= OLDEST:
                continue
            after = _AFTER_AGE.match(text, match.end())
            is_old = years >= ELDERLY
            others = (str(years - APART), "") if is_old else ("", str(years + APART))
            start = match.start(name) - (0 if name == "years" else len(f"{name} "))
            end = after.end() if after else match.end()
            yield _Age(start, end, others, int(is_old), match.end(), match.start(name))


@dataclass(frozen=True)
class _Age(Found):
    """An age: what is swapped is the number, what is masked or removed all of it."""

    swap_start: int = 0


def swapped_part(found: Found) -> tuple[int, int]:
    """Where the part of a place begins and ends that a swap replaces."""
    return (found.swap_start if isinstance(found, _Age) else found.start), found.swap_end


# "her" is "him" where it is an object, "his" where something of hers follows; "his" is "hers" at a clause's end.
_HERS = re.compile(r"\b(?P<her>her)\b|\b(?P<his>his)\b|\b(?P<him>him)\b|\b(?P<hers>hers)\b", re.IGNORECASE)
_NOT_HERS = re.compile(
    r"\s*(?:$|[^\w\s-]|\s(?:a|about|after|again|an|and|as|at|because|before|but|by|during|every|for|from|her|how|if|in|"
    r"into|is|of|off|on|once|or|out|over|so|that|the|then|there|this|to|today|under|until|up|was|well|when|where|"
    r"which|while|who|with|without|yesterday)\b)",
    re.IGNORECASE,
)


def _possessives(text: str) -> Iterator[Found]:
    for match in _HERS.finditer(text):
        ends_clause = _NOT_HERS.match(text, match.end()) is not None
        word = match.lastgroup
        if word in {"her", "hers"}:
            other = "his" if word == "hers" or not ends_clause else "him"
            yield Found(match.start(), match.end(), ("", other), 0, match.end())
        else:
            other = "her" if word == "him" or not ends_clause else "hers"
            yield Found(match.start(), match.end(), (other, ""), 1, match.end())


def _beside_people(text: str, match: re.Match[str]) -> bool:
    after = re.match(rf"[\s-]+(?:[\w-]+[\s-]+)?(?:{_PEOPLE})\b", text[match.end() : match.end() + 60], re.IGNORECASE)
    before = re.search(
        r"(?:race|ethnicity|ethnic group)\W{1,3}$", text[max(0, match.start() - 20) : match.start()], re.IGNORECASE
    )
    return bool(after or before)


def _whole(word: str) -> str:
    return re.escape(word) if _IS_HAN.search(word) else rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])"


@lru_cache(maxsize=8)
def read_terms(text: str | None = None) -> dict[str, Attribute]:
    """The attributes of a file, beside those that are built in; one of the same name takes the place of that.

    Args:
        text: TOML; None: what is built in alone.

    Raises:
        AuditError: it is no TOML, or a table is not what one should be; the message names it.
    """
    built_in = tomllib.loads((files(__package__) / "terms.toml").read_text(encoding="utf-8"))
    try:
        own = tomllib.loads(text or "")
    except tomllib.TOMLDecodeError as error:
        raise AuditError(f"the file of terms is no TOML: {error}", hint=_HINT) from None
    if text is not None and not own:
        raise AuditError("the file of terms is empty", hint=_HINT)
    return {name: _attribute(name, table) for name, table in (built_in | own).items()}


def _attribute(name: str, table: Any) -> Attribute:
    if not isinstance(table, dict) or (strange := next((key for key in table if key not in _KEYS), None)) is not None:
        what = "is no table" if not isinstance(table, dict) else f"has '{strange}'"
        raise AuditError(f"the file of terms: '{name}' {what}", hint=f"its keys are: {', '.join(_KEYS)}")
    sides = _texts(name, "sides", table.get("sides", []))
    words = table.get("words", [])
    if not isinstance(words, list) or not words:
        raise AuditError(f"the file of terms: '{name}' has no words", hint=_HINT)
    lines = tuple(_texts(name, "words", line) for line in words)
    width = len(sides) or len(lines[0])
    if width < len(("one", "other")) or any(len(line) != width for line in lines):
        raise AuditError(
            f"the file of terms: '{name}' has a line of words that is not one word a side, of {width}", hint=_HINT
        )
    others = {key: _texts(name, key, table.get(key, [])) for key in ("beside_people", "not_in", "bound")}
    if not isinstance(table.get("ages", False), bool):
        raise AuditError(f"the file of terms: 'ages' of '{name}' is not true or false", hint="ages = false")
    return Attribute(
        name, sides or tuple(map(str, range(width))), lines, frozenset(others["beside_people"]), others["not_in"],
        others["bound"], table.get("ages", False),
    )  # fmt: skip


def _texts(name: str, key: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise AuditError(f"the file of terms: '{key}' of '{name}' is no list of texts", hint=_HINT)
    return tuple(given)


def accept_attributes(*, terms: TextFile | None = None, attributes: tuple[str, ...] = (), **_: Any) -> None:
    """Refuse a file of terms that cannot be meant, and attributes that it lacks: for what a check `accepts`.

    Raises:
        AuditError: what is wrong.
    """
    if terms is not None and terms.text is None:
        return  # in a replay nobody has read it
    try:
        known = read_terms(None if terms is None else terms.text)
    except AuditError as error:
        # The spec's line is found by the option that is quoted.
        raise AuditError(f"option 'terms': {error.message}", hint=error.hint) from None
    strange = next((name for name in attributes if name not in known), None)
    if strange is not None:
        raise AuditError(f"option 'attributes' names '{strange}'", hint=f"there are words for: {', '.join(known)}")
