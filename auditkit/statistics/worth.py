"""What answers are worth, and how it changes when others are given: each change paired, of the same rows.

For what is tried on an audit's own rows: a remedy, before and after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.auc import delong_difference
from auditkit.statistics.means import mean
from auditkit.statistics.paired import count_pairs, paired_difference
from auditkit.statistics.ratios import share_of_totals

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_CROSSED = np.sqrt(2.0)


@dataclass(frozen=True)
class Worth:
    """A number with its interval; without one where the rows say nothing of how much it could vary."""

    value: float
    limits: tuple[float, float] | None
    method: str


@dataclass(frozen=True)
class Counting:
    """How much the rows count, and whose they are; None: all the same, and each by itself."""

    weights: Floats | None
    units: Integers | None

    def average(self, numbers: Floats, level: float, *, least: float = -np.inf) -> Worth:
        """The mean of [n] numbers, none of which is below `least`."""
        found = mean(numbers, level=level, weights=self.weights, units=self.units)
        assert found is not None  # noqa: S101  there are rows
        method = "student, mean over rows" if self.units is None else "student, mean over units"
        limits = None if found.limits is None else (max(float(found.limits.low), least), float(found.limits.high))
        return Worth(max(found.value, least), limits, method)

    def change(self, gone: Floats, level: float) -> Worth:
        """The mean of the differences [n] that cross-fitted maps make, with an interval for twice their variance.

        Where a map has little to mend, the change is a sum over pairs of rows of two folds, one fitted to and one
        judged. Each pair is in it twice, the other way round, so that its variance is twice that of rows which the
        maps know nothing of.
        """
        found = self.average(gone, level)
        if found.limits is None:
            return found
        low, high = (found.value + _CROSSED * (end - found.value) for end in found.limits)
        return Worth(found.value, (low, high), f"{found.method}, twice the variance")

    def share(self, flags: Flags, level: float) -> Worth:
        """The share of rows [n] with a flag."""
        ones = np.ones(len(flags), dtype=np.int64)
        counts = flags.astype(np.int64)
        found = share_of_totals(counts, ones, level=level, weights=self.weights, units=self.units)
        low, high = (float(end[0]) for end in found.limits(level))
        value = float(found.value[0])
        return Worth(value, (min(low, value), max(high, value)), found.method)

    def change_of_share(self, after: Flags, before: Flags, level: float) -> Worth:
        """How much larger one share is than another of the same rows, [n] each."""
        if not np.array_equal(after, before) and (self.weights is not None or self.units is not None):
            return self.average(after.astype(float) - before, level, least=-1.0)
        one_each = slice(None) if self.units is None else np.unique(self.units, return_index=True)[1]
        pairs = count_pairs(after[one_each], before[one_each])
        limits = paired_difference(pairs, level)
        value = float(after.mean() - before.mean())
        return Worth(value, (min(float(limits.low), value), max(float(limits.high), value)), "newcombe, paired")

    def change_of_area(self, after: Floats, before: Floats, positive: Flags, level: float) -> Worth | None:
        """How much larger the area under the ROC curve is; None without one of the classes."""
        found = delong_difference(after, before, positive, level=level, weights=self.weights, units=self.units)
        if found is None:
            return None
        value, low, high = float(found.value), float(found.low), float(found.high)
        return Worth(value, (max(min(low, value), -1.0), min(max(high, value), 1.0)), f"paired {found.method}")
