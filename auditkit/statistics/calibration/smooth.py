"""The smooth calibration error: the bandwidth at which the smoothed residuals are as large as the bandwidth.

Source: Blasiok & Nakkiran (2023), "Smooth ECE: principled reliability diagrams via kernel smoothing",
arXiv:2309.12236. On [0, 1] with reflecting ends a Gaussian kernel of width s multiplies the k-th cosine coefficient by
exp(-(pi k s)^2 / 2), so that smoothing is exact, without a kernel that is cut off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.calibration.deposits import Deposit
from auditkit.statistics.calibration.roots import falling_root

Floats = npt.NDArray[np.floating]

POINTS = 4001
STEP = 1 / (POINTS - 1)
NARROWEST = 2 * STEP
"""The narrowest kernel that the grid carries: a narrower one needs waves shorter than two steps, and would ring."""
NARROW = 12 * STEP
"""A row lies between two points and is shared by them, which widens its kernel: from here on by nothing that counts."""
FINEST = 8 * (POINTS - 1) + 1
"""Points of the grid on which narrower kernels are looked at, so that their size, too, is within 1e-4."""

_COARSER = (16, 8, 4, 2)
_STEPS_A_WIDTH = 8
_NEAR = 1e-5
_MOST_STEPS = 40


def smooth_error(scores: Floats, residuals: Floats) -> float:
    """The smooth calibration error, right to within `NARROWEST`.

    The size at width s never grows with s, so that one width is equal to its size. Below the narrowest width the
    answer is the size there: the true error lies between that and the narrowest width. Costs O(n), and a few
    transforms of 4,001 numbers; of 32,001 where the answer is below `NARROW`.

    Args:
        scores: [n], each between 0 and 1.
        residuals: [n], outcome less score, times how much the row counts; what rows count sums to 1.
    """
    waves, low = waves_of(scores, residuals, NARROW), NARROW
    if float(smoothed_size(waves, NARROW)) <= NARROW:
        waves, low = waves_of(scores, residuals, NARROWEST), NARROWEST
        narrow = float(smoothed_size(waves, NARROWEST))
        if narrow <= NARROWEST:
            return narrow
    # No size is above 1, but for rounding: at 2 the difference is surely negative.
    width = falling_root(lambda width: float(smoothed_size(waves, width)) - width, low, 2.0)
    return min(width, 1.0)


def waves_of(scores: Floats, residuals: Floats, width: float) -> Floats:
    """The cosine coefficients of the residuals, [points], from which kernels of this width and wider are right.

    Args:
        scores: [n], each between 0 and 1.
        residuals: [n].
        width: at least `NARROWEST`.
    """
    points = POINTS if width >= NARROW else FINEST
    return cosine_coefficients(Deposit.on_grid(scores, points).totals(residuals))


def smooth_errors(masses: Floats) -> Floats:
    """The smooth calibration error of each of many sums over the grid, [draws] from [draws, `POINTS`].

    As `smooth_error`, to within a hundred-thousandth.
    """
    waves = cosine_coefficients(masses.copy())
    low, high, above, below, found = _brackets(waves)
    last = np.zeros(len(waves))
    for _ in range(_MOST_STEPS):
        open_ = np.isnan(found)
        if not open_.any():
            break
        lo, hi, up, down = low[open_], high[open_], above[open_], below[open_]
        middle = np.divide(lo * down - hi * up, down - up, out=(lo + hi) / 2, where=up > down)
        excess = smoothed_sizes(waves[open_], middle) - middle
        over = excess > 0
        done = (np.abs(excess) < _NEAR) | (hi - lo < _NEAR)
        side = last[open_]
        low[open_], high[open_] = np.where(over, middle, lo), np.where(over, hi, middle)
        # An end that stays twice running counts half, so that it moves too.
        above[open_] = np.where(over, excess, np.where(side < 0, up / 2, up))
        below[open_] = np.where(over, np.where(side > 0, down / 2, down), excess)
        last[open_] = np.where(over, 1.0, -1.0)
        found[open_] = np.where(done, middle, np.nan)
    return np.minimum(np.where(np.isnan(found), (low + high) / 2, found), 1.0)


def _brackets(waves: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Of each curve two widths between which the answer lies, what sizes exceed them by, and the answer, if narrow.

    Down by halves, since wide kernels cost little.
    """
    high = np.full(len(waves), 1.0)
    below = smoothed_sizes(waves, high) - high
    low, above, found = high.copy(), below.copy(), np.full(len(waves), np.nan)
    width = 1.0
    falling = np.ones(len(waves), dtype=bool)
    while falling.any() and width > NARROWEST:
        width = max(width / 2, NARROWEST)
        excess = smoothed_sizes(waves[falling], np.full(np.count_nonzero(falling), width)) - width
        high[falling], below[falling] = low[falling], above[falling]
        low[falling], above[falling] = width, excess
        falling[falling] = excess <= 0
    found[falling] = above[falling] + low[falling]
    return low, high, above, below, found


def smoothed_sizes(waves: Floats, widths: Floats) -> Floats:
    """As `smoothed_size`, of each of several curves [draws, points] at a width of its own, [draws]."""
    points = min(points_for(float(widths.min())), waves.shape[-1])
    damping = np.exp(-((np.pi * np.arange(points) * widths[:, np.newaxis]) ** 2) / 2)
    return np.asarray(_size(waves[..., :points] * damping))


def cosine_coefficients(masses: Floats) -> Floats:
    """The sum over places t of mass(t) cos(pi k t), for each k: [..., points] from masses [..., points].

    The places are equally spaced on [0, 1].
    """
    halved = masses / 2
    halved[..., [0, -1]] *= 2  # DCT-I counts the inner places twice
    return _transform(halved)


def smoothed_size(waves: Floats, width: float) -> Any:
    """The integral over [0, 1] of the absolute value of the masses after smoothing, [...].

    Args:
        waves: [..., points], cosine coefficients.
        width: the kernel's standard deviation, at least `NARROWEST`.
    """
    # Waves shorter than a coarser grid can hold are damped to nothing, and the curve is smooth between its points.
    points = waves.shape[-1] if width < NARROW else min(points_for(width), waves.shape[-1])
    damping = np.exp(-((np.pi * np.arange(points) * width) ** 2) / 2)
    return _size(waves[..., :points] * damping)


def _size(waves: Floats) -> Any:
    """The integral of the absolute value of the curve that has these cosine coefficients, [...]."""
    smoothed = np.abs(_transform(waves))
    ends = (smoothed[..., 0] + smoothed[..., -1]) / 2
    return (smoothed.sum(axis=-1) - ends) / (waves.shape[-1] - 1)


def points_for(width: float) -> int:
    """The coarsest grid whose step is at most an eighth of a kernel's width, or else the finest."""
    for times in _COARSER:
        if times * STEP * _STEPS_A_WIDTH <= width:
            return (POINTS - 1) // times + 1
    return POINTS


def _transform(values: Floats) -> Floats:
    from scipy import fft

    return np.asarray(fft.dct(values, type=1, axis=-1))
