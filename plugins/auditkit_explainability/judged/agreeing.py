"""Whether two attributions of a row say the same, beyond what chance would have them say.

Source: Krishna et al. (2022), The disagreement problem in explainable machine learning, arXiv 2202.01602.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


def top(values: Floats, count: int, ties: Floats) -> Integers:
    """[count]: the places of the largest in size, the largest first.

    Args:
        values: [p].
        count: how many.
        ties: [p], by which equals are ordered: random numbers, the same for both attributions.
    """
    return np.lexsort((ties, -np.abs(values)))[:count]


def feature_agreement(one: Integers, other: Integers) -> float:
    """The share of the largest pieces that are among the largest of both. By chance: k / p."""
    return len(np.intersect1d(one, other)) / len(one)


def rank_agreement(one: Integers, other: Integers) -> float:
    """The share of the largest pieces that have the same rank in both. By chance: 1 / p."""
    return float(np.mean(one == other))


def sign_agreement(first: Floats, second: Floats, one: Integers, other: Integers) -> float:
    """The share of the largest pieces that are among the largest of both with the same sign.

    Args:
        first: [p].
        second: [p].
        one: [k], the largest of the first.
        other: [k], the largest of the second.
    """
    both = np.intersect1d(one, other)
    return float(np.count_nonzero(np.sign(first[both]) == np.sign(second[both]))) / len(one)


def chance_of_signs(first: Floats, second: Floats, one: Integers, other: Integers) -> float:
    """What `sign_agreement` would be on average if the second's numbers were dealt to the pieces at random.

    Each of the k largest numbers of the second falls on each of the p pieces with probability 1 / p.

    Args:
        first: [p].
        second: [p].
        one: [k], the largest of the first.
        other: [k], the largest of the second.
    """
    same = np.sign(first[one])[:, None] == np.sign(second[other])[None, :]
    return float(np.count_nonzero(same)) / (len(one) * len(first))


def ranks(values: Floats) -> Floats:
    """[p]: from 1, equals share the mean of theirs."""
    _, places, counts = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places.reshape(-1)])


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's: Pearson's correlation of the ranks; NaN where one of them has but one value. By chance: 0.

    Args:
        first: [p].
        second: [p].
    """
    one, other = ranks(first), ranks(second)
    one, other = one - one.mean(), other - other.mean()
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.dot(one, other) / length) if length else float("nan")
