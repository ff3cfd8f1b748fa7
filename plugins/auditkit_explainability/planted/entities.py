"""A model that finds drugs, and is the surer of one the more the words around it say that somebody took it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import Case, TokenLabels
from auditkit.testing import toy_case, with_model
from auditkit_explainability.pieces.words import words_in

_ROWS = 30
DRUGS = ("aspirin", "insulin", "heparin", "digoxin")
TOOK, DOSE = "took", "mg"
ALONE, BY_TOOK, BY_DOSE = 0.3, 0.4, 0.2
"""What a drug's score is made of: by itself, with that word in the text, and with the other."""


@dataclass(frozen=True)
class Tagger:
    """Labels the drugs of a text; one that is blank is none."""

    def predict(self, inputs: Any) -> TokenLabels:
        """A span a drug."""
        return TokenLabels(tuple(self._spans(str(text)) for text in inputs))

    @staticmethod
    def _spans(text: str) -> tuple[tuple[int, int, str, float], ...]:
        words = [(text[start:end], start, end) for start, end in words_in(text)]
        held = {word for word, _, _ in words}
        score = ALONE + BY_TOOK * (TOOK in held) + BY_DOSE * (DOSE in held)
        return tuple((start, end, "DRUG", score) for word, start, end in words if word in DRUGS)


def of_drugs(rng: np.random.Generator, *, rows: int = _ROWS) -> Case[Any]:
    """Notes of one drug or two each, and the model."""
    import pandas as pd

    given = pd.Series(notes(rng, rows), dtype=object)
    return with_model(toy_case(Tagger().predict(given), inputs=given), Tagger())


def notes(rng: np.random.Generator, rows: int) -> list[str]:
    """Texts of seven words or more."""
    found = []
    for row in range(rows):
        drugs = rng.permutation(DRUGS)[: 1 + row % 2].tolist()
        found.append(f"patient {row} {TOOK} {' and '.join(drugs)} at home 100 {DOSE} this morning")
    return found
