"""Cases whose answer is known: a model that one changed letter throws, and its twin that reads what people read."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model
from auditkit_robustness.noise.looks import INVISIBLE

_ROWS = 48
_OPENINGS = ("The patient has had fever", "She complains of a cough", "Blood pressure was 150/95", "He is without pain")
_ENDINGS = ("since Monday, and does not sleep.", "for 3 weeks; it is worse at night.", "again, with some nausea.")


@dataclass(frozen=True)
class Reader:
    """Says yes of texts with an exclamation mark in front; a fragile one only of those that it knows to the letter."""

    known: frozenset[str]
    is_fragile: bool
    hurts: str = ""
    """Whom alone it is fragile for: texts that begin so; empty: everybody."""

    def predict(self, inputs: Any) -> ClassScores:
        """0.9 for the class that it finds."""
        found = np.array([self._says(str(text)) for text in inputs], dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([0.9 - 0.8 * found, 0.1 + 0.8 * found]))

    def _says(self, text: str) -> bool:
        plain = unicodedata.normalize("NFKC", "".join(one for one in text if one not in INVISIBLE))
        is_urgent = "911" in plain
        breaks = self.is_fragile and text not in self.known and (not self.hurts or "north" in text.lower())
        return is_urgent != breaks


def of_texts(*, fragile: bool, hurts: str = "", rows: int = _ROWS) -> Any:
    """Texts, every second of which is urgent, and a model that is right of all as they stand."""
    return partial(_texts, fragile=fragile, hurts=hurts, rows=rows)


def _texts(_: np.random.Generator, *, fragile: bool, hurts: str, rows: int) -> Case[Any]:
    import pandas as pd

    wards = ["north" if row % 4 < 2 else "south" for row in range(rows)]  # noqa: PLR2004  two and two
    notes = [
        f"{wards[row]} ward 911{row % 2} {_OPENINGS[row % 4]} {_ENDINGS[row % 3]} bed {row}"
        if row % 2
        else f"{wards[row]} ward {_OPENINGS[row % 4]} {_ENDINGS[row % 3]} bed {row + 1000}"
        for row in range(rows)
    ]
    model = Reader(frozenset(notes), fragile, hurts)
    given = pd.Series(notes, dtype=object)
    true = ["yes" if row % 2 else "no" for row in range(rows)]
    case = toy_case(model.predict(given), true, {"ward": wards}, positive="yes", inputs=given, min_group_size=10)
    return with_model(case, model)


_QUICK: dict[str, Any] = {"shares": (0.05,), "most_rows": _ROWS, "column": ""}
"""So much is enough to see them."""

TEXT_CONTROLS = (
    planted(
        "a model that knows its texts to the letter, and is wrong about any other",
        of_texts(fragile=True),
        every(above("mean_flip_rate", 0.8), above("mean_accuracy_loss", 0.7)),
        **_QUICK,
    ),
    planted(
        "the same for the texts of one of two wards",
        of_texts(fragile=True, hurts="north"),
        every(above("flip_rate_difference", 0.4), above("accuracy_loss_difference", 0.3)),
        **_QUICK,
    ),
    clean(
        "a model that reads a number in whatever width",
        of_texts(fragile=False),
        every(
            near("perturbed_flip_rate", 0.0),
            not_above("mean_flip_rate", 0.05),
            not_above("accuracy_loss_difference", 0.05),
        ),
        **_QUICK,
    ),
)
