"""How sure a model is of the decision that it makes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores

_BINARY = 2


def confidence_of(case: Case[ClassScores]) -> npt.NDArray[np.floating]:
    """[n]: higher is surer; only the order counts.

    Without a threshold it is the largest probability, and of scores that are none the largest less the second. With one
    it is how far the positive class's score lies from it, of probabilities as a part of the way to certainty: at a
    threshold of 0.2 a probability of 0.1 is as sure a no as 0.6 is a yes.
    """
    predictions, settings = case.predictions, case.settings
    scores = np.asarray(predictions.scores, dtype=float)
    named = settings.positive if len(settings.positive) == 1 else ()
    if settings.threshold is not None and named and len(predictions.classes) == _BINARY:
        away = scores[:, predictions.classes.index(named[0])] - settings.threshold
        if predictions.kind != "probability":
            return np.asarray(np.abs(away))
        above, below = max(1 - settings.threshold, 1e-12), max(settings.threshold, 1e-12)
        return np.asarray(np.where(away >= 0, away / above, -away / below))
    if predictions.kind == "probability" or scores.shape[1] < _BINARY:
        return np.asarray(scores.max(axis=1))
    second, largest = np.sort(scores, axis=1)[:, -2:].T
    return np.asarray(largest - second)
