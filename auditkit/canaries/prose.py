"""Notes that nobody wrote: words of other notes, each drawn by itself, so that none has a sense."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

_WORDS = 3
_DISTINCT = 0.5
_LOOKED_AT = 20_000

_NO_WORD = re.compile(r"[\W_]+")

SPACED, UNSPACED = " ", ""
"""What stands between the parts of a text: of one without spaces they are characters."""


def is_prose(cells: npt.NDArray[np.object_]) -> bool:
    """Whether a column holds texts: mostly several words, and mostly different ones."""
    texts = [cell for cell in cells[:_LOOKED_AT] if isinstance(cell, str)]
    if not texts:
        return False
    several = sum(len(_parts(text)[0]) >= _WORDS for text in texts)
    return several > len(texts) / 2 and len(set(texts)) >= _DISTINCT * len(texts)


def nonsense(cells: npt.NDArray[np.object_], count: int, rng: np.random.Generator) -> list[str]:
    """So many notes of words (of texts without spaces: characters) drawn from all notes, as long as one of them.

    As long as one of three words or more: a single word stands in too many notes to be remembered by its label. Words
    and characters are not mixed, where some notes have spaces and others none.
    """
    texts = [_parts(cell) for cell in cells[:_LOOKED_AT] if isinstance(cell, str)]
    pools = {
        joiner: sorted({part for parts, own in texts if own == joiner for part in parts})
        for joiner in (SPACED, UNSPACED)
    }
    sizes = [(len(parts), joiner) for parts, joiner in texts if len(parts) >= _WORDS]
    # Each word as likely as any other: rare ones are what a note is remembered by.
    return [
        joiner.join(pools[joiner][place] for place in rng.integers(len(pools[joiner]), size=size))
        for size, joiner in (sizes[one] for one in rng.integers(len(sizes), size=count))
    ]


def told_apart_by(text: str) -> str:
    """A text's words without case and punctuation, in alphabetical order: the simplest models see no more of it.

    A model that takes two canaries for one cannot have learnt what the coin of each said.
    """
    words = (_NO_WORD.sub("", part.casefold()) for part in _parts(text)[0])
    return SPACED.join(sorted(filter(None, words)))


def _parts(text: str) -> tuple[list[str], str]:
    words = text.split()
    if len(words) >= _WORDS or len(text) < 3 * _WORDS:
        return words, SPACED
    return list("".join(words)), UNSPACED
