"""The mean of per-row scores, such as losses, with an interval by the central limit theorem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units
from auditkit.statistics.intervals import Limits

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_ROUNDING = 1e-12


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
    influence, heaviness = (mass * (scores - value))[mass > 0], mass[mass > 0]
    if units is not None:
        _, places = np.unique(own_units(units[mass > 0]), return_inverse=True)
        influence, heaviness = (np.bincount(places, weights=one) for one in (influence, heaviness))
    squares, freedom = sum_of_squares(influence, heaviness)
    if freedom <= _ROUNDING or squares <= (_ROUNDING * value * mass.sum()) ** 2:
        return Mean(value, n, None)
    half = float(special.stdtrit(freedom, (1 + level) / 2) * np.sqrt(squares) / mass.sum())
    return Mean(value, n, Limits(value - half, value + half))


def sum_of_squares(influence: Floats, heaviness: Floats) -> tuple[float, float]:
    """The variance of a sum of units' influences, and Student's degrees of freedom for it; of one unit 0 and 0.

    A mean lies near the units that weigh the most, and hides how far off they are: each square is divided by one less
    its unit's part of the weight, of units that weigh alike (count - 1) / count. And a few heavy units decide the
    variance, which many light ones beside them make no more certain: the freedom is Kish's number of units less one.
    Source: MacKinnon and White (1985), J. Econom. 29, 305-325, HC2.

    Args:
        influence: [units].
        heaviness: [units], how much each weighs.
    """
    if len(influence) < 2:  # noqa: PLR2004  one unit does not vary
        return 0.0, 0.0
    parts = heaviness / heaviness.sum()
    freedom = min(1 / float(np.dot(parts, parts)), len(parts)) - 1
    # Where one unit is all of the weight, to the last digit, nothing is left to divide by.
    return (float(np.sum(influence**2 / (1 - parts))), freedom) if parts.max() < 1 else (0.0, 0.0)
