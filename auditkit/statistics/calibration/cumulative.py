"""Cumulative calibration errors: sums of outcome less probability along the scores, without bins or a bandwidth.

Where the probabilities are true these sums are a random walk whose law is known. Source: Arrieta-Ibarra, Gujral,
Tannen, Tygert and Xu (2022), "Metrics of calibration for probabilistic predictions", J. Mach. Learn. Res. 23(351).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_TERMS = 12
"""Of the series: the next one is below 1e-16 on its side of `_NEAR`."""
_NEAR = 1.5
_ROUNDING = 1e-9
_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class CumulativeError:
    """How far the sums of outcome less probability range along the scores, as shares of all rows."""

    spread: float
    """ECCE-R: the largest sum less the smallest, the empty sum of 0 among them. No stretch of scores has a sum larger
    than this: it is by how much, of all rows, the events of any stretch differ from what was said."""
    reach: float
    """ECCE-MAD: the sum furthest from 0."""
    scatter: float
    """The standard deviation of the last sum where the probabilities are true and the rows independent."""
    n: int
    """Rows of a weight above 0."""

    @property
    def standardised(self) -> float:
        """The spread in units of the scatter; infinite where sure answers are wrong."""
        return _divided(self.spread, self.scatter)

    @property
    def p(self) -> float:
        """How often true probabilities would show such a spread, by the law for many rows."""
        return float(range_p(self.standardised))

    @property
    def p_of_reach(self) -> float:
        """How often true probabilities would show such a reach, by the law for many rows."""
        return float(reach_p(_divided(self.reach, self.scatter)))


def _divided(part: float, whole: float) -> float:
    if whole > 0:
        return part / whole
    return math.inf if part > 0 else 0.0


def cumulative_error(
    scores: Floats, came_true: npt.NDArray[np.bool_], *, weights: Floats | None = None
) -> CumulativeError | None:
    """Both cumulative errors; None where no row has a weight above 0.

    Sums are looked at where a score ends. Among rows of one score the order says nothing; with the rows that came true
    first, say, a calibrated model would seem to climb and fall, by an amount that only the sorting decides.

    Args:
        scores: [n], probabilities.
        came_true: [n].
        weights: [n], how much each row counts; None: all alike.
    """
    walk = _Walk.of(scores, weights)
    if walk is None:
        return None
    sums = walk.sums(np.asarray(came_true, dtype=float)[walk.order])
    return CumulativeError(float(sums.max() - sums.min()), float(np.abs(sums).max()), walk.scatter, len(walk.order))


@dataclass(frozen=True)
class CumulativeTest:
    """How often true probabilities would show as much, of outcomes that are drawn from them."""

    p: float
    """Of the spread."""
    p_of_reach: float
    draws: int


def cumulative_test(
    scores: Floats,
    came_true: npt.NDArray[np.bool_],
    *,
    rng: np.random.Generator,
    weights: Floats | None = None,
    draws: int = 999,
) -> CumulativeTest | None:
    """Both p-values by Monte Carlo, exact for any number of rows, any scores and weights; None without rows.

    The rows are taken for independent. The law for many rows, which `CumulativeError.p` goes by, wants neither few rows
    nor rare events nor few different scores.

    Args:
        scores: [n], probabilities.
        came_true: [n].
        rng: where the outcomes come from.
        weights: [n], how much each row counts; None: all alike.
        draws: how many worlds; p is at least 1 / (1 + draws).
    """
    walk = _Walk.of(scores, weights)
    if walk is None:
        return None
    seen = walk.sums(np.asarray(came_true, dtype=float)[walk.order])
    spread, reach = seen.max() - seen.min(), np.abs(seen).max()
    beaten = np.zeros(2, dtype=np.int64)
    size = max(_AT_ONCE // len(walk.order), 1)
    for start in range(0, draws, size):
        drawn = rng.random((min(size, draws - start), len(walk.order))) < walk.scores
        sums = walk.sums(drawn.astype(float))
        # A tie that rounding breaks would make a p-value too small.
        beaten[0] += np.count_nonzero(np.ptp(sums, axis=1) >= spread * (1 - _ROUNDING))
        beaten[1] += np.count_nonzero(np.abs(sums).max(axis=1) >= reach * (1 - _ROUNDING))
    p = (1 + beaten) / (1 + draws)
    return CumulativeTest(float(p[0]), float(p[1]), draws)


@dataclass(frozen=True)
class _Walk:
    """Rows along their scores."""

    order: Integers
    """[n], rows of a weight above 0 from the lowest score."""
    scores: Floats
    """[n], in this order."""
    shares: Floats
    """[n], the same; they sum to 1."""
    ends: Integers
    """[scores that differ], the last row of each."""

    @classmethod
    def of(cls, scores: Floats, weights: Floats | None) -> _Walk | None:
        order = np.argsort(scores, kind="stable")
        mass = np.ones(len(order)) if weights is None else np.asarray(weights, dtype=float)[order]
        order, mass = order[mass > 0], mass[mass > 0]
        if not len(order):
            return None
        ordered = np.asarray(scores, dtype=float)[order]
        ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], np.True_))
        return cls(order, ordered, mass / mass.sum(), ends)

    @property
    def scatter(self) -> float:
        return math.sqrt(float(np.dot(self.shares**2, self.scores * (1 - self.scores))))

    def sums(self, outcomes: Floats) -> Floats:
        """[..., 1 + scores that differ]: 0, and the sum at each score's end, of outcomes [..., n]."""
        sums = np.cumsum(self.shares * (outcomes - self.scores), axis=-1)[..., self.ends]
        return np.concatenate([np.zeros((*sums.shape[:-1], 1)), sums], axis=-1)


def range_p(spread: npt.ArrayLike) -> Any:
    """The chance that Brownian motion on [0, 1] ranges, from its lowest to its highest point, at least so far.

    Two series of the same function, each on the side where a few terms are enough. Source: Feller (1951), "The
    asymptotic distribution of the range of sums of independent random variables", Ann. Math. Stat. 22, 427-432.

    Args:
        spread: [...], not negative; infinity has the chance 0.
    """

    def near(x: Floats, k: Floats) -> Floats:
        half = (k - 0.5) * np.pi
        with np.errstate(under="ignore"):
            inner = (8 / x**2 + 2 / half**2) * np.exp(-2 * half**2 / x**2)
        return np.asarray(1 - inner.sum(axis=-1))

    return _in_two(spread, near, lambda sign, k: 8 * sign * k, lambda k: k)


def reach_p(reach: npt.ArrayLike) -> Any:
    """The chance that Brownian motion on [0, 1] comes at least so far from 0, in either direction.

    Source: as `range_p`; also Erdos and Kac (1946), Bull. Am. Math. Soc. 52, 292-302.

    Args:
        reach: [...], not negative; infinity has the chance 0.
    """

    def near(x: Floats, k: Floats) -> Floats:
        odd = 2 * k - 1
        with np.errstate(under="ignore"):
            inner = 4 / np.pi * _signs(k) / odd * np.exp(-(odd**2) * np.pi**2 / (8 * x**2))
        return np.asarray(1 - inner.sum(axis=-1))

    return _in_two(reach, near, lambda sign, _: 4 * sign, lambda k: 2 * k - 1)


def _signs(k: Floats) -> Floats:
    return np.where(k % 2 == 1, 1.0, -1.0)


def _in_two(
    values: npt.ArrayLike,
    near: Callable[[Floats, Floats], Floats],
    factor: Callable[[Floats, Floats], Floats],
    steps: Callable[[Floats], Floats],
) -> Any:
    """The sum of one series near 0, and far from it of `factor` times the normal tail beyond `steps` times x."""
    from scipy import special

    x = np.asarray(values, dtype=float)[..., np.newaxis]
    k = np.arange(1, _TERMS + 1, dtype=float)
    tail = (factor(_signs(k), k) * special.ndtr(-steps(k) * np.maximum(x, _NEAR))).sum(axis=-1)
    head = near(np.clip(x, 0.05, _NEAR), k)
    return np.clip(np.where(x[..., 0] < _NEAR, head, tail), 0.0, 1.0)[()]
