"""What chance alone makes of an attack: members and others who are dealt out at random."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit.statistics import places_of

Floats = npt.NDArray[np.floating]
Numbers = npt.NDArray[np.floating] | npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

DEALS = 999
MOST_DEALT = 2_000
"""Rows up to which members are dealt out `DEALS` times; of more the limit of that, which is normal, is taken."""
MOST_PEOPLE_DEALT = 20_000
"""People up to which they are dealt out; of more the limit is taken, with the variance that their rows have."""
CHANCE = 0.5
"""The area that guessing has."""

_ROUNDING = 1e-9


def chance_variance(scores: Numbers, member: Flags) -> float:
    """The variance of the area under the ROC curve over all ways to say who is a member, with its correction for ties.

    Source: Lehmann (1975), "Nonparametrics", section 1.4.

    Args:
        scores: [n], finite.
        member: [n]; both sides hold somebody.
    """
    rows, inside = len(scores), int(np.count_nonzero(member))
    counts = np.bincount(places_of(scores)[0])
    ties = counts[counts > 0].astype(float)
    free = 1 - float((ties**3 - ties).sum()) / max(float(rows) ** 3 - rows, 1.0)
    return (rows + 1) / (12 * inside * (rows - inside)) * free


def upper_tail(excess: float, variance: float) -> float:
    """The chance of an excess as large, or larger, of a normal number; 1 where nothing varies and there is none."""
    from scipy import special

    if variance <= 0:
        return 0.0 if excess > 0 else 1.0
    return float(special.ndtr(-excess / np.sqrt(variance)))


def permutation_p(scores: Numbers, member: Flags, owners: Integers | None, rng: np.random.Generator) -> float:
    """How often members dealt out at random would be told apart as well: the one-sided p-value of the area.

    Args:
        scores: [n], finite, in an order that has nothing to do with chance.
        member: [n]; both sides hold somebody.
        owners: [n], whose row each is, from 0; people are dealt out whole. None: rows are.
        rng: where the deals come from.
    """
    ranks = _mid_ranks(scores)
    inside = int(np.count_nonzero(member))
    observed = _area(float(ranks[member].sum()), inside, len(scores) - inside)
    if owners is None:
        if len(scores) > MOST_DEALT:
            return upper_tail(observed - 0.5, chance_variance(scores, member))
        dealt = rng.permuted(np.tile(ranks, (DEALS, 1)), axis=1)[:, :inside].sum(axis=1)
        areas = (dealt - inside * (inside + 1) / 2) / (inside * (len(scores) - inside))
        return (1 + int(np.count_nonzero(areas >= observed - _ROUNDING))) / (1 + DEALS)
    places = by_appearance(owners)
    people = int(places.max()) + 1
    sums, sizes = np.bincount(places, ranks, people), np.bincount(places, minlength=people)
    chosen = len(np.unique(places[member]))
    beyond = 0
    for _ in range(DEALS):
        dealt = rng.permutation(people)[:chosen]
        count = int(sizes[dealt].sum())
        beyond += _area(float(sums[dealt].sum()), count, len(scores) - count) >= observed - _ROUNDING
    return (1 + beyond) / (1 + DEALS)


def by_appearance(owners: Integers) -> Integers:
    """[n]: people numbered from 0 in the order in which they come, whatever numbers they had."""
    _, first, places = np.unique(owners, return_index=True, return_inverse=True)
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return np.asarray(number[places])


def _area(ranks: float, inside: int, outside: int) -> float:
    if not inside or not outside:
        return 0.5
    return (ranks - inside * (inside + 1) / 2) / (inside * outside)


def _mid_ranks(scores: Numbers) -> Floats:
    """[n]: places from 1 in ascending order; ties share the mean of theirs."""
    places, _ = places_of(scores)
    counts = np.bincount(places)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places])
