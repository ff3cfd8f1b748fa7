"""What a recogniser is: a pattern that proposes, a rule that disposes, and words before it for or against."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from auditkit_privacy.recognisers.batch import ROOM, Batch, Screen

BEFORE = 24
"""Characters before a number in which a word says what kind of number it is."""


@dataclass(frozen=True)
class Span:
    """Where something personal stands in a text; never what it says."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Recogniser:
    """Finds one kind of personal data."""

    kind: str
    """In words, as the report names it."""
    places: Callable[[str], Iterable[slice]]
    """Where in a text it can stand at all: quick, and never too little."""
    screen: Screen
    """The same of many texts at once, and quicker; it may leave out only places where nothing would be found."""
    pattern: re.Pattern[str]
    accepts: Callable[[re.Match[str]], bool]
    """Whether what the pattern proposes is one: ranges, dates, check digits, context."""
    value: Callable[[str], str] = str.casefold
    """Two spellings of one thing have one value."""

    def find(self, text: str) -> Iterator[Span]:
        """The spans in a text, in order."""
        for place in self.places(text):
            for match in self.pattern.finditer(text, place.start, place.stop):
                if self.accepts(match):
                    yield Span(self.kind, *match.span())

    def find_all(self, batch: Batch) -> Iterator[tuple[int, Span]]:
        """The number of a text, and a span in it; of each text in order."""
        for number, place in self.screen(batch):
            for match in self.pattern.finditer(batch.texts[number], place.start, place.stop):
                if self.accepts(match):
                    yield number, Span(self.kind, *match.span())


def said_before(match: re.Match[str], words: re.Pattern[str]) -> bool:
    """Whether one of these words stands shortly before a match."""
    return words.search(match.string, max(0, match.start() - BEFORE), match.start()) is not None


def digits_of(text: str) -> str:
    """The digits of a number that is written in groups, and a check letter X."""
    return _NO_DIGIT.sub("", text.upper())


_NO_DIGIT = re.compile(r"[^0-9X]")


def anywhere(needed: re.Pattern[str]) -> Callable[[str], Iterable[slice]]:
    """The whole text, where this occurs in it."""
    return lambda text: (slice(0, len(text)),) if needed.search(text) else ()


_LONG_NUMBER = re.compile(r"[0-9](?:[ ().\-]{0,2}[0-9]){6,}")


def numbers_of(least: int) -> Callable[[str], Iterable[slice]]:
    """Where numbers of so many digits stand, at most two separators between them, with what stands around them."""
    return lambda text: (place for place, digits in _long_numbers(text) if digits >= least)


@functools.lru_cache(maxsize=1)
def _long_numbers(text: str) -> tuple[tuple[slice, int], ...]:
    """Each number of seven digits or more, and how many it has; asked by several recognisers in turn."""
    found = []
    for match in _LONG_NUMBER.finditer(text):
        start, end = match.span()
        digits = sum(map(str.isdigit, match[0]))
        found.append((slice(max(0, start - ROOM), min(len(text), end + ROOM)), digits))
    return tuple(found)


NO_PERSON = re.compile(
    r"(?:accession|acc(?:ess)?\.?|specimen|sample|order|request|barcode|batch|lot|serial|invoice|study|series|device"
    r"|version|build|ref(?:erence)?|isbn|doi|pmid|uid)\b(?:\s*n(?:o|r|umber)\.?)?[^\n.;]{0,12}$"
    r"|(?:检查号|标本号|条码|条形码|单号|批号|序列号|版本)[^\n。;]{0,6}$",
    re.IGNORECASE,
)
"""Just before a number: it numbers a thing, not a person."""
