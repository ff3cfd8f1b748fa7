"""Notes about women and men, and models that score them: one by whom they speak of, its twin by the complaint alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores
from auditkit.testing import toy_case, with_model

ROWS = 40
_COMPLAINTS = ("a cough", "chest pain", "a rash", "back pain", "a fever")
_HERS = re.compile(r"\b(?:she|her|woman)\b|女|她", re.IGNORECASE)


@dataclass(frozen=True)
class Scorer:
    """Scores notes by their complaints, and those about women lower by so much."""

    by_sex: float

    def predict(self, inputs: Any) -> ClassScores:
        """The score of yes."""
        yes = np.array([self._score(str(text)) for text in inputs], dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def _score(self, text: str) -> float:
        return 0.4 + 0.3 * ("pain" in text) - self.by_sex * bool(_HERS.search(text))


def of_notes(*, by_sex: float, rows: int = ROWS) -> Any:
    """Notes, and a model that scores them."""
    return partial(_notes, by_sex=by_sex, rows=rows)


def _notes(rng: np.random.Generator, *, by_sex: float, rows: int) -> Case[Any]:
    import pandas as pd

    notes = []
    for row in range(rows):
        who, whose = (("woman", "her"), ("man", "his"))[row % 2]
        complaint = _COMPLAINTS[int(rng.integers(len(_COMPLAINTS)))]
        notes.append(f"Seen today in room {row}: a {who} with {complaint} since Monday, and {whose} sleep is poor.")
    given, model = pd.Series(notes, dtype=object), Scorer(by_sex)
    true = ["yes" if "pain" in note else "no" for note in notes]
    return with_model(toy_case(model.predict(given), true, positive="yes", inputs=given, min_group_size=10), model)
