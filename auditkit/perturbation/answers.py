"""Two answers to one row: whether the decision is another one, how far the score moved, and which of them is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Values

Answers = ClassScores | LabelScores | Values
Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

DECIDING = (ClassScores, LabelScores)
"""Predictions from which a decision follows; a predicted number only moves."""


def decided(case: Case[Any], said: Answers) -> npt.NDArray[Any]:
    """[n, ...]: the class of each row, or whether each of several labels holds."""
    settings = case.settings
    if isinstance(said, ClassScores):
        positive = settings.positive[0] if len(settings.positive) == 1 else None
        return said.decide(positive, settings.threshold)
    if isinstance(said, LabelScores):
        return np.asarray(said.scores >= (0.5 if settings.threshold is None else settings.threshold))
    raise TypeError(type(said).__name__)


def flipped(case: Case[Any], before: Answers, after: Answers) -> Flags:
    """[n]: whether the decision is another one; of several labels, any."""
    differ = decided(case, before) != decided(case, after)
    return np.asarray(differ.any(axis=tuple(range(1, differ.ndim))))


def moved(before: Answers, after: Answers) -> Floats:
    """[n]: how far the score moved: half the sum over classes, the largest of several labels, a number's own."""
    if isinstance(before, ClassScores) and isinstance(after, ClassScores):
        # Of two classes that sum to 1 it is how far the positive one moves.
        return np.asarray(np.abs(_wide(before.scores) - _wide(after.scores)).sum(axis=1) / 2)
    if isinstance(before, LabelScores) and isinstance(after, LabelScores):
        return np.asarray(np.abs(_wide(before.scores) - _wide(after.scores)).max(axis=1, initial=0.0))
    if isinstance(before, Values) and isinstance(after, Values):
        return np.abs(_wide(before.values) - _wide(after.values))
    raise TypeError(type(after).__name__)


def _wide(numbers: npt.NDArray[Any]) -> Floats:
    return np.asarray(numbers, dtype=np.float64)


def right(case: Case[Any], said: Answers, rows: npt.NDArray[np.integer]) -> Floats:
    """[m]: 1 where the decision about a row is right, of several labels all of them; NaN where nobody knows."""
    if not isinstance(said, DECIDING) or not case.has_targets:
        return np.full(len(rows), np.nan)
    found = decided(case, said)
    if isinstance(said, LabelScores):
        return np.asarray((found == case.label_targets[rows]).all(axis=1), dtype=float)
    true = case.targets.codes[rows]
    return np.where(true >= 0, found == true, np.nan)
