"""Errors after corruptions by the model's own errors before them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from auditkit import Interval, Measurement, Text
from auditkit.perturbation import Asked
from auditkit.statistics import positive_ratio
from auditkit_robustness.measured.telling import Told

ERRORS = "corruption_error_ratio"


def error_ratio(told: Told, asked: Sequence[Asked], conditions: dict[str, str]) -> Measurement:
    """The mean error over some changes, by the error without any, of the same rows."""
    after = np.mean([1 - one.right for one in asked], axis=0)
    before = 1 - told.before
    kept = np.isfinite(after) & np.isfinite(before)
    rows = told.rows
    weights = None if rows.weights is None else rows.weights[kept]
    units = None if rows.units is None else rows.units[kept]
    found = positive_ratio(after[kept], before[kept], level=rows.level, weights=weights, units=units)
    n = int(np.count_nonzero(kept if rows.weights is None else kept & (rows.weights > 0)))
    if found is None:
        why = Text.of("the model makes no error before, and there is nothing to divide by")
        return Measurement(metric=ERRORS, value=None, undefined=why, n=n, conditions=conditions)
    if found.limits is None:
        why = Text.of("there are too few rows, or errors, for an interval that holds")
        return Measurement(metric=ERRORS, value=None, undefined=why, n=n, conditions=conditions)
    low, high = (float(end) for end in found.limits)
    method = f"student on the log scale, ratio over {rows.over}"
    interval = Interval(low=low, high=high, level=rows.level, method=method)
    return Measurement(metric=ERRORS, value=found.value, n=n, interval=interval, conditions=conditions)
