"""`performance.overall`: accuracy, discrimination, and how good the probabilities are, over all rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Chart, ClassScores, Interval, LabelScores, Measurement, Table, Text, check, clean, planted
from auditkit.statistics import RATES, code_outcomes, count_outcomes, delong
from auditkit.testing import (
    above,
    below,
    every,
    label_missed,
    near,
    scores_that_mislead,
    scores_that_tell,
    scores_that_tell_nothing,
)
from auditkit_performance.cards import CARDS
from auditkit_performance.probabilities import probability_scores
from auditkit_performance.roc import FEWEST, Curve, chart

Predicted = ClassScores | LabelScores
Flags = npt.NDArray[np.bool_]

_BETTER = {card.name: card.better for card in CARDS}
_NOBODY = {
    "accuracy": "no rows have a target",
    "true_positive_rate": "no positives among the rows",
    "precision": "no row with a target was selected",
}


CONTROLS = (
    planted(
        "scores that have nothing to do with the targets",
        scores_that_tell_nothing(),
        every(below("roc_auc", 0.7), near("accuracy", 0.5)),
    ),
    planted("probabilities that say the opposite of what is true", scores_that_mislead(), above("brier_score", 0.3)),
    planted(
        "of two labels, half of one scored as none",
        label_missed(0.5),
        every(near("true_positive_rate", 0.5, label="cough"), near("true_positive_rate", 1.0, label="fever")),
    ),
    clean(
        "19 rows in 20 decided rightly",
        scores_that_tell(),
        every(above("roc_auc", 0.8), near("accuracy", 0.95), below("brier_score", 0.25)),
    ),
)


@check("performance.overall", on=(ClassScores, LabelScores), metrics=CARDS, controls=CONTROLS)
def overall(case: Case[Predicted]) -> Iterator[Measurement | Table | Chart]:
    """How good the model is over all rows.

    How often it is right, how well its scores tell each class from the rest, how far its probabilities are from what
    happened, and for each class how many of its rows are found and how many of those found are of it. Rows without a
    target are left out.
    """
    predictions = case.predictions
    if isinstance(predictions, LabelScores):
        yield from _labels(case, predictions)
    else:
        yield from _classes(case, predictions)


def _classes(case: Case[Predicted], predictions: ClassScores) -> Iterator[Measurement | Table | Chart]:
    targets = case.targets.codes
    known = targets >= 0
    yield _rate(case, "accuracy", code_outcomes(case.decisions == targets, np.ones_like(known), known))
    yield from probability_scores(case, predictions, targets)
    curves = []
    for positive in case.positives:
        place, label = predictions.classes.index(positive), case.label_for(positive)
        wanted = targets == place
        outcomes = code_outcomes(case.decisions == place, wanted, known)
        yield _rate(case, "true_positive_rate", outcomes, label)
        yield _rate(case, "precision", outcomes, label)
        if predictions.kind == "label":
            yield _undefined("roc_auc", "only labels were recorded, and no scores", int(known.sum()), label)
            continue
        curve = Curve.of(case, positive, predictions.scores[:, place], wanted, known)
        yield _area(curve, label, case.level)
        curves.append(curve)
    yield from chart(curves)


def _labels(case: Case[Predicted], predictions: LabelScores) -> Iterator[Measurement | Chart]:
    known = np.ones(len(predictions), dtype=bool)
    curves = []
    for positive in case.positives:
        place, label = predictions.labels.index(positive), case.label_for(positive)
        wanted = case.label_targets[:, place]
        outcomes = code_outcomes(case.label_decisions[:, place], wanted)
        for rate in _NOBODY:
            yield _rate(case, rate, outcomes, label)
        curve = Curve.of(case, positive, predictions.scores[:, place], wanted, known)
        yield _area(curve, label, case.level)
        curves.append(curve)
    yield from chart(curves)


def _rate(case: Case[Predicted], rate: str, outcomes: npt.NDArray[np.integer], label: str | None = None) -> Measurement:
    everyone = np.zeros(len(outcomes), dtype=np.int64)
    units = None if case.units is None else case.units.codes
    table = count_outcomes(everyone, outcomes, group_count=1, weights=case.weights, units=units)
    shares = table.shares(RATES[rate], level=case.level)
    if shares.n[0] == 0:
        return _undefined(rate, _NOBODY[rate], 0, label)
    limits = shares.limits(case.level)
    interval = Interval(low=limits.low[0], high=limits.high[0], level=case.level, method=shares.method)
    return Measurement(
        metric=rate,
        value=float(shares.value[0]),
        n=int(shares.n[0]),
        interval=interval,
        label=label,
        better=_BETTER[rate],
    )


def _area(curve: Curve, label: str | None, level: float) -> Measurement:
    found = delong(curve.scores, curve.positive, level=level, weights=curve.weights, units=curve.units)
    if found is None:
        why = "no negatives among the rows" if curve.positive.any() else "no positives among the rows"
        return _undefined("roc_auc", why, len(curve.scores), label)
    if min(found.positives, found.negatives) < FEWEST:
        # The area of a few rows gives away where they rank among all.
        return _undefined("roc_auc", "fewer than 10 positives or negatives", len(curve.scores), label)
    interval = Interval(low=found.low, high=found.high, level=level, method=found.method)
    n = found.positives + found.negatives
    return Measurement(metric="roc_auc", value=found.value, n=n, interval=interval, label=label, better="higher")


def _undefined(metric: str, why: str, n: int, label: str | None = None) -> Measurement:
    about: dict[str, Any] = {"metric": metric, "n": n, "label": label, "better": _BETTER[metric]}
    return Measurement(value=None, undefined=Text.of(why), **about)
