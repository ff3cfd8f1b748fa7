"""The median of numbers of which some have no end, with an interval that needs no shape.

Source: Woodruff (1952), J. Am. Stat. Assoc. 47, 635-646: the limits of a share, turned round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from auditkit.perturbation import Found, Rows
from auditkit.statistics import Limits

Floats = npt.NDArray[np.floating]

_HALF = 0.5
_ROUNDING = 1e-9


def mean_count(most: int) -> Callable[[Rows, Floats], Found]:
    """What makes the mean of counts [n] from 1 to `most`, of which NaN are none; never exact, however alike."""

    def of(rows: Rows, numbers: Floats) -> Found:
        over = max(most - 1, 1)
        found = rows.share((numbers - 1) / over)
        if found.value is None or found.limits is None:
            return found
        limits = Limits(1 + over * float(found.limits.low), 1 + over * float(found.limits.high))
        return replace(found, value=1 + over * found.value, limits=limits)

    return of


def median_up_to(ceiling: float) -> Callable[[Rows, Floats], Found]:
    """What makes the median of numbers [n] of which NaN are none, and none is below 0 or above `ceiling`."""

    def of(rows: Rows, numbers: Floats) -> Found:
        return _median(rows, numbers, ceiling)

    return of


def _median(rows: Rows, numbers: Floats, ceiling: float) -> Found:
    known = np.isfinite(numbers)
    points = np.unique(numbers[known])

    def below(point: float) -> Found:
        return rows.share(np.where(known, numbers <= point, np.nan))

    whole = below(ceiling)
    if whole.value is None:
        return whole
    value = _first(points, lambda point: (below(point).value or 0.0) >= _HALF - _ROUNDING, ceiling)
    low = _first(points, lambda point: _end(below(point), "high") >= _HALF, ceiling)
    if _end(rows.share(np.where(known, 0.0, np.nan)), "high") >= _HALF:
        low = 0.0  # of so few that half of all may lie below each of them
    high = _first(points, lambda point: _end(below(point), "low") >= _HALF, ceiling)
    limits = Limits(min(low, value), max(high, value))
    return Found(value, whole.n, limits, "woodruff, wilson limits of the share below", whole.people)


def _end(found: Found, end: str) -> float:
    return (found.value or 0.0) if found.limits is None else float(getattr(found.limits, end))


def _first(points: Floats, holds: Callable[[float], bool], otherwise: float) -> float:
    """The smallest point for which something holds that holds for all larger ones."""
    low, high = 0, len(points)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(float(points[middle])) else (middle + 1, high)
    return float(points[low]) if low < len(points) else otherwise
