"""The ROC curve: what share of the positives is found at each share of false alarms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from auditkit import Case, Chart, Series, Text

POINTS = 200
"""The most points of a drawn curve."""
FEWEST = 10
"""Positives and negatives that a curve and its area need: with fewer, each step would be one person."""
CURVES = 6
"""The most curves in one chart."""


@dataclass(frozen=True)
class Curve:
    """The scores of one class and which rows are of it, for the rows that have a target."""

    name: str
    scores: npt.NDArray[np.floating]
    positive: npt.NDArray[np.bool_]
    weights: npt.NDArray[np.floating] | None
    units: npt.NDArray[np.integer] | None

    @classmethod
    def of(
        cls,
        case: Case[Any],
        name: str,
        scores: npt.NDArray[np.floating],
        positive: npt.NDArray[np.bool_],
        known: npt.NDArray[np.bool_],
    ) -> Self:
        """The case's rows that have a target, with their weights and units."""
        weights = None if case.weights is None else case.weights[known]
        units = None if case.units is None else case.units.codes[known]
        return cls(name, np.asarray(scores[known], dtype=float), positive[known], weights, units)

    @property
    def can_be_drawn(self) -> bool:
        """Whether no step of the curve is about too few people."""
        counted = self.positive if self.weights is None else self.positive[self.weights > 0]
        return bool(min(np.count_nonzero(counted), np.count_nonzero(~counted)) >= FEWEST)

    def series(self) -> Series:
        """At most `POINTS` points, from (0, 0) to (1, 1); rows with the same score enter together."""
        mass = np.ones(len(self.scores)) if self.weights is None else self.weights
        levels, places = np.unique(-self.scores, return_inverse=True)
        axes = []
        for of_class in (~self.positive, self.positive):
            found = np.cumsum(np.bincount(places[of_class], mass[of_class], minlength=len(levels)))
            axes.append(np.concatenate([[0.0], found / found[-1]]))
        kept = np.unique(np.linspace(0, len(levels), POINTS).round().astype(np.int64))
        false_alarms, found_share = (tuple(float(value) for value in axis[kept]) for axis in axes)
        return Series(name=self.name, x=false_alarms, y=found_share, n=len(self.scores))


def chart(curves: Sequence[Curve]) -> Iterator[Chart]:
    """The curves that can be drawn, in one chart; of many classes, those with the most rows."""
    drawable = [curve for curve in curves if curve.can_be_drawn]
    if not drawable:
        return
    by_size = sorted(drawable, key=lambda curve: -np.count_nonzero(curve.positive))
    largest = {curve.name for curve in by_size[:CURVES]}
    title = Text.of("How well the scores tell each class from the rest")
    if len(drawable) > CURVES:
        title = Text.of("How well the scores tell each class from the rest: the {count} largest classes", count=CURVES)
    yield Chart(
        kind="roc",
        title=title,
        x_label=Text.of("false positive rate"),
        y_label=Text.of("true positive rate"),
        series=tuple(curve.series() for curve in drawable if curve.name in largest),
    )
