"""How far groups lie apart in a mean or in a ratio of totals: Welch's comparison of all pairs at once, and its test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units
from auditkit.statistics.gaps import Gap
from auditkit.statistics.intervals import Limits
from auditkit.statistics.mover import widest_between
from auditkit.statistics.ratios import bounded_mean

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_ROUNDING = 1e-12
_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True)
class Estimates:
    """A mean, or a ratio of totals, for each group."""

    value: Floats
    """[groups]; NaN where there is nothing to divide by."""
    variance: Floats
    """[groups], of the value; NaN where the rows do not differ, or are one: then nothing is known of it."""
    freedom: Floats
    """[groups], Student's degrees of freedom: one less than as many units of equal weight as would tell as much."""
    n: Integers
    """[groups], rows."""

    def take(self, groups: Integers | Flags) -> Estimates:
        """Those of some of the groups."""
        return Estimates(self.value[groups], self.variance[groups], self.freedom[groups], self.n[groups])

    def limits(self, level: float = 0.95, *, comparisons: int = 1) -> Limits:
        """Student's interval of each value, [groups] each; NaN where nothing is known of the variance."""
        half = _student(self.freedom, level, comparisons) * np.sqrt(self.variance)
        return Limits(self.value - half, self.value + half)

    def log_limits(self, level: float = 0.95, *, comparisons: int = 1) -> Limits:
        """Student's interval on the log scale, for what is never negative and has a long tail; NaN also at 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            half = _student(self.freedom, level, comparisons) * np.sqrt(self.variance) / self.value
            reach = np.exp(np.minimum(half, _LARGEST_EXPONENT))
            return Limits(self.value / reach, self.value * reach)


def group_means(
    scores: Floats, groups: Integers, group_count: int, *, weights: Floats | None = None, units: Integers | None = None
) -> Estimates:
    """The mean of `scores` [n] in each group; the arguments are those of `group_ratios`."""
    return group_ratios(scores, np.ones(len(scores)), groups, group_count, weights=weights, units=units)


def group_ratios(
    parts: Floats,
    wholes: Floats,
    groups: Integers,
    group_count: int,
    *,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> Estimates:
    """sum(parts) / sum(wholes) in each group, with the variance of a ratio of totals over units (Taylor linearisation).

    Args:
        parts: [n].
        wholes: [n], not negative.
        groups: [n], the group of each row; -1 leaves it out.
        group_count: how many groups there are.
        weights: [n], how much each row counts; rows of weight 0 are left out.
        units: [n], whom each row belongs to; -1: a unit of its own.
    """
    kept = groups >= 0 if weights is None else (groups >= 0) & (weights > 0)
    inside = groups[kept].astype(np.int64)
    mass = np.ones(len(inside)) if weights is None else np.asarray(weights, dtype=float)[kept]
    whole, part = mass * wholes[kept], mass * parts[kept]
    n = np.bincount(inside, minlength=group_count)
    total = np.bincount(inside, weights=whole, minlength=group_count)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = np.bincount(inside, weights=part, minlength=group_count) / total
        influence = part - value[inside] * whole
        owners, (sums, heaviness) = _by_unit(inside, None if units is None else units[kept], (influence, mass))
        count = np.bincount(owners, minlength=group_count)
        heavy = np.bincount(owners, weights=heaviness, minlength=group_count)
        # A value lies near the units that weigh the most, and hides how far off they are: of units that weigh alike
        # this is the factor count / (count - 1).
        squares = np.bincount(owners, weights=sums**2 / (1 - heaviness / heavy[owners]), minlength=group_count)
        variance = squares / total**2
        # A few heavy units decide the variance, and many light ones beside them make it no more certain: by Kish.
        alike = heavy**2 / np.bincount(owners, weights=heaviness**2, minlength=group_count)
        freedom = np.where(count > 1, np.minimum(alike, count) - 1, 0.0)
        known = (freedom > _ROUNDING) & (squares > (_ROUNDING * value * total) ** 2) & np.isfinite(variance)
    return Estimates(value, np.where(known, variance, np.nan), np.maximum(freedom, 0.0), n)


def _by_unit(
    groups: Integers, units: Integers | None, columns: tuple[Floats, ...]
) -> tuple[Integers, tuple[Floats, ...]]:
    """The group of each unit, and sums over its rows; one that lies in several groups is one in each."""
    if units is None:
        return groups, columns
    own = own_units(units)
    pairs, places = np.unique(groups * (own.max(initial=0) + 1) + own, return_inverse=True)
    owners = pairs // (own.max(initial=0) + 1)
    places = places.ravel()
    return owners, tuple(np.asarray(np.bincount(places, one, len(pairs)), dtype=float) for one in columns)


def widest_mean_difference(found: Estimates, *, level: float = 0.95) -> Gap:
    """The largest value less the smallest, with an interval that holds for all pairs at once.

    Each pair gets Welch's interval at Bonferroni's level. Its ends are NaN where nothing is known of a group's
    variance. Needs two groups. Source: Welch (1947), Biometrika 34, 28-35.
    """
    first, second = np.triu_indices(len(found.value), k=1)
    difference = found.value[first] - found.value[second]
    half = _welch(found.variance[first], found.variance[second], found.freedom, (first, second), level)
    return _widest(found.value, difference - half, difference + half)


def widest_bounded_difference(
    scores: Floats,
    groups: Integers,
    group_count: int,
    *,
    level: float = 0.95,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> Gap:
    """The largest mean of scores between 0 and 1 less the smallest, with an interval that holds for all pairs at once.

    Each group's mean has Wilson's interval at the size that its variance is worth, see `bounded_mean`; of each pair the
    two are squared and added. So it is known too where all scores of a group are alike. Every group has rows.

    Args:
        scores: [n].
        groups: [n], the group of each row; -1 leaves it out.
        group_count: how many groups there are, at least two.
        level: the confidence of the whole family.
        weights: [n], how much each row counts.
        units: [n], whom each row belongs to; -1: a unit of its own.
    """
    pairs = group_count * (group_count - 1) // 2
    found = []
    for place in range(group_count):
        here = groups == place
        about = {name: None if one is None else one[here] for name, one in (("weights", weights), ("units", units))}
        found.append(bounded_mean(scores[here], level=1 - (1 - level) / pairs, **about))
    known = [one for one in found if one is not None and one.limits is not None]
    limits = Limits(*(np.array([getattr(one.limits, end) for one in known]) for end in ("low", "high")))
    return widest_between(np.array([one.value for one in known]), limits)


def smallest_mean_ratio(found: Estimates, *, level: float = 0.95, power: float = 1.0) -> Gap:
    """The smallest value by the largest, both above 0, with an interval that holds for all pairs at once.

    Welch's interval of the difference of logs, at Bonferroni's level. Needs two groups.

    Args:
        found: the values, none negative; with a value of 0 the ends are NaN.
        level: the confidence of the whole family.
        power: what the ratio is raised to: one half makes a ratio of mean squares one of their roots.
    """
    first, second = np.triu_indices(len(found.value), k=1)
    lowest, highest = int(np.argmin(found.value)), int(np.argmax(found.value))
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = found.variance / found.value**2
        logs = np.log(found.value)
        half = _welch(relative[first], relative[second], found.freedom, (first, second), level)
        difference = np.abs(logs[first] - logs[second])
        low = float(np.exp(-power * np.min([_LARGEST_EXPONENT, np.max(difference + half)])))
        high = float(np.exp(-power * max(0.0, np.max(difference - half))))
        value = float((found.value[lowest] / found.value[highest]) ** power)
    if not np.isfinite(half).all():
        return Gap(value, np.nan, np.nan, lowest, highest)
    return Gap(value, min(low, value), max(high, value), lowest, highest)


def _widest(value: Floats, low: Floats, high: Floats) -> Gap:
    lowest, highest = int(np.argmin(value)), int(np.argmax(value))
    gap = float(value[highest] - value[lowest])
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return Gap(gap, np.nan, np.nan, lowest, highest)
    # The true gap is at least the low end of any pair, and at most the largest high end, in either direction.
    least, most = float(np.max([low, -high])), float(np.max([high, -low]))
    return Gap(gap, min(max(least, 0.0), gap), max(most, gap), lowest, highest)


def _welch(one: Floats, other: Floats, freedom: Floats, pairs: tuple[Integers, Integers], level: float) -> Floats:
    """[pairs]: half the width of Welch's interval, with the degrees of freedom of Satterthwaite (1946)."""
    first, second = (freedom[part] for part in pairs)
    with np.errstate(divide="ignore", invalid="ignore"):
        together = (one + other) ** 2 / (one**2 / first + other**2 / second)
    return np.asarray(_student(together, level, len(first)) * np.sqrt(one + other))


def _student(freedom: Floats, level: float, comparisons: int) -> Floats:
    from scipy import special

    with np.errstate(invalid="ignore"):
        return np.asarray(special.stdtrit(freedom, 1 - (1 - level) / (2 * comparisons)))


@dataclass(frozen=True)
class MeansTest:
    """Whether the means of several groups could be one."""

    statistic: float
    p: float


def welch_test(found: Estimates) -> MeansTest | None:
    """Welch's F test that all means are equal, whatever the variances; None where nothing is known of one of them.

    Of two groups it is Welch's t test. Source: Welch (1951), Biometrika 38, 330-336.
    """
    from scipy import special

    groups = len(found.value)
    if groups < 2 or not np.isfinite(found.variance).all():  # noqa: PLR2004  a test compares two
        return None
    weight = 1 / found.variance
    share = weight / weight.sum()
    centre = float(np.dot(share, found.value))
    between = float(np.dot(weight, (found.value - centre) ** 2)) / (groups - 1)
    uneven = float(np.sum((1 - share) ** 2 / found.freedom))
    statistic = between / (1 + 2 * (groups - 2) / (groups**2 - 1) * uneven)
    return MeansTest(statistic, float(special.fdtrc(groups - 1, (groups**2 - 1) / (3 * uneven), statistic)))
