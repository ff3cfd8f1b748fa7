"""Worlds in which the probabilities are true: outcomes drawn from them, and what a statistic is there.

Where a row's outcome is drawn from its own probability, the rows being independent, any statistic has the distribution
that it has for a calibrated model, however few the rows; p-values need no large samples. Rows that are alike are drawn
together, by a binomial number, so that a million rows cost what their few thousand kinds cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from auditkit.statistics.permutation import PermutationTest, compare

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

DRAWS = 999
"""Worlds that are drawn: the smallest p-value is 1 / (1 + DRAWS), and `tail_p` goes on below it."""

CELLS = 4096
"""Of many rows, those whose probabilities lie within 1 / CELLS are drawn together, from the mean of theirs."""

_BLOCK = 4_000_000


@dataclass(frozen=True)
class Kinds:
    """Rows gathered by what makes them alike."""

    chances: Floats
    """[k], the probability that an outcome comes true."""
    rows: Integers
    """[k], how many rows are of the kind."""
    shares: Floats
    """[k], how much each of its rows counts; over all rows they sum to 1."""
    places: tuple[Integers, ...]
    """[k] each, where its rows lie, in the order given to `of`."""

    @classmethod
    def of(cls, scores: Floats, shares: Floats, *places: Integers, cells: int = CELLS) -> Self:
        """Gather rows [n] whose probability, share and places are the same.

        Of more rows than `cells`, probabilities within 1 / cells of one another count as the same: their mean is kept,
        and the variance of how many come true is right to one part in `cells`.
        """
        alike = np.unique(scores, return_inverse=True)[1]
        if len(scores) > cells:
            alike = np.minimum((scores * cells).astype(np.int64), cells - 1)
        keys = [alike, np.unique(shares, return_inverse=True)[1], *places]
        code = np.zeros(len(scores), dtype=np.int64)
        for key in keys:
            # Numbered anew after each key, so that the product of their sizes cannot overflow.
            code = np.unique(code * (int(key.max(initial=0)) + 1) + key, return_inverse=True)[1]
        rows = np.bincount(code)
        first = np.zeros(len(rows), dtype=np.int64)
        first[code[::-1]] = np.arange(len(code))[::-1]
        chances = np.clip(np.bincount(code, scores) / rows, 0.0, 1.0)
        return cls(chances, rows, shares[first], tuple(place[first] for place in places))

    def residuals(self, rng: np.random.Generator, draws: int = DRAWS) -> Iterator[Floats]:
        """Blocks [draws, k] of worlds: outcomes less probabilities, summed over each kind, times what rows count."""
        for hits in self.hits(rng, draws):
            yield self.shares * (hits - self.rows * self.chances)

    def hits(self, rng: np.random.Generator, draws: int = DRAWS) -> Iterator[Floats]:
        """Blocks [draws, k] of how many rows of each kind come true."""
        alone = self.rows == 1
        step = max(1, _BLOCK // max(len(self.rows), 1))
        for start in range(0, draws, step):
            count = min(step, draws - start)
            drawn = np.empty((count, len(self.rows)))
            # One uniform number is a tenth of the cost of a binomial one.
            drawn[:, alone] = rng.random((count, np.count_nonzero(alone))) < self.chances[alone]
            drawn[:, ~alone] = rng.binomial(self.rows[~alone], self.chances[~alone], (count, np.count_nonzero(~alone)))
            yield drawn


@dataclass(frozen=True)
class Null:
    """What a statistic is where the probabilities are true."""

    mean: float
    high: float
    """The 95% quantile: one calibrated model in twenty shows more."""
    test: PermutationTest
    """How often it is at least as large as what was seen."""


def null_of(observed: float, drawn: Floats) -> Null:
    """The null of a statistic that was seen, from its values in worlds drawn, [draws]."""
    high = float(np.quantile(drawn, 0.95, method="higher"))
    return Null(float(drawn.mean()), high, compare(observed, drawn, least=0.0))


def drawn_statistics(
    kinds: Kinds, statistics: Callable[[Floats], Floats], rng: np.random.Generator, draws: int = DRAWS
) -> Floats:
    """[draws, statistics]: what `statistics` makes of the residuals [draws, k] of calibrated worlds."""
    return np.concatenate([statistics(block) for block in kinds.residuals(rng, draws)])


def summed(kinds: Kinds, residuals: Floats, places: Integers, width: int) -> Floats:
    """The residuals [draws, k] of kinds summed by place, [draws, width], where each kind lies in one place, [k]."""
    from scipy import sparse

    count = len(kinds.rows)
    matrix = sparse.csr_array((np.ones(count), (np.asarray(places), np.arange(count))), shape=(width, count))
    return np.asarray((matrix @ residuals.T).T)
