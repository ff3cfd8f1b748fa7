"""Notes that affirm findings, for models that read negations and models that do not."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model
from auditkit_robustness.planted_behaviour import Triage

_ROWS = 40
_SAID = ("has chest pain", "complains of severe chest pain", "presents with a sudden chest pain", "诉胸痛")


def _noted(_: np.random.Generator, *, model: Triage) -> Case[Any]:
    import pandas as pd

    wards = ["north" if row % 2 else "south" for row in range(_ROWS)]
    notes = pd.Series(
        [f"Bed {row}, {wards[row]} ward: {_SAID[row // 2 % 4]} today." for row in range(_ROWS)], dtype=object
    )
    case = toy_case(
        model.predict(notes), ["yes"] * _ROWS, {"ward": wards}, positive="yes", inputs=notes, min_group_size=10
    )
    return with_model(case, model)


def of_notes(model: Triage) -> Any:
    """Notes that affirm chest pain, in English and Chinese."""
    return partial(_noted, model=model)


_QUICK: dict[str, Any] = {"label": "yes", "must": "fall", "by": 0.1, "findings": (), "most_rows": _ROWS, "column": ""}

NEGATION_CONTROLS = (
    planted(
        "a model that finds pain by the word, denied or not",
        of_notes(Triage(reads_no=False)),
        above("negation_failure_rate", 0.8),
        **_QUICK,
    ),
    planted(
        "a model that reads what is denied in one of two wards alone",
        of_notes(Triage(reads_no=True, reads_in="north")),
        above("negation_failure_rate_difference", 0.5),
        **_QUICK,
    ),
    clean(
        "a model that reads what is denied",
        of_notes(Triage(reads_no=True)),
        every(near("negation_failure_rate", 0.0), not_above("negation_failure_rate_difference", 0.05)),
        **_QUICK,
    ),
)
