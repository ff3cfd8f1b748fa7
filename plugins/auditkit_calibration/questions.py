"""What can be calibrated: a probability for each row, and whether what it speaks of came true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Text

Predicted = ClassScores | LabelScores
TAKES = (ClassScores, LabelScores)
"""What the checks of this package look at."""

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

BINARY = 2


@dataclass(frozen=True)
class Question:
    """Probabilities and outcomes of the rows that have a target and a weight."""

    name: Text
    label: str | None
    scores: Floats
    """[n], each between 0 and 1."""
    came_true: npt.NDArray[np.bool_]
    """[n]"""
    shares: Floats
    """[n], how much each row counts; they sum to 1."""
    owners: Integers
    """[n], whose row it is, numbered from 0 without a gap."""

    @classmethod
    def of(cls, name: Text, label: str | None, scores: Floats, came_true: npt.NDArray[np.bool_], rows: Rows) -> Self:
        """The question put to some of the rows; `scores` and `came_true` are [n] over all of them."""
        # Rounding in a model's softmax may leave [0, 1] by a digit in the last place.
        kept = np.clip(np.asarray(scores[rows.kept], dtype=float), 0.0, 1.0)
        return cls(name, label, kept, came_true[rows.kept], rows.shares, rows.owners)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.scores)

    @property
    def residuals(self) -> Floats:
        """[n]: outcome less probability, times the row's share."""
        return np.asarray(self.shares * (self.came_true - self.scores))

    def at_most(self, rows: int, rng: np.random.Generator) -> Question:
        """The same question, on a random sample when there are more rows."""
        if len(self) <= rows:
            return self
        return self.part(np.sort(rng.choice(len(self), rows, replace=False)))

    def part(self, rows: Integers | npt.NDArray[np.bool_]) -> Question:
        """The same question, put to some of its rows."""
        shares = self.shares[rows] / self.shares[rows].sum()
        owners = np.unique(self.owners[rows], return_inverse=True)[1].ravel()
        return Question(self.name, self.label, self.scores[rows], self.came_true[rows], shares, owners)

    def redrawn(self, rng: np.random.Generator) -> Question:
        """The same rows in a world where the probabilities are true."""
        return replace(self, came_true=rng.random(len(self)) < self.scores)


@dataclass(frozen=True)
class Rows:
    """The rows that can be asked about."""

    kept: Integers
    """Their places in the case."""
    shares: Floats
    owners: Integers

    @classmethod
    def of(cls, case: Case[Any]) -> Self:
        """The rows that have a target and a weight above 0; a row without a unit is a unit of its own."""
        weights = np.ones(len(case)) if case.weights is None else case.weights
        known = np.ones(len(case), bool) if is_multi_label(case) else case.targets.codes >= 0
        kept = np.flatnonzero(known & (weights > 0))
        owners = np.arange(len(kept))
        if case.units is not None:
            units = case.units.codes[kept]
            owners = np.unique(np.where(units >= 0, units, units.max(initial=0) + 1 + owners), return_inverse=True)[1]
        masses = weights[kept]
        return cls(kept, masses / max(masses.sum(), np.finfo(float).tiny), owners)


def is_multi_label(case: Case[Any]) -> bool:
    """Whether several labels of a row can be right at once."""
    return isinstance(case.predictions, LabelScores)


def questions(case: Case[Predicted]) -> Iterator[Question]:
    """One question for two classes; for several, the class decided for, and each class that the spec names.

    With two classes and no positive one named the second is asked about: the first is its mirror image, whose
    residuals are the same with the other sign. Of several labels that can be right at once each is asked about, or
    those that the spec names.
    """
    if is_multi_label(case):
        yield from _of_labels(case)
    else:
        yield from _of_classes(case)


def _of_labels(case: Case[Any]) -> Iterator[Question]:
    flags, rows = case.label_targets, Rows.of(case)
    for label in case.positives:
        place = case.predictions.labels.index(label)
        yield Question.of(
            Text.of("label {label}", label=label), label, case.predictions.scores[:, place], flags[:, place], rows
        )


def _of_classes(case: Case[Any]) -> Iterator[Question]:
    predictions, targets, rows = case.predictions, case.targets.codes, Rows.of(case)
    classes, named = predictions.classes, case.settings.positive
    if len(classes) != BINARY:
        top = predictions.decide()
        confidence = predictions.scores[np.arange(len(predictions)), top]
        yield Question.of(Text.of("the class with the highest score"), None, confidence, top == targets, rows)
    elif not named:
        named = classes[1:]
    for positive in named:
        place = classes.index(positive)
        scores, label = predictions.scores[:, place], case.label_for(positive)
        yield Question.of(Text.of("class {label}", label=positive), label, scores, targets == place, rows)
