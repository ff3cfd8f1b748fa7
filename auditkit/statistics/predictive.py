"""Predicted distributions of a number, normal ones above all, held against what came true.

Sources: Gneiting, Balabdaoui and Raftery (2007), J. R. Stat. Soc. B 69, 243-268 (the probability integral transform,
and sharpness subject to calibration); Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102, 359-378 (CRPS, interval
score); Massart (1990), Ann. Probab. 18, 1269-1283 (the band of Dvoretzky, Kiefer and Wolfowitz).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_LEVELS = 100


@dataclass(frozen=True)
class Departure:
    """How far a distribution is from the one that it should be, between 0 and 1."""

    value: float
    low: float
    high: float


def normal_pit(values: Floats, spread: Floats, truth: Floats) -> Floats:
    """[n]: the share of each row's normal distribution that lies below the truth.

    At a spread of 0 it is 0 or 1, and one half where the truth is met exactly.

    Args:
        values: [n], the means.
        spread: [n], the standard deviations.
        truth: [n], what came true.
    """
    from scipy import special

    error = truth - values
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, error / spread, np.sign(error) * np.inf)
    return np.asarray(special.ndtr(np.where(np.isnan(z), 0.0, z)))


def normal_crps(values: Floats, spread: Floats, truth: Floats) -> Floats:
    """[n]: the continuous ranked probability score of each normal distribution, in the unit of the values.

    With z = (truth - mean) / spread it is spread (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)); at a spread of 0 the
    error.
    """
    from scipy import special

    error = np.asarray(truth - values, dtype=float)
    known = spread > 0
    scale = np.where(known, spread, 1.0)
    z = error / scale
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    score = scale * (z * (2 * special.ndtr(z) - 1) + 2 * density - 1 / math.sqrt(math.pi))
    return np.where(known, score, np.abs(error))


def interval_score(low: Floats, high: Floats, truth: Floats, alpha: float) -> Floats:
    """[n]: the width of each central interval of 1 - alpha, and 2 / alpha times how far the truth lies outside."""
    outside = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return np.asarray(high - low + 2 / alpha * outside)


def pit_distance(
    pit: Floats, *, level: float = 0.95, weights: Floats | None = None, units: Integers | None = None
) -> Departure:
    """The largest distance between the distribution of the transforms [n] and the uniform one (Kolmogorov).

    The interval is the distance, give or take the band of Dvoretzky, Kiefer and Wolfowitz at the number of units of
    equal weight: by the triangle inequality the truth is no further off.
    """
    values, shares = _sorted(pit, weights)
    after = np.cumsum(shares)
    value = float(np.max(np.maximum(after - values, values - (after - shares))))
    return _within_band(value, _size(_shares_of(pit, weights), units), level)


def interval_calibration_error(
    pit: Floats, *, level: float = 0.95, weights: Floats | None = None, units: Integers | None = None
) -> Departure:
    """The mean distance between what central intervals promise and hold, over 100 promises from 0 to 1.

    As uncertainty-toolbox's mean absolute calibration error. The interval is made of the same band.
    """
    promised = np.linspace(0, 1, _LEVELS)
    values, shares = _sorted(np.abs(2 * pit - 1), weights)
    held = np.concatenate([[0.0], np.cumsum(shares)])[np.searchsorted(values, promised, side="right")]
    value = float(np.mean(np.abs(held - promised)))
    return _within_band(value, _size(_shares_of(pit, weights), units), level)


def held_by(pit: Floats, promised: Floats, *, weights: Floats | None = None) -> Floats:
    """The share of rows whose truth lies in its central interval, for each promise."""
    values, shares = _sorted(np.abs(2 * pit - 1), weights)
    return np.asarray(np.concatenate([[0.0], np.cumsum(shares)])[np.searchsorted(values, promised, side="right")])


def _shares_of(pit: Floats, weights: Floats | None) -> Floats:
    """[n], how much each row counts; they sum to 1."""
    mass = np.ones(len(pit)) if weights is None else np.asarray(weights, dtype=float)
    return np.asarray(mass / mass.sum())


def _sorted(values: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """The values that differ, rising, and the share of each: rows with the same one enter together."""
    found, places = np.unique(values, return_inverse=True)
    return found, np.asarray(np.bincount(places, _shares_of(values, weights), len(found)), dtype=float)


def _size(shares: Floats, units: Integers | None) -> float:
    if units is not None:
        _, places = np.unique(own_units(units), return_inverse=True)
        shares = np.asarray(np.bincount(places, shares), dtype=float)
    return 1 / float(np.dot(shares, shares))


def _within_band(value: float, size: float, level: float) -> Departure:
    half = math.sqrt(math.log(2 / (1 - level)) / (2 * size))
    return Departure(value, max(value - half, 0.0), min(value + half, 1.0))
