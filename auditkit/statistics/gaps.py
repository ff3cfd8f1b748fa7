"""How far groups lie apart: the widest difference and the smallest ratio, with intervals that hold for all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Shares
from auditkit.statistics.fisher import hypergeometric_tail
from auditkit.statistics.intervals import Limits, WilsonShares, newcombe_between, share_ratio, wilson_shares

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Sample = tuple[Floats, Floats]
"""How many hits, of how many rows; both may be effective, and so not whole."""

_ASKED_AT_ONCE = 1000
_ROUNDING = 1e-6
_ROOT_HALF = 0.5**0.5
_TINY = 1e-12


@dataclass(frozen=True)
class Gap:
    """The distance between the two groups that lie furthest apart."""

    value: float
    low: float
    high: float
    lowest: int
    """The place of the group with the smallest share."""
    highest: int
    """The place of the group with the largest share."""


def widest_difference(shares: Shares, *, level: float = 0.95, families: int = 1) -> Gap:
    """The largest share less the smallest.

    Every pair of groups gets Newcombe's interval at Bonferroni's level, so whichever pair happens to lie furthest
    apart, the interval holds; a percentile bootstrap of a maximum does not. It leaves out 0 only where Fisher's exact
    test at the same level agrees, since Newcombe's interval is too short for rare hits in groups of uneven size. Needs
    two groups with rows.

    Args:
        shares: of the groups that take part.
        level: the confidence of the whole family.
        families: over how many rates of these groups the family runs (equalized odds: 2).
    """
    low, high = difference_limits(shares.value, shares.size, level=level, families=families)
    lowest, highest = int(np.argmin(shares.value)), int(np.argmax(shares.value))
    value = float(shares.value[highest] - shares.value[lowest])
    return Gap(value, min(float(low), value), max(float(high), value), lowest, highest)


def difference_limits(value: Floats, size: Floats, *, level: float = 0.95, families: int = 1) -> Limits:
    """The interval of the widest difference, for shares [..., groups] with sizes that broadcast against them."""
    first, second = _pairs(value.shape[-1])
    size = np.broadcast_to(size, value.shape)
    count = value * size
    one, two = (count[..., first], size[..., first]), (count[..., second], size[..., second])
    comparisons = len(first) * families
    limits = wilson_shares(count, size, level, comparisons=comparisons)
    low, high = newcombe_between(limits.take(first), limits.take(second))
    # The true gap is at least the low end of any pair, and at most the largest high end, in either direction.
    apart = largest_sure(np.maximum(low, -high), one, two, (1 - level) / comparisons)
    return Limits(apart, np.maximum(high, -low).max(axis=-1))


def difference_lows(value: Floats, size: Floats, *, level: float = 0.95, families: int = 1) -> Floats:
    """The low end alone of the interval of the widest difference, for shares [draws, groups]: [draws].

    It asks only about pairs that can lie apart. Newcombe's low end is above 0 only if the difference is larger than the
    two half widths squared and added, so also than their sum over the root of 2: only if one group, less its half width
    over that root, still lies above the other and its. Among groups drawn at random few do, however many there are.

    Args:
        value: the shares; NaN, of a group without rows, takes no part.
        size: their sizes, broadcast against them.
        level: the confidence of the whole family.
        families: over how many rates of these groups the family runs.
    """
    groups = value.shape[-1]
    comparisons = groups * (groups - 1) // 2 * families
    size = np.broadcast_to(size, value.shape)
    count = value * size
    limits = wilson_shares(count, size, level, comparisons=comparisons)
    lowered = value - (value - limits.low) * _ROOT_HALF
    raised = value + (limits.high - value) * _ROOT_HALF
    above = lowered > np.fmin.reduce(raised, axis=-1, keepdims=True) - _TINY
    below = raised < np.fmax.reduce(lowered, axis=-1, keepdims=True) + _TINY
    lows = np.zeros(len(value))
    for draw in np.flatnonzero(above.any(axis=-1) & below.any(axis=-1)):
        upper, lower = (part.ravel() for part in np.meshgrid(np.flatnonzero(above[draw]), np.flatnonzero(below[draw])))
        drawn = WilsonShares(*(part[draw] for part in limits))
        claims = newcombe_between(drawn.take(upper), drawn.take(lower)).low
        one, two = ((count[draw, places], size[draw, places]) for places in (upper, lower))
        lows[draw] = largest_sure(claims, one, two, (1 - level) / comparisons)
    return lows


def smallest_ratio(shares: Shares, *, level: float = 0.95) -> Gap:
    """The smallest share over the largest, with an interval that holds for all pairs at once.

    It leaves out 1 exactly when the interval of the widest difference leaves out 0. Needs two groups with rows, and
    one share above 0.
    """
    first, second = _pairs(len(shares.value))
    count = shares.value * shares.size
    one, two = (count[first], shares.size[first]), (count[second], shares.size[second])
    forward, backward = (share_ratio(*pair, level, comparisons=len(first)) for pair in ((*one, *two), (*two, *one)))
    lowest, highest = int(np.argmin(shares.value)), int(np.argmax(shares.value))
    value = float(shares.value[lowest] / shares.value[highest])
    low = float(np.min([forward.low, backward.low]))
    short_of_one = 1 - np.minimum(forward.high, backward.high)
    high = 1 - float(largest_sure(short_of_one, one, two, (1 - level) / len(first)))
    return Gap(value, min(low, value), max(high, value), lowest, highest)


def tells_apart(one: Sample, two: Sample, level: float = 0.95, comparisons: int = 1) -> Flags:
    """Whether the interval of a pair leaves out 0 with the first share above the second: what finds a gap.

    Args:
        one: hits and rows, arrays of one shape.
        two: the same of the other group.
        level: the confidence of the whole family.
        comparisons: the pairs in it.
    """
    first, second = (wilson_shares(*sample, level, comparisons=comparisons) for sample in (one, two))
    apart = np.asarray(newcombe_between(first, second).low > 0)
    apart[apart] = _is_beyond_chance(
        (one[0][apart], one[1][apart]), (two[0][apart], two[1][apart]), (1 - level) / comparisons
    )
    return apart


def short_of_one(high: Floats, one: Sample, two: Sample, error: float) -> Floats:
    """The high ends of ratios of shares, where one below 1 stays only if Fisher's test at the same level agrees.

    Wilson's limits are too short for rare hits in groups of uneven size, and so are those of ratios made of them.

    Args:
        high: of each ratio, the first share by the second.
        one: hits and rows, which broadcast against `high`.
        two: the same of the other group.
        error: how often a claim about one pair may be false.
    """
    ends = np.array(high, dtype=float)
    made = ends < 1
    hits_1, n_1, hits_2, n_2 = (np.broadcast_to(part, ends.shape)[made] for part in (*one, *two))
    ends[made] = np.where(_is_beyond_chance((hits_1, n_1), (hits_2, n_2), error), ends[made], 1.0)
    return ends


def largest_sure(claims: Floats, one: Sample, two: Sample, error: float) -> Floats:
    """The largest claim above 0 of any pair that is not down to chance, [...]; 0 where there is none.

    Args:
        claims: [..., pairs], how far apart each pair is at least; at most 0 where it may be equal.
        one: of each pair, [..., pairs].
        two: the same of its other group.
        error: how often a claim about one pair may be false.
    """
    pairs = claims.reshape(-1, claims.shape[-1])
    samples = [part.reshape(pairs.shape) for part in (*one, *two)]
    largest = np.zeros(len(pairs))
    made = np.stack(np.nonzero(pairs > 0))
    made = made[:, np.argsort(-pairs[*made], kind="stable")]
    # From the largest down: below one that is sure, no other needs to be asked about.
    for start in range(0, made.shape[1], _ASKED_AT_ONCE):
        asked = made[:, start : start + _ASKED_AT_ONCE]
        asked = asked[:, largest[asked[0]] == 0]
        hits_1, n_1, hits_2, n_2 = (part[*asked] for part in samples)
        sure = asked[:, _is_beyond_chance((hits_1, n_1), (hits_2, n_2), error)]
        np.maximum.at(largest, sure[0], pairs[*sure])
    return largest.reshape(claims.shape[:-1])


def _is_beyond_chance(one: Sample, two: Sample, error: float) -> Flags:
    """Whether hits dealt to both groups by chance seldom fall so unevenly: Fisher's exact test, twice one tail.

    Effective counts are rounded towards no difference. Source: Fisher (1935), J. R. Stat. Soc. 98, 39-82.
    """
    (hits_1, n_1), (hits_2, n_2) = one, two
    is_first = hits_1 * n_2 > hits_2 * n_1
    hits, misses = np.where(is_first, hits_1, hits_2), np.where(is_first, n_1 - hits_1, n_2 - hits_2)
    other_hits, other_misses = np.where(is_first, hits_2, hits_1), np.where(is_first, n_2 - hits_2, n_1 - hits_1)
    hits, other_misses = (np.floor(part + _ROUNDING) for part in (hits, other_misses))
    misses, other_hits = (np.ceil(part - _ROUNDING) for part in (misses, other_hits))
    all_hits, rows = hits + other_hits, hits + misses
    tail = hypergeometric_tail(hits, rows, all_hits, rows + other_hits + other_misses)
    return np.asarray(2 * tail <= error)


def larger(first: Gap, second: Gap) -> Gap:
    """The larger of two gaps, whose intervals were made as one family."""
    wider = first if first.value >= second.value else second
    low, high = max(first.low, second.low), max(first.high, second.high)
    return Gap(wider.value, low, high, wider.lowest, wider.highest)


def _pairs(groups: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    first, second = np.triu_indices(groups, k=1)
    return first, second
