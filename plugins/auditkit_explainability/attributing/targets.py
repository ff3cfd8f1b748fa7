"""Which number of an answer is attributed: that of the class decided, before it is squeezed between 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Texts, TokenLabels, Values
from auditkit.perturbation import Answers, decided
from auditkit_explainability.attributing.entities import drawn_entities

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_WORTH = 0.01
_LEAST = 1e-7
"""A probability nearer to 0 or 1 counts as this near: its log-odds are a number then, of at most 16."""


def targets_of(case: Case[Any], said: Answers | Texts | TokenLabels) -> Integers:
    """[n]: the class that was decided; of several labels the likeliest; of entities one; 0 of a number, or a text."""
    if isinstance(said, TokenLabels):
        return drawn_entities(case, said)
    if isinstance(said, ClassScores):
        return np.asarray(decided(case, said), dtype=np.int64)
    if isinstance(said, LabelScores):
        return np.asarray(np.nan_to_num(said.scores, nan=-1.0).argmax(axis=1), dtype=np.int64)
    return np.zeros(len(said), dtype=np.int64)


def scores_of(said: Answers, targets: Integers, *, as_probability: bool = False) -> Floats:
    """[m]: the number that is attributed; with `as_probability` as it was said.

    Args:
        said: answers to m rows.
        targets: [m], whose number.
        as_probability: a probability itself, and not its log-odds.
    """
    if isinstance(said, Values):
        return np.asarray(said.values, dtype=np.float64)
    scores = np.asarray(said.scores, dtype=np.float64)[np.arange(len(targets)), targets]
    is_probability = isinstance(said, LabelScores) or said.kind == "probability"
    if as_probability or not is_probability:
        return scores
    inside = np.clip(scores, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def floor_of(case: Case[Any]) -> float:
    """The least change of the number that is worth a share of: a hundredth of a log-odds, or of the numbers' spread."""
    said = case.predictions
    if isinstance(said, Values) or (isinstance(said, ClassScores) and said.kind != "probability"):
        numbers = np.asarray(said.values if isinstance(said, Values) else said.scores, dtype=np.float64)
        return _WORTH * (float(numbers.std()) or 1.0)
    return _WORTH


def target_words(case: Case[Any], *, by_gradient: bool) -> str:
    """In a clause, what number that is."""
    said = case.predictions
    if isinstance(said, Values):
        return "the value"
    if isinstance(said, TokenLabels):
        return "how sure the model is of one entity of the row: the mean over its words of the score there, 0 for none"
    if isinstance(said, Texts):
        return "ln of the chance that the answer begins as it did"
    which = "likeliest label" if isinstance(said, LabelScores) else "class that is decided"
    if by_gradient:
        return f"the model's output of the {which}, before any softmax"
    is_probability = isinstance(said, LabelScores) or said.kind == "probability"
    return f"the {'log-odds' if is_probability else 'score'} of the {which}"
