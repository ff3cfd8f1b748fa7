"""Whether one share of the same rows is lower than another by more than a margin: the score interval that tests it.

`paired` squares and adds; here every end of the interval is where a test of that very difference turns. It is what a
gate decides on: the test of non-inferiority and the interval that is printed cannot disagree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units
from auditkit.statistics.intervals import Limits, Numbers, critical_value
from auditkit.statistics.paired import Pairs

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_HALVINGS = 45
_ROUNDING = 1e-12


def paired_score(pairs: Pairs, difference: Numbers) -> Floats:
    """How many standard errors the first share less the second lies above `difference`, for independent pairs.

    The variance is that of the likeliest shares which differ by just so much. At 0 it is McNemar's statistic without
    its continuity correction. Where there is no variance it is 0 of the difference itself, and infinite of any other.
    Source: Tango (1998), Stat. Med. 17, 891-908, equations 6 to 10; as a test of non-inferiority Nam (1997), Biometrics
    53, 1422-1430.

    Args:
        pairs: counts, also effective ones that are not whole.
        difference: between -1 and 1.
    """
    return _score(*_numbers(pairs, difference))


def _score(first: Floats, second: Floats, rows: Floats, at: Floats) -> Floats:
    half = -first - second + (2 * rows - first + second) * at
    inside = np.maximum(half**2 + 8 * rows * second * at * (1 - at), 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = (np.sqrt(inside) - half) / (4 * rows)
        variance = rows * np.maximum(2 * lost + at * (1 - at), 0)
        lead = first - second - rows * at
        score = lead / np.sqrt(variance)
    is_settled = variance <= _ROUNDING * rows
    settled = np.where(np.abs(lead) <= _ROUNDING * rows, 0, np.copysign(np.inf, lead))
    return np.asarray(np.where(is_settled, settled, score))


def paired_score_limits(pairs: Pairs, level: float = 0.95) -> Limits:
    """The interval of the first share less the second, of the same rows: the differences that `paired_score` allows.

    Also where no pair disagrees it has a width, z^2 / (n + z^2) to either side. NaN of no rows. For independent pairs;
    rows that share a unit enter as `effective_pairs`. Source: Tango (1998), as above.
    """
    first, second, rows, _ = (part[..., None] for part in _numbers(pairs, 0.0))
    z = critical_value(level)
    value = np.divide(first - second, rows, out=np.full_like(rows, np.nan), where=rows > 0)
    # Both ends at once, each between the value and the farthest difference there is; the score falls as it grows.
    outer, inner = np.broadcast_to(_FARTHEST, (*value.shape[:-1], 2)), np.repeat(value, 2, axis=-1)
    for _ in range(_HALVINGS):
        middle = (outer + inner) / 2
        beyond = np.abs(_score(first, second, rows, middle)) >= z
        outer, inner = np.where(beyond, middle, outer), np.where(beyond, inner, middle)
    ends = np.where(np.isnan(value), np.nan, (outer + inner) / 2)
    low, high = np.minimum(ends[..., 0], value[..., 0]), np.maximum(ends[..., 1], value[..., 0])
    return Limits(low[()], high[()])


_FARTHEST = np.array([-1.0, 1.0])


def effective_pairs(
    first: npt.NDArray[np.bool_],
    second: npt.NDArray[np.bool_],
    *,
    weights: Floats | None = None,
    units: Integers | None = None,
    level: float = 0.95,
) -> Pairs:
    """Pairs as many as independent, equally weighted ones would tell as much; plain counts where all are that.

    The counts are shares of weight times n / (design effect), which is the variance of the difference over units by
    that of independent pairs, and never below 1; with the squared ratio of Student's quantiles for few units. Where
    nothing varies it is Kish's size over the units' weights. As `effective_size` does for one share.
    Sources: Rao and Scott (1992), Biometrics 48, 577-585; Korn and Graubard (1998), Surv. Methodol. 24, 193-201.

    Args:
        first: [n], one answer.
        second: [n], the other about the same rows.
        weights: [n], not negative.
        units: [n], whom each row belongs to; -1: a unit of its own.
        level: of the interval to come, whose quantiles are Student's.
    """
    from scipy import special

    mass = np.ones(len(first)) if weights is None else np.asarray(weights, dtype=float)
    total, n = float(mass.sum()), int(np.count_nonzero(mass))
    quarters = (first & second, first & ~second, ~first & second, ~first & ~second)
    parts = np.array([float(mass[part].sum()) for part in quarters])
    if n == 0 or (weights is None and units is None):
        return Pairs(*parts)
    shares = parts / total
    gap = shares[1] - shares[2]
    influence = mass * (first.astype(float) - second.astype(float) - gap)
    heaviness = mass
    if units is not None:
        _, places = np.unique(own_units(units), return_inverse=True)
        influence, heaviness = (np.bincount(places, weights=one) for one in (influence, mass))
    heaviness, influence = heaviness[heaviness > 0], influence[heaviness > 0]
    count, kish = len(heaviness), total**2 / float(np.dot(heaviness, heaviness))
    independent = (shares[1] + shares[2] - gap**2) / max(n - 1, 1)
    variance = float(np.dot(influence, influence)) / total**2 * count / max(count - 1, 1)
    size = min(kish, n)
    if count > 1 and independent > _ROUNDING and variance > _ROUNDING * independent:
        middle = (1 + level) / 2
        student = special.stdtrit(max(n - 1, 1), middle) / special.stdtrit(max(min(kish, count) - 1, _LEAST), middle)
        size = min(n * min(independent / variance, 1.0) * float(student) ** 2, n)
    return Pairs(*(shares * size))


_LEAST = 0.5
"""Degrees of freedom of Student's distribution: of a unit that is nearly all of the weight."""


def _numbers(pairs: Pairs, difference: Numbers) -> tuple[Floats, Floats, Floats, Floats]:
    both, first, second, neither, at = np.broadcast_arrays(
        *(np.asarray(part, dtype=float) for part in (pairs.both, pairs.first, pairs.second, pairs.neither, difference))
    )
    return first, second, both + first + second + neither, at
