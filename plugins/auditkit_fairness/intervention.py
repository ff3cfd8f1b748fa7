"""`fairness.protected-intervention`: what the model says when only the column of a protected attribute is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    GroupCount,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Text,
    Values,
    canonical_label,
    check,
    clean,
    planted,
)
from auditkit.statistics import bounded_mean, clopper_pearson, mean, share_of_totals
from auditkit.testing import above, every, near, reads_protected_input
from auditkit_fairness.cards.individuals import INTERVENTION_CARDS

Answers = ClassScores | LabelScores | Values
Floats = npt.NDArray[np.floating]

FEWEST_VALUES, MOST_VALUES = 2, 20
"""Values of a protected column: with one there is no other, with more it is a measure and not all can be tried."""

_ALIKE = 1e-9
_EFFECT, _FLIPS = "protected_intervention_effect", "protected_flip_rate"

CONTROLS = (
    planted(
        "a model that adds 0.3 to the score of one of two sexes",
        reads_protected_input(0.3),
        every(above(_FLIPS, 0.1), near(_EFFECT, 0.3)),
    ),
    clean(
        "a model that does not read the column",
        reads_protected_input(0.0),
        every(near(_FLIPS, 0.0), near(_EFFECT, 0.0)),
    ),
)


@check(
    "fairness.protected-intervention",
    on=(ClassScores, LabelScores, Values),
    metrics=INTERVENTION_CARDS,
    needs=("protected_inputs", "groups"),
    controls=CONTROLS,
)
def protected_intervention(case: Case[Answers], *, most_rows: int = 20_000) -> Iterator[Measurement]:
    """What changes when only the protected attribute does.

    The model is asked again about the same rows, with the input column that carries the attribute ([data]
    protected_inputs) set to each other value that occurs in it. This is an intervention on the model's input and no
    causal counterfactual: all other columns stay as they are. Of more than `most_rows` rows a random part is asked.
    """
    carried = case.protected_inputs
    decides = not isinstance(case.predictions, Values)
    if len(case) > most_rows:
        chosen = case.rng("rows").choice(len(case), size=most_rows, replace=False)
        case = case.narrowed(np.sort(chosen).astype(np.int64))
    for attribute, column in carried.items():
        about = _about(case, attribute)
        count = int(case.compute(values_tried, column=column)[0]) if len(case) else 0
        if not FEWEST_VALUES <= count <= MOST_VALUES:
            said = "the input column '{column}' has {count} values, where 2 to {most} can be tried"
            why = Text.of(said, column=column, count=count, most=MOST_VALUES)
            for metric in (_EFFECT, _FLIPS) if decides else (_EFFECT,):
                yield Measurement(metric=metric, value=None, undefined=why, n=0, **about)
            continue
        yield _effect(case, case.compute(shifts, column=column), about)
        if decides:
            yield _flip_rate(case, case.compute(flips, column=column), about)


def _about(case: Case[Any], attribute: str) -> dict[str, Any]:
    codes = case.groups[attribute]
    sizes = zip(codes.vocabulary, codes.counts().tolist(), strict=True)
    # All rows take part in this number, those of small groups too.
    parts = tuple(GroupCount(label=label, n=n, compared=True) for label, n in sizes if n)
    return {"group": {attribute: "*"}, "compared": parts, "better": "lower"}


def _kept(case: Case[Any], numbers: Floats) -> tuple[npt.NDArray[np.intp], dict[str, Any]]:
    """The rows whose value of the column is known, with their weights and units."""
    known = np.isfinite(numbers) if case.weights is None else np.isfinite(numbers) & (case.weights > 0)
    rows = np.flatnonzero(known)
    units = None if case.units is None else case.units.codes[rows]
    return rows, {"weights": None if case.weights is None else case.weights[rows], "units": units, "level": case.level}


def _flip_rate(case: Case[Answers], numbers: Floats, about: dict[str, Any]) -> Measurement:
    rows, how = _kept(case, numbers)
    turned = numbers[rows].astype(np.int64)
    if case.weights is None and case.units is None:
        low, high = clopper_pearson(int(turned.sum()), len(turned), case.level)
        value, n, method = float(turned.mean()), len(turned), "clopper-pearson"
    else:
        over = "rows" if case.units is None else "units"
        share = share_of_totals(turned, np.ones_like(turned), **how)
        (low,), (high,) = share.limits(case.level)
        value, n, method = float(share.value[0]), int(share.n[0]), f"{share.method}, over {over}"
    interval = Interval(low=min(float(low), value), high=max(float(high), value), level=case.level, method=method)
    return Measurement(metric=_FLIPS, value=value, n=n, interval=interval, **about)


def _effect(case: Case[Answers], numbers: Floats, about: dict[str, Any]) -> Measurement:
    rows, how = _kept(case, numbers)
    moved = numbers[rows] / _spread(case)
    over = "rows" if case.units is None else "units"
    if isinstance(case.predictions, LabelScores) or getattr(case.predictions, "kind", "") in {"probability", "label"}:
        found = bounded_mean(np.clip(moved, 0, 1), **how)
        return _mean(moved, found, f"wilson, mean over {over}", case.level, about)
    return _mean(moved, mean(moved, **how), f"student, mean over {over}", case.level, about)


def _spread(case: Case[Answers]) -> float:
    """Of numbers their standard deviation, so that one bound fits models of different units."""
    said = case.predictions
    return (float(np.std(np.asarray(said.values, dtype=float))) or 1.0) if isinstance(said, Values) else 1.0


def _mean(moved: Floats, found: Any, method: str, level: float, about: dict[str, Any]) -> Measurement:
    interval = None
    if found.limits is not None:
        low, high = max(float(found.limits.low), 0.0), float(found.limits.high)
        interval = Interval(low=min(low, found.value), high=high, level=level, method=method)
    # Where every row moves alike, as in a linear model, there is no error of sampling to tell of. One row does so
    # always, and one unit whose rows differ says nothing of other units: these have a value, and no interval.
    alike = len(moved) > 1 and float(np.ptp(moved)) <= _ALIKE * max(1.0, float(np.abs(moved).max()))
    exact = interval is None and alike
    return Measurement(metric=_EFFECT, value=found.value, n=found.n, interval=interval, exact=exact, **about)


def values_tried(case: Case[Answers], *, column: str) -> Floats:
    """[n]: in every row the number of values that occur in the column."""
    return np.full(len(case), float(len(_cells(_table(case, column)[column]))))


def flips(case: Case[Answers], *, column: str) -> Floats:
    """[n]: whether any other value of the column changes the decision; NaN where the row's own is not known."""
    return _over_values(case, column, _changed, np.fmax)


def shifts(case: Case[Answers], *, column: str) -> Floats:
    """[n]: by how much other values of the column move the score on average; NaN where the row's own is not known."""
    count = len(_cells(_table(case, column)[column]))
    return _over_values(case, column, _moved, np.add) / (count - 1)


def _over_values(case: Case[Answers], column: str, measure: Any, merge: Any) -> Floats:
    table = _table(case, column)
    own = np.array([canonical_label(cell) for cell in table[column].to_numpy(dtype=object)], dtype=object)
    known = own != None  # noqa: E711  cell by cell
    found = np.where(known, 0.0, np.nan)
    for label, cell in _cells(table[column]).items():
        rows = np.flatnonzero(known & (own != label))
        if len(rows):
            changed = _with(table.iloc[rows], column, cell)
            said = case.predict(changed, conditions={"set": column, "to": label})
            found[rows] = merge(found[rows], measure(case, case.predictions.take(rows), said))
    return found


def _table(case: Case[Answers], column: str) -> Any:
    inputs = case.inputs
    if column in getattr(inputs, "columns", ()):
        return inputs
    hint = "[data] protected_inputs names a column of [data] input of a model of tables, which is run; nothing recorded"
    raise NotApplicable("the model is given no input column '{column}'", hint=hint, column=column)


def _cells(column: Any) -> dict[str, Any]:
    """The values that occur, in order, each as the table holds it."""
    found = {canonical_label(cell): cell for cell in column.drop_duplicates().tolist()}
    return {label: found[label] for label in sorted(label for label in found if label is not None)}


def _with(table: Any, column: str, cell: Any) -> Any:
    """The rows with one column set, in the type that it has."""
    import pandas as pd

    same = pd.Series([cell] * len(table), index=table.index, dtype=table[column].dtype)
    return table.assign(**{column: same})


def _changed(case: Case[Answers], before: Answers, after: Answers) -> Floats:
    settings = case.settings
    if isinstance(before, ClassScores) and isinstance(after, ClassScores):
        positive = settings.positive[0] if len(settings.positive) == 1 else None
        one, other = (said.decide(positive, settings.threshold) for said in (before, after))
        return np.asarray(one != other, dtype=float)
    if isinstance(before, LabelScores) and isinstance(after, LabelScores):
        threshold = 0.5 if settings.threshold is None else settings.threshold
        return np.asarray(((before.scores >= threshold) != (after.scores >= threshold)).any(axis=1), dtype=float)
    raise TypeError(type(after).__name__)


def _moved(_: Case[Answers], before: Answers, after: Answers) -> Floats:
    if isinstance(before, ClassScores) and isinstance(after, ClassScores):
        # Of two classes that sum to 1 it is how far the positive one moves.
        return np.asarray(np.abs(before.scores - after.scores).sum(axis=1) / 2, dtype=float)
    if isinstance(before, LabelScores) and isinstance(after, LabelScores):
        return np.asarray(np.abs(before.scores - after.scores).max(axis=1), dtype=float)
    if isinstance(before, Values) and isinstance(after, Values):
        return np.asarray(np.abs(before.values - after.values), dtype=float)  # noqa: PD011  no table
    raise TypeError(type(after).__name__)
