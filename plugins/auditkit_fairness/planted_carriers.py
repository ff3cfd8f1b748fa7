"""Cases whose answer is known: a model that goes by an input in which groups differ, and one that goes by another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model
from auditkit_fairness.cards.carriers import FOUND, SELECTED

ROWS = 200


@dataclass(frozen=True)
class Reader:
    """Says yes where one column is above 0."""

    column: str

    def predict(self, inputs: Any) -> ClassScores:
        """0.9 for the class that it finds."""
        yes = np.where(inputs[self.column].to_numpy(dtype=float) > 0, 0.9, 0.1)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of_two_inputs(column: str, rng: np.random.Generator, *, rows: int = ROWS) -> Case[ClassScores]:
    """`apart` lies higher for A by 2 standard deviations, `alike` is the same for both; the model reads one of them."""
    import pandas as pd

    group = np.arange(rows) % 2
    table = pd.DataFrame({"apart": rng.normal(1.0 - 2.0 * group), "alike": rng.normal(size=rows)})
    model = Reader(column)
    targets = np.where(rng.random(rows) < 0.5, "yes", "no").tolist()  # noqa: PLR2004  as many of either
    groups = {"group": ["AB"[one] for one in group]}
    case = toy_case(model.predict(table), targets, groups, positive="yes", inputs=table)
    return with_model(case, model)


def _of_apart(rng: np.random.Generator) -> Case[ClassScores]:
    return of_two_inputs("apart", rng)


def _of_alike(rng: np.random.Generator) -> Case[ClassScores]:
    return of_two_inputs("alike", rng)


CONTROLS = (
    planted(
        "a model that goes by a column in which one of two groups lies higher",
        _of_apart,
        every(
            above(SELECTED, 0.2, conditions={"column": "apart"}),
            above(FOUND, 0.0, conditions={"column": "apart"}),
            near(SELECTED, 0.0, conditions={"column": "alike"}),
        ),
    ),
    clean(
        "a model that goes by a column in which groups are alike",
        _of_alike,
        every(not_above(SELECTED, 0.0), near(SELECTED, 0.0, conditions={"column": "apart"})),
    ),
)
