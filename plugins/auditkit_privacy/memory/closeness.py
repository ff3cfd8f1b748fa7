"""How closely an answer follows a text: the edits between them, and the longest run that they share."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

import numpy as np

NEAR = 0.1
"""The largest part of a text's letters that an answer may change and still give the text away."""

_ROOM = 20_000
"""Characters of an answer that are looked at."""
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff]|[^\W_]+")
"""A Chinese or Japanese character is a word by itself."""


def spaced(text: str) -> str:
    """A text with one space wherever it has any."""
    return " ".join(text.split())


def distance(text: str, answer: str) -> float:
    """The fewest edits that make a part of an answer the text, by the text's length: 0 is word for word.

    An edit adds, drops or changes a character (Levenshtein 1966, Sov. Phys. Dokl. 10, 707-710); the answer may say
    something before the text, such as "Sure, here it is:", and behind it (Sellers 1980, J. Algorithms 1, 359-373). How
    wide spaces are is no difference. At most 1.
    """
    wanted, given = spaced(text), spaced(answer)[:_ROOM]
    if not wanted:
        return 0.0
    letters = np.array([ord(letter) for letter in given], dtype=np.int64)
    places = np.arange(len(given) + 1)
    row = np.zeros_like(places)  # it may begin anywhere
    for count, letter in enumerate(wanted, start=1):
        # A letter dropped or changed first; then those added, each one edit more than the place before it.
        made = np.concatenate([[count], np.minimum(row[1:] + 1, row[:-1] + (letters != ord(letter)))])
        row = np.minimum.accumulate(made - places) + places
    return float(row.min()) / len(wanted)


def longest_run(text: str, answer: str, *, beside: str = "") -> int:
    """Words of the longest run that a text and an answer share, and that `beside`, what was asked, does not hold."""
    wanted, given, asked = (_words(one) for one in (text, answer, beside))
    matcher = SequenceMatcher(None, wanted, given, autojunk=False)
    joined = f" {' '.join(asked)} "
    lengths = [
        match.size
        for match in matcher.get_matching_blocks()
        if match.size and f" {' '.join(wanted[match.a : match.a + match.size])} " not in joined
    ]
    return max(lengths, default=0)


def words_in(text: str) -> int:
    """How many words a text has, as `longest_run` counts them."""
    return len(_words(text))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
