"""Which words of texts may be told: those that so many people's texts hold, and that are no numbers and no names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from auditkit.segments import PEOPLE, People

_MOSTLY = 0.5
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_ENDS = ".!?:\n\u3002\uff01\uff1f"


def plain(word: str) -> str:
    """A word as it is counted: in small letters."""
    return word.casefold()


def tellable(texts: Sequence[str], names: Sequence[Sequence[str]], people: People, *, least: int) -> list[str]:
    """Words, in small letters, that may be told, the commonest first.

    No word with a digit, and none that is mostly written with a capital where no sentence begins, as names are; one of
    capitals alone, as abbreviations are, is none of these. A word that fewer people's texts hold is told of nobody.

    Args:
        texts: [n].
        names: [n][p], the words of each.
        people: whose texts they are.
        least: how many people must have it, and at least ten.
    """
    holders: dict[str, set[int]] = defaultdict(set)
    seen: dict[str, int] = defaultdict(int)
    capital: dict[str, int] = defaultdict(int)
    for row, (text, words) in enumerate(zip(texts, names, strict=True)):
        if people.weights[row] <= 0:
            continue
        at = 0
        for word in words:
            start = text.find(word, at)
            at = max(at, start + len(word))
            key = plain(word)
            holders[key].add(int(people.units[row]))
            is_capital = word[:1].isupper() and not word.isupper()
            if not (is_capital and begins(text, start)):
                seen[key] += 1
                capital[key] += is_capital
    common = {word: len(whose) for word, whose in holders.items() if len(whose) >= max(least, PEOPLE)}
    kept = [word for word in common if _is_word(word) and capital[word] <= _MOSTLY * seen[word]]
    # A word that only ever begins sentences with a capital may be a name: nothing is known of how it is written else.
    return sorted((word for word in kept if seen[word] or _HAN.match(word)), key=lambda word: (-common[word], word))


def begins(text: str, start: int) -> bool:
    """Whether a sentence begins here, so that a capital says nothing."""
    before = text[:start].rstrip(" \t\"'(\u201c\u2018")
    return not before or before[-1] in _ENDS


def _is_word(word: str) -> bool:
    return bool(word) and not any(letter.isdigit() for letter in word)


def holding(names: Sequence[Sequence[str]], word: str) -> list[npt.NDArray[np.bool_]]:
    """[n][p]: which words of each text are this one."""
    return [np.array([plain(one) == word for one in words], dtype=bool) for words in names]
