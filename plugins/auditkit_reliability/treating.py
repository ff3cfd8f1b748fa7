"""`reliability.net-benefit`: decision curves, whether deciding by the model beats treating everybody or nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import (
    Area,
    AuditError,
    Case,
    Chart,
    ClassScores,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Series,
    Table,
    Text,
    check,
)
from auditkit.statistics import NetBenefit, net_benefit
from auditkit_reliability.cards_operating import BENEFIT_CARDS
from auditkit_reliability.planted import BENEFIT_CONTROLS
from auditkit_reliability.rows import Flags, Floats, Rows

POINTS = 19
"""Threshold probabilities at which the curve is drawn."""

_BINARY = 2
_BELOW = 0.05
"""How far below the model the line of treating everybody is drawn: further on it would flatten all others."""


def accept(*, lowest: float, highest: float, prevalence: float, **_: Any) -> None:
    """Refuse a range of thresholds that is none, and a prevalence that is no share.

    Raises:
        AuditError: one of them cannot be meant.
    """
    if not 0 < lowest < highest < 1:
        raise AuditError(
            f"options 'lowest' and 'highest' are '{lowest}' and '{highest}'",
            hint="write the range of risks at which somebody would treat, e.g. lowest = 0.05, highest = 0.3",
        )
    if not 0 <= prevalence < 1:
        raise AuditError(
            f"option 'prevalence' is '{prevalence}'",
            hint="write how common cases are where the model is to be used, e.g. prevalence = 0.02; 0: as in the data",
        )


@dataclass(frozen=True)
class _Asked:
    """One class that is treated, with the rows that have a target."""

    name: str
    label: str | None
    scores: Floats
    positive: Flags
    rows: Rows
    prevalence: float | None

    def at(self, threshold: float) -> NetBenefit | None:
        about: dict[str, Any] = {"prevalence": self.prevalence, "level": self.rows.level, **self.rows.about}
        return net_benefit(self.scores, self.positive, threshold, **about)


@check(
    "reliability.net-benefit", on=(ClassScores, LabelScores), needs=("targets",), metrics=BENEFIT_CARDS,
    controls=BENEFIT_CONTROLS, accepts=accept,
)  # fmt: skip
def net_benefits(
    case: Case[ClassScores | LabelScores], *, lowest: float = 0.05, highest: float = 0.5, prevalence: float = 0.0
) -> Iterator[Measurement | Table | Chart]:
    """Whether deciding by the model does more good than treating everybody, or nobody.

    Whoever treats at a risk of 10% or more takes nine false alarms to weigh as much as one case found. At that exchange
    the net benefit is measured at `[data] threshold` (0.5 where none is declared), and drawn for thresholds from
    `lowest` to `highest`, beside treating everybody and nobody. `prevalence` says how common cases are where the model
    is to be used, when that is not as among these rows. Of several labels that can be right at once each has its own.
    """
    for asked in _asked(case, prevalence or None):
        declared = case.settings.threshold
        threshold = 0.5 if declared is None or not 0 < declared < 1 else declared
        found = asked.at(threshold)
        if found is None:
            why = "no rows have a target" if prevalence == 0 else "no cases among the rows, or nobody else"
            for card in BENEFIT_CARDS:
                yield Measurement(metric=card.name, value=None, undefined=Text.of(why), n=0, label=asked.label,
                                  better="higher")  # fmt: skip
            continue
        yield from _measures(found, asked)
        grid = np.linspace(lowest, highest, POINTS)
        curve = [one for one in map(asked.at, map(float, grid)) if one is not None]
        yield _table(asked, curve)
        yield _chart(asked, curve)


def _asked(case: Case[Any], prevalence: float | None) -> Iterator[_Asked]:
    predictions, named = case.predictions, case.settings.positive
    if isinstance(predictions, LabelScores):
        flags, rows = case.label_targets, Rows.of(case, np.ones(len(case), dtype=bool))
        for label in case.positives:
            place = predictions.labels.index(label)
            scores = np.asarray(predictions.scores[rows.kept, place], dtype=float)
            yield _Asked(label, label, scores, flags[rows.kept, place], rows, prevalence)
        return
    targets = case.targets.codes
    if predictions.kind != "probability":
        raise NotApplicable(
            "the model gives no probabilities, and a {kind} is no risk to treat at",
            hint='record a probability for each class: [data] scores = ["p_no", "p_yes"]',
            kind=predictions.kind,
        )
    if not named and len(predictions.classes) != _BINARY:
        raise NotApplicable("the spec names no class that is treated", hint='say which: [data] positive = "yes"')
    rows = Rows.of(case, targets >= 0)
    for positive in named or predictions.classes[1:]:
        place = predictions.classes.index(positive)
        scores = np.asarray(predictions.scores[rows.kept, place], dtype=float)
        is_case = targets[rows.kept] == place
        yield _Asked(positive, case.label_for(positive), scores, is_case, rows, prevalence)


def _measures(found: NetBenefit, asked: _Asked) -> Iterator[Measurement]:
    method = "wilson, bounded mean" if asked.prevalence is None else "zou and donner, of wilson limits"
    for metric, part in (("net_benefit", found.model), ("net_benefit_gain", found.gain)):
        words = f"{method}, both gains" if metric == "net_benefit_gain" else method
        interval = Interval(low=part.low, high=part.high, level=asked.rows.level, method=words)
        yield Measurement(
            metric=metric, value=part.value, n=found.n, interval=interval, label=asked.label, better="higher"
        )


def _table(asked: _Asked, curve: Sequence[NetBenefit]) -> Table:
    names = ("threshold", "net benefit", "from", "to", "treating all", "gain over the better", "from", "to")
    title = Text.of("Net benefit at thresholds for {name}, per person", name=asked.name)
    if asked.prevalence is not None:
        title = Text.of(
            "Net benefit at thresholds for {name}, per person, where {prevalence} are cases",
            name=asked.name,
            prevalence=asked.prevalence,
        )
    return Table(
        title=title,
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(
            (
                round(one.threshold, 6),
                # As they are: a digit that is rounded turns with the last bit, and so on another machine.
                *(one.model.value, one.model.low, one.model.high, one.treat_all),
                *(one.gain.value, one.gain.low, one.gain.high),
            )
            for one in curve
        ),
    )


def _chart(asked: _Asked, curve: Sequence[NetBenefit]) -> Chart:
    across = tuple(one.threshold for one in curve)
    least = min(0.0, *(one.model.low for one in curve)) - _BELOW
    everybody = [one for one in curve if one.treat_all >= least]
    lines = [Series(name=Text.of("this model"), x=across, y=tuple(one.model.value for one in curve), n=len(asked.rows))]
    if everybody:
        x, y = tuple(one.threshold for one in everybody), tuple(one.treat_all for one in everybody)
        lines.append(Series(name=Text.of("treating everybody"), x=x, y=y))
    lines.append(Series(name=Text.of("treating nobody"), x=across, y=(0.0,) * len(across)))
    ends = [(one.model.low, one.model.high) for one in curve]
    low, high = tuple(end for end, _ in ends), tuple(end for _, end in ends)
    name = Text.of("{level:percent} interval of this model, each point", level=asked.rows.level)
    band = Area(name=name, x=across, low=low, high=high)
    return Chart(
        kind="line",
        title=Text.of("Decision curve for {name}: net benefit at each threshold", name=asked.name),
        x_label=Text.of("threshold: the risk from which on somebody is treated"),
        y_label=Text.of("net benefit, in cases found per person"),
        series=tuple(lines),
        areas=(band,),
    )
