"""What each kind of prediction says of a row whose truth is known: the numbers that attacks without a reference use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, NotApplicable, Texts, Values
from auditkit_privacy.attacks.scores import (
    hinge,
    log_probabilities,
    modified_entropy,
    scaled_logit,
    true_log_probability,
)
from auditkit_privacy.attacks.text_signals import text_signals_of

Floats = npt.NDArray[np.floating]

TWO = 2


def signals_of(case: Case[Any]) -> dict[str, Floats]:
    """Name -> [n], each the higher the more like a member; NaN for rows whose truth is not known. Goes in chunks.

    Raises:
        NotApplicable: the data have no truth, or the predictions allow no attack.
    """
    if isinstance(case.predictions, Texts):
        return text_signals_of(case)
    parts = [_of_chunk(chunk) for chunk in case.chunks()]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _of_chunk(case: Case[Any]) -> Mapping[str, Floats]:
    for kind, measure in _MEASURES.items():
        if isinstance(case.predictions, kind):
            return measure(case)
    raise NotApplicable("no attack is known on {kind}", kind=type(case.predictions).__name__)


def _class_signals(case: Case[ClassScores]) -> Mapping[str, Floats]:
    predictions = case.predictions
    if len(predictions.classes) < TWO:
        raise NotApplicable("the model has one class alone, and is sure of everybody alike")
    targets = case.targets.codes
    known = targets >= 0
    if predictions.kind == "label":
        right = (case.decisions == targets).astype(float)
        return {"correctness": np.where(known, right, np.nan)}
    scores = np.asarray(predictions.scores[known], dtype=np.float64)
    found = _of_scores(scores, targets[known]) if predictions.kind == "score" else of_chances(scores, targets[known])
    return {name: _spread(values, known) for name, values in found.items()}


def of_chances(probabilities: Floats, targets: npt.NDArray[np.integer]) -> dict[str, Floats]:
    """Name -> [n], of probabilities [n, k] and the true classes [n]."""
    logs = log_probabilities(probabilities)
    return {
        "scaled logit": scaled_logit(logs, targets),
        "loss": true_log_probability(probabilities, targets),
        "modified entropy": modified_entropy(probabilities, targets),
        "hinge": hinge(logs, targets),
    }


def _of_scores(scores: Floats, targets: npt.NDArray[np.integer]) -> dict[str, Floats]:
    """Of scores that only order, how far the true class is ahead."""
    return {"scaled logit": scaled_logit(scores, targets), "hinge": hinge(scores, targets)}


def _label_signals(case: Case[LabelScores]) -> Mapping[str, Floats]:
    scores, flags = np.asarray(case.predictions.scores, dtype=np.float64), case.label_targets
    right = log_probabilities(np.where(flags, scores, 1 - scores))
    return {"loss": right.mean(axis=1), "worst label": right.min(axis=1)}


def _value_signals(case: Case[Values]) -> Mapping[str, Floats]:
    truth = np.where(case.truth_known, case.truth.values, np.nan).astype(np.float64)
    off = truth - np.asarray(case.predictions.values, dtype=np.float64)
    found: dict[str, Floats] = {"loss": -(off**2)}
    if case.predictions.spread is not None:
        spread = np.clip(np.asarray(case.predictions.spread, dtype=np.float64), np.finfo(float).eps, None)
        found["likelihood"] = -np.log(spread) - (off / spread) ** 2 / 2
    return found


def _spread(values: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    whole = np.full(len(known), np.nan)
    whole[known] = values
    return whole


_MEASURES: dict[type[Any], Callable[[Case[Any]], Mapping[str, Floats]]] = {
    ClassScores: _class_signals,
    LabelScores: _label_signals,
    Values: _value_signals,
}
