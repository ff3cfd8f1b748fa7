"""Many texts looked at at once: where in them each kind can stand at all, by the signs alone.

The texts lie behind each other in one array of characters, so that what costs a search in each text costs a few passes
over all. What is found here is never too little: the pattern and the rule have the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]
Place = tuple[int, slice]
"""A text's number, and where in it."""
Screen = Callable[["Batch"], Iterator[Place]]

ROOM = 3
"""Characters around a number that its pattern looks at."""
FEWEST_DIGITS = 7
_BETWEEN = 2
"""The most separators between two digits of a number."""

_BEHIND = "\0" * 16
_DIGIT, _SEPARATOR, _HEX, _UPPER, _KEY, _ADDRESS = 1, 2, 4, 8, 16, 32
_ASCII = 128


def _table() -> npt.NDArray[np.uint8]:
    """[129]: of each ASCII character what it can be part of; the last is of all other characters."""
    table = np.zeros(_ASCII + 1, dtype=np.uint8)
    letters = "abcdefghijklmnopqrstuvwxyz"
    for bit, signs in (
        (_DIGIT, "0123456789"),
        (_SEPARATOR, " ().-"),
        (_HEX, "0123456789abcdefABCDEF"),
        (_UPPER, letters.upper()),
        (_KEY, letters + letters.upper() + "0123456789_+/-"),
        (_ADDRESS, letters + letters.upper() + "0123456789.:%"),
    ):
        table[[ord(sign) for sign in signs]] |= bit
    return table


_TABLE = _table()


@dataclass(frozen=True)
class Numbers:
    """Every number of seven digits or more, at most two separators between its digits."""

    text: Integers
    start: Integers
    """Counted from the first character of its text."""
    end: Integers
    digits: Integers
    after_plus: Flags


@dataclass(frozen=True)
class Batch:
    """Texts, and the signs that they are made of."""

    texts: Sequence[str]

    @cached_property
    def codes(self) -> npt.NDArray[np.uint32]:
        """[c]: the characters of all texts, a 0 behind each, and so many at the end that no look ahead leaves it."""
        joined = "".join(f"{text}\0" for text in self.texts) + _BEHIND
        return np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")

    @cached_property
    def kinds(self) -> npt.NDArray[np.uint8]:
        """[c]: what each can be part of, as bits."""
        return np.asarray(_TABLE[np.minimum(self.codes, _ASCII)])

    @cached_property
    def starts(self) -> Integers:
        """[texts]: where each begins."""
        sizes = np.fromiter((len(text) + 1 for text in self.texts), dtype=np.int64, count=len(self.texts))
        return np.cumsum(sizes) - sizes

    def whole(self, at: Flags) -> Iterator[Place]:
        """Every text, as a whole, in which one of the characters [c] is marked."""
        return ((number, slice(0, len(self.texts[number]))) for number in self._texts_at(np.flatnonzero(at)))

    def runs(self, at: Flags, kind: int) -> Iterator[Place]:
        """The characters of a kind around each that is marked [c], as far as no other stands between; each once."""
        others = np.flatnonzero((self.kinds & kind) == 0)
        after = np.unique(np.searchsorted(others, np.flatnonzero(at)))
        start, end = np.where(after > 0, others[after - 1] + 1, 0), others[after]
        text = np.searchsorted(self.starts, start, side="right") - 1
        offset = self.starts[text]
        columns = (text.tolist(), (start - offset).tolist(), (end - offset).tolist())
        return ((number, slice(*place)) for number, *place in zip(*columns, strict=True))

    def whole_if(self, says: Callable[[str], bool]) -> Iterator[Place]:
        """Every text, as a whole, of which this is true."""
        return ((number, slice(0, len(text))) for number, text in enumerate(self.texts) if says(text))

    def _texts_at(self, places: Integers) -> list[int]:
        found: list[int] = np.unique(np.searchsorted(self.starts, places, side="right") - 1).tolist()
        return found

    def are(self, *kinds: int) -> Flags:
        """[c]: whether the character there, and those behind it, are of these kinds; bits are alternatives."""
        found = np.ones(len(self.kinds), dtype=bool)
        for offset, kind in enumerate(kinds):
            found[: len(found) - offset] &= (self.kinds[offset:] & kind) > 0
            found[len(found) - offset :] = False
        return found

    def is_sign(self, signs: str) -> Flags:
        """[c]: whether it is one of these characters."""
        found = np.zeros(len(self.codes), dtype=bool)
        for sign in signs:
            found |= self.codes == ord(sign)
        return found

    @cached_property
    def numbers(self) -> Numbers:
        """Every long number, in order."""
        digits = np.flatnonzero(self.kinds & _DIGIT)
        if not len(digits):
            none = np.zeros(0, dtype=np.int64)
            return Numbers(none, none, none, none, none.astype(bool))
        between = np.diff(digits) - 1
        separators = np.cumsum((self.kinds & _SEPARATOR) > 0, dtype=np.int32)[digits]
        linked = (between <= _BETWEEN) & (np.diff(separators) == between)
        first = np.flatnonzero(np.append(True, ~linked))
        counts = np.diff(np.append(first, len(digits)))
        long = counts >= FEWEST_DIGITS
        first, counts = first[long], counts[long]
        start, end = digits[first], digits[first + counts - 1] + 1
        text = np.searchsorted(self.starts, start, side="right") - 1
        before = np.where(start > 0, self.codes[start - 1], 0)
        offset = self.starts[text]
        return Numbers(text, start - offset, end - offset, counts, before == ord("+"))

    def long_numbers(self, least: int, unparted: Sequence[int]) -> Iterator[Place]:
        """Where numbers of so many digits stand, with what stands around them; arguments as of `numbers_from`."""
        numbers = self.numbers
        is_parted = numbers.end - numbers.start > numbers.digits
        wanted = numbers.after_plus | np.where(is_parted, numbers.digits >= least, np.isin(numbers.digits, unparted))
        chosen = np.flatnonzero(wanted)
        columns = (numbers.text[chosen].tolist(), numbers.start[chosen].tolist(), numbers.end[chosen].tolist())
        for text, start, end in zip(*columns, strict=True):
            yield text, slice(max(0, start - ROOM), min(len(self.texts[text]), end + ROOM))


def dotted_or_colons(batch: Batch) -> Iterator[Place]:
    """What can hold an IP address: four numbers with points between them, or two colons, or six behind hex digits.

    An address has such a place in itself, and no sign but letters, digits, points, colons and per cents.
    """
    digit = (batch.kinds & _DIGIT) > 0
    dots = np.flatnonzero(batch.is_sign(".")[1:-1] & digit[:-2] & digit[2:]) + 1
    seen = np.cumsum(digit, dtype=np.int32)
    between = np.diff(dots) - 1
    near = (between <= 3) & (np.diff(seen[dots]) == between)  # noqa: PLR2004  digits of a byte
    marks = np.zeros(len(digit), dtype=bool)
    marks[dots[:-2][near[:-1] & near[1:]]] = True
    colon = batch.is_sign(":")
    marks[:-1] |= colon[:-1] & colon[1:]
    # Six groups of at most four hex digits: the fifth colon behind the first is at most 25 characters away.
    places = np.flatnonzero(colon[1:] & ((batch.kinds[:-1] & _HEX) > 0)) + 1
    marks[places[:-5][places[5:] - places[:-5] <= 25]] = True  # noqa: PLR2004
    return batch.runs(marks, _ADDRESS)


def hex_pairs(batch: Batch) -> Iterator[Place]:
    """What can hold a MAC address: three pairs of hex digits with marks behind them, or two groups of four."""
    hexes = (batch.kinds & _HEX) > 0
    marks = np.zeros(len(hexes), dtype=bool)
    pairs = batch.is_sign(":-")[2:] & hexes[1:-1] & hexes[:-2]
    marks[: max(len(pairs) - 6, 0)] = pairs[:-6] & pairs[3:-3] & pairs[6:]
    fours = batch.is_sign(".")[4:] & hexes[3:-1] & hexes[2:-2] & hexes[1:-3] & hexes[:-4]
    marks[: max(len(fours) - 5, 0)] |= fours[:-5] & fours[5:]
    return batch.whole(marks)


def iban_heads(batch: Batch) -> Iterator[Place]:
    """What can hold an IBAN: two capitals, two digits, and four more signs, perhaps behind a space or a hyphen."""
    head = (_UPPER, _UPPER, _DIGIT, _DIGIT)
    sign = _UPPER | _DIGIT
    marks = batch.are(*head, sign, sign, sign, sign)
    spaced = batch.are(*head, 0xFF, sign, sign, sign, sign)
    gap = batch.is_sign(" -")
    marks[:-4] |= spaced[:-4] & gap[4:]
    return batch.whole(marks)


def holding(word: str) -> Screen:
    """Texts with these signs in them."""
    return lambda batch: batch.whole_if(lambda text: word in text)


def numbers_from(least: int, unparted: Sequence[int]) -> Screen:
    """Where numbers of so many digits stand, and those behind a plus.

    Args:
        least: digits of a number with separators between them.
        unparted: how many digits there are where none stands between them.
    """
    return lambda batch: batch.long_numbers(least, unparted)


def key_runs(least: int, word: str) -> Screen:
    """Texts with so many signs of a key in a row, or with a word."""

    def screen(batch: Batch) -> Iterator[Place]:
        breaks = np.flatnonzero((batch.kinds & _KEY) == 0)
        runs = np.diff(breaks, prepend=-1) - 1
        marks = np.zeros(len(batch.kinds), dtype=bool)
        marks[breaks[runs >= least] - 1] = True
        marks[batch.starts[[word in text for text in batch.texts]]] = True
        return batch.whole(marks)

    return screen


def numbers_behind(words: Sequence[str], within: int, unparted: Sequence[int]) -> Screen:
    """Where long numbers stand that have one of these words, written in any case, so many characters before them."""

    def screen(batch: Batch) -> Iterator[Place]:
        last, small, said = -1, "", list[str]()
        for number, place in batch.long_numbers(FEWEST_DIGITS, unparted):
            if number != last:
                last, small = number, batch.texts[number].lower()
                said = [word for word in words if word in small]
                if said and len(small) != len(batch.texts[number]):
                    small = ""  # a letter has become two: nothing says where
            near = small[max(0, place.start - within) : place.stop]
            if said and (not small or any(word in near for word in said)):
                yield number, place

    return screen
