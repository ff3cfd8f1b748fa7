"""Maps that would make probabilities truer: a temperature, a line of log odds, and the rising curve.

Each is fitted to some rows and laid on others: a map that is judged on the rows that it was fitted to flatters itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from auditkit.statistics.calibration.monotone import SMALLEST, corp_curve
from auditkit.statistics.calibration.recalibration import line_of
from auditkit.statistics.calibration.roots import falling_root

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

LARGEST_TEMPERATURE = 100.0
"""Beyond it, and below one by it, nothing is told of a model but that it knows nothing, or everything."""
_SAME = 1e-9


def logs(chances: Floats) -> Floats:
    """The log of p, of a p below 1e-15 as of that: the log loss takes it so too."""
    return np.asarray(np.log(np.maximum(chances, SMALLEST)))


def logits(chances: Floats) -> Floats:
    """Log odds, each part as `logs` takes it: finite at 0 and 1."""
    return logs(chances) - logs(1 - chances)


@dataclass(frozen=True)
class Temperature:
    """Logits divided by a number: above 1 the answers become less sure, below 1 surer; their order stays."""

    value: float

    @classmethod
    def fitted(cls, chances: Floats, targets: Integers, masses: Floats) -> Self:
        """The temperature of the least log loss, from 1 / 100 to 100.

        The loss is convex in 1 / T, so that the root of its derivative is the only one.
        Source: Guo et al. (2017), "On calibration of modern neural networks", ICML, section 4.2.

        Args:
            chances: [n, k], probabilities.
            targets: [n], the true class, from 0.
            masses: [n], how much each row counts.
        """
        heights = logs(chances)
        own = heights[np.arange(len(targets)), targets]

        def gained(sharpness: float) -> float:
            return float(masses @ (own - np.einsum("ij,ij->i", _softmax(sharpness * heights), heights)))

        low, high = 1 / LARGEST_TEMPERATURE, LARGEST_TEMPERATURE
        if gained(low) <= 0:
            return cls(1 / low if np.ptp(heights, axis=1).max(initial=0.0) > _SAME else 1.0)
        if gained(high) >= 0:
            return cls(1 / high)
        return cls(1 / falling_root(gained, low, high))

    def __call__(self, chances: Floats) -> Floats:
        """[n, k] from [n, k].

        Raises:
            AssertionError: another class has become the likeliest, which no temperature can do.
        """
        made = _softmax(logs(chances) / self.value)
        top = np.argmax(chances, axis=1)
        # But for rounding: of two that are equal but for the last digit either may come out ahead.
        assert (made[np.arange(len(made)), top] >= made.max(axis=1) - _SAME).all(), "a temperature changed an order"  # noqa: S101
        return made


def _softmax(heights: Floats) -> Floats:
    raised = np.exp(heights - heights.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Line:
    """Log odds a + b logit(p)."""

    intercept: float
    slope: float

    @classmethod
    def fitted(cls, chances: Floats, came_true: Flags, masses: Floats) -> Self:
        """The line of the greatest likelihood; of scores that separate what came true, the one that changes nothing.

        Sources: Cox (1958), Biometrika 45, 562-565; Platt (1999), "Probabilistic outputs for support vector machines".

        Args:
            chances: [n], probabilities.
            came_true: [n].
            masses: [n], how much each row counts.
        """
        found = line_of(logits(chances), came_true, weights=masses)
        return cls(0.0, 1.0) if found is None else cls(*found)

    def __call__(self, chances: Floats) -> Floats:
        """[n] from [n]."""
        from scipy import special

        return np.asarray(special.expit(self.intercept + self.slope * logits(chances)))


@dataclass(frozen=True)
class RisingCurve:
    """The never falling curve through some points, straight between two of them and level beyond the last."""

    scores: Floats
    """[m], rising."""
    fitted: Floats
    """[m], never falling."""

    @classmethod
    def fitted_to(cls, chances: Floats, came_true: Flags, masses: Floats) -> Self:
        """The rising curve that fits best, by pooling adjacent violators.

        What was never, or always, seen among n rows is given 1 / (n + 2), or all but that (Laplace's rule): a curve
        that says 0 or 1 has an infinite loss on the first row that comes out otherwise.
        Source: Zadrozny and Elkan (2002), "Transforming classifier scores into accurate multiclass probability
        estimates", KDD.

        Args:
            chances: [n], probabilities.
            came_true: [n].
            masses: [n], how much each row counts.
        """
        curve = corp_curve(chances, came_true, masses / masses.sum())
        least = 1 / (len(chances) + 2)
        return cls(curve.scores, np.clip(curve.fitted, least, 1 - least))

    def __call__(self, chances: Floats) -> Floats:
        """[n] from [n]."""
        return np.interp(chances, self.scores, self.fitted)
