"""The cases whose answer is known: vectors that carry the sex and draw members together, and such as do neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, not_above, toy_case, with_model, with_splits

Factory = Callable[[np.random.Generator], Case[Any]]

ROWS, WIDTH = 200, 6


@dataclass(frozen=True)
class Embedding:
    """Knows the vector of each row by the row's number."""

    vectors: npt.NDArray[np.float64]
    """[r, d]."""

    def predict(self, inputs: Any) -> ClassScores:
        """The same of every row: nothing is asked of its answers."""
        return ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))

    def embed(self, inputs: Any) -> npt.NDArray[np.float64]:
        """The vectors of a DataFrame's rows."""
        return np.asarray(self.vectors[inputs["number"].to_numpy(dtype=np.int64) - 100])


def gives_away(*, carries: float, draws: float, rows: int = ROWS) -> Factory:
    """Vectors of noise, of which one number is higher by `carries` of women, and those of members are drawn together.

    Args:
        carries: in standard deviations.
        draws: by which part of the way the vectors of members lie nearer to where half of them would be.
        rows: of each side.
    """
    return partial(_case, carries=carries, draws=draws, rows=rows)


def _case(_: np.random.Generator, *, carries: float, draws: float, rows: int) -> Case[Any]:
    rng = np.random.default_rng([20_261_122, rows])
    vectors = rng.normal(size=(2 * rows, WIDTH))
    # Between each two neighbours of one side stands one of the other, so that the inputs tell nobody apart.
    member = np.arange(2 * rows) % 2 == 1
    woman = np.zeros(2 * rows, dtype=bool)
    for side in (member, ~member):
        woman[side] = rng.permutation(rows) % 2 == 0
    vectors[member] *= 1 - draws
    vectors[:, 0] += carries * woman
    model = Embedding(vectors)
    audit, training = (_side(model, np.flatnonzero(side), woman, rng) for side in (~member, member))
    return with_model(with_splits(audit, training=training), model)


def _side(
    model: Embedding, places: npt.NDArray[np.int64], woman: npt.NDArray[np.bool_], rng: np.random.Generator
) -> Case[Any]:
    import pandas as pd

    places = rng.permutation(places)
    table = pd.DataFrame({"number": 100 + places})
    targets = np.where(rng.permutation(len(places)) % 2 == 0, "yes", "no").tolist()
    sex = {"sex": ["F" if woman[place] else "M" for place in places]}
    return toy_case(model.predict(table), targets, sex, positive="yes", inputs=table)


CONTROLS = (
    planted(
        "vectors that carry the sex, and lie closer together where the model was trained",
        gives_away(carries=3.0, draws=0.6),
        every(above("embedding_attribute_auc", 0.8), above("embedding_membership_auc", 0.7)),
        rows=ROWS,
    ),
    clean(
        "vectors that have nothing to do with either",
        gives_away(carries=0.0, draws=0.0),
        every(not_above("embedding_attribute_auc", 0.55), not_above("embedding_membership_auc", 0.55)),
        rows=ROWS,
    ),
)
