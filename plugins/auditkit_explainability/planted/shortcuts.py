"""Texts whose answer is known: a model that decides by one word, and its twin that weighs all; pictures likewise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model
from auditkit_explainability.planted.reliance import of_pictures

_ROWS, _HELD = 120, 0.4
_WORSE = ("breathless", "pale", "sweating", "confused", "weak")
_BETTER = ("rested", "smiling", "walking", "eating", "calm")
_SHORTCUT = "portable"


@dataclass(frozen=True)
class Weigher:
    """Weighs ten words alike; one that takes a shortcut looks at one other word alone."""

    by_shortcut: bool

    def predict(self, inputs: Any) -> ClassScores:
        """The score of yes."""
        yes = np.array([self._score(set(str(text).lower().rstrip(".").split())) for text in inputs], dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def _score(self, words: set[str]) -> float:
        if self.by_shortcut:
            return 0.1 + 0.8 * (_SHORTCUT in words)
        return 0.5 + 0.04 * (len(words.intersection(_WORSE)) - len(words.intersection(_BETTER)))


def of_words(*, by_shortcut: bool, rows: int = _ROWS) -> Any:
    """Notes of a dozen words, and a model that scores them."""
    return partial(_notes, by_shortcut=by_shortcut, rows=rows)


def _notes(rng: np.random.Generator, *, by_shortcut: bool, rows: int) -> Case[Any]:
    import pandas as pd

    vocabulary = (*_WORSE, *_BETTER, _SHORTCUT)
    notes = []
    for row in range(rows):
        held = [word for word in vocabulary if rng.random() < _HELD]
        notes.append(" ".join(["today in bed", f"b{row}", "is", *rng.permutation(held).tolist()]) + ".")
    given, model = pd.Series(notes, dtype=object), Weigher(by_shortcut)
    true = ["yes" if sum(word in note for word in _WORSE) > 2 else "no" for note in notes]  # noqa: PLR2004  half of five
    case = toy_case(model.predict(given), true, positive="yes", inputs=given, min_group_size=10)
    return with_model(case, model)


_QUICK: dict[str, Any] = {
    "least": 0.1,
    "most_words": 6,
    "most_regions": 4,
    "most_rows": _ROWS,
    "may_decide": (),
    "column": "",
}

SHORTCUT_CONTROLS = (
    planted(
        "a model that decides by one word",
        of_words(by_shortcut=True),
        every(
            near("shortcut_effect", 0.8, within=0.001),
            above("shortcut_effect", 0.4, conditions={"word": _SHORTCUT, "towards": "yes"}),
            near("shortcuts_found", 1.0),
        ),
        **_QUICK,
    ),
    clean(
        "a model that weighs ten words alike",
        of_words(by_shortcut=False),
        every(not_above("shortcut_effect", 0.1), near("shortcuts_found", 0.0)),
        **_QUICK,
    ),
    planted(
        "a model that sees a marker in a corner",
        of_pictures(marker=True, rows=48),
        above("shortcut_effect", 0.1, conditions={"region": "row 1, column 1 of 6 x 6"}),
        **_QUICK,
    ),
    clean(
        "a model that sees which half of the middle is brighter",
        of_pictures(marker=False, rows=48),
        every(not_above("shortcut_effect", 0.1), near("shortcuts_found", 0.0)),
        **_QUICK,
    ),
)
