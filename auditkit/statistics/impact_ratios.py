"""Impact ratios: each group's share over the largest one, with intervals that hold whichever group truly has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Shares
from auditkit.statistics.gaps import short_of_one
from auditkit.statistics.intervals import Limits, share_ratio

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class ImpactRatios:
    """Each group against the one with the largest share, [groups] each."""

    highest: int
    """The place of the largest share; of equal ones that of the most rows, and the first of those."""
    ratio: Floats
    """1 of the highest itself."""
    limits: Limits
    """Of all ratios at once. Of the highest too: another group's true share may be the largest."""


def impact_ratios(shares: Shares, *, level: float = 0.95) -> ImpactRatios | None:
    """Every share over the largest of them; None when all are 0.

    A true ratio is the least of the group's ratios to any group, itself among them. So its limits are the least of the
    limits of these ratios (Donner and Zou's, at Bonferroni's level for all pairs, short of 1 only where Fisher's test
    agrees), and hold whichever group is truly
    the highest: to be found the highest in a sample is no knowledge of that.

    Args:
        shares: of the groups that are compared, each with rows.
        level: the confidence of the whole family.
    """
    groups = len(shares.value)
    highest = int(np.lexsort((-np.arange(groups), shares.n, shares.value))[-1])
    if shares.value[highest] == 0:
        return None
    ratio = shares.value / shares.value[highest]
    limits = impact_limits(shares.value, shares.size, level=level)
    return ImpactRatios(highest, ratio, Limits(np.minimum(limits.low, ratio), np.maximum(limits.high, ratio)))


def impact_limits(value: Floats, size: Floats, *, level: float = 0.95) -> Limits:
    """The limits alone, for shares [..., groups] with sizes that broadcast against them: [..., groups]."""
    groups = value.shape[-1]
    size = np.broadcast_to(size, value.shape)
    hits = value * size
    pairs = max(groups * (groups - 1) // 2, 1)
    one, other = (hits[..., :, None], size[..., :, None]), (hits[..., None, :], size[..., None, :])
    low, high = share_ratio(*one, *other, level, comparisons=pairs)
    high = short_of_one(high, one, other, (1 - level) / pairs)
    itself = np.eye(groups, dtype=bool)
    return Limits(np.where(itself, 1.0, low).min(axis=-1), np.where(itself, 1.0, high).min(axis=-1))
