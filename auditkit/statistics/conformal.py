"""Split-conformal prediction: sets and intervals that hold the truth as often as they say, whatever the model.

Of n calibration rows the scores of non-conformity are sorted; the k-th smallest, k = ceil((n + 1)(1 - alpha)), is the
threshold up to which an answer is in the set. Where calibration rows and others are exchangeable, a new row is covered
with probability 1 - alpha or a little more; but for the calibration rows that were drawn, the coverage is itself
random, Beta(k, n + 1 - k), and how many of m further rows are covered is beta-binomial. To hold a coverage against
1 - alpha would alarm at half of all good calibrations.

Sources: Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World; Vovk (2012), ACML (the Beta law);
Sadinle, Lei and Wasserman (2019), J. Am. Stat. Assoc. 114, 223-234 (the least ambiguous sets).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

_NODES = 64
_NEAR = 1e-7
_ROUNDING = float(np.finfo(float).eps)


@dataclass(frozen=True)
class CoverageLaw:
    """The law of the coverage of sets that were calibrated on n rows."""

    calibration: int
    """n."""
    rank: int
    """k; above n no threshold is small enough, and every answer is in every set."""

    @classmethod
    def of(cls, calibration: int, alpha: float) -> CoverageLaw:
        """The law of n calibration rows and a promised coverage of 1 - alpha."""
        # Rounding must not make of (n + 1)(1 - alpha) = 90 a rank of 91.
        return cls(calibration, math.ceil((calibration + 1) * (1 - alpha) - 1e-9))

    @property
    def is_vacuous(self) -> bool:
        """Whether there are too few calibration rows for any threshold."""
        return self.rank > self.calibration

    @property
    def mean(self) -> float:
        """The coverage over all calibrations: a little more than 1 - alpha."""
        return min(self.rank / (self.calibration + 1), 1.0)

    def quantiles(self, *shares: float) -> Floats:
        """Below what coverage so many calibrations lie."""
        from scipy import special

        if self.is_vacuous:
            return np.ones(len(shares))
        return np.asarray(special.betaincinv(self.rank, self.calibration + 1 - self.rank, np.array(shares)))

    def at_most(self, covered: int, rows: int) -> float:
        """How often `covered` or fewer of so many further rows are covered, over calibrations too."""
        if self.is_vacuous:
            return float(covered >= rows)
        return _at_most(covered, rows, self.rank, self.calibration + 1 - self.rank)

    def p_value(self, covered: int, rows: int) -> float:
        """Twice the smaller tail: how often chance and the calibration drawn lead as far from the law."""
        below, above = self.at_most(covered, rows), 1 - (self.at_most(covered - 1, rows) if covered else 0.0)
        # What is left of a sum of chances is known to a rounding, may lie below 0, and is never told as impossible.
        return min(1.0, 2 * max(_ROUNDING, min(below, above)))

    def limits(self, covered: int, rows: int, level: float = 0.95) -> tuple[float, float]:
        """Between what the coverage over all calibrations lies, when so many of `rows` further rows were covered.

        Clopper and Pearson's construction on the beta-binomial law: the mean coverages whose Beta law, as wide as that
        of n calibration rows, would not show so few, or so many. It holds the law's own mean where `p_value` is at
        least 1 - level.
        """
        tail, width = (1 - level) / 2, self.calibration + 1.0
        low = 0.0 if covered == 0 else _root(lambda mean: 1 - _law(covered - 1, rows, mean, width) - tail)
        high = 1.0 if covered == rows else _root(lambda mean: tail - _law(covered, rows, mean, width))
        return low, high


def threshold_of(scores: Floats, alpha: float) -> float:
    """The score up to which an answer is in the set; infinite where there are too few calibration rows.

    Args:
        scores: [n], of the true answers of the calibration rows; higher is stranger.
        alpha: one less the promised coverage.
    """
    law = CoverageLaw.of(len(scores), alpha)
    return math.inf if law.is_vacuous else float(np.partition(scores, law.rank - 1)[law.rank - 1])


def _law(covered: int, rows: int, mean: float, width: float) -> float:
    return _at_most(covered, rows, mean * width, (1 - mean) * width)


def _at_most(covered: int, rows: int, first: float, second: float) -> float:
    """The beta-binomial distribution, as the mean of the binomial one over the Beta law's quantiles."""
    from scipy import special

    if covered >= rows:
        return 1.0
    if covered < 0:
        return 0.0
    shares, density = _nodes()
    return float(np.dot(density, special.bdtr(covered, rows, special.betaincinv(first, second, shares))))


@functools.cache
def _nodes() -> tuple[Floats, Floats]:
    """Gauss and Legendre's places between 0 and 1, drawn towards both ends; and their weights."""
    places, weights = np.polynomial.legendre.leggauss(_NODES)
    middle = (places + 1) / 2
    return middle**2 * (3 - 2 * middle), 3 * middle * (1 - middle) * weights


def _root(rises: Callable[[float], float]) -> float:
    """Where a function of a mean between 0 and 1 that rises is 0, by bisection: scipy.optimize is slow to import."""
    low, high = 1e-9, 1 - 1e-9
    if rises(low) >= 0:
        return low
    if rises(high) <= 0:
        return high
    while high - low > _NEAR:
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) < 0 else (low, middle)
    return (low + high) / 2
