"""Recommenders that rank by what somebody had: how much each item suits those who had another one.

Sarwar et al. (2001), Item-based collaborative filtering, WWW; Ning and Karypis (2011), SLIM, ICDM; Steck (2019),
Embarrassingly shallow autoencoders for sparse data (EASE), WWW.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit import ModelError, Text
from auditkit_recommender.arrays import as_floats, known_names

if TYPE_CHECKING:
    from auditkit_recommender.ids import Ids
    from auditkit_recommender.seen import Seen

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

SIMILARITY = "item_similarity"


@dataclass(frozen=True)
class SimilarItems:
    """A user's score of an item is the sum, over the items that they had, of how much it suits those who had them."""

    similarity: Floats
    """[had, recommended]"""
    seen: Seen
    places: Integers
    """[users]: where each of the model's users stands in the training table; -1: nowhere."""
    note: Text

    @classmethod
    def of(cls, path: Path, arrays: Mapping[str, Any], users: Ids, items: Ids, seen: Seen | None) -> SimilarItems:
        """A matrix with a row and a column for each item.

        Raises:
            ModelError: it has another shape, or nobody says what users had.
        """
        known_names(path, arrays, frozenset({SIMILARITY}))
        matrix = as_floats(SIMILARITY, arrays[SIMILARITY], dimensions=2)
        if matrix.shape != (len(items), len(items)):
            raise ModelError(
                f"'{SIMILARITY}' has the shape {matrix.shape}, and 'items.json' names {len(items):,} items",
                hint="[items, items]: a row for each item that somebody had, a column for each that may be recommended",
            )
        if seen is None:
            raise ModelError(
                "a model of similar items ranks by what users had, and there is no training table",
                hint='[data] training = "train.csv"',
            )
        note = Text.of("the model is how much each of {items} items suits those who had another", items=len(items))
        return cls(matrix, seen, seen.places(users.names), note)

    def scores(self, rows: Integers) -> Floats:
        """Give [rows, items] of some of the model's users, by what they had."""
        owners, columns = self.seen.cells(self.places[rows])
        return self._sums(len(rows), owners, columns)

    def of_items(self, histories: Sequence[Integers]) -> Floats:
        """Give [n, items] of whoever had these items, each by its place; -1 is none."""
        owners = np.repeat(np.arange(len(histories)), [len(items) for items in histories])
        columns = np.concatenate([np.zeros(0, dtype=np.int64), *histories]).astype(np.int64)
        return self._sums(len(histories), owners[columns >= 0], columns[columns >= 0])

    def _sums(self, count: int, owners: Integers, columns: Integers) -> Floats:
        had = np.zeros((count, len(self.similarity)), dtype=self.similarity.dtype)
        # Whoever had an item twice had it.
        had[owners, columns] = 1
        return np.asarray(had @ self.similarity)
