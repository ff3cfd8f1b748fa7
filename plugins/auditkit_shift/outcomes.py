"""What is followed through time: a number a row whose mean over a period says how well the model did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, NotApplicable, Text, Values
from auditkit.statistics.shift import PeriodNumbers, area_by_period

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Predicted = ClassScores | LabelScores | Values

FEWEST_OF_A_CLASS = 5
_PAIR = 2


@dataclass(frozen=True)
class Followed:
    """One number, of every row."""

    metric: str
    words: Text
    label: str | None
    values: Floats
    """[n]: what is averaged; of an area the scores."""
    known: Flags
    """[n]."""
    weights: Floats | None
    units: Integers | None
    are_flags: bool = False
    positive: Flags | None = None
    """[n], of an area: whether a row is of the class."""

    @property
    def is_share(self) -> bool:
        """Whether the number lies between 0 and 1."""
        return self.are_flags or self.positive is not None

    def numbers(self, rows: Integers, codes: Integers, count: int) -> PeriodNumbers:
        """The number of each period over some rows, each period with some."""
        about: dict[str, Any] = {
            "weights": None if self.weights is None else self.weights[rows],
            "units": None if self.units is None else self.units[rows],
        }
        if self.positive is not None:
            return area_by_period(self.values[rows], self.positive[rows], codes, count, **about)
        return PeriodNumbers.of(self.values[rows], codes, count, are_flags=self.are_flags, **about)

    def people(self, rows: Flags, case: Case[Any]) -> dict[str, Any]:
        """How many units some rows belong to, as a measurement says it."""
        if not case.has_units or self.units is None:
            return {}
        return {"people": len(np.unique(self.units[rows]))}

    def enough(self, rows: Flags, case: Case[Any], least: int) -> bool:
        """Whether a period of these rows is about so many people; of an area, five of either class among them."""
        count = self.people(rows, case).get("people", int(np.count_nonzero(rows)))
        return bool(count >= least) and self._has_both(rows)

    def _has_both(self, rows: Flags) -> bool:
        if self.positive is None:
            return True
        cases = int(np.count_nonzero(self.positive[rows]))
        return min(cases, int(np.count_nonzero(rows)) - cases) >= FEWEST_OF_A_CLASS

    def can_follow(self, kept: Flags, codes: Integers) -> bool:
        """Whether some rows have what it takes in every period in which there are any, and in two."""
        there = np.unique(codes[kept])
        return len(there) >= _PAIR and all(
            np.count_nonzero(kept & (codes == one)) >= FEWEST_OF_A_CLASS and self._has_both(kept & (codes == one))
            for one in there
        )


def followed_of(case: Case[Predicted]) -> Iterator[Followed]:
    """What says how well the model did, for its prediction type.

    Raises:
        NotApplicable: the data do not say what is true.
    """
    said = case.predictions
    if isinstance(said, Values):
        yield from _of_values(case, said)
    elif isinstance(said, LabelScores):
        yield from _of_labels(case, said)
    else:
        yield from _of_classes(case, said)


def _about(case: Case[Any], known: Flags) -> dict[str, Any]:
    weights = case.weights
    return {
        "known": known if weights is None else known & (weights > 0),
        "weights": weights,
        "units": None if case.units is None else case.units.codes,
    }


def _of_values(case: Case[Any], said: Values) -> Iterator[Followed]:
    truth = np.asarray(case.truth.values, dtype=float)
    known = case.truth_known & np.isfinite(truth)
    error = np.where(known, np.asarray(said.values, dtype=float) - np.where(known, truth, 0.0), 0.0)
    about = _about(case, known)
    yield Followed("mean_absolute_error", Text.of("mean absolute error"), None, np.abs(error), **about)
    yield Followed("mean_error", Text.of("mean error, predicted less true"), None, error, **about)


def _of_labels(case: Case[Any], said: LabelScores) -> Iterator[Followed]:
    about = _about(case, np.ones(len(case), dtype=bool))
    for name in case.positives:
        place = said.labels.index(name)
        true = case.label_targets[:, place]
        right = (case.label_decisions[:, place] == true).astype(float)
        words = Text.of("accuracy for {label}", label=name)
        yield Followed("accuracy", words, name, right, are_flags=True, **about)
        yield from _of_scores(np.asarray(said.scores[:, place], dtype=float), true, name, about)


def _of_classes(case: Case[Any], said: ClassScores) -> Iterator[Followed]:
    targets = case.targets.codes
    about = _about(case, targets >= 0)
    if not about["known"].any():
        raise NotApplicable("no rows have a target")
    right = (case.decisions == targets).astype(float)
    yield Followed("accuracy", Text.of("accuracy"), None, right, are_flags=True, **about)
    if said.kind == "label":
        return
    for name in case.positives:
        place = said.classes.index(name)
        scores = np.asarray(said.scores[:, place], dtype=float)
        yield from _of_scores(scores, targets == place, case.label_for(name), about, said.kind == "probability")


def _of_scores(
    scores: Floats,
    true: Flags,
    label: str | None,
    about: dict[str, Any],
    are_probabilities: bool = True,  # noqa: FBT001, FBT002  said once
) -> Iterator[Followed]:
    words = Text.of("area under the ROC curve")
    if label is not None:
        words = Text.of("area under the ROC curve of {label}", label=label)
    yield Followed("roc_auc", words, label, scores, positive=true, **about)
    if are_probabilities:
        off = scores - true
        words = Text.of("mean probability less what came true")
        if label is not None:
            words = Text.of("mean probability less what came true of {label}", label=label)
        yield Followed("mean_probability_error", words, label, off, **about)
