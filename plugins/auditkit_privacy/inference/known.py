"""What an attacker holds of each row beside the other columns: what the model answered."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Values

Floats = npt.NDArray[np.floating]

_LEAST = 1e-12
"""A probability at or below it counts as this much."""
_TWO = 2


def outputs_of(said: Any) -> Floats:
    """[n, k]: a model's answers as numbers that a line can be drawn through: log odds, logs of shares, or values."""
    if isinstance(said, Values):
        columns = [said.values] if said.spread is None else [said.values, said.spread]
        return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
    scores = np.asarray(said.scores, dtype=np.float64)
    if isinstance(said, LabelScores):
        bounded = np.clip(scores, _LEAST, 1 - _LEAST)
        return np.asarray(np.log(bounded) - np.log1p(-bounded))
    if said.kind != "probability":
        return scores
    logs = np.log(np.clip(scores, _LEAST, None))
    return np.asarray(logs[:, 1:] - logs[:, :1] if scores.shape[1] == _TWO else logs)


def outputs_of_both(one: Any, two: Any) -> Floats:
    """[m + n, k]: the answers on both sides; as they are, where only one side has scores."""
    found = [outputs_of(said) for said in (one, two)]
    if found[0].shape[1] != found[1].shape[1]:
        found = [np.asarray(said.scores, dtype=np.float64) for said in (one, two)]
    return np.concatenate(found)


def log_likelihood(case: Case[Any], said: Any, spread: float) -> Floats:
    """[n]: how likely the model finds what is true of each row, in logs; a number by a normal error of `spread`.

    Args:
        case: whose truths are meant.
        said: what the model says of its rows, or of these rows with another value.
        spread: of the model's errors, where it gives numbers.
    """
    if isinstance(said, ClassScores):
        targets = np.asarray(case.targets.codes)
        return np.asarray(np.log(np.clip(said.scores[np.arange(len(targets)), targets], _LEAST, None)))
    if isinstance(said, LabelScores):
        bounded = np.clip(np.asarray(said.scores, dtype=np.float64), _LEAST, 1 - _LEAST)
        return np.asarray(np.where(case.label_targets, np.log(bounded), np.log1p(-bounded)).sum(axis=1))
    off = errors_of(case, said)
    return np.asarray(-((off / max(spread, _LEAST)) ** 2) / 2)


def errors_of(case: Case[Any], said: Values) -> Floats:
    """[n]: by how much a model's numbers miss the truth."""
    return np.asarray(case.truth.values, dtype=np.float64) - np.asarray(said.values, dtype=np.float64)
