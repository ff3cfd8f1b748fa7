"""How far probabilities are from what happened: proper scores, averaged over rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Interval, Measurement, Table, Text
from auditkit.statistics import mean

SMALLEST = 1e-15
"""The smallest probability that the log loss takes; ln 0 would make one row outweigh all others."""

FEWEST = 10
"""Rows of other classes than the commonest that an interval needs: with fewer, those not drawn decide the mean."""


def probability_scores(
    case: Case[Any], predictions: ClassScores, targets: npt.NDArray[np.integer]
) -> Iterator[Measurement | Table]:
    """The Brier score and the log loss over the rows that have a target, undefined when scores are not probabilities.

    Where nearly all rows are of one class they have no interval: the few others, at which the losses are large, are too
    few to tell how much they vary.

    Args:
        case: for weights, units and level.
        predictions: k classes.
        targets: [n], indices into the classes; -1 where missing.
    """
    known = np.flatnonzero(targets >= 0)
    if predictions.kind != "probability" or len(known) == 0:
        why = "no rows have a target" if len(known) == 0 else "the scores are not probabilities"
        for metric in ("brier_score", "log_loss"):
            yield Measurement(metric=metric, value=None, n=len(known), undefined=Text.of(why), better="lower")
        return
    scores = np.asarray(predictions.scores[known], dtype=float)
    of_target = scores[np.arange(len(known)), targets[known]]
    # Sum over classes of (p - y)^2, written out; for two classes it counts the same distance twice.
    squares = np.einsum("ij,ij->i", scores, scores) - 2 * of_target + 1
    halved = squares / 2 if scores.shape[1] == 2 else squares  # noqa: PLR2004  binary
    losses = {"brier_score": halved, "log_loss": -np.log(np.clip(of_target, SMALLEST, 1))}
    has_interval = _others(case, targets[known], known) >= FEWEST
    for metric, loss in losses.items():
        yield _mean(case, metric, loss, known, has_interval=has_interval)
    yield from _clipped(int(np.count_nonzero(of_target < SMALLEST)), len(known))


def _others(case: Case[Any], targets: npt.NDArray[np.integer], known: npt.NDArray[np.integer]) -> int:
    """How many rows are not of the commonest class."""
    counted = targets if case.weights is None else targets[case.weights[known] > 0]
    return len(counted) - int(np.bincount(counted, minlength=1).max())


def _mean(
    case: Case[Any],
    metric: str,
    losses: npt.NDArray[np.floating],
    known: npt.NDArray[np.integer],
    *,
    has_interval: bool,
) -> Measurement:
    weights = None if case.weights is None else case.weights[known]
    units = None if case.units is None else case.units.codes[known]
    found = mean(losses, level=case.level, weights=weights, units=units)
    if found is None:
        why = Text.of("every row with a target has weight 0")
        return Measurement(metric=metric, value=None, n=0, undefined=why, better="lower")
    # A loss is never negative; rounding, and Student's interval, do not know that.
    value = max(found.value, 0.0)
    interval = None
    if found.limits is not None and has_interval:
        method = "student, mean over rows" if units is None else "student, mean over units"
        interval = Interval(low=max(found.limits.low, 0.0), high=found.limits.high, level=case.level, method=method)
    return Measurement(metric=metric, value=value, n=found.n, interval=interval, better="lower")


def _clipped(count: int, rows: int) -> Iterator[Table]:
    if count:
        yield Table(
            title=Text.of("Rows whose true class was given a probability under 1e-15, taken as 1e-15 in the log loss"),
            columns=(Text.of("rows"), Text.of("of")),
            rows=((count, rows),),
        )
