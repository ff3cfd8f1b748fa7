"""What is asked of each row, yes or no: was it given this class, was it right? Whatever the prediction type is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores
from auditkit.statistics import RATES, OutcomeTable, code_outcomes, count_outcomes

Predicted = ClassScores | LabelScores

_OF_A_CLASS = tuple(name for name in RATES if name != "accuracy")


@dataclass(frozen=True)
class Question:
    """One yes-or-no question about every row, with its answers."""

    label: str | None
    """The class that it is about; None: the one positive class, or no class."""
    outcomes: npt.NDArray[np.integer]
    """[n], as `code_outcomes` gives them."""
    rates: tuple[str, ...]
    """The rates that mean something for this question."""

    def count(self, case: Case[Any], codes: npt.NDArray[np.integer], group_count: int) -> OutcomeTable:
        """The answers counted by group, with the case's weights and units."""
        units = None if case.units is None else case.units.codes
        return count_outcomes(codes, self.outcomes, group_count=group_count, weights=case.weights, units=units)


def questions(case: Case[Predicted], positives: Sequence[str]) -> Iterator[Question]:
    """For single-class models: was the row right, and was it given this class; for multi-label models, both per label.

    Without targets only the selection rate is left.

    Args:
        case: the rows, or a chunk of them.
        positives: the classes to take as positive, as all rows tell: `case.positives`.
    """
    if isinstance(case.predictions, LabelScores):
        yield from _about_labels(case, case.predictions, positives)
    else:
        yield from _about_classes(case, case.predictions, positives)


def _about_classes(case: Case[Predicted], predictions: ClassScores, positives: Sequence[str]) -> Iterator[Question]:
    targets = case.targets.codes if case.has_targets else None
    known = None if targets is None else targets >= 0
    if targets is not None:
        yield Question(
            None, code_outcomes(case.decisions == targets, np.ones(len(targets), dtype=bool), known), ("accuracy",)
        )
    for positive in positives:
        place = predictions.classes.index(positive)
        wanted = None if targets is None else targets == place
        outcomes = code_outcomes(case.decisions == place, wanted, known)
        yield Question(case.label_for(positive), outcomes, _OF_A_CLASS if case.has_targets else ("selection_rate",))


def _about_labels(case: Case[Predicted], predictions: LabelScores, positives: Sequence[str]) -> Iterator[Question]:
    for positive in positives:
        place = predictions.labels.index(positive)
        wanted = case.label_targets[:, place] if case.has_targets else None
        outcomes = code_outcomes(case.label_decisions[:, place], wanted)
        yield Question(case.label_for(positive), outcomes, tuple(RATES) if case.has_targets else ("selection_rate",))
