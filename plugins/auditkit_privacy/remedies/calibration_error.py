"""How far off the class decided for is from how often it is right: what answers cost who uses them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit.statistics import Worth, critical_value, own_units

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

BINS = 15
DRAWS = 1_000
_BLOCK = 250


def calibration_error(
    confidence: Floats, right: Floats, units: Integers | None, level: float, rng: np.random.Generator
) -> Worth:
    """The expected calibration error of the class decided for, over bins of equal width, and bounds of the true one.

    By the triangle inequality the true error is no further from the measured one than the size of the noise in the
    bins, whose quantile a multiplier bootstrap over units gives; a bin whose rows all turned out alike gets the
    scatter that so many rows cannot rule out, z^2 / n, as in Wilson's interval.
    Sources: Naeini, Cooper and Hauskrecht (2015), AAAI; Chernozhukov, Chetverikov and Kato (2013), Ann. Stat. 41.

    Args:
        confidence: [n], between 0 and 1.
        right: [n], 1 where the class decided for is the true one.
        units: [n], whose row each is, -1 of a unit of its own; None: rows stand alone.
        level: the bounds' confidence.
        rng: the multipliers'.
    """
    rows = len(right)
    place = np.searchsorted(np.arange(1, BINS) / BINS, confidence, side="right")
    owners = np.arange(rows) if units is None else np.unique(own_units(units), return_inverse=True)[1]
    count = int(owners.max()) + 1
    residuals = (right - confidence) / rows
    parts = np.bincount(owners * BINS + place, residuals, count * BINS).reshape(count, BINS)
    total = parts.sum(axis=0)
    # Centred at each unit's share of the whole, so that what is constant over units is no noise.
    sizes = np.bincount(owners, minlength=count) / rows
    centred = (parts - np.outer(sizes, total)) * np.sqrt(count / max(count - 1, 1))
    unseen = critical_value(level) * float(np.dot(sizes, sizes)) * np.bincount(place, minlength=BINS) / rows
    noise = []
    for _ in range(DRAWS // _BLOCK):
        drawn = rng.standard_normal((_BLOCK, count)) @ centred + np.outer(rng.standard_normal(_BLOCK), unseen)
        noise.append(np.abs(drawn).sum(axis=1))
    bound = float(np.quantile(np.concatenate(noise), level, method="higher"))
    value = float(np.abs(total).sum())
    return Worth(value, (max(0.0, value - bound), min(1.0, value + bound)), "noise bound, multiplier bootstrap")
