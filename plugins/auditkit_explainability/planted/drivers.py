"""Texts whose driving word is known: one that decides, for all or for one ward, and one that decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model

ROWS = 120
_ENDS = ("and sleeps badly", "and eats little", "since monday", "after lunch")


@dataclass(frozen=True)
class Listener:
    """Says yes of texts by whether they say `bleeding`, of the wards that it listens to."""

    wards: tuple[str, ...]

    def predict(self, inputs: Any) -> ClassScores:
        """0.96 where it heard the word, else 0.56."""
        heard = [[word in str(text) for word in (*self.wards, "bleeding")] for text in inputs]
        found = np.array([one[-1] and any(one[:-1]) for one in heard], dtype=bool)
        yes = np.where(found, 0.96, 0.56)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of_listeners(*wards: str, rows: int = ROWS) -> Any:
    """Notes of two wards that all speak of bleeding, and a model that listens to some wards."""
    return partial(_notes, wards=wards, rows=rows)


def _notes(_: np.random.Generator, *, wards: tuple[str, ...], rows: int) -> Case[Any]:
    import pandas as pd

    where = ["north" if row % 2 else "south" for row in range(rows)]
    notes = [f"on {ward} ward with bleeding {_ENDS[row % 4]} in bed {row}" for row, ward in enumerate(where)]
    given, model = pd.Series(notes, dtype=object), Listener(wards)
    case = toy_case(model.predict(given), None, {"ward": where}, positive="yes", inputs=given, min_group_size=10)
    return with_model(case, model)


_QUICK: dict[str, Any] = {"most_rows": ROWS, "most_pieces": 8, "column": ""}
_BLEEDING: dict[str, Any] = {"conditions": {"piece": "bleeding"}}

DRIVER_CONTROLS = (
    planted(
        "a word that decides about all",
        of_listeners("north", "south"),
        every(above("driver_effect", 0.05, **_BLEEDING), not_above("driver_effect_difference", 0.1, **_BLEEDING)),
        **_QUICK,
    ),
    planted(
        "a word that decides about one of two wards",
        of_listeners("north"),
        above("driver_effect_difference", 0.01, **_BLEEDING),
        **_QUICK,
    ),
    clean(
        "a word that decides about nobody",
        of_listeners(),
        every(near("driver_effect", 0.0, **_BLEEDING), near("driver_effect_difference", 0.0, **_BLEEDING)),
        **_QUICK,
    ),
)
