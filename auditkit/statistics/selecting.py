"""The median of more numbers than are looked at once, exactly: by going through them a few times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_BITS = 16
_FEW = 1 << 20
"""So many numbers are sorted at once."""


def streamed_median(pieces: Callable[[], Iterable[Floats]]) -> float:
    """What `numpy.median` says of all pieces together; NaN of none.

    It goes through them once to count by the first 16 bits, and again for those among which the median lies: in
    memory are a million numbers at most.

    Args:
        pieces: gives the numbers, none of them NaN: some at a time, the same ones whenever it is called.
    """
    count = sum(len(piece) for piece in pieces())
    if count == 0:
        return float("nan")
    lower = _smallest(pieces, (count - 1) // 2)
    upper = lower if count % 2 else _smallest(pieces, count // 2)
    return float(np.mean([lower, upper]))


def _smallest(pieces: Callable[[], Iterable[Floats]], place: int) -> float:
    """The number at a place, from 0, of all in order: radix selection over their bits, the highest first."""
    prefix = 0
    for done in range(0, 64, _BITS):
        shift = 64 - _BITS - done
        counts = np.zeros(1 << _BITS, dtype=np.int64)
        for piece in pieces():
            inside = _under(_ordered(piece), prefix, done)
            digits = (inside >> np.uint64(shift)) & np.uint64((1 << _BITS) - 1)
            counts += np.bincount(digits.astype(np.int64), minlength=1 << _BITS)
        digit = int(np.searchsorted(np.cumsum(counts), place, side="right"))
        place -= int(counts[:digit].sum())
        prefix = (prefix << _BITS) | digit
        if counts[digit] <= _FEW:
            found = np.concatenate([_under(_ordered(piece), prefix, done + _BITS) for piece in pieces()])
            return _number(np.partition(found, place)[place])
    return _number(np.uint64(prefix))


def _under(bits: npt.NDArray[np.uint64], prefix: int, length: int) -> npt.NDArray[np.uint64]:
    """Those that begin with a prefix of so many bits."""
    return bits if length == 0 else bits[bits >> np.uint64(64 - length) == np.uint64(prefix)]


_SIGN = np.uint64(1 << 63)


def _ordered(numbers: Floats) -> npt.NDArray[np.uint64]:
    """Whole numbers in the order of the floats."""
    bits = np.ascontiguousarray(numbers, dtype=np.float64).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _number(ordered: Any) -> float:
    bits = np.array([ordered], dtype=np.uint64)
    return float(np.where(bits & _SIGN, bits & ~_SIGN, ~bits).view(np.float64)[0])
