"""What probabilities are worth before and after, of the same rows: each change with a paired interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics import count_pairs, delong_difference, mean, paired_difference, share_of_totals
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
Flags = npt.NDArray[np.bool_]

SMALLEST = 1e-15
"""The smallest probability that the log loss takes, as `performance.overall` takes it."""
EFFORT = Effort(draws=400, beyond=4, pools=512)
_HALVED = 2
_CROSSED = np.sqrt(2.0)


@dataclass(frozen=True)
class Worth:
    """A number with its interval; without one where the rows say nothing of how much it could vary."""

    value: float
    limits: tuple[float, float] | None
    method: str


@dataclass(frozen=True)
class Counting:
    """How much the rows count, and whose they are; None: all the same, and each by itself."""

    weights: Floats | None
    units: Integers | None

    def average(self, numbers: Floats, level: float, *, least: float = -np.inf) -> Worth:
        """The mean of [n] numbers, none of which is below `least`."""
        found = mean(numbers, level=level, weights=self.weights, units=self.units)
        assert found is not None  # noqa: S101  there are rows
        method = "student, mean over rows" if self.units is None else "student, mean over units"
        limits = None if found.limits is None else (max(float(found.limits.low), least), float(found.limits.high))
        return Worth(max(found.value, least), limits, method)

    def change(self, gone: Floats, level: float) -> Worth:
        """The mean of the differences [n] that cross-fitted maps make, with an interval for twice their variance.

        Where a map has little to mend, the change is a sum over pairs of rows of two folds, one fitted to and one
        judged. Each pair is in it twice, the other way round, so that its variance is twice that of rows which the
        maps know nothing of.
        """
        found = self.average(gone, level)
        if found.limits is None:
            return found
        low, high = (found.value + _CROSSED * (end - found.value) for end in found.limits)
        return Worth(found.value, (low, high), f"{found.method}, twice the variance")

    def share(self, flags: Flags, level: float) -> Worth:
        """The share of rows [n] with a flag."""
        ones = np.ones(len(flags), dtype=np.int64)
        counts = flags.astype(np.int64)
        found = share_of_totals(counts, ones, level=level, weights=self.weights, units=self.units)
        low, high = (float(end[0]) for end in found.limits(level))
        value = float(found.value[0])
        return Worth(value, (min(low, value), max(high, value)), found.method)

    def change_of_share(self, after: Flags, before: Flags, level: float) -> Worth:
        """How much larger one share is than another of the same rows, [n] each."""
        if not np.array_equal(after, before) and (self.weights is not None or self.units is not None):
            return self.average(after.astype(float) - before, level, least=-1.0)
        one_each = slice(None) if self.units is None else np.unique(self.units, return_index=True)[1]
        pairs = count_pairs(after[one_each], before[one_each])
        limits = paired_difference(pairs, level)
        value = float(after.mean() - before.mean())
        return Worth(value, (min(float(limits.low), value), max(float(limits.high), value)), "newcombe, paired")

    def change_of_area(self, after: Floats, before: Floats, positive: Flags, level: float) -> Worth | None:
        """How much larger the area under the ROC curve is; None without one of the classes."""
        found = delong_difference(after, before, positive, level=level, weights=self.weights, units=self.units)
        if found is None:
            return None
        value, low, high = float(found.value), float(found.low), float(found.high)
        return Worth(value, (max(min(low, value), -1.0), min(max(high, value), 1.0)), f"paired {found.method}")


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
