"""Intervals for sums and differences of numbers that have intervals of their own: the method of variance estimates.

Source: Zou and Donner (2008), Stat. Med. 27, 1693-1702 (MOVER); of two shares with Wilson's limits it is Newcombe's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from auditkit.statistics.gaps import Gap
from auditkit.statistics.intervals import Limits

Floats = npt.NDArray[np.floating]


def combined(value: Floats, limits: Limits, weights: npt.ArrayLike) -> Limits:
    """The interval of `sum(weights * value)` over the last axis, of independent numbers.

    Args:
        value: [..., k].
        limits: [..., k] each, of the numbers.
        weights: [k], or of the shape of the numbers; negative for what is taken away.
    """
    parts = np.asarray(weights, dtype=float)
    total = (parts * value).sum(axis=-1)
    below, above = value - limits.low, limits.high - value
    down = np.where(parts >= 0, below, above) * parts
    up = np.where(parts >= 0, above, below) * parts
    low = total - np.sqrt(np.square(down).sum(axis=-1))
    high = total + np.sqrt(np.square(up).sum(axis=-1))
    return Limits(low[()], high[()])


def widest_between(
    value: Floats,
    limits: Limits,
    *,
    largest: Callable[[Floats], float] | None = None,
    correlation: Floats | None = None,
) -> Gap:
    """The largest of several numbers less the smallest; needs two.

    The interval holds when those of the numbers were made for all pairs at once: `critical_value(level, comparisons)`.

    Args:
        value: [groups], finite.
        limits: [groups] each.
        largest: from how far apart each pair is at least, [pairs] as `numpy.triu_indices` has them, the largest of
            these to be believed; None: the largest of all.
        correlation: [groups, groups], of the numbers, as where the same people are behind all; None: of 0. Source: Zou
            (2007), Psychol. Methods 12, 399-413.
    """
    first, second = np.triu_indices(len(value), k=1)
    distance = value[first] - value[second]
    below, above = value - limits.low, limits.high - value
    together = np.zeros(len(first)) if correlation is None else correlation[first, second]
    low = distance - _third_side(below[first], above[second], together)
    high = distance + _third_side(above[first], below[second], together)
    lowest, highest = int(np.argmin(value)), int(np.argmax(value))
    gap = float(value[highest] - value[lowest])
    claims = np.maximum(low, -high)
    apart = max(float(claims.max() if largest is None else largest(claims)), 0.0)
    return Gap(gap, min(apart, gap), max(float(np.maximum(high, -low).max()), gap), lowest, highest)


def _third_side(one: Floats, other: Floats, correlation: Floats) -> Floats:
    """How far the difference of two numbers reaches that reach so far each; of no correlation, the hypotenuse."""
    return np.asarray(np.sqrt(np.maximum(one**2 + other**2 - 2 * correlation * one * other, 0.0)))
