"""Tests of whether probabilities are true: Spiegelhalter's, Hosmer and Lemeshow's, and how many cases were expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import Limits
from auditkit.statistics.ratios import share_of_totals
from auditkit.statistics.zscores import two_sided

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Spiegelhalter:
    """How far the Brier score is from what it would be were the probabilities true."""

    z: float
    p_value: float
    """Two-sided, by the normal distribution."""


def spiegelhalter(
    scores: Floats, came_true: Flags, *, weights: Floats | None = None, units: Integers | None = None
) -> Spiegelhalter | None:
    """Spiegelhalter's test; None where no score could be far from its Brier score: all are 0, one half or 1.

    z = sum of w (y - p) (1 - 2 p) / sqrt(sum of w^2 (1 - 2 p)^2 p (1 - p)). Where rows share units the square of each
    unit's sum stands in the place of the variance, for its rows may come out alike. A z above 0 is of probabilities
    that are too extreme.
    Source: Spiegelhalter (1986), Stat. Med. 5, 421-433, equation 6.

    Args:
        scores: [n], between 0 and 1.
        came_true: [n].
        weights: [n], how much each row counts; None: all the same.
        units: [n], whose row it is, from 0 without a gap; None: each stands for itself.
    """
    mass = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=float)
    lean = mass * (1 - 2 * scores)
    parts = lean * (came_true - scores)
    if units is None:
        variance = float(np.sum(lean**2 * scores * (1 - scores)))
    else:
        variance = float(np.sum(np.bincount(units, parts) ** 2))
    if variance <= 0:
        return None
    z = float(parts.sum() / np.sqrt(variance))
    return Spiegelhalter(z, float(two_sided(z)))


@dataclass(frozen=True)
class HosmerLemeshow:
    """How far bins of scores are from what was expected in them."""

    statistic: float
    freedom: int
    p_value: float
    bins: int
    """With rows: ties can leave fewer than were asked for."""


def hosmer_lemeshow(
    scores: Floats, came_true: Flags, places: Integers, *, fitted: bool = False
) -> HosmerLemeshow | None:
    """Hosmer and Lemeshow's test; None where a bin's mean score is 0 or 1 and leaves nothing to chance, or no bin has.

    The sum over bins of (observed - expected)^2 / (expected (1 - mean score)), a chi-square of as many degrees of
    freedom as there are bins: the rows are new to the model. On the rows that a logistic model was fitted to there are
    two fewer. A bin whose scores are all 0, or all 1, and came true so, adds nothing and does not count.
    Source: Hosmer and Lemeshow (1980), Commun. Stat. A 9, 1043-1069; for new rows Hosmer, Lemeshow and Sturdivant
    (2013), Applied Logistic Regression, section 5.2.

    Args:
        scores: [n], between 0 and 1.
        came_true: [n].
        places: [n], each row's bin, mostly tenths of equal mass.
        fitted: whether the model was fitted to these rows.
    """
    from scipy import special

    sizes = np.bincount(places)
    kept = sizes > 0
    expected, observed = (np.bincount(places, part)[kept] for part in (scores, came_true.astype(float)))
    chance = expected * (1 - expected / sizes[kept])
    sure = chance <= _SURE * sizes[kept]
    if np.any(sure & (np.abs(observed - expected) > _SURE * sizes[kept])) or sure.all():
        return None
    statistic = float(np.sum((observed - expected)[~sure] ** 2 / chance[~sure]))
    bins = int(np.count_nonzero(~sure))
    freedom = bins - 2 if fitted else bins
    if freedom < 1:
        return None
    return HosmerLemeshow(statistic, freedom, float(special.chdtrc(freedom, statistic)), bins)


@dataclass(frozen=True)
class InTheLarge:
    """How many came true for one that was expected."""

    observed: float
    """The sum of weights that came true; of rows that count alike, how many."""
    expected: float
    ratio: float
    limits: Limits
    z: float | None
    """Of observed less expected, where the probabilities are true; None where they leave nothing to chance."""
    p_value: float | None
    """Two-sided, by the normal distribution."""


def in_the_large(
    scores: Floats,
    came_true: Flags,
    *,
    level: float = 0.95,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> InTheLarge | None:
    """Calibration in the large, observed / expected; None where nothing was expected, as where all scores are 0.

    The interval is Wilson's of the share that came true, at its effective size, divided by the mean score, which is
    given. It takes all rows for alike, and rows whose chances differ scatter less: it is rather too wide. The test is
    sharper: it takes the scatter that the scores themselves say, or of rows that share units that of the units.
    Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212; the ratio, Debray et al. (2017), BMJ 356, i6460.

    Args:
        scores: [n], between 0 and 1.
        came_true: [n].
        level: the interval's confidence.
        weights: [n], how much each row counts; None: all the same.
        units: [n], whose row it is, from 0 without a gap; None: each stands for itself.
    """
    mass = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=float)
    observed, expected = float(mass @ came_true), float(mass @ scores)
    if expected <= 0:
        return None
    ones = np.ones(len(scores), dtype=np.int64)
    share = share_of_totals(came_true.astype(np.int64), ones, level=level, weights=weights, units=units)
    low, high = (float(end[0]) * float(mass.sum()) / expected for end in share.limits(level))
    parts = mass * (came_true - scores)
    if units is None:
        variance = float(np.sum(mass**2 * scores * (1 - scores)))
    else:
        variance = float(np.sum(np.bincount(units, parts) ** 2))
    z = float(parts.sum() / np.sqrt(variance)) if variance > 0 else None
    p_value = None if z is None else float(two_sided(z))
    ratio = observed / expected
    return InTheLarge(observed, expected, ratio, Limits(min(low, ratio), max(high, ratio)), z, p_value)


_SURE = 1e-12
