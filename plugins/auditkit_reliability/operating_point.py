"""`reliability.operating-point`: what deciding at the declared threshold finds, misses and costs, by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Measurement, Quote, Table, Text, check
from auditkit.statistics import RATES, Outcome, Rate, code_outcomes, count_outcomes
from auditkit_reliability.cards_operating import CARDS
from auditkit_reliability.planted import OPERATING_CONTROLS
from auditkit_reliability.rows import Rows, measured_shares

Predicted = ClassScores | LabelScores

_NEGATIVE = Outcome.TRUE_NEGATIVE
FOUND: Mapping[str, tuple[Rate, str]] = {
    "true_positive_rate": (RATES["true_positive_rate"], "no positives among the rows"),
    "true_negative_rate": (Rate((_NEGATIVE,), (_NEGATIVE, Outcome.FALSE_POSITIVE)), "no negatives among the rows"),
    "precision": (RATES["precision"], "no row with a target was called positive"),
    "negative_predictive_value": (
        Rate((_NEGATIVE,), (_NEGATIVE, Outcome.FALSE_NEGATIVE)),
        "every row with a target was called positive",
    ),
}
"""The four rates of a decision at one threshold, and why one is undefined."""

ALERTS = "alerts_per_case_found"
_WORDS = {
    "true_positive_rate": "of the cases, found (sensitivity)",
    "true_negative_rate": "of the others, left alone (specificity)",
    "precision": "of the alerts, cases (positive predictive value)",
    "negative_predictive_value": "of the all-clears, right (negative predictive value)",
    ALERTS: "alerts for each case found",
}
_BETTER = {card.name: card.better for card in CARDS}


@dataclass(frozen=True)
class _Question:
    """One class, and what became of every row in deciding for it."""

    name: str
    label: str | None
    outcomes: npt.NDArray[np.integer]


@check(
    "reliability.operating-point",
    on=(ClassScores, LabelScores),
    needs=("targets",),
    metrics=CARDS,
    controls=OPERATING_CONTROLS,
)
def operating_point(case: Case[Predicted]) -> Iterator[Measurement | Table]:
    """What the model finds, misses and costs at the threshold that it is used at.

    At `[data] threshold`, or where none is declared for the class with the highest score: sensitivity, specificity and
    both predictive values, and how many alerts somebody has to look at for each case found; of all rows and of each
    group. The intervals of the groups of one attribute hold all at once. How far the groups lie apart is measured by
    `fairness.gaps` and `fairness.other-rates`. Predictive values and alerts follow how common cases are among these
    rows.
    """
    for question in _questions(case):
        found = list(_measures(case, question, np.zeros(len(case), dtype=np.int64), ({},)))
        yield from found
        yield _table(case, question, found)
        if case.has_groups:
            for name, codes in case.groups.items():
                yield from _measures(case, question, codes.codes, [{name: label} for label in codes.vocabulary])


def _questions(case: Case[Any]) -> Iterator[_Question]:
    predictions, of_labels = case.predictions, isinstance(case.predictions, LabelScores)
    names = predictions.labels if of_labels else predictions.classes
    for positive in case.positives:
        place = names.index(positive)
        if of_labels:
            outcomes = code_outcomes(case.label_decisions[:, place], case.label_targets[:, place])
        else:
            targets = case.targets.codes
            outcomes = code_outcomes(case.decisions == place, targets == place, targets >= 0)
        yield _Question(positive, case.label_for(positive), outcomes)


def _measures(
    case: Case[Any], question: _Question, codes: npt.NDArray[np.integer], members: Sequence[dict[str, str]]
) -> Iterator[Measurement]:
    units = None if case.units is None else case.units.codes
    rows = Rows(np.arange(len(case)), case.weights, units, case.level, case.min_group_size)
    table = count_outcomes(codes, question.outcomes, group_count=len(members), **rows.about)
    for metric, (rate, why) in FOUND.items():
        about: dict[str, Any] = {"better": _BETTER[metric], "empty": why, "rate": rate, "label": question.label}
        rates = list(measured_shares(metric, table, members, rows, **about))
        yield from rates
        if metric == "precision":
            yield from map(_alerts, rates)


def _alerts(precision: Measurement) -> Measurement:
    """One by the positive predictive value, whose interval turns round with it."""
    about: dict[str, Any] = {"metric": ALERTS, "better": "lower", "exact": False}
    if precision.value is None or precision.interval is None:
        return precision.model_copy(update=about)
    if precision.value <= 0 or precision.interval.low <= 0:
        why = Text.of("no alert was a case")
        return precision.model_copy(update={**about, "value": None, "interval": None, "undefined": why})
    ends = {"low": 1 / precision.interval.high, "high": 1 / precision.interval.low}
    words = f"{precision.interval.method}, of its inverse"
    interval = precision.interval.model_copy(update={**ends, "method": words})
    return precision.model_copy(update={**about, "value": 1 / precision.value, "interval": interval})


def _table(case: Case[Any], question: _Question, found: Sequence[Measurement]) -> Table:
    threshold = case.settings.threshold
    title = Text.of("At a threshold of {threshold}, for {name}", threshold=float(threshold or 0.0), name=question.name)
    if threshold is None:
        title = Text.of("No threshold is declared: the highest score decides. For {name}", name=question.name)
        if isinstance(case.predictions, LabelScores):
            title = Text.of("No threshold is declared: 0.5 decides. For {name}", name=question.name)
    names = ("what", "value", "interval", "of how many rows")
    return Table(
        title=title,
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(
            (Text.of(_WORDS[one.metric]), Quote.of(one), Quote.of(one, "interval"), Quote.of(one, "n")) for one in found
        ),
        prominent=True,
    )
