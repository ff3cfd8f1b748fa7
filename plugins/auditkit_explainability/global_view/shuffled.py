"""What is lost when a column is another row's: permutation importance, a number a row.

Sources: Breiman (2001), Machine Learning 45, 5-32; Fisher, Rudin and Dominici (2019), JMLR 20(177), 1-81, section 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, SoundRows, Values
from auditkit.perturbation import decided, marks
from auditkit.segments import Column, column_in, table_of

Answers = ClassScores | LabelScores | Values
Floats = npt.NDArray[np.floating]


def losses(case: Case[Any], said: Answers) -> Floats:
    """[n]: the loss of each row, NaN where nobody knows what is right.

    Of classes the Brier score, halved so that it lies between 0 and 1; of scores that are no probabilities 1 for a
    wrong decision; of labels the mean Brier score; of numbers the squared error over the variance of what is true.
    """
    if isinstance(said, Values):
        return _of_numbers(case, said)
    if not case.has_targets:
        return np.full(len(case), np.nan)
    if isinstance(said, LabelScores):
        return np.asarray(np.square(np.asarray(said.scores, dtype=float) - case.label_targets).mean(axis=1))
    true = case.targets.codes
    if said.kind == "score":
        return np.where(true >= 0, decided(case, said) != true, np.nan)
    ones = np.eye(len(said.classes))[np.maximum(true, 0)]
    return np.where(true >= 0, np.square(np.asarray(said.scores, dtype=float) - ones).sum(axis=1) / 2, np.nan)


def _of_numbers(case: Case[Any], said: Values) -> Floats:
    if not case.has_truth:
        return np.full(len(case), np.nan)
    true: Floats = np.where(case.truth_known, np.asarray(case.truth.values, dtype=float), np.nan)
    return np.asarray(np.square(np.asarray(said.values, dtype=float) - true) / _variance(case, true))


def _variance(case: Case[Any], true: Floats) -> float:
    weights = np.ones(len(true)) if case.weights is None else case.weights
    known = np.isfinite(true) & (weights > 0)
    if not known.any():
        return 1.0
    centre = np.average(true[known], weights=weights[known])
    return float(np.average((true[known] - centre) ** 2, weights=weights[known])) or 1.0


def lost(case: Case[Any], *, column: str, shuffles: int) -> Floats:
    """[n]: the mean over `shuffles` of a row's loss with another row's cell, less its loss as it is.

    NaN also where the answer to another cell is none.
    """
    table = table_of(case)
    found = column_in(table, column)
    before = losses(case, case.predictions)
    if found is None or not np.isfinite(before).any():
        return np.full(len(case), np.nan)
    digests = marks(table)
    total = np.zeros(len(case))
    for place in range(shuffles):
        drawn = np.array([case.rng(f"cell {place} of {column}: {mark}").random() for mark in digests])
        donors = _donors(case, found, drawn)
        cells = found.own.iloc[donors].set_axis(table.index)
        sound = case.predict_sound(table.assign(**{column: cells}), {"shuffled": column, "time": str(place)})
        total += _losses_of(case, sound) - before
    return total / shuffles


def _losses_of(case: Case[Any], sound: SoundRows[Any]) -> Floats:
    """[n]: as `losses`, and NaN where the answer is none."""
    if not len(sound.rows):
        return np.full(len(case), np.nan)
    # Of all rows at once, since a loss can be a share of how much all of them vary.
    places, is_sound = np.zeros(len(case), dtype=np.int64), np.zeros(len(case), dtype=bool)
    places[sound.rows], is_sound[sound.rows] = np.arange(len(sound.rows)), True
    return np.where(is_sound, losses(case, sound.predictions.take(places)), np.nan)


def _donors(case: Case[Any], column: Column, drawn: Floats) -> npt.NDArray[np.int64]:
    """[n]: a row whose cell each is given, drawn as often as cells occur, missing ones too.

    By the cells in order, and not by the places of rows, so that rows in another order are given the same cells.
    """
    texts = np.array(["" if label is None else f"={label}" for label in column.labels], dtype=object)
    keys = np.where(np.isfinite(column.numbers), column.numbers, -np.inf)
    order = np.lexsort([texts.astype(str), keys])
    weights = np.ones(len(order)) if case.weights is None else np.asarray(case.weights, dtype=float)
    share = np.cumsum(weights[order]) / weights.sum()
    return np.asarray(order[np.minimum(np.searchsorted(share, drawn, side="right"), len(order) - 1)], dtype=np.int64)
