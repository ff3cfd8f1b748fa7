"""Notes that nobody wrote: words of other notes, each drawn by itself, so that none has a sense."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_WORDS = 3
_DISTINCT = 0.5
_LOOKED_AT = 20_000


def is_prose(cells: npt.NDArray[np.object_]) -> bool:
    """Whether a column holds texts: mostly several words, and mostly different ones."""
    texts = [cell for cell in cells[:_LOOKED_AT] if isinstance(cell, str)]
    if not texts:
        return False
    several = sum(len(_parts(text)[0]) >= _WORDS for text in texts)
    return several > len(texts) / 2 and len(set(texts)) >= _DISTINCT * len(texts)


def nonsense(cells: npt.NDArray[np.object_], count: int, rng: np.random.Generator) -> list[str]:
    """So many notes of words (of texts without spaces: characters) drawn from all notes, as long as one of them."""
    texts = [cell for cell in cells[:_LOOKED_AT] if isinstance(cell, str) and cell.strip()]
    parts, between = [], " "
    for text in texts:
        found, between = _parts(text)
        parts.append(found)
    words = sorted({word for found in parts for word in found})
    lengths = rng.integers(len(parts), size=count)
    # Each word as likely as any other: rare ones are what a note is remembered by.
    return [between.join(words[place] for place in rng.integers(len(words), size=len(parts[one]))) for one in lengths]


def _parts(text: str) -> tuple[list[str], str]:
    words = text.split()
    return (words, " ") if len(words) >= _WORDS or len(text) < 3 * _WORDS else (list("".join(words)), "")
