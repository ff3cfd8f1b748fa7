"""From rows to places: sums over a fine grid of [0, 1], or over bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Deposit:
    """Which places each row's mass goes to, and in what parts."""

    places: Integers
    """[n, m]"""
    parts: Floats
    """[n, m]; a row's parts sum to 1."""
    width: int
    """How many places there are."""

    @classmethod
    def on_grid(cls, scores: Floats, points: int) -> Self:
        """On the two nearest of `points` equally spaced points of [0, 1], so that the mean place is the score."""
        exact = scores * (points - 1)
        below = np.minimum(exact.astype(np.int64), points - 2)
        above = exact - below
        return cls(np.column_stack([below, below + 1]), np.column_stack([1 - above, above]), points)

    @classmethod
    def in_bins(cls, scores: Floats, bins: int) -> Self:
        """In bins of equal width: bin b is [b / bins, (b + 1) / bins), and the last one is closed."""
        place = np.searchsorted(np.arange(1, bins) / bins, scores, side="right")
        return cls(place[:, np.newaxis], np.ones((len(scores), 1)), bins)

    def totals(self, masses: Floats) -> Floats:
        """The mass at each place, [width]."""
        values = (masses[:, np.newaxis] * self.parts).ravel()
        return np.asarray(np.bincount(self.places.ravel(), values, minlength=self.width), dtype=float)

    def totals_by_owner(self, masses: Floats, owners: Integers, count: int) -> Any:
        """The mass of each owner at each place, a matrix [count, width]: sparse, unless most of it is filled."""
        from scipy import sparse

        rows = np.repeat(owners, self.places.shape[1])
        values = (masses[:, np.newaxis] * self.parts).ravel()
        matrix = sparse.csr_array((values, (rows, self.places.ravel())), shape=(count, self.width))
        return matrix.toarray() if matrix.nnz > _MOSTLY * count * self.width else matrix


_MOSTLY = 0.1
"""Filled beyond this, a dense product is faster than a sparse one."""
