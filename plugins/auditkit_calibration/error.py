"""`calibration.error`: how far probabilities are from how often they come true, over all rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditkit import (
    AuditError,
    Case,
    Control,
    Interval,
    Measurement,
    Table,
    check,
    clean,
    planted,
)
from auditkit.testing import above, calibrated, every, not_above, overconfident
from auditkit_calibration.bins import bin_table
from auditkit_calibration.cards import CARDS
from auditkit_calibration.chance import chance_table, debiased_table, draws_for
from auditkit_calibration.cumulative import BROWNIAN, cumulative_estimate
from auditkit_calibration.estimates import Estimator, estimators
from auditkit_calibration.questions import TAKES, Predicted, Question, questions
from auditkit_calibration.refusing import must_be_probabilities, no_rows
from auditkit_calibration.twins import twin_readings

MOST_BINS = 100
METHOD = "noise bound, multiplier bootstrap"

SMOOTH, BINNED, EVEN = "smooth_calibration_error", "expected_calibration_error", "equal_mass_calibration_error"
CUMULATIVE = "cumulative_calibration_error"
BY_CHANCE = (SMOOTH, BINNED, EVEN, CUMULATIVE)
"""The errors that chance alone makes larger than 0."""
_WORDS = {
    SMOOTH: "smooth calibration error",
    BINNED: "expected calibration error",
    EVEN: "expected calibration error, bins of equal mass",
    CUMULATIVE: "cumulative calibration error",
}
CONTROLLED = (SMOOTH, BINNED)

CONTROLS = (
    planted(
        "log odds four times as large as they should be",
        overconfident(4.0),
        every(above(SMOOTH, 0.02), above(BINNED, 0.02), above(CUMULATIVE, 0.02)),
    ),
    clean(
        "probabilities that come true as often as they say",
        calibrated(),
        every(not_above(SMOOTH, 0.0), not_above(BINNED, 0.0), not_above(CUMULATIVE, 0.0)),
    ),
)


@check("calibration.error", on=TAKES, needs=("targets",), metrics=CARDS, controls=CONTROLS)
def calibration_error(case: Case[Predicted], *, bins: int = 15) -> Iterator[Measurement | Table | Control]:
    """Whether probabilities mean what they say.

    Of the rows that are given 70%, seven in ten should come true. With two classes the probability of the positive
    class is held against what happened; that of the other class is its mirror image, with the same error. With several
    classes it is the probability of the class with the highest score, and that of each class that the spec names as
    positive; of several labels at once it is that of each. Rows without a target are left out. Even a calibrated model
    shows some error: a table says how much chance alone would make on these rows. As a control, targets are drawn from
    the probabilities themselves: then the model is calibrated, and the intervals must not deny it.
    """
    if not 1 <= bins <= MOST_BINS:
        raise AuditError(f"option 'bins' is '{bins}'", hint=f"write a number from 1 to {MOST_BINS}, e.g. bins = 15")
    must_be_probabilities(case)
    metrics = estimators(bins)
    asked = list(questions(case))
    for question in asked:
        found = {metric: _measure(case, question, metric, estimate) for metric, estimate in metrics.items()}
        found[CUMULATIVE] = _cumulative(case, question)
        yield from found.values()
        if not len(question):
            continue
        yield bin_table(question, bins)
        if not case.is_control:
            seen = {metric: one.value for metric, one in found.items() if one.value is not None}
            kept = {metric: (_WORDS[metric], seen[metric]) for metric in BY_CHANCE if metric in seen}
            yield from debiased_table(case, question, bins=bins)
            yield chance_table(case, question, kept, bins=bins, draws=draws_for(len(asked)))
    if len(asked[0]) and not case.is_control:
        # Once: the classes differ in their numbers, not in the instrument.
        yield from twin_readings(case, asked[0], {name: (_WORDS[name], metrics[name]) for name in CONTROLLED})


def _measure(case: Case[Any], question: Question, metric: str, estimate: Estimator) -> Measurement:
    about: dict[str, Any] = {"metric": metric, "n": len(question), "label": question.label, "better": "lower"}
    if len(question) == 0:
        return Measurement(value=None, undefined=no_rows(case), **about)
    rng = case.rng("noise")
    found = estimate(question, level=case.level, rng=rng)
    interval = Interval(low=found.low, high=found.high, level=case.level, method=METHOD)
    return Measurement(value=found.value, interval=interval, **about)


def _cumulative(case: Case[Any], question: Question) -> Measurement:
    about: dict[str, Any] = {"metric": CUMULATIVE, "n": len(question), "label": question.label, "better": "lower"}
    if len(question) == 0:
        return Measurement(value=None, undefined=no_rows(case), **about)
    found = cumulative_estimate(question, level=case.level)
    return Measurement(
        value=found.value, interval=Interval(low=found.low, high=found.high, level=case.level, method=BROWNIAN), **about
    )
