"""What an audit of given sizes can see: the gap that it would find, and how many rows another gap would need.

Two answers. The textbook formula supposes normal shares of equal variance. `detectable_gaps` asks about the very
decision that a gap's interval makes, Newcombe's at Bonferroni's level with Fisher's test beside it: it is what the
power table promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.gaps import tells_apart
from auditkit.statistics.intervals import critical_value

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

POWER = 0.8
"""How often a gap of the size that is told would be found."""

_REACH = 4.5
"""Standard deviations to both sides within which a count is looked at."""
_COUNTS = 21
"""Counts of the other group that are looked at; of a small group, all."""
_HALVINGS = 16
_MANY = 64
"""Sizes for which the gap is worked out; of more groups than these, the rest lies between them."""


@dataclass(frozen=True)
class DetectableGaps:
    """For each group, the smallest gap to another group that would have been found."""

    value: Floats
    """[groups], a difference of shares; 1, the largest there is, where no smaller one would be found."""
    other: Integers
    """[groups], the place of the group that it is held against."""


def detectable_difference(
    n_1: npt.ArrayLike,
    n_2: npt.ArrayLike,
    share: npt.ArrayLike = 0.5,
    *,
    level: float = 0.95,
    comparisons: int = 1,
    power: float = POWER,
) -> Any:
    """The difference of two shares near `share` that a two-sided test finds with this power, by the normal formula.

    (z of the level + z of the power) sqrt(p (1 - p) (1/n_1 + 1/n_2)). Rare shares and few rows need more: see
    `detectable_gaps`. Source: Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, chapter 4.

    Args:
        n_1: rows of one group; may be effective sizes.
        n_2: of the other.
        share: what both are near.
        level: the confidence of the whole family of intervals.
        comparisons: how many there are in the family (Bonferroni).
        power: the chance to find it.
    """
    sizes_1, sizes_2, p = (np.asarray(part, dtype=float) for part in (n_1, n_2, share))
    reach = _reach(level, comparisons, power)
    return (reach * np.sqrt(p * (1 - p) * (1 / sizes_1 + 1 / sizes_2)))[()]


def rows_for_difference(
    difference: npt.ArrayLike,
    share: npt.ArrayLike = 0.5,
    *,
    level: float = 0.95,
    comparisons: int = 1,
    power: float = POWER,
    ratio: float = 1.0,
) -> Any:
    """The rows that the first of two groups needs, so that a difference is found: `detectable_difference` solved.

    Whole, rounded up. `ratio` is how many rows the second group has for each of the first.
    """
    apart, p = np.asarray(difference, dtype=float), np.asarray(share, dtype=float)
    reach = _reach(level, comparisons, power)
    return np.ceil(reach**2 * p * (1 - p) * (1 + 1 / ratio) / apart**2)[()]


def _reach(level: float, comparisons: int, power: float) -> float:
    from scipy import special

    return critical_value(level, comparisons) + float(special.ndtri(power))


def detectable_gaps(
    sizes: Floats,
    share: float,
    *,
    other: Integers | None = None,
    level: float = 0.95,
    comparisons: int = 1,
    power: float = POWER,
) -> DetectableGaps:
    """For each group the smallest gap to the largest other group that the interval of a gap would find.

    Found: the pair's interval leaves out 0, and so does then the interval of the widest gap. The other group is taken
    to have the share `share`, the group itself to lie above or below it; the gap told is found in either direction,
    as far as shares have room for one so large. The chance is worked out over the binomial counts of both groups, not
    by a normal approximation; counts of a large other group are taken in steps.

    Args:
        sizes: [groups], two or more, of those that are compared; may be effective.
        share: between 0 and 1.
        other: [groups], the place of the group that each is held against; None: the largest other one.
        level: the confidence of the whole family of intervals.
        comparisons: the pairs in it: all pairs of groups, for each rate of the family.
        power: the chance to find it.
    """
    whole = np.maximum(np.floor(np.asarray(sizes, dtype=float) + _ROUNDING), 1.0)
    other = largest_other(whole) if other is None else other
    value = np.empty(len(whole))
    for reference in np.unique(other):
        against = other == reference
        asked = _worth_asking(whole[against])
        found = _smallest_found(asked, whole[reference], share, (level, comparisons), power)
        value[against] = _between(asked, found, whole[against])
    return DetectableGaps(value, other)


_ROUNDING = 1e-6


def largest_other(sizes: Floats | Integers) -> Integers:
    """[groups], the place of the largest group beside each, of two groups or more; of equal ones the first."""
    order = np.argsort(-sizes, kind="stable")
    other = np.full(len(sizes), order[0])
    other[order[0]] = order[1]
    return other


def _worth_asking(sizes: Floats) -> Floats:
    """The sizes, each once; of a great many, some over their whole range."""
    each = np.unique(sizes)
    if len(each) <= _MANY:
        return each
    return np.unique(np.rint(np.geomspace(each[0], each[-1], _MANY)))


def _between(asked: Floats, found: Floats, sizes: Floats) -> Floats:
    """The gaps of all sizes from those that were asked about: nearly straight lines on the log scale."""
    return np.asarray(np.exp(np.interp(np.log(sizes), np.log(asked), np.log(found))))


def _smallest_found(sizes: Floats, other: float, share: float, family: tuple[float, int], power: float) -> Floats:
    """[sizes]; the smallest gap from which on every one that there is room for is found."""
    below, above = (_fall_found(sizes, other, start, family, power) for start in (share, 1 - share))
    # A direction in which nothing is found has gaps up to its room that are missed: the promise begins beyond them.
    missed_below, missed_above = np.isnan(below), np.isnan(above)
    least = np.fmax(np.where(missed_below, share, below), np.where(missed_above, 1 - share, above))
    room = np.fmax(np.where(missed_below, 0.0, share), np.where(missed_above, 0.0, 1 - share))
    return np.where(least <= room, least, 1.0)


def _fall_found(sizes: Floats, other: float, share: float, family: tuple[float, int], power: float) -> Floats:
    """[sizes], the smallest fall from `share` that is found; NaN where not even a fall to 0 is."""
    counts, chances = _binomial(other, share)
    most = _most_hits(sizes[:, None], counts[None, :], other, family)
    fallen, room = np.zeros(len(sizes)), np.full(len(sizes), share)
    is_found = (most >= 0) @ chances >= power
    for _ in range(_HALVINGS):
        middle = (fallen + room) / 2
        found = _at_most(most, sizes[:, None], (share - middle)[:, None]) @ chances >= power
        fallen, room = np.where(found, fallen, middle), np.where(found, middle, room)
    return np.where(is_found, room, np.nan)


def _binomial(n: float, share: float) -> tuple[Floats, Floats]:
    """Counts that a binomial number may have, and the chance of each, or of those around it."""
    middle, spread = n * share, np.sqrt(n * share * (1 - share))
    low, high = max(np.floor(middle - _REACH * spread - 1), 0.0), min(np.ceil(middle + _REACH * spread + 1), n)
    counts = np.unique(np.rint(np.linspace(low, high, int(min(high - low + 1, _COUNTS)))))
    edges = np.floor((counts[1:] + counts[:-1]) / 2)
    below = np.concatenate([[0.0], _at_most(edges, np.asarray(n), np.asarray(share)), [1.0]])
    return counts, np.diff(below)


def _at_most(count: Floats, n: Floats, share: Floats) -> Floats:
    """The binomial distribution function; 0 below a count of 0."""
    from scipy import special

    inside = special.betainc(np.maximum(n - count, _ROUNDING), np.maximum(count, 0) + 1, 1 - share)
    return np.asarray(np.where(count < 0, 0.0, np.where(count >= n, 1.0, inside)))


def _most_hits(n: Floats, other_hits: Floats, other: float, family: tuple[float, int]) -> Floats:
    """The most hits of `n` that are told apart from more of the others, broadcast; -1 where none are."""
    n, other_hits = (np.array(part, dtype=float) for part in np.broadcast_arrays(n, other_hits))
    told, untold = np.full(n.shape, -1.0), np.floor(other_hits * n / other) + 1
    while (going := untold - told > 1).any():
        middle = np.floor((told + untold) / 2)
        apart = np.zeros(n.shape, dtype=bool)
        apart[going] = tells_apart((other_hits[going], np.full(going.sum(), other)), (middle[going], n[going]), *family)
        told, untold = np.where(going & apart, middle, told), np.where(going & ~apart, middle, untold)
    return told
