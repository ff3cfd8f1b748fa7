"""The rising curve that fits best what came true (CORP), and a mean score taken apart by it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.calibration.worlds import Kinds
from auditkit.statistics.intervals import Limits

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

BAND_DRAWS = 499
"""Worlds that a band is made of."""

SMALLEST = 1e-15
"""The smallest probability that the log score takes."""


_CELLS = 1024
_NO_SPREAD = 1e-9


@dataclass(frozen=True)
class Curve:
    """Of each distinct score, how much counts there and how much of it came true, before and after pooling."""

    scores: Floats
    """[k], rising."""
    masses: Floats
    """[k], summing to 1."""
    rows: Integers
    """[k]"""
    shares: Floats
    """[k], of the mass that came true."""
    fitted: Floats
    """[k], never falling: the recalibrated probabilities."""

    @property
    def blocks(self) -> Integers:
        """[k], the block of equal fitted values that each score lies in, from 0."""
        return np.concatenate([[0], np.cumsum(np.diff(self.fitted) > 0)])


def corp_curve(scores: Floats, came_true: Flags, shares: Floats | None = None) -> Curve:
    """The reliability curve by isotonic regression of what came true on the score, by pooling adjacent violators.

    Source: Dimitriadis, Gneiting and Jordan (2021), PNAS 118, e2016191118 (CORP); Ayer et al. (1955), Ann. Math. Stat.
    26, 641-647, for pooling. O(n log n).

    Args:
        scores: [n], between 0 and 1.
        came_true: [n].
        shares: [n], how much each row counts, summing to 1; None: all the same.
    """
    levels, places, rows = np.unique(scores, return_inverse=True, return_counts=True)
    mass = np.full(len(scores), 1 / len(scores)) if shares is None else shares
    masses = np.asarray(np.bincount(places, mass), dtype=float)
    hits = np.bincount(places, mass * came_true) / masses
    return Curve(levels, masses, rows, hits, pooled(hits, masses))


def pooled(values: Floats, masses: Floats) -> Floats:
    """The never falling values [k] nearest to `values`, squares weighted by `masses`; between their least and most.

    O(k). Our own: scipy.optimize is slow to import.
    """
    means: list[float] = []
    weights: list[float] = []
    ends: list[int] = []
    for place, (value, mass) in enumerate(zip(values.tolist(), masses.tolist(), strict=True), 1):
        mean, weight = value, mass
        while means and means[-1] >= mean:
            before = weights.pop()
            mean = (means.pop() * before + mean * weight) / (before + weight)
            weight += before
            ends.pop()
        means.append(mean)
        weights.append(weight)
        ends.append(place)
    fitted = np.repeat(np.array(means), np.diff(ends, prepend=0))
    return np.asarray(np.clip(fitted, values.min(), values.max()))


@dataclass(frozen=True)
class Decomposition:
    """A mean score S taken apart: S = miscalibration - discrimination + uncertainty, exactly."""

    score: float
    miscalibration: float
    """How much recalibration would win: 0 or more."""
    discrimination: float
    """How much the recalibrated probabilities win over the share of all that came true: 0 or more."""
    uncertainty: float
    """The score of that share, given to everybody."""


def decompositions(curve: Curve) -> dict[str, Decomposition]:
    """The Brier score and the log score taken apart, by name.

    Source: Dimitriadis, Gneiting and Jordan (2021), equation 3.
    """
    overall = np.full(len(curve.masses), float(curve.masses @ curve.shares))
    found = {}
    for name, loss in (("brier_score", _brier), ("log_loss", _log)):
        said, recalibrated, constant = (
            float(curve.masses @ loss(chance, curve.shares)) for chance in (curve.scores, curve.fitted, overall)
        )
        found[name] = Decomposition(said, said - recalibrated, constant - recalibrated, constant)
    return found


def _brier(chance: Floats, share: Floats) -> Floats:
    """The mean squared error of giving `chance` where `share` of the rows came true."""
    return np.asarray(share * (1 - chance) ** 2 + (1 - share) * chance**2)


def _log(chance: Floats, share: Floats) -> Floats:
    """-ln of what was given to what came true, on average; nothing is said where nothing came out that way."""
    yes, no = np.maximum(chance, SMALLEST), np.maximum(1 - chance, SMALLEST)
    return np.asarray(-share * np.log(yes) - (1 - share) * np.log(no))


@dataclass(frozen=True)
class BrierLimits:
    """Where the true parts of the Brier score lie."""

    miscalibration: Limits
    discrimination: Limits


def brier_limits(
    scores: Floats,
    came_true: Flags,
    shares: Floats,
    *,
    level: float,
    rng: np.random.Generator,
    units: Integers | None = None,
    draws: int = BAND_DRAWS,
) -> BrierLimits:
    """Basic intervals of miscalibration and discrimination, by a wild bootstrap over units.

    In each drawn world the recalibrated probabilities are true, and the residuals of each unit keep or change their
    sign; what the parts found there miss the true ones by is taken off, and with it the part that a fitted curve makes
    of chance. The ends are moved to hold the value itself, which chance makes too large. Of more than 1,024 rows,
    scores within 1 / 1024 of one another are taken together. Simulated coverage at 90%: see docs/calibration.md.
    Source: Davison and Hinkley (1997), sections 5.2.1 and 6.2.6; Cameron, Gelbach and Miller (2008), Rev. Econ. Stat.
    90, 414-427, for signs by cluster.

    Args:
        scores: [n], between 0 and 1.
        came_true: [n].
        shares: [n], how much each row counts, summing to 1.
        level: the confidence of each interval.
        rng: where the signs come from.
        units: [n], whose row it is, from 0 without a gap; None: each stands for itself.
        draws: how many worlds.
    """
    from scipy import sparse

    coarse = np.round(scores * (_CELLS - 1)).astype(np.int64) if len(scores) > _CELLS else scores
    places = np.unique(coarse, return_inverse=True)[1]
    masses = np.asarray(np.bincount(places, shares), dtype=float)
    said = np.bincount(places, shares * scores) / masses
    found = np.bincount(places, shares * came_true) / masses
    fitted = pooled(found, masses)
    owners = np.arange(len(scores)) if units is None else units
    left = shares * (came_true - fitted[places])
    matrix = sparse.csr_array((left, (places, owners)), shape=(len(masses), int(owners.max()) + 1))
    truth = _parts(said, fitted, fitted, masses)
    missed = np.empty((draws, 2))
    for draw in range(draws):
        signs = rng.choice([-1.0, 1.0], matrix.shape[1])
        world = fitted + (matrix @ signs) / masses
        missed[draw] = _parts(said, world, pooled(world, masses), masses) - truth
    low, high = np.quantile(missed, [(1 - level) / 2, (1 + level) / 2], axis=0)
    seen = _parts(said, found, fitted, masses)
    ends = [Limits(max(min(seen[i] - high[i], seen[i]), 0.0), max(seen[i] - low[i], seen[i])) for i in range(2)]
    return BrierLimits(*(Limits(float(one.low), float(one.high)) for one in ends))


def _parts(said: Floats, found: Floats, fitted: Floats, masses: Floats) -> Floats:
    """[2]: miscalibration and discrimination, from squared distances to what was found, whose scatter goes out."""
    overall = masses @ found
    least = masses @ (fitted - found) ** 2
    return np.array([masses @ (said - found) ** 2 - least, masses @ (overall - found) ** 2 - least])


@dataclass(frozen=True)
class Band:
    """Where the curve of a calibrated model lies, at some scores."""

    scores: Floats
    """[k], rising."""
    low: Floats
    """[k], pointwise: at each score, as often as the level says."""
    high: Floats
    low_everywhere: Floats
    """[k], simultaneous: the whole curve, as often as the level says."""
    high_everywhere: Floats
    miscalibration: Floats
    """[draws], of the Brier score, in each of the worlds drawn."""


def consistency_band(
    scores: Floats, shares: Floats, *, level: float, rng: np.random.Generator, draws: int = BAND_DRAWS
) -> Band:
    """Draw outcomes from the probabilities, fit the rising curve to each draw, and see where the curves lie.

    The simultaneous band is as many of each score's own standard deviations wide, but at least half their median, as
    `level` of the curves stay within. Of more than 1,024 rows, scores within 1 / 1024 of one another are taken
    together.
    Source: Dimitriadis, Gneiting and Jordan (2021), consistency bands by resampling.

    Args:
        scores: [n], between 0 and 1.
        shares: [n], how much each row counts, summing to 1.
        level: the confidence of the band.
        rng: where the worlds come from.
        draws: how many.
    """
    kinds = Kinds.of(scores, shares, cells=_CELLS)
    levels, places = np.unique(kinds.chances, return_inverse=True)
    masses = np.asarray(np.bincount(places, kinds.rows * kinds.shares), dtype=float)
    order = np.argsort(places, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(places[order])) + 1])
    curves, wins = [], []
    for block in kinds.residuals(rng, draws):
        sums = np.add.reduceat(block[:, order], starts, axis=1) / masses + levels
        for hits in np.clip(sums, 0.0, 1.0):
            fitted = pooled(hits, masses)
            curves.append(fitted.astype(np.float32))
            # By squares of what came true the scatter inside a score is in both, and goes out.
            wins.append(float(masses @ ((levels - hits) ** 2 - (fitted - hits) ** 2)))
    return _band(levels, np.array(curves), np.array(wins), level)


def _band(levels: Floats, curves: Floats, wins: Floats, level: float) -> Band:
    low, high = np.quantile(curves, [(1 - level) / 2, (1 + level) / 2], axis=0)
    centre, spread = curves.mean(axis=0), curves.std(axis=0)
    # At the ends curves hardly vary, but far from normally: alone they would decide how wide the band is everywhere.
    spread = np.maximum(spread, max(float(np.median(spread)) / 2, _NO_SPREAD))
    far = np.abs(curves - centre) / spread
    reach = float(np.quantile(far.max(axis=1), level, method="higher")) * spread
    # A band that holds the whole curve holds each of its points.
    lowest, highest = np.minimum(low, centre - reach), np.maximum(high, centre + reach)
    return Band(levels, low, high, np.clip(lowest, 0, 1), np.clip(highest, 0, 1), wins)
