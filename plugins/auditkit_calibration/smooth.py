"""The smooth calibration error: the bandwidth at which the smoothed residuals are as large as the bandwidth.

Source: Blasiok & Nakkiran (2023), "Smooth ECE: principled reliability diagrams via kernel smoothing",
arXiv:2309.12236. On [0, 1] with reflecting ends a Gaussian kernel of width s multiplies the k-th cosine coefficient by
exp(-(pi k s)^2 / 2), so that smoothing is exact, without a kernel that is cut off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit_calibration.deposits import Deposit
from auditkit_calibration.questions import Question

Floats = npt.NDArray[np.floating]

POINTS = 4001
STEP = 1 / (POINTS - 1)
"""The width of the narrowest kernel that the grid can carry. A narrower one would ring; see `smooth_error`."""

_HALVINGS = 40
_COARSER = (16, 8, 4, 2)
_STEPS_A_WIDTH = 8


def smooth_error(question: Question) -> float:
    """The smooth calibration error, right to within the grid's step.

    The distance at width s never grows with s, so the width at which both are equal is found by bisection. Below the
    grid's step the answer is the distance at the step: the true one lies between it and the step.
    """
    waves = cosine_coefficients(Deposit.on_grid(question.scores, POINTS).totals(question.residuals))
    low, high = STEP, 1.0
    at_step = float(smoothed_size(waves, STEP))
    if at_step <= STEP:
        return at_step
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if smoothed_size(waves, middle) > middle:
            low = middle
        else:
            high = middle
    return (low + high) / 2


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
        width: the kernel's standard deviation, no less than the grid's step.
    """
    # Waves shorter than a coarser grid can hold are damped to nothing, and the curve is smooth between its points.
    points = min(points_for(width), waves.shape[-1])
    damping = np.exp(-((np.pi * np.arange(points) * width) ** 2) / 2)
    smoothed = np.abs(_transform(waves[..., :points] * damping))
    ends = (smoothed[..., 0] + smoothed[..., -1]) / 2
    return (smoothed.sum(axis=-1) - ends) / (points - 1)


def points_for(width: float) -> int:
    """The coarsest grid whose step is at most an eighth of a kernel's width, or else the finest."""
    for times in _COARSER:
        if times * STEP * _STEPS_A_WIDTH <= width:
            return (POINTS - 1) // times + 1
    return POINTS


def _transform(values: Floats) -> Floats:
    from scipy import fft

    return np.asarray(fft.dct(values, type=1, axis=-1))
