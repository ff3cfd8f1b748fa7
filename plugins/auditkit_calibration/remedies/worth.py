"""What probabilities are worth before and after, of the same rows: each change with a paired interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics import Worth
from auditkit.statistics.calibration import (
    NARROWEST,
    Deposit,
    cosine_coefficients,
    points_for,
    smooth_error,
    smoothed_size,
)
from auditkit_calibration.noise import Effort, noise_sizes
from auditkit_calibration.questions import Question
from auditkit_calibration.remedies.rows import Answers

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

SMALLEST = 1e-15
"""The smallest probability that the log loss takes, as `performance.overall` takes it."""
EFFORT = Effort(draws=400, beyond=4, pools=512)
_HALVED = 2


def log_losses(chances: Floats, answers: Answers) -> Floats:
    """[n]: -ln p of the true class."""
    own = chances[np.arange(len(answers)), answers.targets]
    return np.asarray(-np.log(np.clip(own, SMALLEST, 1)))


def squares(chances: Floats, answers: Answers) -> Floats:
    """[n]: the Brier score's squares, summed over classes; of two classes the same distance is not counted twice."""
    of_target = chances[np.arange(len(answers)), answers.targets]
    found = np.einsum("ij,ij->i", chances, chances) - 2 * of_target + 1
    return np.asarray(found / 2 if answers.classes == _HALVED else found)


@dataclass(frozen=True)
class Noise:
    """A smooth calibration error, and how far chance may have moved it."""

    value: float
    sizes: Floats
    """[draws], of the noise at the error's width."""
    beyond: float
    """How far the error is below the narrowest width that can be told."""

    @classmethod
    def of(cls, question: Question, level: float, rng: np.random.Generator) -> Noise:
        """Of one question; the same multipliers meet the same units where generators draw the same."""
        value = smooth_error(question.scores, question.residuals)
        width = max(value, NARROWEST)
        deposit = Deposit.on_grid(question.scores, points_for(width))

        def size(noise: Floats) -> Floats:
            return np.asarray(smoothed_size(cosine_coefficients(noise), width))

        sizes = noise_sizes(question, deposit, size, level=level, rng=rng, effort=EFFORT)
        return cls(value, sizes, width - value)


def change_of_error(before: Noise, after: Noise, *, level: float) -> Worth:
    """How much larger the smooth calibration error is, of the same rows.

    Each error lies no further from the true one than the size of the noise at its width (see `noise`), and so the
    change no further than both sizes together. They are drawn together, with the same multipliers of the same units.
    A bootstrap of the change itself is no way: see docs/calibration-remedies.md.

    Args:
        before: of the answers as they are.
        after: of the same rows, by a generator that draws the same.
        level: the bounds' confidence.
    """
    bound = float(np.quantile(before.sizes + after.sizes, level, method="higher"))
    value, narrow = after.value - before.value, before.beyond + after.beyond
    low, high = value - bound - narrow, value + bound + narrow
    return Worth(value, (max(low, -1.0), min(high, 1.0)), "noise bounds of both, multiplier bootstrap")
