"""`shift.predictions`: what the model says of the audit rows against what it says of the reference rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    Values,
    check,
)
from auditkit.statistics import critical_value, family_level, holm, newcombe
from auditkit.statistics.shift import count_cells, deciles, ks_distance, shares_from_decisions
from auditkit_shift.cards import ESTIMATED, PREDICTION_CARDS, SCORES, SHARE
from auditkit_shift.planted import PREDICTION_CONTROLS

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Predicted = ClassScores | LabelScores | Values

FEWEST = 30


@dataclass(frozen=True)
class Scored:
    """One number that the model gives every row, of both splits."""

    label: str | None
    reference: Floats
    audit: Floats


@check(
    "shift.predictions",
    on=(ClassScores, LabelScores, Values),
    needs=("reference",),
    metrics=PREDICTION_CARDS,
    controls=PREDICTION_CONTROLS,
)
def predictions(case: Case[Predicted]) -> Iterator[Measurement | Table]:
    """Whether the model answers the audit rows as it answers the reference rows.

    What the model makes of rows is often where a shift shows first (black-box shift detection): the distance of the
    distributions of each score. Where the reference has targets, how much more or less common each class is among the
    audit rows, as their own targets say, and as the model's decisions alone say it under the assumption that within a
    class nothing has changed. Where these two disagree, more than the shares of the classes has changed.
    """
    other = case.reference
    sides = [_kept(one) for one in (other, case)]
    if min(int(kept.sum()) for kept in sides) < FEWEST:
        why = Text.of("fewer than {least} rows in one of the splits", least=FEWEST)
        yield Measurement(metric=SCORES, value=None, undefined=why, n=len(case), better="lower")
        return
    yield from _scores(case, sides)
    if isinstance(case.predictions, ClassScores) and case.has_targets:
        yield from _shares(case)
    if isinstance(case.predictions, ClassScores) and other.has_targets:
        yield from _estimated(case)


def _kept(case: Case[Any]) -> Flags:
    return np.ones(len(case), dtype=bool) if case.weights is None else np.asarray(case.weights > 0)


def _scored(case: Case[Any]) -> list[Scored]:
    said, before = case.predictions, case.reference.predictions
    if isinstance(said, Values):
        return [Scored(None, np.asarray(before.values, dtype=float), np.asarray(said.values, dtype=float))]
    names = said.labels if isinstance(said, LabelScores) else said.classes
    was = before.labels if isinstance(before, LabelScores) else before.classes
    if tuple(names) != tuple(was):
        raise NotApplicable("the model names other classes for the reference rows")
    if isinstance(said, ClassScores) and said.kind == "label":
        return [
            Scored(
                case.label_for(name),
                *((one.decisions == names.index(name)).astype(float) for one in (case.reference, case)),
            )
            for name in case.positives
        ]
    return [
        Scored(
            case.label_for(name), *(np.asarray(one.scores[:, names.index(name)], dtype=float) for one in (before, said))
        )
        for name in case.positives
    ]


def _worth(case: Case[Any], numbers: Floats) -> float:
    """As how many independent rows a split is worth, for a number: by its cells."""
    cuts = deciles(numbers[_kept(case)])
    units = None if case.units is None else case.units.codes
    found = count_cells(np.searchsorted(cuts, numbers, "left"), len(cuts) + 1, weights=case.weights, units=units)
    return found.worst_size or found.size


def _scores(case: Case[Any], sides: list[Flags]) -> Iterator[Measurement | Table]:
    asked = _scored(case)
    level = family_level(case.level, len(asked))
    told = []
    for one in asked:
        numbers = [side[kept] for side, kept in zip((one.reference, one.audit), sides, strict=True)]
        weights = [
            None if of.weights is None else of.weights[kept]
            for of, kept in zip((case.reference, case), sides, strict=True)
        ]
        sizes = _worth(case.reference, one.reference), _worth(case, one.audit)
        found = ks_distance(numbers[0], numbers[1], weights=(weights[0], weights[1]), sizes=sizes, level=level)
        interval = Interval(
            low=found.low,
            high=found.high,
            level=case.level,
            method="kolmogorov-smirnov band",
            simultaneous=len(asked) > 1,
        )
        about: dict[str, Any] = {"label": one.label, "better": "lower", "n": len(numbers[1])}
        measured = Measurement(metric=SCORES, value=found.value, interval=interval, **about)
        yield measured
        told.append((measured, found.p_value))
    adjusted = holm(np.array([p for _, p in told]))
    heads = ("score of", "distance", "interval", "p", "adjusted p")
    yield Table(
        title=Text.of("The model's answers to the audit rows and to the reference rows"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(
            (one.label or (case.positives[0] if case.positives else Text.of("the predicted number")), Quote.of(one),
             Quote.of(one, "interval"), p, float(both))
            for (one, p), both in zip(told, adjusted, strict=True)
        ),
        prominent=True,
    )  # fmt: skip


def _shares(case: Case[Any]) -> Iterator[Measurement]:
    """How much more common each class is among the audit rows, by their targets."""
    other = case.reference
    if not other.has_targets:
        return
    classes = case.predictions.classes
    sides = []
    for one in (case, other):
        codes = one.targets.codes
        if np.count_nonzero(codes[_kept(one)] >= 0) < FEWEST:
            return
        units = None if one.units is None else one.units.codes
        sides.append((codes, one.weights, units))
    level = family_level(case.level, len(case.positives))
    for name in case.positives:
        place = classes.index(name)
        cells = [
            count_cells(np.where(codes < 0, -1, (codes == place).astype(np.int64)), 2, weights=weights, units=units)
            for codes, weights, units in sides
        ]
        audit, reference = ((one.shares[1] * one.size, one.size) for one in cells)
        low, high = newcombe(*audit, *reference, level=level)
        value = float(cells[0].shares[1] - cells[1].shares[1])
        interval = Interval(
            low=min(float(low), value), high=max(float(high), value), level=case.level, method="newcombe",
            simultaneous=len(case.positives) > 1,
        )  # fmt: skip
        yield Measurement(
            metric=SHARE, value=value, n=cells[0].rows, interval=interval, better="target", label=case.label_for(name)
        )


def _estimated(case: Case[Any]) -> Iterator[Measurement]:
    """The same from decisions alone."""
    other, classes = case.reference, case.predictions.classes
    weights = [np.ones(len(one)) if one.weights is None else one.weights for one in (other, case)]
    targets, decided = other.targets.codes, other.decisions
    known = (targets >= 0) & (weights[0] > 0)
    confusion = np.zeros((len(classes), len(classes)))
    np.add.at(confusion, (targets[known], decided[known]), weights[0][known])
    now = np.bincount(case.decisions, weights=weights[1], minlength=len(classes))
    sizes = _worth_of_decisions(other, known), _worth_of_decisions(case, weights[1] > 0)
    found = shares_from_decisions(confusion, now, sizes=sizes)
    level = family_level(case.level, len(case.positives))
    n = int(np.count_nonzero(weights[1] > 0))
    for name in case.positives:
        about: dict[str, Any] = {"metric": ESTIMATED, "better": "target", "label": case.label_for(name), "n": n}
        if found is None:
            why = Text.of("the reference lacks a class, or decisions tell the classes apart too little")
            yield Measurement(value=None, undefined=why, **about)
            continue
        place = classes.index(name)
        away = critical_value(level) * float(found.error[place])
        before = float(found.shares[place] - found.difference[place])
        # No share lies outside 0 and 1, as the solution can where more than the shares has changed.
        low, value, high = np.clip(found.difference[place] + np.array([-away, 0.0, away]), -before, 1 - before).tolist()
        interval = Interval(
            low=low, high=high, level=case.level, method="delta method",
            simultaneous=len(case.positives) > 1,
        )  # fmt: skip
        yield Measurement(value=value, interval=interval, **about)


def _worth_of_decisions(case: Case[Any], kept: Flags) -> float:
    units = None if case.units is None else case.units.codes
    codes = np.where(kept, case.decisions, -1)
    return count_cells(codes, len(case.predictions.classes), weights=case.weights, units=units).size
