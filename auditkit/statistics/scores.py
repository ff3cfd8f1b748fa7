"""Score intervals of the ratio and the difference of two shares: the values that a score test does not reject.

They take their variance at the value that is tested, and so hold for rare hits and small groups where Wald's fail.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import Limits, Numbers, critical_value

Floats = npt.NDArray[np.floating]
Samples = tuple[Floats, Floats, Floats, Floats]
"""Hits and rows of the first sample, then of the second; all of one shape."""

_HALVINGS = 64
_POLISH = 3
_ROUNDING = 1e-15
_FAR = 60.0
"""No ratio of two shares of fewer than 10^26 rows is further from 1, on the log scale."""


def koopman(
    count_1: Numbers, n_1: Numbers, count_2: Numbers, n_2: Numbers, level: float = 0.95, *, comparisons: int = 1
) -> Limits:
    """The score interval of `(count_1 / n_1) / (count_2 / n_2)`; [0, infinity] where nothing is known of a share.

    The low end is 0 when the first share is, the high end infinite when the second is 0. Arrays broadcast; counts may
    be effective. Source: Koopman (1984), Biometrics 40, 513-517.
    """
    samples = _samples(count_1, n_1, count_2, n_2)
    hits_1, rows_1, hits_2, rows_2 = samples
    z = critical_value(level, comparisons)
    known = (rows_1 > 0) & (rows_2 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        point = np.clip(np.log(hits_1 / rows_1) - np.log(hits_2 / rows_2), -_FAR, _FAR)
        point = np.where(np.isnan(point), 0.0, point)
        low = _cross(lambda log: _ratio_score(samples, np.exp(log)) > z, np.full(point.shape, -_FAR), point)
        high = _cross(lambda log: _ratio_score(samples, np.exp(log)) > -z, point, np.full(point.shape, _FAR))
    low = np.where(known & (hits_1 > 0), np.exp(low), 0.0)
    high = np.where(known & (hits_2 > 0), np.exp(high), np.inf)
    return Limits(low[()], high[()])


def miettinen_nurminen(
    count_1: Numbers, n_1: Numbers, count_2: Numbers, n_2: Numbers, level: float = 0.95, *, comparisons: int = 1
) -> Limits:
    """The score interval of `count_1 / n_1 - count_2 / n_2`; [-1, 1] where nothing is known of a share.

    Arrays broadcast; counts may be effective. Source: Miettinen and Nurminen (1985), Stat. Med. 4, 213-226.
    """
    samples = _samples(count_1, n_1, count_2, n_2)
    hits_1, rows_1, hits_2, rows_2 = samples
    z = critical_value(level, comparisons)
    known = (rows_1 > 0) & (rows_2 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        point = np.where(known, hits_1 / rows_1 - hits_2 / rows_2, 0.0)
        low = _cross(lambda value: _difference_score(samples, value) > z, np.full(point.shape, -1.0), point)
        high = _cross(lambda value: _difference_score(samples, value) > -z, point, np.full(point.shape, 1.0))
    low, high = np.where(known, np.minimum(low, point), -1.0), np.where(known, np.maximum(high, point), 1.0)
    return Limits(low[()], high[()])


def _samples(count_1: Numbers, n_1: Numbers, count_2: Numbers, n_2: Numbers) -> Samples:
    one, rows, two, others = np.broadcast_arrays(
        *(np.asarray(part, dtype=float) for part in (count_1, n_1, count_2, n_2))
    )
    return one, rows, two, others


def _ratio_score(samples: Samples, ratio: Floats) -> Floats:
    """How many standard errors the first share lies above `ratio` times the second; falls as the ratio grows."""
    hits_1, rows_1, hits_2, rows_2 = samples
    # The likeliest second share under this ratio solves a quadratic. Source: Koopman (1984), equation 2.3.
    linear = ratio * (rows_1 + hits_2) + hits_1 + rows_2
    root = np.sqrt(np.maximum(linear**2 - 4 * (rows_1 + rows_2) * ratio * (hits_1 + hits_2), 0))
    second = np.clip(2 * (hits_1 + hits_2) / (linear + root), 0, np.minimum(1, 1 / ratio))
    first = np.clip(ratio * second, 0, 1)
    variance = first * (1 - first) / rows_1 + ratio**2 * second * (1 - second) / rows_2
    return _standardised(hits_1 / rows_1 - ratio * hits_2 / rows_2, variance)


def _difference_score(samples: Samples, difference: Floats) -> Floats:
    """How many standard errors the first share less the second lies above `difference`; falls as that grows."""
    hits_1, rows_1, hits_2, rows_2 = samples
    second = _likeliest_second(samples, difference)
    first = np.clip(second + difference, 0, 1)
    rows = rows_1 + rows_2
    variance = (first * (1 - first) / rows_1 + second * (1 - second) / rows_2) * rows / (rows - 1)
    return _standardised(hits_1 / rows_1 - hits_2 / rows_2 - difference, variance)


def _likeliest_second(samples: Samples, difference: Floats) -> Floats:
    """The second share of greatest likelihood when the first is `difference` more: the middle root of a cubic.

    Source: Miettinen and Nurminen (1985), appendix I.
    """
    hits_1, rows_1, hits_2, rows_2 = samples
    rows, hits = rows_1 + rows_2, hits_1 + hits_2
    square = (rows_1 + 2 * rows_2) * difference - rows - hits
    linear = (rows_2 * difference - rows - 2 * hits_2) * difference + hits
    constant = hits_2 * difference * (1 - difference)
    shift = square / (3 * rows)
    turn = shift**3 - square * linear / (6 * rows**2) + constant / (2 * rows)
    radius = np.copysign(np.sqrt(np.maximum(shift**2 - linear / (3 * rows), 0)), turn)
    cosine = np.divide(turn, radius**3, out=np.ones_like(radius), where=radius != 0)
    root = 2 * radius * np.cos((np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3) - shift
    lowest, highest = np.maximum(0, -difference), np.minimum(1, 1 - difference)
    for _ in range(_POLISH):
        # The cosine loses half of the digits, which are all that a share of 1e-8 has.
        value = ((rows * root + square) * root + linear) * root + constant
        slope = (3 * rows * root + 2 * square) * root + linear
        root = np.clip(root - np.divide(value, slope, out=np.zeros_like(root), where=slope != 0), lowest, highest)
    return np.asarray(root)


def _standardised(distance: Floats, variance: Floats) -> Floats:
    """Distance by standard error; a distance of rounding errors alone is none."""
    return np.asarray(np.where(np.abs(distance) < _ROUNDING, 0.0, distance / np.sqrt(np.maximum(variance, 0))))


def _cross(holds: Callable[[Floats], npt.NDArray[np.bool_]], low: Floats, high: Floats) -> Floats:
    """The last place from `low` on at which something holds, when it does no longer at `high`, by bisection."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        yes = holds(middle)
        low, high = np.where(yes, middle, low), np.where(yes, high, middle)
    return (low + high) / 2
