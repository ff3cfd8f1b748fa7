"""`fairness.linear-groups`: how unevenly people are selected on either side of a line through what is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Interval, LabelScores, Measurement, Text, check
from auditkit.statistics import mean
from auditkit_fairness.cards.auditors import LINE_CARDS
from auditkit_fairness.worst.auditors import Features, taught_line
from auditkit_fairness.worst.dividing import Divisions, accept_search
from auditkit_fairness.worst.halves import Effect, dealt, mean_of_halves
from auditkit_fairness.worst.losses import Losses, losses_of
from auditkit_fairness.worst.planted import LINE_CONTROLS

Predicted = ClassScores | LabelScores
Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

SELECTION, FALSE_POSITIVES = (card.name for card in LINE_CARDS)
FEWEST = 50
"""People of a half below which nothing is said."""


@check(
    "fairness.linear-groups",
    on=(ClassScores, LabelScores),
    needs=("targets",),
    metrics=LINE_CARDS,
    accepts=accept_search,
    controls=LINE_CONTROLS,
)
def linear_groups(case: Case[Predicted], *, bins: int = 5, columns: tuple[str, ...] = ()) -> Iterator[Measurement]:
    """How unevenly people are selected on either side of any line.

    A group here is everybody on one side of a weighted sum of what is known of them: protected attributes, and parts of
    the columns that the model is given. On one half of the people the weights are taught who is selected, and the
    threshold is chosen at which the group's share times its distance from the rate of all is largest; on the other half
    that is measured, and the other way round. So are false alarms among those who do not have the class.
    """
    for losses in losses_of(case, "error"):
        divisions = Divisions.of(case, losses.rows, columns=columns, bins=bins)
        features = Features.of(divisions)
        for label, selected, wanted in _asked(case, losses):
            half = dealt(losses.owners, case.rng(f"halves {label}"))
            for metric, among in ((SELECTION, np.ones(len(selected), dtype=bool)), (FALSE_POSITIVES, ~wanted)):
                searched = _Searched(losses, features, selected.astype(float), among, half, case.level)
                yield searched.measurement(metric, label)


def _asked(case: Case[Predicted], losses: Losses) -> Iterator[tuple[str | None, Flags, Flags]]:
    """Of each class or label, [n] each: who is selected, and who has it."""
    said, rows = case.predictions, losses.rows
    if isinstance(said, LabelScores):
        place = said.labels.index(str(losses.label))
        yield losses.label, case.label_decisions[rows, place], case.label_targets[rows, place]
        return
    for positive in case.positives:
        place = said.classes.index(positive)
        yield case.label_for(positive), case.decisions[rows] == place, case.targets.codes[rows] == place


@dataclass(frozen=True)
class _Searched:
    """One rate of some rows, and the worst linear group of either half."""

    losses: Losses
    features: Features
    selected: Floats
    """[n], 1 or 0."""
    among: Flags
    """[n], of whom the rate is."""
    half: Integers
    level: float

    def measurement(self, metric: str, label: str | None) -> Measurement:
        """The mean of both halves."""
        about: dict[str, Any] = {"metric": metric, "label": label, "better": "lower"}
        few = min(len(np.unique(self.losses.owners[self.among & (self.half == half)])) for half in (0, 1))
        if few < FEWEST:
            why = Text.of("a half of the people has fewer than {least} to take the rate of", least=FEWEST)
            return Measurement(value=None, undefined=why, n=int(self.among.sum()), **about)
        found = mean_of_halves([self._measured(half) for half in (0, 1)])
        if found is None:
            why = Text.of("nobody is selected of those that the rate is of, or everybody is")
            return Measurement(value=None, undefined=why, n=int(self.among.sum()), **about)
        method = "student, mean of two halves"
        interval = Interval(low=found.low, high=found.high, level=self.level, method=method)
        people = None if self.losses.units is None else found.people
        return Measurement(value=found.value, interval=interval, n=found.n, people=people, **about)

    def _measured(self, half: int) -> Effect | None:
        """What the group that a half picks is worth on the other one."""
        mass = np.ones(len(self.selected)) if self.losses.weights is None else self.losses.weights
        taught = np.flatnonzero(self.among & (self.half == half))
        rate = float(np.average(self.selected[taught], weights=mass[taught]))
        if rate in {0.0, 1.0}:
            return None
        weights = taught_line(self.features.values[taught], self.selected[taught] - rate, mass[taught])
        line = np.round(self.features.values @ weights[:-1] + weights[-1], 9)
        least, is_above = _best_threshold(line[taught], mass[taught] * (self.selected[taught] - rate))
        inside = (line >= least) if is_above else (line < least)
        judged = np.flatnonzero(self.half != half)
        rows = self.among[judged]
        own = float(np.average(self.selected[judged][rows], weights=mass[judged][rows]))
        # A product of a share and a difference is a mean over all rows; the rate of all is taken off on both sides.
        share = float(np.average(inside[judged][rows], weights=mass[judged][rows]))
        numbers = rows * (inside[judged] - share) * (self.selected[judged] - own)
        counted = {name: None if one is None else one[judged] for name, one in self.losses.counted.items()}
        found = mean(numbers, level=self.level, **counted)
        if found is None or found.limits is None:
            return None
        people = len(np.unique(self.losses.owners[judged]))
        low, high = float(found.limits.low), float(found.limits.high)
        return Effect(found.value, low, high, len(judged), people)


def _best_threshold(line: Floats, away: Floats) -> tuple[float, bool]:
    """The threshold beyond which the sum of what is above or below the rate is furthest from 0.

    Returns:
        the threshold, and whether those at or above it have the higher rate; else those below it have.
    """
    values, places = np.unique(line, return_inverse=True)
    below = np.cumsum(np.bincount(places.ravel(), away))[:-1]
    if not len(below):
        return float(values[0]), True
    best = int(np.argmax(np.abs(below)))
    # What is below sums to the opposite of what is above: of the two the one with the higher rate is the group.
    return float(values[best + 1]), bool(below[best] < 0)
