"""What cells are told apart by: hashes of values, of the phrases of texts, and of what a picture looks like."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.perturbation import each_in_threads

Keys = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]

HASHES = 64
"""Of which the least of each text are kept."""
LONG, WIDE = 30, 3
"""Texts of so many words have phrases of three words. Shorter ones have single words, and of writing that does not part
words two characters: one other word of twelve leaves .85 of the words, and .54 of the phrases, of either."""
MOST_PHRASES = 4096
"""Of a text; of a longer one those with the least hashes stand for all."""
_AT_ONCE = 4096
_SIDE, _KEPT = 32, 8
_EVEN = 1.0
"""Levels of grey, of 256, by which an even surface varies at most."""

_SPACELESS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f\U00020000-\U0003ffff"
_LETTERS = re.compile(rf"[{_SPACELESS}]|\b[^\W\d_](?s:.*?)\b[^\W\d_]")
_TOKENS = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")


def mixed(keys: Keys) -> Keys:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit of a key changes half of the others."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def hashes_of(cells: npt.NDArray[Any]) -> Keys:
    """[n]: a hash of each number or text that is the same in every process."""
    import pandas as pd

    if cells.dtype == object:
        # As bytes: a cell may hold half a character, which no other encoding takes.
        raw = np.empty(len(cells), dtype=object)
        raw[:] = [str(cell).encode("utf-8", "surrogatepass") for cell in cells]
        return mixed(np.asarray(pd.util.hash_array(raw, categorize=False), dtype=np.uint64))
    return mixed(np.asarray(pd.util.hash_array(cells), dtype=np.uint64))


def has_words(text: str) -> bool:
    """Whether two of its words begin with a letter, as those of a date do not, or its writing does not part words."""
    return _LETTERS.search(text) is not None


class _Words(dict[str, int]):
    """A hash of each word, worked out once."""

    def __missing__(self, word: str) -> int:
        self[word] = found = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        return found


@dataclass(frozen=True)
class Phrases:
    """Texts as sets of hashed phrases, one after the other."""

    values: npt.NDArray[np.uint32]
    starts: Integers
    """[n + 1]."""
    spelt: Keys
    """[n]: a hash of the words in their order, without case and punctuation."""
    median_tokens: float

    @classmethod
    def of_sets(cls, sets: Sequence[npt.NDArray[np.uint32]]) -> Phrases:
        """Of sets of hashes, none of them empty."""
        starts = np.cumsum([0, *map(len, sets)])
        values = np.concatenate(sets) if sets else np.zeros(0, dtype=np.uint32)
        spelt = np.array([zlib.crc32(one.tobytes()) | (zlib.adler32(one.tobytes()) << 32) for one in sets], np.uint64)
        return cls(values, starts, mixed(spelt), float(np.median(np.diff(starts))) if sets else 0.0)

    def __len__(self) -> int:
        """The number of texts."""
        return len(self.starts) - 1

    @cached_property
    def least(self) -> npt.NDArray[np.uint32]:
        """[n, HASHES]: the least of each text's phrases by each of many hash functions, multiply and shift."""
        rng = np.random.default_rng(20_261_123)  # a fixed family of hash functions
        factors = rng.integers(0, 1 << 63, HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        shifts = rng.integers(0, 1 << 63, HASHES, dtype=np.uint64)
        found = np.empty((len(self), HASHES), dtype=np.uint32)
        for begin in range(0, len(self), _AT_ONCE):
            end = min(begin + _AT_ONCE, len(self))
            values = self.values[self.starts[begin] : self.starts[end]].astype(np.uint64)
            places = self.starts[begin:end] - self.starts[begin]
            for place, (factor, shift) in enumerate(zip(factors, shifts, strict=True)):
                hashed = ((values * factor + shift) >> np.uint64(32)).astype(np.uint32)
                found[begin:end, place] = np.minimum.reduceat(hashed, places)
        return found

    def band(self, band: int, bands: int) -> Keys:
        """[n]: one key for some of the least hashes; texts that share it are likely alike."""
        width = HASHES // bands
        total = np.full(len(self), band, dtype=np.uint64)
        for place in range(band * width, (band + 1) * width):
            total = mixed(total + self.least[:, place])
        return total

    def similarity(self, one: Integers, other: Integers) -> Floats:
        """[pairs]: the phrases that both have of those that either has (Jaccard's index), by all of them.

        Pairs whose least hashes agree so seldom that the index cannot be near .8 are 0: of 64, fewer than 32, which at
        .8 happens once in ten million.
        """
        found = np.zeros(len(one))
        likely = np.count_nonzero(self.least[one] == self.least[other], axis=1) >= HASHES // 2
        places = np.flatnonzero(likely)
        for begin in range(0, len(places), _AT_ONCE):
            part = places[begin : begin + _AT_ONCE]
            found[part] = self.exactly(one[part], other[part])
        return found

    def exactly(self, one: Integers, other: Integers) -> Floats:
        """[pairs]: the same of all pairs."""
        first, second = self._numbered(one), self._numbered(other)
        shared = np.intersect1d(first, second, assume_unique=True)
        pairs = len(one)
        both, ours, theirs = (
            np.bincount((part >> np.uint64(32)).astype(np.int64), minlength=pairs) for part in (shared, first, second)
        )
        return np.asarray(both / np.maximum(ours + theirs - both, 1))

    def _numbered(self, texts: Integers) -> Keys:
        """The phrases of these texts, each with the number of its text before it, none twice."""
        sizes = self.starts[texts + 1] - self.starts[texts]
        ends = np.cumsum(sizes)
        inside = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - sizes, sizes)
        values = self.values[np.repeat(self.starts[texts], sizes) + inside]
        return np.unique((np.repeat(np.arange(len(texts), dtype=np.uint64), sizes) << np.uint64(32)) | values)


def phrases_of(texts: Sequence[str]) -> tuple[Phrases, Phrases | None]:
    """Each text as the set of its phrases: three words in a row, or characters where writing does not part words.

    A text without a word has one phrase of its own spelling, so that it is like no other. Where texts are so short that
    phrases are single words, the words two by two beside them.
    """
    known = _Words()
    spelt: list[npt.NDArray[np.uint32]] = []
    lengths = np.zeros(len(texts), dtype=np.int64)
    spaceless = 0
    for place, text in enumerate(texts):
        words = _TOKENS.findall(text.casefold()) or [text]
        spelt.append(np.fromiter(map(known.__getitem__, words), dtype=np.uint32, count=len(words)))
        lengths[place] = len(words)
        spaceless += sum(map(len, words)) < 2 * len(words)
    median = float(np.median(lengths)) if len(lengths) else 0.0
    mostly_spaceless = 2 * spaceless > len(texts)
    width = WIDE if median >= LONG else 2 if mostly_spaceless else 1
    keys = np.empty(len(texts), dtype=np.uint64)
    for place, hashed in enumerate(spelt):
        raw = hashed.tobytes()
        keys[place] = zlib.crc32(raw) | (zlib.crc32(b"spelt" + raw) << 32)
    sizes = (width,) if width > 1 else (1, 2)
    made = [Phrases.of_sets([_shingled(words, size) for words in spelt]) for size in sizes]
    found = Phrases(made[0].values, made[0].starts, mixed(keys), median)
    return found, made[1] if len(made) > 1 else None


def _shingled(words: npt.NDArray[np.uint32], width: int) -> npt.NDArray[np.uint32]:
    if width > 1 and len(words) > width:
        total = np.zeros(len(words) - width + 1, dtype=np.uint64)
        for place in range(width):
            total = mixed(total + words[place : len(words) - width + 1 + place])
        words = (total >> np.uint64(32)).astype(np.uint32)
    return words if len(words) <= MOST_PHRASES else np.sort(words)[:MOST_PHRASES]


@dataclass(frozen=True)
class Looks:
    """What pictures look like."""

    hashes: Keys
    """[n]: of 64 bits."""
    has_marks: npt.NDArray[np.bool_]
    """[n]: whether there is anything on it; nobody could read a picture that has none and no grey."""
    grey: npt.NDArray[np.uint8]
    """[n, 1024]: shrunk to 32 pixels a side."""

    def correlation(self, one: Integers, other: Integers) -> Floats:
        """[pairs]: of the grey of two pictures, pixel by pixel: 1 where one is only lit otherwise."""
        found = np.zeros(len(one))
        for begin in range(0, len(one), _AT_ONCE):
            sides = [self.grey[part[begin : begin + _AT_ONCE]].astype(np.float64) for part in (one, other)]
            first, second = (side - side.mean(axis=1, keepdims=True) for side in sides)
            size = np.sqrt(np.square(first).sum(axis=1) * np.square(second).sum(axis=1))
            found[begin : begin + _AT_ONCE] = (first * second).sum(axis=1) / np.maximum(size, 1e-9)
        return found


def looks_of(cells: Sequence[Any]) -> Looks:
    """The perceptual hash of each picture, with its grey.

    A bit is whether one of the 64 slowest waves of the grey picture, shrunk to 32 pixels a side, is above the median of
    them (Zauner 2010, section 3.2.1; as ImageHash's `phash` has it).

    Args:
        cells: [n], pixels of 8 bits or files.
    """
    seen = each_in_threads(_seen, cells)
    hashes, marks, grey = zip(*seen, strict=True)
    return Looks(np.array(hashes, dtype=np.uint64), np.array(marks, dtype=bool), np.stack(grey))


def _seen(cell: Any) -> tuple[int, bool, npt.NDArray[np.uint8]]:
    from PIL import Image

    from auditkit import AuditError
    from auditkit.images import Reading, decode

    try:
        image = Image.fromarray(cell) if isinstance(cell, np.ndarray) else decode(cell.read(), Reading(), channels=3)
    except AuditError:
        return 0, False, np.zeros(_SIDE**2, dtype=np.uint8)
    grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    pixels = np.asarray(grey, dtype=np.float64)
    if pixels.std() < _EVEN:
        return 0, False, np.asarray(grey).ravel()
    steps = np.arange(_SIDE)
    waves = np.cos(np.pi * np.outer(steps[:_KEPT], 2 * steps + 1) / (2 * _SIDE))
    slow = waves @ pixels @ waves.T
    bits = (slow > np.median(slow)).ravel()
    return int(np.packbits(bits).view(">u8")[0]), True, np.asarray(grey).ravel()
