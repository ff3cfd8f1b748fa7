"""The squared calibration error over bins, without the part that chance alone adds to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.drawing import symmetric_root
from auditkit.statistics.intervals import Limits

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

DRAWS = 4000
"""Of an interval."""


@dataclass(frozen=True)
class SquaredError:
    """The mean over rows of (the mean residual of the row's bin) squared."""

    squared: float
    """Unbiased, and so below 0 about half the time where the truth is 0."""
    limits: Limits
    """Of the true squared error, cut off at 0."""

    @property
    def root(self) -> float:
        """On the scale of probabilities; 0 where the squared error is below 0."""
        return float(np.sqrt(max(self.squared, 0.0)))

    @property
    def root_limits(self) -> Limits:
        """On the scale of probabilities."""
        return Limits(*(float(np.sqrt(max(end, 0.0))) for end in self.limits))


def squared_error(
    residuals: Floats,
    shares: Floats,
    places: Integers,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = DRAWS,
    units: Integers | None = None,
) -> SquaredError | None:
    """The U-statistic of the squared error; None where no bin holds two units.

    For each bin the products of the residuals of all pairs of its units, over the pairs; bins count as much as their
    rows do, and one with a single unit, of which there is no pair, is left out. The interval is basic, never of the
    root: residual sums of bins are drawn from a normal distribution with the covariance that the units show, about what
    they are, and what the statistic then misses the truth by is taken off. Where the truth is 0 the statistic is not
    normal, and this holds still.
    Source: Sun, Chaudhari, Barnett and Dobriban (2024), arXiv:2408.08998; with one row a unit it equals them.

    Args:
        residuals: [n], outcome less score, times how much the row counts.
        shares: [n], how much each row counts.
        places: [n], each row's bin.
        rng: where the interval's draws come from.
        level: the interval's confidence.
        draws: how many.
        units: [n], whose row it is, from 0 without a gap; None: each stands for itself.
    """
    owners = np.arange(len(residuals)) if units is None else units
    width = int(places.max()) + 1
    code, where = np.unique(owners * width + places, return_inverse=True)
    bins = code % width
    parts, masses = np.bincount(where, residuals), np.bincount(where, shares)
    total, mass = (np.bincount(bins, part, minlength=width) for part in (parts, masses))
    own = np.bincount(bins, parts**2, minlength=width)
    pairs = mass**2 - np.bincount(bins, masses**2, minlength=width)
    kept = np.bincount(bins, minlength=width) > 1
    if not kept.any():
        return None
    factor = np.divide(mass, pairs, out=np.zeros(width), where=kept) / mass[kept].sum()
    seen = float(np.sum(factor * (total**2 - own)))
    noise = _noise(code // width, bins, parts - masses * (total / np.where(mass > 0, mass, 1))[bins], width, rng, draws)
    # In the drawn world the bins' sums are `total`, and this is what the statistic misses their squares by.
    missed = ((2 * total * noise + noise**2 - noise.var(axis=0)) * factor).sum(axis=1)
    low, high = np.quantile(missed, [(1 - level) / 2, (1 + level) / 2])
    return SquaredError(seen, Limits(max(seen - float(high), 0.0), max(seen - float(low), 0.0)))


def _noise(
    units: Integers, bins: Integers, centred: Floats, width: int, rng: np.random.Generator, draws: int
) -> Floats:
    """[draws, bins], normal with the covariance that units' sums by bin show."""
    from scipy import sparse

    rows = np.unique(units, return_inverse=True)[1]
    sums = sparse.csr_array((centred, (rows, bins)), shape=(int(rows.max()) + 1, width))
    covariance = (sums.T @ sums).toarray()
    return np.asarray(rng.standard_normal((draws, width)) @ symmetric_root(covariance))


def kumar_squared_error(scores: Floats, came_true: Flags, places: Integers) -> float:
    """Kumar's debiased squared error of rows that count alike; it may be below 0.

    The sum over bins of rows / n [(mean score - share)^2 - share (1 - share) / (rows - 1)]; a bin of one row adds
    nothing. Source: Kumar, Liang and Ma (2019), NeurIPS 32, section 5.
    """
    rows = np.bincount(places).astype(float)
    kept = rows > 1
    mean, share = (
        np.bincount(places, part)[kept] / rows[kept] for part in (np.asarray(scores, dtype=float), came_true)
    )
    noise = share * (1 - share) / (rows[kept] - 1)
    return float(np.sum(rows[kept] * ((mean - share) ** 2 - noise)) / len(scores))
