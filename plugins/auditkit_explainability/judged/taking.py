"""The model asked about rows with pieces taken out, in orders and in handfuls, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Values
from auditkit.perturbation import marks
from auditkit_explainability.attributing import Asker, Attributions
from auditkit_explainability.judged.removing import CURVE, first_of
from auditkit_explainability.pieces import pieces_of

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_FEWEST = 2
"""Of one piece every order is the same."""
_LEAST = 1e-7
"""A probability nearer to 0 or 1 counts as this near, as where it is attributed."""


@dataclass(frozen=True)
class Taking:
    """A case's rows, and what is taken out of them by chance: what that is follows from what a row holds."""

    case: Case[Any]
    asker: Asker

    @classmethod
    def of(cls, case: Case[Any], column: str) -> Taking:
        """Of a case.

        Raises:
            NotApplicable: the rows have no pieces.
        """
        return cls(case, Asker(case, pieces_of(case, column=column)))

    @cached_property
    def names(self) -> list[str]:
        """[n]: what tells a row from another."""
        return marks(self.case.inputs)

    @property
    def rows(self) -> list[int]:
        """Those of which one order is not as good as another: with two pieces or more."""
        return np.flatnonzero(self.asker.counts >= _FEWEST).tolist()

    def told_of(self, *attributed: Attributions) -> list[int]:
        """Those of `rows` of which each of these says something of every piece."""
        return [row for row in self.rows if all(len(one.of(row)) == self.asker.counts[row] for one in attributed)]

    def rng(self, row: int, what: str) -> np.random.Generator:
        """Random numbers for a row."""
        return self.case.rng(f"{what} {self.names[row]}")

    def orders(self, row: int, count: int) -> list[Integers]:
        """[count] of [p]: orders of a row's pieces by chance."""
        rng = self.rng(row, "orders")
        return [rng.permutation(int(self.asker.counts[row])) for _ in range(count)]

    def handfuls(self, row: int, count: int) -> Flags:
        """[count, p]: pieces that are taken out together; any number of them, but neither none nor all."""
        rng, pieces = self.rng(row, "handfuls"), int(self.asker.counts[row])
        sizes = rng.integers(1, pieces, count)
        return np.asarray(rng.random((count, pieces)).argsort(axis=1).argsort(axis=1) < sizes[:, None])

    def curves(self, orders: Sequence[tuple[int, Integers]]) -> tuple[Floats, Floats]:
        """[k, shares] each: scores without the first pieces of each order, and of these alone, at each of `CURVE`."""
        without = [(row, first_of(order, share)) for row, order in orders for share in CURVE]
        found = self.scores([*without, *((row, ~flags) for row, flags in without)])
        gone, kept = found.reshape(2, len(orders), len(CURVE))
        return gone, kept

    def whole(self) -> Floats:
        """[n]: the scores of the rows with nothing taken out."""
        return self.scores([(row, np.zeros(int(count), dtype=bool)) for row, count in enumerate(self.asker.counts)])

    def nothing(self) -> Floats:
        """[n]: the scores of the rows with everything taken out."""
        return self.scores([(row, np.ones(int(count), dtype=bool)) for row, count in enumerate(self.asker.counts)])

    def scores(self, wanted: Sequence[tuple[int, Flags]]) -> Floats:
        """[m]: the scores, as they are said, of rows without some pieces; what is wanted twice is asked once.

        Of numbers in their standard deviations, so that the answers of different models compare.
        """
        places: dict[tuple[int, bytes], int] = {}
        first: list[tuple[int, Flags]] = []
        which = np.zeros(len(wanted), dtype=np.int64)
        for place, (row, flags) in enumerate(wanted):
            which[place] = places.setdefault((row, flags.tobytes()), len(places))
            if which[place] == len(first):
                first.append((row, flags))
        rows = np.array([row for row, _ in first], dtype=np.int64)
        found = self.asker.scores(rows, [flags for _, flags in first], as_probability=True)
        return np.asarray(found[which] / self.spread)

    @cached_property
    def spread(self) -> float:
        """Of numbers their standard deviation; 1 of all else."""
        if not isinstance(self.case.predictions, Values):
            return 1.0
        values = np.asarray(self.case.predictions.values, dtype=float)
        centre = np.average(values, weights=self.case.weights)
        return float(np.sqrt(np.average((values - centre) ** 2, weights=self.case.weights))) or 1.0

    def attributed(self, scores: Floats) -> Floats:
        """The number that is attributed, such as the log-odds, of scores as they are said."""
        said = self.case.predictions
        if isinstance(said, LabelScores) or (isinstance(said, ClassScores) and said.kind == "probability"):
            inside = np.clip(scores, _LEAST, 1 - _LEAST)
            return np.asarray(np.log(inside) - np.log1p(-inside))
        return scores
