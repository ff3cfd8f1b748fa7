"""Texts in which entities are found: a blank stands in a word's place, so that all others stay where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit_explainability.pieces.words import Span, Words, words_in

Flags = npt.NDArray[np.bool_]

BLANK = "_"


@dataclass(frozen=True)
class Blanks(Words):
    """The words of texts; one that is taken out gives way to a blank and as many spaces as it had characters more."""

    removal = "a blank stands in a word's place"

    def _left(self, row: int, gone: Flags) -> str:
        text, parts, at = self.texts[row], [], 0
        for piece, is_gone in zip(self.spans[row], gone.tolist(), strict=True):
            for start, end in piece if is_gone else ():
                parts += [text[at:start], BLANK.ljust(end - start)]
                at = end
        return "".join([*parts, text[at:]])


def words_of(pieces: Any, row: int, place: Span) -> list[Span]:
    """From where to where each word of an entity goes, in the row's text; of one without a word, all of it.

    Args:
        pieces: the `Blanks` of a case.
        row: which.
        place: from where to where the entity goes.
    """
    start, end = place
    inside = [word for word in words_in(pieces.texts[row]) if word[0] < end and start < word[1]]
    return inside or [(start, end)]
