"""Ratios of totals, and means of scores between 0 and 1, over rows or units: intervals that keep to what can be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Shares, UnitTotals, own_units
from auditkit.statistics.intervals import Limits, critical_value, wilson
from auditkit.statistics.means import Mean, sum_of_squares

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

FEWEST_FOR_RATIO = 30
"""Rows, or units, below which a ratio with a long tail gets no interval: at 20 a 95% interval holds a mean square of
Laplace's errors 0.88 of the time, and at 10 0.84."""

_ROUNDING = 1e-12


def positive_ratio(
    parts: Floats,
    wholes: Floats,
    *,
    level: float = 0.95,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> Mean | None:
    """sum(parts) / sum(wholes), with Student's interval on the log scale; None when the wholes are nothing.

    For what is never negative and has a long tail, such as a mean square (wholes of 1): the plain interval is too low.
    The variance is that of a ratio of totals over units (Taylor linearisation). Simulated coverage of a 95% interval
    for the mean square of 30, 100 and 300 errors: normal 0.93, 0.94, 0.95; Laplace 0.89, 0.92, 0.94. Below
    `FEWEST_FOR_RATIO` rows, or units, there are no limits.

    Args:
        parts: [n], not negative.
        wholes: [n], not negative.
        level: the confidence.
        weights: [n], how much each row counts.
        units: [n], whom each row belongs to; -1: a unit of its own.
    """
    from scipy import special

    mass = np.ones(len(parts)) if weights is None else np.asarray(weights, dtype=float)
    kept = mass > 0
    total = float(np.dot(mass, wholes))
    if not total > 0:
        return None
    value = float(np.dot(mass, parts)) / total
    whose = None if units is None else units[kept]
    influence, heaviness = (_by_unit(one[kept], whose) for one in (mass * (parts - value * wholes), mass))
    count, n = len(influence), int(np.count_nonzero(kept))
    squares, freedom = sum_of_squares(influence, heaviness)
    if count < FEWEST_FOR_RATIO or freedom <= _ROUNDING or value <= 0 or squares <= (_ROUNDING * value * total) ** 2:
        return Mean(value, n, None)
    reach = float(np.exp(min(special.stdtrit(freedom, (1 + level) / 2) * np.sqrt(squares) / total / value, 700.0)))
    return Mean(value, n, Limits(value / reach, value * reach))


def bounded_mean(
    scores: Floats, *, level: float = 0.95, weights: Floats | None = None, units: Integers | None = None
) -> Mean | None:
    """The mean of scores between 0 and 1, with Wilson's interval at the size that their variance is worth.

    A score between 0 and 1 varies at most as a share does, so that n rows are worth n yes-or-no answers or more. Where
    all scores are 0, say, Student's interval has no width; this one then is that of n such answers. Simulated coverage
    of a 95% interval for 30, 100 and 300 rows of which 1 in 20 is not 0: 0.92, 0.92, 0.95 (Student's: 0.68, 0.88,
    0.93). None when there are no rows.

    Args:
        scores: [n].
        level: the confidence.
        weights: [n], how much each row counts.
        units: [n], whom each row belongs to; -1: a unit of its own.
    """
    from scipy import special

    mass = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=float)
    kept = mass > 0
    n, total = int(np.count_nonzero(kept)), float(mass.sum())
    if n == 0:
        return None
    value = float(np.clip(np.dot(mass, scores) / total, 0, 1))
    whose = None if units is None else units[kept]
    influence = _by_unit((mass * (scores - value))[kept], whose)
    heaviness = _by_unit(mass[kept], whose)
    squares, freedom = sum_of_squares(influence, heaviness)
    size = total**2 / float(np.dot(heaviness, heaviness))
    if freedom > _ROUNDING and squares > (_ROUNDING * total) ** 2 and 0 < value < 1:
        variance = squares / total**2
        student = float(special.stdtrit(freedom, (1 + level) / 2))
        size = value * (1 - value) / variance * (critical_value(level) / student) ** 2
    low, high = wilson(value * size, size, level)
    return Mean(value, n, Limits(min(float(low), value), max(float(high), value)))


def share_of_totals(
    hits: Integers,
    among: Integers,
    *,
    level: float = 0.95,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> Shares:
    """sum(hits) / sum(among) over rows that each hold several, as one share: `Shares` of one group.

    The precision, recall or F1 of entities, of which a row holds none or many. Its uncertainty is that of a ratio of
    totals over rows, or units. Simulated coverage of a 95% interval for the F1 of 20, 50 and 200 rows with two entities
    each on average: 0.95 to 0.96 at 0.5 and at 0.9.

    Args:
        hits: [n], how many of a row's count.
        among: [n], of how many.
        level: the confidence of the limits to come.
        weights: [n], how much each row counts.
        units: [n], whom each row belongs to; -1: a unit of its own.
    """
    mass = np.ones(len(hits)) if weights is None else np.asarray(weights, dtype=float)
    kept = mass > 0
    columns = (mass * hits, mass * among, hits, among)
    whose = None if units is None else units[kept]
    sums = [_by_unit(np.asarray(column, dtype=float)[kept], whose) for column in columns]
    totals = UnitTotals(sums[0], sums[1], sums[2].astype(np.int64), sums[3].astype(np.int64))
    return totals.shares(np.zeros(len(totals.n), dtype=np.int64), 1, level=level)


def _by_unit(values: Floats, units: Integers | None) -> Floats:
    if units is None:
        return values
    _, places = np.unique(own_units(units), return_inverse=True)
    return np.asarray(np.bincount(places.ravel(), weights=values), dtype=float)
