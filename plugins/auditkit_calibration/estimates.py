"""The two calibration errors, each with the bounds between which the true one lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from auditkit.statistics.calibration import (
    NARROWEST,
    Deposit,
    cosine_coefficients,
    equal_mass,
    points_for,
    smooth_error,
    smoothed_size,
)
from auditkit_calibration.noise import Effort, Size, chance_bound, noise_bound
from auditkit_calibration.questions import Question

THOROUGH = Effort(draws=1000, beyond=10, pools=2048)


@dataclass(frozen=True)
class Estimate:
    """A calibration error, and the bounds between which the true one lies."""

    value: float
    low: float
    high: float


class Estimator(Protocol):
    """What measures one metric."""

    def __call__(
        self, question: Question, *, level: float, rng: np.random.Generator, effort: Effort = THOROUGH
    ) -> Estimate:
        """Measure it on a question that has rows."""


def estimators(bins: int) -> Mapping[str, Estimator]:
    """What measures each metric of the check."""
    return {
        "smooth_calibration_error": estimate_smooth_error,
        "expected_calibration_error": partial(estimate_binned_error, bins=bins),
        "equal_mass_calibration_error": partial(estimate_even_error, bins=bins),
    }


def estimate_smooth_error(
    question: Question, *, level: float, rng: np.random.Generator, effort: Effort = THOROUGH
) -> Estimate:
    """The smooth calibration error."""
    value = smooth_error(question.scores, question.residuals)
    width = max(value, NARROWEST)
    deposit = Deposit.on_grid(question.scores, points_for(width))

    def size(noise: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        return np.asarray(smoothed_size(cosine_coefficients(noise), width))

    found = _bounded(value, question, deposit, size, level=level, rng=rng, effort=effort)
    # Below the narrowest width the true error may be as large as that width.
    return replace(found, high=min(1.0, found.high + width - value))


def estimate_binned_error(
    question: Question, *, bins: int, level: float, rng: np.random.Generator, effort: Effort = THOROUGH
) -> Estimate:
    """The expected calibration error over bins of equal width."""
    return _of_bins(question, Deposit.in_bins(question.scores, bins), level=level, rng=rng, effort=effort)


def estimate_even_error(
    question: Question, *, bins: int, level: float, rng: np.random.Generator, effort: Effort = THOROUGH
) -> Estimate:
    """The expected calibration error over bins of equal mass."""
    places = equal_mass(question.scores, bins, question.shares)
    deposit = Deposit(places[:, np.newaxis], np.ones((len(places), 1)), bins)
    return _of_bins(question, deposit, level=level, rng=rng, effort=effort)


def _of_bins(
    question: Question, deposit: Deposit, *, level: float, rng: np.random.Generator, effort: Effort
) -> Estimate:
    def size(sums: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        return np.asarray(np.abs(sums).sum(axis=-1))

    value = min(float(size(deposit.totals(question.residuals))), 1.0)
    return _bounded(value, question, deposit, size, level=level, rng=rng, effort=effort)


def _bounded(
    value: float,
    question: Question,
    deposit: Deposit,
    size: Size,
    *,
    level: float,
    rng: np.random.Generator,
    effort: Effort,
) -> Estimate:
    bound = noise_bound(question, deposit, size, level=level, rng=rng, effort=effort)
    low, high = max(0.0, value - bound), min(1.0, value + bound)
    if low > 0 and value <= chance_bound(question, deposit, size, level=level, rng=rng, effort=effort):
        low = 0.0
    return Estimate(value, low, high)
