"""How much nearer to the training its own rows lie than others do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics import Limits, combined, mean
from auditkit_privacy.people.sides import Sides

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Besides:
    """The mean distance of members by that of others."""

    value: float
    low: float
    high: float
    n: int
    """Rows of the smaller side."""


def distance_ratio(scores: Sides, units: Sides | None, level: float) -> Besides | None:
    """Of distances with their sign turned, NaN where nothing is said; None: a side varies by nothing, or is empty.

    The interval puts together Student's of the logs of the two means: Zou and Donner (2008), Stat. Med. 27, 1693-1702.

    Args:
        scores: see `nearness.fit_nearest`.
        units: whose row it is, -1 of nobody known; None: rows stand alone.
        level: the interval's confidence.
    """
    found, sizes = [], []
    for side in ("inside", "outside"):
        said = getattr(scores, side)
        kept = np.isfinite(said)
        theirs = None if units is None else getattr(units, side)[kept]
        one = mean(-said[kept], level=level, units=theirs) if kept.any() else None
        if one is None or one.limits is None or one.limits.low <= 0:
            return None
        found.append((one.value, float(one.limits.low), float(one.limits.high)))
        sizes.append(one.n)
    values, lows, highs = (np.log(numbers) for numbers in zip(*found, strict=True))
    limits = combined(values, Limits(lows, highs), (1, -1))
    value = float(np.exp(values[0] - values[1]))
    return Besides(value, float(np.exp(limits.low)), float(np.exp(limits.high)), min(sizes))
