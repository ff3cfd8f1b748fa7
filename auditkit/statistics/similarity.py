"""Similar rows: the outcomes of nearest neighbours, and pairs whose outcomes differ more than they do themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


def standardised(columns: Floats) -> Floats:
    """Columns [n, d] with mean 0 and standard deviation 1; what is missing (NaN) is at the mean, what is constant goes.

    Returns:
        [n, at most d].
    """
    known = np.isfinite(columns)
    count = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, columns, 0.0)
    centred = np.where(known, columns - centred.sum(axis=0) / count, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    varies = spread > 1e-12 * np.abs(np.where(known, columns, 0.0)).max(axis=0, initial=0.0)
    return np.asarray(centred[:, varies] / spread[varies])


@dataclass(frozen=True)
class NeighbourGaps:
    """How far rows are from their neighbours."""

    value: Floats
    """[n], how far each row's outcome is from the mean outcome of its k nearest other rows."""
    pseudo: Floats
    """[n], the jackknife's pseudo-values: a row's gap, and what its being there adds to those of its neighbours. They
    have the mean of the gaps, and, other than the gaps, which share neighbours, the spread that their mean has."""


def neighbour_gaps(
    features: Floats, outcomes: Floats, *, k: int = 5, units: Integers | None = None
) -> NeighbourGaps | None:
    """How far each row's outcome is from the mean outcome of its k nearest other rows; None of too few rows.

    A row's own unit, such as the other visits of one patient, are no neighbours. Rows that are as far away are taken in
    the order of their features and outcomes, so that the order of the rows has no part in it. For the pseudo-values see
    Efron and Stein (1981), Ann. Stat. 9, 586-596: what they say of the variance is rather too much than too little.

    Args:
        features: [n, d], on comparable scales.
        outcomes: [n].
        k: how many neighbours.
        units: [n], whom each row belongs to; -1: a unit of its own.
    """
    from scipy.spatial import cKDTree

    n = len(outcomes)
    owners = np.arange(n) if units is None else own_units(units)
    _, sizes = np.unique(owners, return_counts=True)
    largest = int(sizes.max(initial=0))
    if n - largest < k:
        return None
    order = canonical_order(features, outcomes)
    points, values, whose = features[order], outcomes[order], owners[order]
    # One more neighbour than is asked for: who comes in when one of them is left out. Past the last row is nobody.
    near = np.asarray(cKDTree(points).query(points, k=min(k + largest + 1, n), workers=1)[1])
    others = whose[near] != whose[:, None]
    place = np.cumsum(others, axis=1)
    first, spare = others & (place <= k), others & (place == k + 1)
    sums = np.where(first, values[near], 0.0).sum(axis=1)
    substitute = np.where(spare.any(axis=1), np.where(spare, values[near], 0.0).sum(axis=1), sums / k)
    apart = np.abs(values - sums / k)
    without = np.abs(values[:, None] - (sums[:, None] - values[near] + substitute[:, None]) / k)
    moved = np.bincount(near[first], weights=(apart[:, None] - without)[first], minlength=n)
    gaps, pseudo = np.empty(n), np.empty(n)
    gaps[order], pseudo[order] = apart, apart + moved - moved.mean()
    return NeighbourGaps(gaps, pseudo)


def pair_slopes(
    features: Floats, outcomes: Floats, *, units: Integers | None = None, rng: np.random.Generator
) -> Floats:
    """[n]: for each row the difference of outcomes in its random pair, by the distance; NaN for rows without a pair.

    Each row is in one pair, so that pairs are independent; of a unit one row takes part. The distance is divided by the
    square root of the number of features. Two rows in one place with different outcomes have an infinite slope.
    """
    order = canonical_order(features, outcomes)
    if units is not None:
        _, firsts = np.unique(own_units(units)[order], return_index=True)
        order = order[np.sort(firsts)]
    dealt = rng.permutation(order)
    half = len(dealt) // 2
    one, other = dealt[:half], dealt[half : 2 * half]
    apart = np.abs(outcomes[one] - outcomes[other])
    distance = np.sqrt(((features[one] - features[other]) ** 2).mean(axis=1))
    slopes = np.full(len(outcomes), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes[one] = slopes[other] = np.where(apart == 0, 0.0, apart / distance)
    return slopes


def canonical_order(features: Floats, outcomes: Floats) -> Integers:
    """The rows in an order that their contents alone decide."""
    return np.lexsort((outcomes, *features.T[::-1]))
