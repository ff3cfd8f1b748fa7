"""How closely an answer follows a text: the edits between them, and the longest run that they share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt

NEAR = 0.1
"""The largest part of a text's letters that an answer may change and still give the text away."""

_ROOM = 20_000
"""Characters of an answer that are looked at."""
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff]|[^\W_]+")
"""A Chinese or Japanese character is a word by itself."""


def spaced(text: str) -> str:
    """A text with one space wherever it has any."""
    return " ".join(text.split())


def letters_of(text: str) -> str:
    """A text without its spaces, and as Unicode's NFKC writes it: servers trim, join, and write signs in other ways."""
    whole = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in whole if not sign.isspace() and unicodedata.category(sign) != "Cf")


def distance(text: str, answer: str) -> float:
    """The fewest edits that make a part of an answer the text, by the text's length: 0 is word for word.

    An edit adds, drops or changes a letter (Levenshtein 1966, Sov. Phys. Dokl. 10, 707-710); the answer may say
    something before the text, such as "Sure, here it is:", and behind it (Sellers 1980, J. Algorithms 1, 359-373).
    Spaces, and other ways of writing the same sign, are no difference. At most 1.
    """
    wanted, given = letters_of(text), letters_of(answer[:_ROOM])
    if not wanted:
        return 0.0
    *_, row = _edits(wanted, given)
    return float(row.min()) / len(wanted)


def part_at_end(text: str, answer: str) -> int:
    """Letters of the longest beginning of a text that an answer ends in, nine tenths of them the same; 0: of none."""
    wanted, given = letters_of(text), letters_of(answer)[-2 * len(text) :]
    ends = [count for count, row in enumerate(_edits(wanted, given), start=1) if row[-1] <= NEAR * count]
    return max(ends, default=0)


def _edits(wanted: str, given: str) -> Iterator[npt.NDArray[np.int64]]:
    """[given + 1] of each beginning of what is wanted: the fewest edits that make it what ends at each place."""
    letters = np.array([ord(letter) for letter in given], dtype=np.int64)
    places = np.arange(len(given) + 1)
    row = np.zeros_like(places)  # it may begin anywhere
    for count, letter in enumerate(wanted, start=1):
        # A letter dropped or changed first; then those added, each one edit more than the place before it.
        made = np.concatenate([[count], np.minimum(row[1:] + 1, row[:-1] + (letters != ord(letter)))])
        row = np.minimum.accumulate(made - places) + places
        yield row


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
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
