"""Equalized odds by fairlearn's `ThresholdOptimizer`: thresholds for each group between which lots are drawn.

Only where it is asked for: it brings scikit-learn, over a second of every start, and lots decide on people.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Text
from auditkit_fairness.remedies.rows import Answers
from auditkit_fairness.remedies.thresholds import LEAST_ROWS, Fitted, Remedy

Flags = npt.NDArray[np.bool_]

GOAL = "equalized odds with lots"
_SEEDS = 2**32


def optimised_remedy(attribute: str, answers: Answers, *, least: int) -> Remedy:
    """Hardt, Price and Srebro (2016), section 3.2, as fairlearn does it, for the highest balanced accuracy.

    Args:
        attribute: among whose groups odds are made equal.
        answers: about all rows; a group with too few of either kind is decided as it is now.
        least: the policy's smallest group.
    """
    codes = answers.groups[attribute]
    sides = [np.bincount(codes[side & (codes >= 0)]) for side in (answers.wanted, ~answers.wanted)]
    most = min(map(len, sides))
    large = np.flatnonzero(np.minimum(sides[0][:most], sides[1][:most]) >= max(least, LEAST_ROWS))
    return Remedy(
        f"{GOAL} by {attribute}",
        attribute,
        Text.of("thresholds for each group of {attribute}, and lots: equalized odds", attribute=attribute),
        Text.of("everybody's group when they are decided, leave to treat them by it, and to draw lots about people"),
        partial(_fit, attribute=attribute, large=large),
        frozenset(large.tolist()),
    )


def _fit(answers: Answers, rng: np.random.Generator, *, attribute: str, large: npt.NDArray[np.intp]) -> Fitted:
    seed = int(rng.integers(_SEEDS))
    codes = answers.groups[attribute]
    optimizer = _optimizer()
    taught = np.isin(codes, large)
    optimizer.fit(_column(answers)[taught], answers.wanted[taught].astype(int), sensitive_features=codes[taught])

    def decide(other: Answers) -> Flags:
        made = other.chosen.copy()
        judged = np.isin(other.groups[attribute], large)
        if judged.any():
            whose = other.groups[attribute][judged]
            drawn = optimizer.predict(_column(other)[judged], sensitive_features=whose, random_state=seed)
            made[judged] = np.asarray(drawn) == 1
        return made

    return Fitted(decide, Text.of("two thresholds for each group, and how often each is taken"))


def _column(answers: Answers) -> Any:
    return answers.scores.reshape(-1, 1)


def _optimizer() -> Any:
    from fairlearn.postprocessing import ThresholdOptimizer
    from sklearn.base import BaseEstimator

    class Scores(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
        """What has been predicted already, handed on as an estimator's answer."""

        def fit(self, *_: Any) -> Scores:
            return self

        def predict(self, rows: Any) -> Any:
            return np.asarray(rows)[:, 0]

        def __sklearn_is_fitted__(self) -> bool:
            return True

    return ThresholdOptimizer(
        estimator=Scores(),
        constraints="equalized_odds",
        objective="balanced_accuracy_score",  # of accuracy, where few are ill, choosing nobody is the best
        prefit=True,
        predict_method="predict",
    )
