"""`performance.error`: how far predicted numbers are from the true ones, over all rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditkit import Case, Measurement, Table, Text, Values, check, clean, planted
from auditkit.testing import above, every, near, numbers_off
from auditkit_performance.cards_error import CARDS
from auditkit_performance.readings import Sample, undefined

FEWEST = 2
"""Rows that a spread of the targets takes."""

_BETTER = {card.name: card.better for card in CARDS}
_NO_TRUTH = "no rows have a target"

CONTROLS = (
    planted("every prediction two too high", numbers_off(2.0), above("mean_error", 1.0)),
    clean(
        "predictions that are right on average",
        numbers_off(0.0),
        every(near("mean_error", 0.0), near("mean_absolute_error", 3.0)),
    ),
)


@check("performance.error", on=Values, metrics=CARDS, needs=("targets",), controls=CONTROLS)
def error(case: Case[Values]) -> Iterator[Measurement | Table]:
    """How far the predicted numbers are from the true ones.

    The average error, in the target's own unit; whether it leans to one side; how much of the target's variation the
    model explains; and, where the model gives an interval, how often the truth lies in it. Rows without a target are
    left out.
    """
    sample = Sample.of(case, case.truth_known)
    if len(sample.rows) == 0:
        yield from (undefined(name, _NO_TRUTH, 0, better) for name, better in _BETTER.items())
        return
    predictions = case.predictions.take(sample.rows)
    targets = np.asarray(case.truth.values[sample.rows], dtype=float)
    errors = np.asarray(predictions.values, dtype=float) - targets
    yield sample.mean("mean_absolute_error", np.abs(errors), "lower", least=0.0)
    yield sample.root_mean("root_mean_squared_error", errors**2, "lower")
    yield sample.mean("mean_error", errors, "target")
    centre = np.average(targets, weights=sample.weights)
    if len(targets) < FEWEST:
        yield undefined("r2_score", "one row has no variation to explain", len(targets), "higher")
    else:
        # Of equal targets the mean is off by a rounding, and a ratio to its square would be beyond all numbers.
        spread = targets - centre if np.ptp(targets) > 0 else np.zeros(len(targets))
        yield sample.explained("r2_score", errors**2, spread**2)
    yield from _coverage(sample, predictions, targets)


def _coverage(sample: Sample, predictions: Values, targets: np.ndarray) -> Iterator[Measurement | Table]:
    """How often the truth lies between the outermost quantiles, and how wide those are apart."""
    if predictions.quantiles is None or len(predictions.levels) < 2:  # noqa: PLR2004  an interval has two ends
        for metric in ("interval_coverage", "mean_interval_width"):
            yield undefined(metric, "the model gives no interval", len(targets), _BETTER[metric])
        return
    low, high = predictions.quantiles[:, 0], predictions.quantiles[:, -1]
    yield sample.share("interval_coverage", (low <= targets) & (targets <= high), "target")
    yield sample.mean("mean_interval_width", np.asarray(high - low, dtype=float), "lower", least=0.0)
    promised = predictions.levels[-1] - predictions.levels[0]
    yield Table(
        title=Text.of("What the interval promises: the share of rows whose truth lies in it"),
        columns=(Text.of("promised"), Text.of("rows")),
        rows=((round(promised, 6), len(targets)),),
    )
