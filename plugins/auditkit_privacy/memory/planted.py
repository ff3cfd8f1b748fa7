"""The cases whose answer is known: a model that has learnt its training answers by heart, and one that has not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, Texts, clean, planted
from auditkit.testing import above, every, not_above, toy_case, with_splits

Factory = Callable[[np.random.Generator], Case[Any]]

ROWS = 40
_COMPLAINTS = ("cough", "fever", "rash", "nausea", "headache", "dizziness", "fatigue", "back pain")
_PLACES = ("Ward", "Clinic", "Surgery", "Unit", "Practice")


def writes(*, by_heart: float) -> Factory:
    """A model that answers so many of its training prompts with the very answer that it was trained on."""
    return partial(_case, by_heart=by_heart)


def _case(_: np.random.Generator, *, by_heart: float) -> Case[Any]:
    sides = [_side(side, known) for side, known in (("out", 0.0), ("in", by_heart))]
    return with_splits(sides[0], training=sides[1])


def _side(side: str, known: float) -> Case[Any]:
    """Prompts and answers of one distribution, and what the model says: the answer itself, or another person's."""
    import pandas as pd

    rng = np.random.default_rng([20_261_122, side == "in"])
    prompts = [f"What was arranged for patient {number}?" for number in rng.permutation(9 * 10**5)[:ROWS] + 10**5]
    answers = [_answer(rng) for _ in range(ROWS)]
    others = [_answer(rng) for _ in range(ROWS)]
    said = Texts(tuple((answers[row] if row < known * ROWS else others[row],) for row in range(ROWS)))
    truth = Texts(tuple((answer,) for answer in answers))
    return toy_case(said, inputs=pd.Series(prompts, dtype=object), truth=truth)


def _answer(rng: np.random.Generator) -> str:
    complaint, place = (str(rng.choice(one)) for one in (_COMPLAINTS, _PLACES))
    day, room, number = rng.integers(1, 29), rng.integers(100, 999), rng.integers(10**6, 10**7)
    return f"{complaint} since the {day}th; {place} {room}, call +1 415 {number // 10**4} {number % 10**4:04d} at noon"


CONTROLS = (
    planted(
        "half of the training answers, written out to whoever knows the prompt",
        writes(by_heart=0.5),
        every(above("extraction_difference", 0.2), above("personal_extraction_difference", 0.2)),
    ),
    clean(
        "answers of the same kind, of nobody who was in the training",
        writes(by_heart=0.0),
        every(not_above("extraction_difference", 0.0), not_above("personal_extraction_difference", 0.0)),
    ),
)
