"""How far readers of the same rows agree beyond chance: two with Cohen's kappa, several with Fleiss' and Gwet's.

All three are one minus the disagreement seen over the disagreement of chance; they differ in what chance is taken to
be. Each has the variance of its linearisation, so that rows of one person can be added up before they are squared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import Limits, clopper_pearson

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Distance = Literal["nominal", "linear", "quadratic"]

_SURE = 1e-12
_MANY = 100
"""Rows, or units, from which the interval of the linearisation is long enough alone."""


@dataclass(frozen=True)
class Agreement:
    """Agreement beyond chance: 1 where all agree, 0 where they agree as often as chance would have them."""

    value: float
    se: float
    low: float
    high: float
    observed: float
    """The share of pairs of readings that agree, or how near they are."""
    expected: float
    """The same, of readings by chance."""
    rows: int
    """Rows that two readers or more have read."""
    method: str


@dataclass(frozen=True)
class Imbalance:
    """Why a kappa of two readers and two classes can be low although they agree.

    Source: Byrt, Bishop and Carlin (1993), J. Clin. Epidemiol. 46, 423-429.
    """

    prevalence: float
    """How much more often both say one class than both say the other, as a share of the rows."""
    bias: float
    """How much more often the first says the second class than the second does."""
    pabak: float
    """Kappa were neither so: twice the agreement less one."""


def cohen_kappa(
    first: Integers,
    second: Integers,
    classes: int,
    *,
    distance: Distance = "nominal",
    level: float = 0.95,
    units: Integers | None = None,
) -> Agreement | None:
    """Cohen's kappa of two readers; None where no row is read by both, or where both always say one and the same class.

    Sources: Cohen (1960), Educ. Psychol. Meas. 20, 37-46; weighted, Cohen (1968), Psychol. Bull. 70, 213-220; its
    variance, Fleiss, Cohen and Everitt (1969), Psychol. Bull. 72, 323-327.

    Args:
        first: [n], the class that the first reader says, 0 to `classes` - 1; below 0: not read.
        second: [n], the same of the second.
        classes: how many there are.
        distance: "nominal": two classes are the same or not; "linear" and "quadratic": of ordered classes, the farther
            apart the worse.
        level: of the interval.
        units: [n]: whose row it is; rows of one unit are not independent.
    """
    read = (first >= 0) & (second >= 0)
    one, two = first[read], second[read]
    n = len(one)
    if n == 0:
        return None
    nearness = _nearness(classes, distance)
    shares = np.bincount(one * classes + two, minlength=classes**2).reshape(classes, classes) / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float((shares * nearness).sum()), float(rows @ nearness @ columns)
    if 1 - expected < _SURE:
        return None
    of_first, of_second = nearness @ columns, rows @ nearness
    at = nearness[one, two] * (1 - expected) - (of_first[one] + of_second[two]) * (1 - observed)
    influence = (at - (observed * expected - 2 * expected + observed)) / (1 - expected) ** 2
    value = (observed - expected) / (1 - expected)
    return _agreement(value, (observed, expected), influence, level, None if units is None else units[read], rows=n)


def fleiss_kappa(
    readings: Integers, classes: int, *, level: float = 0.95, units: Integers | None = None
) -> Agreement | None:
    """Fleiss' kappa of several readers; None where no row has two readings, or all readings are of one class.

    Sources: Fleiss (1971), Psychol. Bull. 76, 378-382; with missing readings and this variance, Gwet (2021), Educ.
    Psychol. Meas. 81, 781-790.

    Args:
        readings: [n, readers], classes 0 to `classes` - 1; below 0: not read.
        classes: how many there are.
        level: of the interval.
        units: [n]: whose row it is.
    """
    counts, at = _counted(readings, classes)
    if not len(counts):
        return None
    of_each = counts / counts.sum(axis=1, keepdims=True)
    shares = of_each.mean(axis=0)
    return _several(counts, of_each @ shares, float(shares @ shares), level, None if units is None else units[at])


def gwet_ac1(
    readings: Integers, classes: int, *, level: float = 0.95, units: Integers | None = None
) -> Agreement | None:
    """Gwet's AC1 of several readers; None where no row has two readings. It stays high where one class is rare.

    Source: Gwet (2008), Br. J. Math. Stat. Psychol. 61, 29-48.

    Args:
        readings: [n, readers], classes 0 to `classes` - 1; below 0: not read.
        classes: how many there are, two or more.
        level: of the interval.
        units: [n]: whose row it is.
    """
    counts, at = _counted(readings, classes)
    if not len(counts):
        return None
    of_each = counts / counts.sum(axis=1, keepdims=True)
    shares = of_each.mean(axis=0)
    expected = float((shares * (1 - shares)).sum()) / (classes - 1)
    by_row = ((1 - of_each) @ shares) / (classes - 1)
    return _several(counts, by_row, expected, level, None if units is None else units[at])


def imbalance(first: Integers, second: Integers) -> Imbalance | None:
    """The prevalence and bias of two readers of two classes, [n] each, below 0: not read; None of no rows."""
    read = (first >= 0) & (second >= 0)
    one, two = first[read].astype(float), second[read].astype(float)
    if not len(one):
        return None
    both, neither = float((one * two).mean()), float(((1 - one) * (1 - two)).mean())
    return Imbalance(abs(both - neither), float((one - two).mean()), 2 * (both + neither) - 1)


def _nearness(classes: int, distance: Distance) -> Floats:
    """[k, k]: 1 for the same class, 0 for those farthest apart."""
    if distance == "nominal":
        return np.eye(classes)
    apart = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))) / max(classes - 1, 1)
    return np.asarray(1 - (apart if distance == "linear" else apart**2))


def _counted(readings: Integers, classes: int) -> tuple[Floats, Integers]:
    """[m, k]: how many readers say each class, of the rows that anybody has read; and which rows these are."""
    n = len(readings)
    rows, columns = np.nonzero(readings >= 0)
    counts = np.bincount(rows * classes + readings[rows, columns], minlength=n * classes).reshape(n, classes)
    at = np.flatnonzero(counts.sum(axis=1))
    return counts[at].astype(float), at


def _several(counts: Floats, by_row: Floats, expected: float, level: float, units: Integers | None) -> Agreement | None:
    """Agreement of several readers, from what chance has them agree in, altogether and by the readings of each row.

    A row with one reading tells of the classes' shares, and not of agreement.
    """
    readers = counts.sum(axis=1)
    twice = readers > 1
    if 1 - expected < _SURE or not twice.any():
        return None
    pairs = np.where(twice, readers * (readers - 1), 1.0)
    agreed = (counts * (counts - 1)).sum(axis=1) / pairs
    observed = float(agreed[twice].mean())
    value = (observed - expected) / (1 - expected)
    seen = np.where(twice, agreed - expected, 0.0) / twice.mean()
    linear = (seen - 2 * (1 - value) * (by_row - expected)) / (1 - expected)
    return _agreement(value, (observed, expected), linear - value, level, units, rows=int(twice.sum()))


def _agreement(
    value: float,
    shares: tuple[float, float],
    influence: Floats,
    level: float,
    units: Integers | None,
    *,
    rows: int,
) -> Agreement:
    n = len(influence)
    sums = influence if units is None else np.bincount(np.unique(units, return_inverse=True)[1], influence)
    groups = len(sums)
    variance = float(sums @ sums) / n**2 * (groups / (groups - 1) if groups > 1 else 1.0)
    limits, method = _limits(value, shares, variance, min(groups, rows), level)
    return Agreement(
        value, float(np.sqrt(variance)), float(limits.low), float(limits.high), *shares, rows=rows, method=method
    )


def _limits(value: float, shares: tuple[float, float], variance: float, n: int, level: float) -> tuple[Limits, str]:
    """Wald's on the logarithm of what is left to 1, which keeps below 1; of few rows not shorter than the share's.

    Alone it held kappa in 93 to 97% of samples, but of 15 and 30 rows with a rare class in 77 and 89%.
    """
    from scipy import stats

    observed, expected = shares
    exact = clopper_pearson(observed * n, n, level)
    low, high = (max((float(end) - expected) / (1 - expected), -1.0) for end in (exact.low, exact.high))
    if 1 - observed < _SURE or variance < _SURE**2 or n == 1:
        return Limits(low, high), "clopper-pearson of the agreement"
    reach = float(stats.t.ppf(0.5 + level / 2, n - 1)) * float(np.sqrt(variance)) / (1 - value)
    ends = max(1 - (1 - value) * np.exp(reach), -1.0), 1 - (1 - value) * np.exp(-reach)
    if n >= _MANY:
        return Limits(*ends), "linearised, log"
    return Limits(min(low, ends[0]), max(high, ends[1])), "linearised, log, not within clopper-pearson of the agreement"
