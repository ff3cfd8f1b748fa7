"""How far groups lie apart: the widest difference and the smallest ratio, with intervals that hold for all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Shares
from auditkit.statistics.intervals import Limits, newcombe, share_ratio

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Gap:
    """The distance between the two groups that lie furthest apart."""

    value: float
    low: float
    high: float
    lowest: int
    """The place of the group with the smallest share."""
    highest: int
    """The place of the group with the largest share."""


def widest_difference(shares: Shares, *, level: float = 0.95, families: int = 1) -> Gap:
    """The largest share less the smallest.

    Every pair of groups gets Newcombe's interval at Bonferroni's level, so whichever pair happens to lie furthest
    apart, the interval holds; a percentile bootstrap of a maximum does not. Needs two groups with rows.

    Args:
        shares: of the groups that take part.
        level: the confidence of the whole family.
        families: over how many rates of these groups the family runs (equalized odds: 2).
    """
    low, high = difference_limits(shares.value, shares.size, level=level, families=families)
    lowest, highest = int(np.argmin(shares.value)), int(np.argmax(shares.value))
    value = float(shares.value[highest] - shares.value[lowest])
    return Gap(value, min(float(low), value), max(float(high), value), lowest, highest)


def difference_limits(value: Floats, size: Floats, *, level: float = 0.95, families: int = 1) -> Limits:
    """The interval of the widest difference, for shares [..., groups] with sizes that broadcast against them."""
    first, second = _pairs(value.shape[-1])
    size = np.broadcast_to(size, value.shape)
    count = value * size
    low, high = newcombe(
        count[..., first],
        size[..., first],
        count[..., second],
        size[..., second],
        level,
        comparisons=len(first) * families,
    )
    # The true gap is at least the low end of any pair, and at most the largest high end, in either direction.
    return Limits(np.maximum(np.maximum(low, -high).max(axis=-1), 0), np.maximum(high, -low).max(axis=-1))


def smallest_ratio(shares: Shares, *, level: float = 0.95) -> Gap:
    """The smallest share over the largest, with an interval that holds for all pairs at once.

    Needs two groups with rows, and one share above 0.
    """
    first, second = _pairs(len(shares.value))
    count = shares.value * shares.size
    forward = (count[first], shares.size[first], count[second], shares.size[second])
    backward = (*forward[2:], *forward[:2])
    ends = [share_ratio(*pair, level, comparisons=len(first)) for pair in (forward, backward)]
    lowest, highest = int(np.argmin(shares.value)), int(np.argmax(shares.value))
    value = float(shares.value[lowest] / shares.value[highest])
    low, high = (min(float(np.min(part)) for part in parts) for parts in zip(*ends, strict=True))
    return Gap(value, min(low, value), max(min(high, 1.0), value), lowest, highest)


def larger(first: Gap, second: Gap) -> Gap:
    """The larger of two gaps, whose intervals were made as one family."""
    wider = first if first.value >= second.value else second
    low, high = max(first.low, second.low), max(first.high, second.high)
    return Gap(wider.value, low, high, wider.lowest, wider.highest)


def _pairs(groups: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    first, second = np.triu_indices(groups, k=1)
    return first, second
