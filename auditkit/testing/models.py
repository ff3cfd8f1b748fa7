"""Canned models: objects with `predict(inputs)` whose answers are known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from auditkit.predictions import Predictions
from auditkit.testing.recipes import recipe

P = TypeVar("P", bound=Predictions)


@dataclass
class CannedModel(Generic[P]):
    """Answers for row numbers what was written down for those rows, and counts how often it is asked."""

    answers: P
    asked: list[tuple[int, ...]] = field(default_factory=list)
    """The row numbers of each call."""

    def predict(self, inputs: Any) -> P:
        """The answers for these row numbers; a number that was not written down is taken modulo their count."""
        rows = np.asarray(inputs, dtype=np.int64)
        self.asked.append(tuple(int(row) for row in rows))
        return self.answers.take(rows % max(len(self.answers), 1))


def canned_model(kind: type[Predictions], rows: int = 240, *, seed: int = 0, classes: int = 2) -> CannedModel[Any]:
    """A model of a prediction type that answers as in `recipe(kind, rows)`."""
    return CannedModel(recipe(kind, rows, seed=seed, classes=classes).predictions)
