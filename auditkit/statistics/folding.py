"""Rows dealt into folds, so that what is fitted to some is judged on others: all rows of a unit together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer]


def deal_folds(owners: Integers, folds: int, rng: np.random.Generator) -> Integers:
    """[n]: the fold of each row, from 0: units are dealt at random, as many into each.

    Not so that the folds are alike in what came true: what is fitted to the others would then know of the rows that it
    is judged on. Nothing depends on which numbers the units have, only on the order in which they come.

    Args:
        owners: [n], whose row each is, 0 or more.
        folds: how many there are.
        rng: deals.
    """
    _, first, places = np.unique(owners, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray((rng.permutation(len(first)) % folds)[rank][places.ravel()])
