"""`calibration.error`: how far probabilities are from how often they come true, over all rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    Control,
    Interval,
    Measurement,
    NotApplicable,
    Table,
    Text,
    check,
    clean,
    planted,
)
from auditkit.testing import above, calibrated, every, not_above, overconfident
from auditkit_calibration.bins import bin_table
from auditkit_calibration.cards import CARDS
from auditkit_calibration.estimates import Estimator, estimators
from auditkit_calibration.questions import Question, questions
from auditkit_calibration.twins import twin_readings

MOST_BINS = 100
METHOD = "noise bound, multiplier bootstrap"

_TITLES = {card.name: card.title.lower() for card in CARDS}


SMOOTH, BINNED = "smooth_calibration_error", "expected_calibration_error"

CONTROLS = (
    planted(
        "log odds four times as large as they should be",
        overconfident(4.0),
        every(above(SMOOTH, 0.02), above(BINNED, 0.02)),
    ),
    clean(
        "probabilities that come true as often as they say",
        calibrated(),
        every(not_above(SMOOTH, 0.0), not_above(BINNED, 0.0)),
    ),
)


@check("calibration.error", on=ClassScores, needs=("targets",), metrics=CARDS, controls=CONTROLS)
def calibration_error(case: Case[ClassScores], *, bins: int = 15) -> Iterator[Measurement | Table | Control]:
    """Whether probabilities mean what they say.

    Of the rows that are given 70%, seven in ten should come true. With two classes the probability of the positive
    class is held against what happened; that of the other class is its mirror image, with the same error. With several
    classes it is the probability of the class with the highest score, and that of each class that the spec names as
    positive. Rows without a target are left out. As a control, targets are drawn from the probabilities themselves:
    then the model is calibrated, and the intervals must not deny it.
    """
    if not 1 <= bins <= MOST_BINS:
        raise AuditError(f"option 'bins' is '{bins}'", hint=f"write a number from 1 to {MOST_BINS}, e.g. bins = 15")
    if case.predictions.kind != "probability":
        raise NotApplicable(
            "the model gives no probabilities, and a {kind} cannot be calibrated",
            hint='record a probability for each class: [data] scores = ["p_no", "p_yes"]',
            kind=case.predictions.kind,
        )
    metrics = estimators(bins)
    asked = list(questions(case))
    for question in asked:
        for metric, estimate in metrics.items():
            yield _measure(case, question, metric, estimate)
        if len(question):
            yield bin_table(question, bins)
    if len(asked[0]) and not case.is_control:
        # Once: the classes differ in their numbers, not in the instrument.
        yield from twin_readings(case, asked[0], {name: (_TITLES[name], metric) for name, metric in metrics.items()})


def _measure(case: Case[Any], question: Question, metric: str, estimate: Estimator) -> Measurement:
    about: dict[str, Any] = {"metric": metric, "n": len(question), "label": question.label, "better": "lower"}
    if len(question) == 0:
        why = "every row with a target has weight 0" if (case.targets.codes >= 0).any() else "no rows have a target"
        return Measurement(value=None, undefined=Text.of(why), **about)
    rng = case.rng("noise")
    found = estimate(question, level=case.level, rng=rng)
    interval = Interval(low=found.low, high=found.high, level=case.level, method=METHOD)
    return Measurement(value=found.value, interval=interval, **about)
