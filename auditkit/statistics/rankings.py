"""How well each user's list meets what they went for: hits, gains, NDCG and its kin, for all users at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

_CELLS = 4_000_000
"""Users by items that are looked up in one table at a time: as much as stays near the processor."""
_SPARSE = 50
"""A table with a cell for every item is filled in vain where there are so many times more items than are looked up."""


@dataclass(frozen=True)
class Served:
    """The recommended items of each user, down to a depth, held against those that the user went for."""

    hits: Flags
    """[users, depth]: whether the item at this rank is relevant."""
    gains: Floats
    """[users, depth]: what it is worth."""
    ideal: Floats
    """[users, depth]: what the best list would be worth, rank by rank."""
    relevant: Integers
    """[users]: how many relevant items there are."""
    lengths: Integers
    """[users]: how many items were recommended, down to the depth."""
    depth: int

    def scores(self) -> dict[str, Floats]:
        """Metric -> [users]; what stands there for a user without a relevant item means nothing.

        `ndcg` is the sum of gains over log2(1 + rank), by that of the best list (Järvelin and Kekäläinen 2002, ACM
        Trans. Inf. Syst. 20, 422-446); `recall` and `precision` are of Herlocker et al. (2004), ACM Trans. Inf. Syst.
        22, 5-53; `hit_rate` is 1 with a hit; `reciprocal_rank` is 1 / rank of the first hit (Voorhees 1999);
        `average_precision` is the sum over hits of the precision down to their rank, by all relevant items, on the list
        or not (Buckley and Voorhees 2000, SIGIR, 33-40), as RecTools' MAP and the recommenders package's `map` have it.
        """
        counts = self.hits.sum(axis=1)
        discounts = 1 / np.log2(np.arange(2, self.depth + 2))
        perfect = self.ideal @ discounts[: self.ideal.shape[1]]
        first = np.zeros(len(counts))
        if self.hits.shape[1]:
            first = np.where(counts > 0, 1 / (1 + np.argmax(self.hits, axis=1)), 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ndcg = np.where(perfect > 0, self.gains @ discounts[: self.gains.shape[1]] / perfect, 0.0)
            recall = counts / self.relevant
            by_rank = np.cumsum(self.hits, axis=1) / np.arange(1, self.hits.shape[1] + 1)
            average = np.where(self.hits, by_rank, 0.0).sum(axis=1) / self.relevant
        return {
            "ndcg": np.minimum(ndcg, 1.0),
            "recall": recall,
            "precision": counts / self.depth,
            "hit_rate": (counts > 0).astype(float),
            "reciprocal_rank": first,
            "average_precision": average,
        }


def served(shown: Objects, wanted: Objects, worth: Floats, depth: int) -> Served:
    """Hold lists against what users went for.

    Args:
        shown: [users, k], item names, best first; None where a list is shorter.
        wanted: [users, m], the items that each user went for, in any order; None where there are fewer.
        worth: [users, m], what each of them is worth, at least 0; 0: it is not relevant.
        depth: how deep the lists are looked at.
    """
    codes, places = code_items(wanted, shown[:, :depth])
    gains = look_up(codes, worth, places)
    ideal = -np.sort(-worth, axis=1)[:, :depth]
    lengths = np.count_nonzero(places >= 0, axis=1)
    return Served(gains > 0, gains, ideal, np.count_nonzero(worth > 0, axis=1), lengths, depth)


def code_items(*tables: Objects) -> list[Integers]:
    """Item names as numbers from 0, the same in all tables; -1 for None."""
    import pandas as pd

    codes, _ = pd.factorize(np.concatenate([table.ravel() for table in tables]))
    ends = np.cumsum([table.size for table in tables])
    return [part.reshape(table.shape) for part, table in zip(np.split(codes, ends[:-1]), tables, strict=True)]


def look_up(owned: Integers, values: Floats, asked: Integers) -> Floats:
    """[users, k]: the value that each asked item has for its user; 0 where the user does not own it.

    Args:
        owned: [users, m], items as numbers; -1: none. An item stands there once for a user.
        values: [users, m].
        asked: [users, k], items by the same numbers; -1: none.
    """
    found = np.zeros(asked.shape)
    if owned.size == 0 or asked.size == 0:
        return found
    span = int(max(owned.max(), asked.max())) + 2
    if span > _SPARSE * (owned.shape[1] + asked.shape[1]):
        return _look_up_sparse(owned, values, asked, span)
    step = max(_CELLS // span, 1)
    for start in range(0, len(asked), step):
        part = slice(start, start + step)
        # The last column takes what is none, and is put back to 0.
        table = np.zeros((len(asked[part]), span))
        np.put_along_axis(table, owned[part], values[part], axis=1)
        table[:, -1] = 0
        found[part] = np.take_along_axis(table, asked[part], axis=1)
    return found


def _look_up_sparse(owned: Integers, values: Floats, asked: Integers, span: int) -> Floats:
    """The same by a search among what all users own, for more items than a table can have columns."""
    rows = np.arange(len(owned), dtype=np.int64)[:, None] * span
    own = np.flatnonzero((owned >= 0).ravel())
    if len(own) == 0:
        return np.zeros(asked.shape)
    keys = (rows + owned).ravel()[own]
    order = np.argsort(keys)
    wanted = (rows + asked).ravel()
    at = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    is_there = (keys[at] == wanted) & (asked.ravel() >= 0)
    return np.where(is_there, values.ravel()[own[at]], 0.0).reshape(asked.shape)
