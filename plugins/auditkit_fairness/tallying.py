"""One pass over the rows: what they answer, by all attributes at once. Groups and classes are sums of that."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores
from auditkit.statistics import Outcome, cell_places, one_against_rest
from auditkit_fairness.questions import Predicted, Question, questions

Integers = npt.NDArray[np.integer]

_MOST_CELLS = 1 << 18
_CELLS_A_ROW = 4
_KEPT = 8


@dataclass(frozen=True)
class Tally:
    """How many rows there are of each combination of labels and answers."""

    attributes: dict[str, tuple[str, ...]]
    """Each with its vocabulary."""
    counts: Integers
    """[1 + labels of the first attribute, ..., and two axes of answers]; place 0 of an attribute: it is missing.

    The answers are [1 + targets, classes], where place 0 is for rows without a target; of several labels, they are
    [positives, 6]: each one's outcomes.
    """

    def by(self, attributes: Sequence[str]) -> Integers:
        """Counts of the groups of some attributes, [product of their labels, answers]; all rows are a group of none.

        Rows that lack one of the attributes are left out.
        """
        others = tuple(axis for axis, name in enumerate(self.attributes) if name not in attributes)
        known = self.counts.sum(axis=others)[(slice(1, None),) * len(attributes)]
        return np.asarray(known.reshape(-1, *self.counts.shape[-2:]))

    def members(self, attributes: Sequence[str]) -> Integers:
        """Which of the groups of `by` are told of: every label of one attribute, and intersections that have rows."""
        counts = self.by(attributes)
        return np.arange(len(counts)) if len(attributes) == 1 else np.flatnonzero(counts.any(axis=(1, 2)))


def tally_of(case: Case[Any]) -> Tally | None:
    """The tally of a case; None where rows have weights or units, there would be too many cells, or answers are others.

    The latest are kept, since every check of one audit asks for the same.
    """
    key = (str(case.store.root), case.key)
    if key not in _latest:
        found = _tallied(case)
        if len(_latest) >= _KEPT:
            del _latest[next(iter(_latest))]
        _latest[key] = found
    return _latest[key]


_latest: dict[tuple[str, str], Tally | None] = {}


def _tallied(case: Case[Any]) -> Tally | None:
    said = case.predictions
    if case.weights is not None or case.has_units or not isinstance(said, ClassScores | LabelScores):
        return None
    positives = case.positives
    attributes = {name: column.vocabulary for name, column in case.narrowed(slice(0, 0)).groups.items()}
    classes = len(said.classes) if isinstance(said, ClassScores) else 0
    answers = (1 + classes * case.has_targets, classes) if classes else (len(positives), len(Outcome))
    shape = (*(1 + len(vocabulary) for vocabulary in attributes.values()), *answers)
    if math.prod(shape) > min(_MOST_CELLS, max(_CELLS_A_ROW * len(case), 1 << 12)):
        return None
    counts = np.zeros(shape, dtype=np.int64)
    for chunk in case.chunks():
        groups = [column.codes for column in chunk.groups.values()]
        if classes:
            counts += _of_classes(chunk, groups, shape)
        else:
            for place, question in enumerate(questions(chunk, positives)):
                counts[..., place, :] += _count([*groups, question.outcomes], (*shape[:-2], len(Outcome) + 1))[..., 1:]
    return Tally(attributes, counts)


def _of_classes(chunk: Case[Predicted], groups: Sequence[Integers], shape: tuple[int, ...]) -> Integers:
    # A decision is never missing, so that place 0 of its axis stays empty.
    if not chunk.has_targets:
        return _count([*groups, chunk.decisions], (*shape[:-2], shape[-1] + 1))[..., None, 1:]
    return _count([*groups, chunk.targets.codes, chunk.decisions], (*shape[:-1], shape[-1] + 1))[..., 1:]


def _count(columns: Sequence[Integers], shape: tuple[int, ...]) -> Integers:
    places = cell_places(columns, [size - 1 for size in shape])
    return np.bincount(places, minlength=math.prod(shape)).reshape(shape)


def asked(case: Case[Predicted]) -> Iterator[tuple[Question, int | None]]:
    """What is asked of a case, without the rows' outcomes; and which of the classes it is about, None: all."""
    said = case.predictions
    names = case.positives if isinstance(said, LabelScores) else said.classes
    places = [names.index(positive) for positive in case.positives]
    is_right: list[int | None] = [None] if isinstance(said, ClassScores) and case.has_targets else []
    yield from zip(questions(case.narrowed(slice(0, 0)), case.positives), [*is_right, *places], strict=True)


def outcomes_in(answers: Integers, place: int | None, *, of_labels: bool) -> Integers:
    """The outcomes [groups, 6] of a question, from the answers [groups, ...] of a tally.

    Args:
        answers: as `Tally.by` gives them.
        place: the class, as `asked` gives it.
        of_labels: whether they are of several labels.
    """
    if of_labels:
        return answers[:, place]
    if place is not None:
        return one_against_rest(answers, place if answers.shape[1] > 1 else None, place)
    rows = np.zeros((len(answers), len(Outcome)), dtype=np.int64)
    right = np.trace(answers[:, 1:], axis1=1, axis2=2)
    rows[:, Outcome.TRUE_POSITIVE] = right
    rows[:, Outcome.FALSE_NEGATIVE] = answers[:, 1:].sum(axis=(1, 2)) - right
    rows[:, Outcome.UNKNOWN_NEGATIVE] = answers[:, 0].sum(axis=1)
    return rows
