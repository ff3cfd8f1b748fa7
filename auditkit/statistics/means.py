"""The mean of per-row scores, such as losses, with an interval by the central limit theorem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units
from auditkit.statistics.intervals import Limits

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Mean:
    """A mean over rows."""

    value: float
    n: int
    limits: Limits | None
    """None when the rows do not differ, or are one: then nothing is known about how much they could; or when they are
    too few for an interval that holds what it promises."""


def mean(
    scores: Floats, *, level: float = 0.95, weights: Floats | None = None, units: Integers | None = None
) -> Mean | None:
    """The mean of `scores` [n], with Student's interval over units; None when there are no rows.

    Weights and units enter as in a ratio of totals over units (Taylor linearisation); without them it is the
    ordinary interval of a mean.
    """
    from scipy import special

    mass = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=float)
    n = int(np.count_nonzero(mass))
    if n == 0:
        return None
    value = float(np.dot(mass, scores) / mass.sum())
    influence = (mass * (scores - value))[mass > 0]
    if units is not None:
        _, places = np.unique(own_units(units[mass > 0]), return_inverse=True)
        influence = np.bincount(places, weights=influence)
    count = len(influence)
    squares = float(np.dot(influence, influence))
    if count == 1 or squares <= (1e-12 * value * mass.sum()) ** 2:
        return Mean(value, n, None)
    error = np.sqrt(squares * count / (count - 1)) / mass.sum()
    half = float(special.stdtrit(count - 1, (1 + level) / 2) * error)
    return Mean(value, n, Limits(value - half, value + half))
