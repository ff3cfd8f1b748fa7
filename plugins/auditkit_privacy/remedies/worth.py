"""What answers are worth to who uses them: how often they are right, their log loss, and how far off they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics import count_pairs, critical_value, mean, own_units, paired_difference, wilson

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

BINS = 15
DRAWS = 1_000
_BLOCK = 250


@dataclass(frozen=True)
class Worth:
    """A number with its interval; without one where the rows say nothing of how much it could vary."""

    value: float
    limits: tuple[float, float] | None
    method: str


def share_right(right: Floats, units: Integers | None, level: float) -> Worth:
    """The share of rows [n] that are right."""
    if units is None:
        low, high = wilson(int(right.sum()), len(right), level=level)
        return Worth(float(right.mean()), (float(low), float(high)), "wilson")
    found = average(right, units, level)
    if found.limits is None:
        return found
    return Worth(found.value, (max(found.limits[0], 0.0), min(found.limits[1], 1.0)), found.method)


def change_of_share(right: Floats, before: Floats, units: Integers | None, level: float) -> Worth:
    """How much larger one share is than another of the same rows, [n] each."""
    if units is not None and not np.array_equal(right, before):
        return average(right - before, units, level)
    pairs = count_pairs(right.astype(bool), before.astype(bool))
    limits = paired_difference(pairs, level)
    return Worth(float(right.mean() - before.mean()), (float(limits.low), float(limits.high)), "newcombe, paired")


def average(numbers: Floats, units: Integers | None, level: float) -> Worth:
    """The mean of [n] numbers; without an interval where they do not differ."""
    found = mean(numbers, level=level, units=units)
    assert found is not None  # noqa: S101  there are rows
    limits = None if found.limits is None else (float(found.limits.low), float(found.limits.high))
    return Worth(found.value, limits, "student, mean over rows" if units is None else "student, mean over units")


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
