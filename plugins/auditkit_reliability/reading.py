"""`reliability.readers`: the model beside people who read the same rows, clinicians for example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, ClassScores, Interval, Measurement, Quote, Table, Text, check
from auditkit.statistics import (
    RATES,
    Agreement,
    code_outcomes,
    cohen_kappa,
    count_outcomes,
    fleiss_kappa,
    gwet_ac1,
    interchange,
    model_against_readers,
    share_merit,
)
from auditkit_reliability.cards_readers import CARDS
from auditkit_reliability.planted_readers import READER_CONTROLS

Integers = npt.NDArray[np.integer]

_BETTER = {card.name: card.better for card in CARDS}
_RIGHT = ("sensitivity", "specificity")
_FOUND = RATES["true_positive_rate"]
"""Specificity is the sensitivity for the rows without the condition."""
_SHOWN = 8
"""Classes that a hint names."""
_UNREAD = "no row was read by both, or both say one and the same class of every row"


def readings(case: Case[ClassScores], *, reader: str) -> Integers:
    """[n]: the class that a reader gave each row, as a place in the model's classes; -1: not read.

    Raises:
        AuditError: a reading that is none of the model's classes.
    """
    codes, classes = case.readers[reader], case.predictions.classes
    places = []
    for label in codes.vocabulary:
        if label not in classes:
            raise AuditError(
                f"column '{reader}' of [data] readers holds '{label}', which is none of the model's classes",
                hint=f"write readings as the model's classes are written ({_named(classes)}); where it is no reading: "
                f'[data] missing = ["{label}"]',
            )
        places.append(classes.index(label))
    return np.asarray(np.array([*places, -1], dtype=np.int64)[codes.codes])


def _named(classes: tuple[str, ...]) -> str:
    shown = ", ".join(f"'{name}'" for name in classes[:_SHOWN])
    return shown if len(classes) <= _SHOWN else f"{shown}, and {len(classes) - _SHOWN} more"


@dataclass(frozen=True)
class Panel:
    """What the model and its readers say of the rows, as places in the model's classes."""

    case: Case[ClassScores]
    model: Integers
    readers: dict[str, Integers]
    units: Integers | None

    @property
    def together(self) -> Integers:
        """[n, readers]."""
        return np.stack(list(self.readers.values()), axis=1)


@check("reliability.readers", on=ClassScores, needs=("readers",), metrics=CARDS, controls=READER_CONTROLS)
def against_readers(
    case: Case[ClassScores], *, distance: Literal["nominal", "linear", "quadratic"] = "nominal"
) -> Iterator[Measurement | Table]:
    """How the model compares with people who read the same rows.

    How far it agrees with each reader beyond chance, how far they agree with each other, and whether it could take one
    reader's place; with targets, how many of those with a condition each finds, and the model against the mean reader
    with an interval that holds for other readers and other rows. `distance` weighs disagreement about ordered classes.
    Rows count once each, whatever they weigh.
    """
    units = None if case.units is None else case.units.codes
    # Asked of the settings: a replay has the readings as numbers alone. Without any, the case says what to name.
    names = case.settings.readers or tuple(case.readers)
    named = {name: case.compute(readings, reader=name) for name in names}
    panel = Panel(case, case.decisions, named, units)
    agreements = list(_agreements(panel, distance))
    yield from agreements
    if len(named) > 1:
        yield from _among(panel)
    rates: list[Measurement] = []
    if case.has_targets:
        for positive in case.positives:
            rates += _rates(panel, positive)
            yield from rates[-2 * len(named) :]
            yield from _against(panel, positive)
    yield from _tables(case, agreements, rates)


def _agreements(panel: Panel, distance: Literal["nominal", "linear", "quadratic"]) -> Iterator[Measurement]:
    """The model and each reader."""
    classes = len(panel.case.predictions.classes)
    for name, said in panel.readers.items():
        found = cohen_kappa(panel.model, said, classes, distance=distance, level=panel.case.level, units=panel.units)
        yield _agreement(panel, "reader_kappa", found, int(np.count_nonzero(said >= 0)), conditions={"reader": name})


def _among(panel: Panel) -> Iterator[Measurement]:
    """The readers with each other, and the model in the place of one."""
    case, classes = panel.case, len(panel.case.predictions.classes)
    twice = int(np.count_nonzero((panel.together >= 0).sum(axis=1) > 1))
    about: dict[str, Any] = {"level": case.level, "units": panel.units}
    yield _agreement(panel, "panel_kappa", fleiss_kappa(panel.together, classes, **about), twice)
    yield _agreement(panel, "panel_ac1", gwet_ac1(panel.together, classes, **about), twice)
    found = interchange(panel.model, panel.together, **about)
    said: dict[str, Any] = {"metric": "interchange_excess", "better": "lower", "n": twice}
    if found is None:
        yield Measurement(value=None, undefined=Text.of("fewer than two rows have two readings"), **said)
        return
    interval = Interval(low=found.low, high=found.high, level=case.level, method="t over rows or people")
    yield Measurement(value=found.value, interval=interval, **said)


def _agreement(panel: Panel, metric: str, found: Agreement | None, n: int, **about: Any) -> Measurement:
    said: dict[str, Any] = {"metric": metric, "better": "higher", "n": n, **about}
    if found is None:
        return Measurement(value=None, undefined=Text.of(_UNREAD), **said)
    interval = Interval(low=found.low, high=found.high, level=panel.case.level, method=found.method)
    return Measurement(value=found.value, interval=interval, **said)


def _rates(panel: Panel, positive: str) -> Iterator[Measurement]:
    """Sensitivity and specificity of each reader."""
    case, place = panel.case, panel.case.predictions.classes.index(positive)
    targets = case.targets.codes
    for name, said in panel.readers.items():
        read = (said >= 0) & (targets >= 0)
        everyone = np.zeros(len(case), dtype=np.int64)
        for word in _RIGHT:
            wanted = word == "sensitivity"
            outcomes = code_outcomes((said == place) == wanted, (targets == place) == wanted, read)
            table = count_outcomes(everyone, outcomes, group_count=1, units=panel.units)
            shares = table.shares(_FOUND, level=case.level)
            limits, n = shares.limits(case.level), int(shares.n[0])
            about: dict[str, Any] = {
                "metric": f"reader_{word}", "better": "higher", "n": n, "label": case.label_for(positive),
                "conditions": {"reader": name},
            }  # fmt: skip
            if n == 0:
                why = Text.of("the reader read no row of this kind that has a target")
                yield Measurement(value=None, undefined=why, **about)
                continue
            interval = Interval(
                low=float(limits.low[0]), high=float(limits.high[0]), level=case.level, method=shares.method
            )
            yield Measurement(value=float(shares.value[0]), interval=interval, **about)


def _against(panel: Panel, positive: str) -> Iterator[Measurement]:
    """The model less the mean reader, on the rows that all have read."""
    case, place = panel.case, panel.case.predictions.classes.index(positive)
    targets = case.targets.codes
    by_all = (panel.together >= 0).all(axis=1) & (targets >= 0)
    for word in _RIGHT:
        is_sensitivity = word == "sensitivity"
        among = by_all & ((targets == place) == is_sensitivity)
        about: dict[str, Any] = {
            "metric": f"{word}_against_readers", "better": "higher", "n": int(np.count_nonzero(among)),
            "label": case.label_for(positive),
        }  # fmt: skip
        model, *readers = (
            share_merit((said == place) == is_sensitivity, among, panel.units)
            for said in (panel.model, *panel.readers.values())
        )
        # All have read the same rows, so that all of them have a merit or none has.
        if model is None or len(readers) < 2:  # noqa: PLR2004  how readers differ is seen between two
            why = "one reader alone is no panel" if len(readers) < 2 else "all readers read fewer than two such rows"  # noqa: PLR2004
            yield Measurement(value=None, undefined=Text.of(why), **about)
            continue
        found = model_against_readers(model, [one for one in readers if one is not None], level=case.level)
        interval = Interval(
            low=max(found.low, -1.0), high=min(found.high, 1.0), level=case.level, method="Obuchowski-Rockette-Hillis"
        )
        yield Measurement(value=found.value, interval=interval, **about)


def _tables(case: Case[Any], agreements: list[Measurement], rates: list[Measurement]) -> Iterator[Table]:
    """Reader by reader, as the measurements say it."""
    heads: tuple[str, ...] = ("reader", "rows read", "agreement with the model", "interval")
    yield Table(
        title=Text.of("The model and each reader, beyond chance (Cohen's kappa)"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(
            (one.conditions["reader"], Quote.of(one, "n"), Quote.of(one), Quote.of(one, "interval"))
            for one in agreements
        ),
        prominent=True,
    )
    heads = ("reader", "what", "value", "interval", "of how many rows")
    words = {f"reader_{word}": Text.of(word) for word in _RIGHT}
    for label in dict.fromkeys(one.label for one in rates):
        name = label if label is not None else case.positives[0]
        yield Table(
            title=Text.of("What each reader finds, and leaves alone: {name}", name=name),
            columns=tuple(Text.of(head) for head in heads),
            rows=tuple(
                (one.conditions["reader"], words[one.metric], Quote.of(one), Quote.of(one, "interval"),
                 Quote.of(one, "n"))
                for one in rates
                if one.label == label
            ),
        )  # fmt: skip
