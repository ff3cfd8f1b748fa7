"""How unevenly something is shared out: generalised entropy indices, and the part that lies between groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import Limits

Floats = npt.NDArray[np.floating]


def generalised_entropy(benefits: Floats, mass: npt.NDArray[Any], *, alpha: float = 2.0) -> Floats:
    """The index of benefits that occur so often; NaN where nobody has any. Of order 1 it is Theil's.

    Source: Speicher et al. (2018), doi:10.1145/3219819.3220046, equation 2.

    Args:
        benefits: [kinds], not negative.
        mass: [..., kinds], how many rows, or how much weight, has each benefit.
        alpha: the order, not 0: the larger, the more those with most count.
    """
    total = mass.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (mass * benefits).sum(axis=-1) / total
        ratio = benefits / mean[..., None]
        if alpha == 1:
            each = np.where(ratio > 0, ratio * np.log(np.where(ratio > 0, ratio, 1.0)), 0.0)
        else:
            each = (ratio**alpha - 1) / (alpha * (alpha - 1))
        index = (mass * each).sum(axis=-1) / total
    return np.asarray(np.where(mean > 0, index, np.nan))


def between_groups(means: Floats, shares: Floats) -> float:
    """The part of the index of order 2 that would be left if all within a group had its mean.

    Args:
        means: [groups], of the benefits.
        shares: [groups], of all rows; they sum to 1.
    """
    centre = float(np.dot(shares, means))
    return float(np.dot(shares, (means / centre) ** 2 - 1)) / 2


def between_groups_limits(limits: Limits, shares: Floats) -> Limits:
    """The least and the most that `between_groups` can be, for means within limits [groups] each.

    Where all limits have a value in common it can be 0, as it is between equal groups. The variance and the mean that
    it is a ratio of are bounded one by one, which can only make the interval wider.
    """
    low, high = np.maximum(limits.low, 0.0), np.maximum(limits.high, 0.0)
    ends = np.unique(np.concatenate([low, high]))
    centres = np.linspace(ends[0], ends[-1], 512)
    nearest = np.clip(centres[:, None], low, high)
    farthest = np.where(np.abs(low - centres[:, None]) > np.abs(high - centres[:, None]), low, high)
    # The variance about its mean is the least over centres; the most is had where each mean is at one of its ends.
    least = float(np.min([_spread(row, shares) for row in nearest]))
    most = float(np.max([_spread(row, shares) for row in farthest]))
    if low.max() <= high.min():
        least = 0.0
    smallest, largest = float(np.dot(shares, low)), float(np.dot(shares, high))
    return Limits(least / (2 * largest**2), most / (2 * smallest**2) if smallest > 0 else np.inf)


def _spread(means: Floats, shares: Floats) -> float:
    return float(np.dot(shares, (means - np.dot(shares, means)) ** 2))
