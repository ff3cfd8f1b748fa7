"""Texts: words, and single characters where there are no spaces between words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from auditkit import Unit
from auditkit.perturbation import column_of, taken, with_column

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]
Span = tuple[int, int]

_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
_PICTOGRAPH = r"[\u2600-\u27bf\U0001f000-\U0001faff]"
_JOINED = r"[\ufe0f\u200d\U0001f3fb-\U0001f3ff]"
_WORD = re.compile(
    rf"{_HAN}|{_PICTOGRAPH}(?:{_JOINED}+{_PICTOGRAPH}?)*|(?:(?!{_HAN})\w)+(?:['\u2019.,-](?:(?!{_HAN})\w)+)*"
)
"""A Han character by itself, as BERT's tokenizers take it; a pictograph, with what is joined to it, such as a colour of
the skin; else letters and digits, with what joins them."""
_SPACES = re.compile(r"[ \t]{2,}")
NOTHING = "."
"""In the place of a text of which nothing is left: not every model takes an empty one."""


@dataclass(frozen=True)
class Words:
    """The words of texts; of a long text runs of words, all about as long."""

    inputs: Any
    column: str
    texts: tuple[str, ...]
    spans: tuple[tuple[tuple[Span, ...], ...], ...]
    """[n][p]: of each piece its words, from where to where in the text."""

    kind = "words"
    removal = "words are left out"
    keeps_places = False

    @classmethod
    def of(cls, inputs: Any, column: str, most: int) -> Self:
        """Of a column of texts; one that is missing has no words, and stays missing whatever is taken out."""
        texts = tuple(cell if isinstance(cell, str) else "" for cell in column_of(inputs, column))
        return cls(inputs, column, texts, tuple(_runs(words_in(text), most) for text in texts))

    @property
    def names(self) -> Sequence[Sequence[str]]:
        """[n][p]: the words, of a run all of it."""
        return [
            [text[piece[0][0] : piece[-1][1]] for piece in pieces]
            for text, pieces in zip(self.texts, self.spans, strict=True)
        ]

    def without(self, rows: Integers, gone: Sequence[Flags]) -> Any:
        """The texts without some of their words, and without the spaces that these leave behind."""
        cells = column_of(self.inputs, self.column)
        made = [
            self._left(int(row), flags) if isinstance(cells[int(row)], str) else cells[int(row)]
            for row, flags in zip(rows, gone, strict=True)
        ]
        return with_column(taken(self.inputs, np.asarray(rows)), self.column, made)

    def of_units(self, row: int, units: Sequence[Unit | None]) -> Integers:
        """[u]: the piece in which a token begins; a token between words belongs to none."""
        owner = np.full(len(self.texts[row]) + 1, -1, dtype=np.int64)
        for place, piece in enumerate(self.spans[row]):
            for start, end in piece:
                owner[start:end] = place
        found = np.full(len(units), -1, dtype=np.int64)
        for place, unit in enumerate(units):
            if unit is not None and unit.start is not None and unit.end is not None:
                inside = owner[unit.start : unit.end]
                # Byte-level tokens take the space before a word with them.
                found[place] = next((one for one in inside.tolist() if one >= 0), -1)
        return found

    def _left(self, row: int, gone: Flags) -> str:
        text, parts, at = self.texts[row], [], 0
        for piece, is_gone in zip(self.spans[row], gone.tolist(), strict=True):
            if is_gone:
                for start, end in piece:
                    parts.append(text[at:start])
                    at = end
        left = _SPACES.sub(" ", "".join([*parts, text[at:]])).strip() if parts or at else text
        return left or NOTHING


def words_in(text: str) -> list[Span]:
    """From where to where each word of a text goes."""
    return [found.span() for found in _WORD.finditer(text)]


def _runs(words: list[Span], most: int) -> tuple[tuple[Span, ...], ...]:
    """As many pieces as words, or `most` of them."""
    if len(words) <= most:
        return tuple((word,) for word in words)
    ends = np.linspace(0, len(words), most + 1).round().astype(int)
    return tuple(tuple(words[start:end]) for start, end in itertools.pairwise(ends))
