"""`data-quality.target-leakage`: columns of the inputs that tell the target on their own."""

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
from auditkit.statistics import delong, family_level
from auditkit_data_quality.alike import Labels, Numbers, column_of, table_of
from auditkit_data_quality.copy_cards import LARGEST_AREA, SINGLE_AREA, TARGET_CARDS
from auditkit_data_quality.planted_copies import TARGET_CONTROLS

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

SUSPICIOUS = 0.98
FEWEST = 10
"""Rows of either class."""
FOLDS = 5
MOST_CLASSES = 20
_FEW_NUMBERS = 20
"""Up to so many different numbers are taken for categories too: a code of the outcome need not be in its order."""


@dataclass(frozen=True)
class Told:
    """How well one column tells one class."""

    column: str
    is_missing: bool
    """Whether it is what is missing of the column that tells."""
    label: str | None
    area: float
    low: float
    high: float


@check(
    "data-quality.target-leakage",
    on=(ClassScores, LabelScores, Values),
    needs=("targets",),
    metrics=TARGET_CARDS,
    controls=TARGET_CONTROLS,
)
def target_leakage(case: Case[Any]) -> Iterator[Measurement | Table]:
    """Whether a single column of the inputs tells the target nearly without fail.

    A column that does, with an area under the ROC curve of more than .98, may be known only after the outcome, such as
    the ward that a patient was moved to, or be the outcome under another name; a model that uses it will not do as
    well where it is not known yet. It may also be honest: somebody who knows what the column means must say. Looked at
    are numbers, categories by how often the target comes with them in other rows, and whether a cell is missing. Of
    numbers as targets it is told whether they lie above their median. Texts and pictures are not looked at.
    """
    columns = [
        (name, found)
        for name, cells in table_of(case).items()
        if isinstance(found := column_of(cells, 0.0), Numbers | Labels)
    ]
    if not columns:
        raise NotApplicable("no input column holds numbers or categories", hint='[data] input = ["age", "ward"]')
    asked = list(_asked(case))
    kept = np.ones(len(case), dtype=bool) if case.weights is None else case.weights > 0
    units = None if case.units is None else case.units.codes
    level = family_level(case.level, max(len(columns) * len(asked), 1))
    told = []
    for name, column in columns:
        for label, known, positive in asked:
            rows = known & kept
            if min(np.count_nonzero(positive[rows]), np.count_nonzero(~positive[rows])) < FEWEST:
                continue
            areas = [
                (area, is_missing)
                for scores, is_missing in _scores(column, positive, rows)
                if (area := delong(scores, positive[rows], level=level, weights=_taken(case.weights, rows),
                                   units=_taken(units, rows))) is not None
            ]  # fmt: skip
            if areas:
                best, is_missing = max(areas, key=lambda one: max(one[0].value, 1 - one[0].value))
                low, high = (best.low, best.high) if best.value >= 1 / 2 else (1 - best.high, 1 - best.low)
                told.append(Told(name, is_missing, label, max(best.value, 1 - best.value), low, high))
    yield from _measured(case, told)


def _asked(case: Case[Any]) -> Iterator[tuple[str | None, Flags, Flags]]:
    """Each class with [n] flags: whether the target is known, and whether it is this class."""
    predictions = case.predictions
    if hasattr(predictions, "values"):
        values = case.truth.values
        known = np.isfinite(values)
        middle = float(np.median(values[known])) if known.any() else 0.0
        yield None, known, values > middle
        return
    if isinstance(predictions, LabelScores):
        for place, name in enumerate(predictions.labels[:MOST_CLASSES]):
            yield name, np.ones(len(case), dtype=bool), case.label_targets[:, place]
        return
    codes = case.targets.codes
    positives = case.positives[:1] if len(predictions.classes) == 2 else case.positives[:MOST_CLASSES]  # noqa: PLR2004  binary
    for name in positives:
        yield case.label_for(name), codes >= 0, codes == predictions.classes.index(name)


def _scores(column: Numbers | Labels, positive: Flags, rows: Flags) -> Iterator[tuple[Floats, bool]]:
    """What a column says of the rows, one way or several: [r] scores, and whether they are of what is missing."""
    if isinstance(column, Labels):
        yield _cross_fitted(column.spelt[rows], positive[rows]), False
        return
    values = column.values[rows]
    gone = ~np.isfinite(values)
    known = values[~gone]
    if len(np.unique(known)) > 1:
        yield np.where(gone, np.median(known), values), False
    if 2 < len(np.unique(known)) <= _FEW_NUMBERS:  # noqa: PLR2004  of two numbers an order says all
        yield _cross_fitted(values, positive[rows]), False
    if 0 < np.count_nonzero(gone) < len(gone):
        yield gone.astype(np.float64), True


def _cross_fitted(cells: npt.NDArray[Any], positive: Flags) -> Floats:
    """[r]: how often the target comes with the cell's category in the other folds, with one row of the whole's share.

    Rows of one category and target are dealt to the folds in turn, and those of all categories go on where the last
    one ended: neither their order nor chance has a part in it, and a category of one row says nothing of itself.
    """
    _, codes = np.unique(cells, return_inverse=True)
    codes = codes.ravel()
    count = int(codes.max()) + 1
    order = np.lexsort((positive, codes))
    fold = np.empty(len(codes), dtype=np.int64)
    fold[order] = np.arange(len(codes)) % FOLDS
    hits, sizes = np.zeros((FOLDS, count)), np.zeros((FOLDS, count))
    np.add.at(sizes, (fold, codes), 1)
    np.add.at(hits, (fold, codes), positive)
    other_hits, other_sizes = (part.sum(axis=0) - part for part in (hits, sizes))
    prior = other_hits.sum(axis=1) / np.maximum(other_sizes.sum(axis=1), 1)
    rates = (other_hits + prior[:, None]) / (other_sizes + 1)
    return np.asarray(rates[fold, codes])


def _taken(values: Any, rows: Flags) -> Any:
    return None if values is None else values[rows]


def _measured(case: Case[Any], told: list[Told]) -> Iterator[Measurement | Table]:
    if not told:
        why = Text.of("fewer than {least} rows of one of the classes, or no column that varies", least=FEWEST)
        yield Measurement(metric=LARGEST_AREA, value=None, undefined=why, n=len(case), better="lower")
        return
    n = len(case)
    best = max(told, key=lambda one: one.area)
    yield Measurement(
        metric=LARGEST_AREA,
        value=best.area,
        n=n,
        interval=Interval(
            low=max(one.low for one in told), high=max(one.high for one in told), level=case.level,
            method="delong, largest of all", simultaneous=True,
        ),
    )  # fmt: skip
    by_column: dict[str, Told] = {}
    for one in told:
        if one.column not in by_column or one.area > by_column[one.column].area:
            by_column[one.column] = one
    measured = []
    for name, one in sorted(by_column.items(), key=lambda pair: (-pair[1].area, pair[0])):
        interval = Interval(low=one.low, high=one.high, level=case.level, method="delong", simultaneous=True)
        measured.append(
            Measurement(metric=SINGLE_AREA, value=one.area, n=n, interval=interval, conditions={"column": name})
        )
    yield from measured
    heads = ("column", "area under the ROC curve", "interval", "class", "what tells", "suspicion")
    yield Table(
        title=Text.of("How well each column alone tells the target"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(
            (name, Quote.of(one), Quote.of(one, "interval"), by_column[name].label or Text.of("the positive class"),
             Text.of("that a cell is missing") if by_column[name].is_missing else Text.of("what the cell holds"),
             _SUSPECT if one.value is not None and one.value > SUSPICIOUS else None)
            for one in measured[:50]
            for name in [one.conditions["column"]]
        ),
        prominent=True,
    )  # fmt: skip


_SUSPECT = Text.of("may be known only after the outcome, or be the outcome under another name")
