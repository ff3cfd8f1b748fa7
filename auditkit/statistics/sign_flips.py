"""Tests of paired differences: had it made no difference which of two was which, each pair's sign were a coin's.

Source: Fisher (1935), The Design of Experiments, section 21; Good (2005), Permutation, Parametric and Bootstrap Tests,
chapter 3. Pairs of one family, such as those made of one template, share their coin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.permutation import compare

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

FLIPS = 4999
"""Random flips of a test with more families than can be flipped in all ways."""
MOST_EXACT = 12
"""Families up to which all ways to flip them are gone through."""


@dataclass(frozen=True)
class SignFlipTest:
    """Whether the mean of paired differences is 0."""

    mean: float
    """Over pairs, of the differences as they are."""
    families: int
    p_value: float
    """Two-sided: the share of flips that put the mean as far from 0. One where there is no pair."""


def sign_flip_tests(
    differences: Floats, families: Integers, *, rng: np.random.Generator, flips: int = FLIPS
) -> list[SignFlipTest]:
    """Test several differences of the same pairs, each with the same flips.

    Args:
        differences: [pairs, tests]; NaN where a pair has none.
        families: [pairs]; pairs of one number are flipped together.
        rng: where flips come from; not used where there are so few families that all ways are gone through.
        flips: how many, where there are too many.
    """
    _, places = np.unique(families, return_inverse=True)
    count = int(places.max(initial=-1)) + 1
    known = np.isfinite(differences)
    sums = np.zeros((count, differences.shape[1]))
    np.add.at(sums, places.ravel(), np.where(known, differences, 0.0))
    pairs = known.sum(axis=0)
    means = sums.sum(axis=0) / np.maximum(pairs, 1)
    is_exact = count <= MOST_EXACT
    signs = _all_ways(count) if is_exact else rng.choice((-1.0, 1.0), size=(flips, count))
    flipped = np.abs(signs @ sums)
    told = []
    for place, mean in enumerate(means):
        has = int(np.count_nonzero(sums[:, place] != 0))
        taking_part = len(np.unique(places.ravel()[known[:, place]]))
        if has == 0:
            p_value = 1.0
        elif is_exact:
            slack = 1e-9 * max(1.0, float(np.abs(sums[:, place]).sum()))
            p_value = float(np.mean(flipped[:, place] >= abs(sums[:, place].sum()) - slack))
        else:
            # Of a few families that differ, no more can be known than all ways to flip them tell.
            p_value = compare(float(abs(sums[:, place].sum())), flipped[:, place], least=2.0 ** (1 - has)).tail_p
        told.append(SignFlipTest(float(mean), taking_part, p_value))
    return told


def _all_ways(count: int) -> Floats:
    """[2^count, count] of -1 and 1."""
    ways = np.arange(2**count)[:, None] >> np.arange(count)
    return np.where(ways & 1, -1.0, 1.0)
