"""Typing errors: a neighbouring key, two letters swapped, one dropped, one typed twice."""

from __future__ import annotations

import numpy as np

ROWS = ("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
"""A US keyboard, row by row; each row lies about half a key further to the right than the one above."""


def _near() -> dict[str, str]:
    """Each letter -> the letters on the keys around it."""
    places = {key: (row, column + 0.5 * row) for row, keys in enumerate(ROWS) for column, key in enumerate(keys)}
    return {
        key: "".join(
            other
            for other, (line, column) in places.items()
            if other.isalpha() and other != key and abs(line - row) <= 1 and abs(column - place) <= 1
        )
        for key, (row, place) in places.items()
        if key.isalpha()
    }


NEAR = _near()


def chosen(places: list[int], share: float, rng: np.random.Generator) -> list[int]:
    """So large a share of some places, at least one, in order; none where there are none."""
    if not places:
        return []
    count = max(1, round(share * len(places)))
    return sorted(rng.choice(places, size=min(count, len(places)), replace=False).tolist())


def neighbours(text: str, share: float, rng: np.random.Generator) -> str:
    """Some letters become one of a key beside theirs."""
    found = list(text)
    for place in chosen([place for place, one in enumerate(text) if one.lower() in NEAR], share, rng):
        near = NEAR[text[place].lower()]
        other = near[int(rng.integers(len(near)))]
        found[place] = other.upper() if text[place].isupper() else other
    return "".join(found)


def swapped(text: str, share: float, rng: np.random.Generator) -> str:
    """Some letters, or Chinese characters, change places with the next one of their word."""
    found = list(text)
    pairs = [
        place for place in range(len(text) - 1)
        if text[place].isalpha() and text[place + 1].isalpha() and text[place] != text[place + 1]
    ]  # fmt: skip
    last = -2
    for place in chosen(pairs, share, rng):
        if place > last + 1:  # one letter moves once
            found[place], found[place + 1] = found[place + 1], found[place]
            last = place
    return "".join(found)


def dropped(text: str, share: float, rng: np.random.Generator) -> str:
    """Some letters are missing; of a text of one letter none."""
    letters = [place for place, one in enumerate(text) if one.isalpha()]
    gone = set(chosen(letters, share, rng)) if len(letters) > 1 else set()
    return "".join(one for place, one in enumerate(text) if place not in gone)


def doubled(text: str, share: float, rng: np.random.Generator) -> str:
    """Some letters are typed twice."""
    twice = set(chosen([place for place, one in enumerate(text) if one.isalpha()], share, rng))
    return "".join(one * 2 if place in twice else one for place, one in enumerate(text))
