"""The model asked about texts that speak of other people, and a number a row of what it said: a replay has no texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, LabelScores, Values
from auditkit.perturbation import Answers, column_of, taken, text_column, with_column
from auditkit.perturbation import flipped as decided_otherwise
from auditkit.perturbation.editing import Edited, told_of_side
from auditkit.perturbation.lexicon import read_terms

Floats = npt.NDArray[np.floating]


def scored(case: Case[Answers], *, side: int, arm: str, label: str, **how: Any) -> Floats:
    """[n]: the score of a class or label, or the number, of the swapped text; NaN where nothing is swapped."""
    said = case.compute(everything, arm=arm, **how)
    return np.asarray(said["scores"][side][:, 0 if not label else _names(case).index(label)])


def flipped(case: Case[Answers], *, side: int, arm: str, **how: Any) -> Floats:
    """[n]: 1 where the swapped text is decided otherwise; NaN where nothing is swapped."""
    said = case.compute(everything, arm=arm, **how)
    return np.asarray(said["flips"][side])


def _names(case: Case[Answers]) -> tuple[str, ...]:
    said = case.predictions
    return said.labels if isinstance(said, LabelScores) else getattr(said, "classes", ())


def everything(
    case: Case[Answers], *, attribute: str, arm: str, column: str, terms: str | None
) -> dict[str, npt.NDArray[np.float64]]:
    """Each side's words in turn: `scores` [sides, n, scores] and `flips` [sides, n]."""
    name = text_column(case.inputs, column)
    texts = [str(cell) for cell in column_of(case.inputs, name)]
    # After the texts: a replay has none, nor a file of terms, and says so.
    known = read_terms(terms or None)
    named = known[attribute]
    others = [one for called, one in known.items() if called != attribute]
    width = max(len(_names(case)), 1)
    scores = np.full((len(named.sides), len(texts), width), np.nan)
    flips = np.full((len(named.sides), len(texts)), np.nan)
    for side in range(len(named.sides)):
        made: dict[int, Edited] = {}
        for row, text in enumerate(texts):

            def drawn(what: str, about: str = f"{attribute} {side}: {text}") -> np.random.Generator:
                return case.rng(f"{what} {about}")

            edit = told_of_side(text, named, side, drawn, others)
            if edit is not None:
                made[row] = edit
        if not made:
            continue
        rows = np.array(list(made), dtype=np.int64)
        changed = [edit.protected if arm == "protected" else edit.neutral for edit in made.values()]
        inputs = with_column(taken(case.inputs, rows), name, changed)
        sound = case.predict_sound(inputs, {"attribute": attribute, "to": str(side), "arm": arm})
        where, said = rows[sound.rows], sound.predictions
        scores[side, where] = _table(said)
        if not isinstance(said, Values):
            flips[side, where] = decided_otherwise(case, case.predictions.take(where), said)
    return {"scores": scores, "flips": flips}


def _table(said: Answers) -> Floats:
    numbers = said.values[:, None] if isinstance(said, Values) else said.scores
    return np.asarray(numbers, dtype=float)
