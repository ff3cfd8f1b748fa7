"""Words that a report tells, kept as numbers a row: for a replay has no inputs to read them from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case

LONGEST = 120
"""Characters of one text."""
_BITS, _PACKED = 21, 3
"""A character has 21 bits, and an integer holds three."""
_MASK = (1 << _BITS) - 1


def spelled(text: str, rows: int, *, longest: int = LONGEST) -> npt.NDArray[np.int64]:
    """[rows]: the characters of a text, three a number; what is longer is cut, and 0 fills up the rest."""
    points = [ord(one) for one in text[: min(longest, rows * _PACKED)]]
    found = np.zeros(rows, dtype=np.int64)
    for place, point in enumerate(points):
        found[place // _PACKED] |= point << (_BITS * (place % _PACKED))
    return found


def read_spelled(numbers: npt.NDArray[np.integer]) -> str:
    """The text that was spelled so."""
    points = [int(one) >> (_BITS * part) & _MASK for one in numbers for part in range(_PACKED)]
    return "".join(chr(point) for point in points if point)


def told_words(case: Case[Any], function: Callable[..., Any], count: int, **about: Any) -> list[str]:
    """Texts of which `function(case, place=..., **about)` spells one each."""
    return [read_spelled(np.asarray(case.compute(function, place=place, **about))) for place in range(count)]
