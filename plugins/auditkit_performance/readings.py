"""What the checks of one number per row have in common: weights, units, and measurements of means and shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Text
from auditkit.statistics import Mean, Shares, bounded_mean, mean, positive_ratio, share_of_totals

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Better = Literal["lower", "higher", "target"]


@dataclass(frozen=True)
class Sample:
    """Some rows of a case, with their weights and units."""

    rows: npt.NDArray[np.integer]
    weights: Floats | None
    units: npt.NDArray[np.integer] | None
    level: float

    @classmethod
    def of(cls, case: Case[Any], kept: Flags) -> Sample:
        """The rows of a case that are kept; those of weight 0 are not."""
        rows = np.flatnonzero(kept if case.weights is None else kept & (case.weights > 0))
        weights = None if case.weights is None else case.weights[rows]
        units = None if case.units is None else case.units.codes[rows]
        return cls(rows, weights, units, case.level)

    @property
    def about(self) -> dict[str, Any]:
        """The keyword arguments that the estimators share."""
        return {"level": self.level, "weights": self.weights, "units": self.units}

    @property
    def over(self) -> str:
        """What the uncertainty is taken over."""
        return "rows" if self.units is None else "units"

    def mean(self, metric: str, scores: Floats, better: Better, *, least: float = -np.inf) -> Measurement:
        """The mean of scores [rows], with Student's interval; `least` is the smallest that a mean can be."""
        return self._measured(metric, mean(scores, **self.about), better, f"student, mean over {self.over}", least)

    def bounded_mean(self, metric: str, scores: Floats, better: Better) -> Measurement:
        """The mean of scores [rows] between 0 and 1, with Wilson's interval at their effective size."""
        return self._measured(metric, bounded_mean(scores, **self.about), better, f"wilson, mean over {self.over}")

    def root_mean(self, metric: str, squares: Floats, better: Better) -> Measurement:
        """The root of the mean of squares [rows], with Student's interval on the log scale."""
        found = positive_ratio(squares, np.ones(len(squares)), **self.about)
        return self._measured(metric, _mapped(found, np.sqrt), better, f"student, log of mean over {self.over}")

    def explained(self, metric: str, squares: Floats, spread: Floats) -> Measurement:
        """1 - sum(squares) / sum(spread), with the interval of the ratio on the log scale (delta method)."""
        found = positive_ratio(squares, spread, **self.about)
        if found is None:
            return undefined(metric, "all targets are the same", len(self.rows), "higher")
        turned = _mapped(found, lambda ratio: 1 - ratio)
        return self._measured(metric, turned, "higher", f"student, log of ratio over {self.over}")

    def share(self, metric: str, flags: Flags, better: Better, label: str | None = None) -> Measurement:
        """The share of rows for which something holds."""
        return self.of_totals(metric, flags.astype(np.int64), np.ones(len(flags), dtype=np.int64), better, label)

    def of_totals(
        self,
        metric: str,
        hits: npt.NDArray[np.integer],
        among: npt.NDArray[np.integer],
        better: Better,
        label: str | None = None,
        *,
        why: str = "there are no rows to take the share of",
    ) -> Measurement:
        """sum(hits) / sum(among) over rows; `why` is said where there is nothing to take a share of."""
        if self.weights is None and self.units is None and np.all(among <= 1):
            about: dict[str, Any] = {"label": label, "better": better, "undefined": Text.of(why)}
            return Measurement.rate(metric, int(hits.sum()), int(among.sum()), level=self.level, **about)
        shares: Shares = share_of_totals(hits, among, **self.about)
        if shares.n[0] == 0:
            return undefined(metric, why, 0, better, label)
        low, high = (float(end[0]) for end in shares.limits(self.level))
        interval = Interval(low=low, high=high, level=self.level, method=f"{shares.method}, over {self.over}")
        value, n = float(shares.value[0]), int(shares.n[0])
        return Measurement(metric=metric, value=value, n=n, interval=interval, label=label, better=better)

    def _measured(
        self, metric: str, found: Mean | None, better: Better, method: str, least: float = -np.inf
    ) -> Measurement:
        if found is None:
            return undefined(metric, "there are no rows to take the mean of", 0, better)
        interval = None
        if found.limits is not None:
            low, high = (max(float(end), least) for end in found.limits)
            interval = Interval(low=low, high=high, level=self.level, method=method)
        return Measurement(metric=metric, value=found.value, n=found.n, interval=interval, better=better)


def undefined(metric: str, why: str, n: int, better: Better, label: str | None = None) -> Measurement:
    """A measurement without a value, and the reason."""
    return Measurement(metric=metric, value=None, undefined=Text.of(why), n=n, label=label, better=better)


def _mapped(found: Mean | None, function: Any) -> Mean | None:
    """A mean and its limits through a function that only rises, or only falls."""
    if found is None:
        return None
    limits = None
    if found.limits is not None:
        limits = type(found.limits)(*sorted(float(function(end)) for end in found.limits))
    return Mean(float(function(found.value)), found.n, limits)
