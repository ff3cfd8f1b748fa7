"""A model whose answers depend on what a row is asked beside, one that never says the same twice, and a steady one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, near, toy_case, with_model

_ROWS = 40
Kind = Literal["steady", "by neighbours", "restless"]


@dataclass
class Scorer:
    """Scores a number; by its neighbours: less their mean; restless: the other way round at every asking."""

    kind: Kind
    asked: list[int] = field(default_factory=list)

    def predict(self, inputs: Any) -> ClassScores:
        """Yes where the score is above a half."""
        numbers = np.array([float(str(one)) for one in inputs])
        if self.kind == "by neighbours":
            numbers = np.clip(0.5 + numbers - numbers.mean(), 0, 1)
        if self.kind == "restless" and len(self.asked) % 2:
            numbers = 1 - numbers
        self.asked.append(len(numbers))
        return ClassScores(("no", "yes"), np.column_stack([1 - numbers, numbers]))


def _scored(_: np.random.Generator, *, kind: Kind) -> Case[Any]:
    import pandas as pd

    given = pd.Series([0.52 + 0.4 * row / _ROWS for row in range(_ROWS)])
    model = Scorer(kind)
    said = model.predict(given)
    return with_model(toy_case(said, ["yes"] * _ROWS, positive="yes", inputs=given), model)


def of_numbers(kind: Kind) -> Any:
    """Rows that hold their score, and a model that reads it."""
    return partial(_scored, kind=kind)


_QUICK: dict[str, Any] = {"most_rows": _ROWS, "batch_sizes": (1, 16), "tolerance": 0.001}

CONSISTENCY_CONTROLS = (
    planted(
        "a model that takes the mean of a batch from its rows",
        of_numbers("by neighbours"),
        every(
            above("inconsistent_score_rate", 0.8, conditions={"asked": "one at a time"}),
            near("inconsistent_decision_rate", 0.0, conditions={"asked": "in another order"}),
        ),
        **_QUICK,
    ),
    planted(
        "a model that says the opposite when it is asked again",
        of_numbers("restless"),
        above("inconsistent_decision_rate", 0.8, conditions={}),
        **_QUICK,
    ),
    clean(
        "a model that reads a row and nothing else",
        of_numbers("steady"),
        every(near("inconsistent_decision_rate", 0.0), near("inconsistent_score_rate", 0.0)),
        **_QUICK,
    ),
)
