"""The rows that maps are fitted to and tried on, and how they are dealt into folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Text
from auditkit.statistics import deal_folds
from auditkit_calibration.questions import BINARY, Predicted, Question, Rows, is_multi_label

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

FOLDS = 5
MOST_ROWS = 20_000
"""Rows that are tried: enough for every interval, and the check is asked in every audit."""
LABELLED_ROWS, FEWEST_ROWS = 100_000, 2_000
"""Of several labels, rows that are tried for all of them together, and for each of many at most."""


@dataclass(frozen=True)
class Answers:
    """What the model says of some rows, and what is true."""

    chances: Floats
    """[n, k], between 0 and 1."""
    targets: Integers
    """[n], the true class, from 0."""
    shares: Floats
    """[n], how much each row counts."""
    owners: Integers
    """[n], whose row it is."""
    groups: Mapping[str, Integers]
    """Attribute -> [n], the group; -1: missing."""
    positive: int
    """The class that is asked about, of two."""

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.targets)

    def take(self, rows: Integers | Flags) -> Answers:
        """The same of some of the rows."""
        groups = {name: codes[rows] for name, codes in self.groups.items()}
        parts = (self.chances[rows], self.targets[rows], self.shares[rows], self.owners[rows])
        return Answers(*parts, groups, self.positive)

    @property
    def classes(self) -> int:
        """How many there are."""
        return int(self.chances.shape[1])

    @property
    def people(self) -> int:
        """How many units the rows belong to."""
        return len(np.unique(self.owners))

    @property
    def others(self) -> int:
        """How many rows are not of the commonest class."""
        return len(self) - int(np.bincount(self.targets, minlength=1).max())

    def question(self, chances: Floats) -> Question:
        """What is asked of these probabilities, [n, k]: the positive class of two, of several the likeliest one."""
        if self.classes == BINARY:
            scores, came_true = chances[:, self.positive], self.targets == self.positive
        else:
            top = np.argmax(chances, axis=1)
            scores, came_true = chances[np.arange(len(top)), top], top == self.targets
        return Question(Text.of(""), None, np.clip(scores, 0.0, 1.0), came_true, self.shares, self.owners)


@dataclass(frozen=True)
class Tried:
    """The rows of a case that are tried, in an order that does not depend on that of the file."""

    label: str | None
    """Of several labels that can be right at once the one that is asked about."""
    places: Integers
    """[n], in the case."""
    answers: Answers
    folds: Integers
    """[n], from 0: all rows of a unit are in one."""

    @classmethod
    def each_of(cls, case: Case[Predicted]) -> tuple[Tried, ...]:
        """Every row with a target and a weight, or a random sample of so many; of several labels once for each."""
        rows = Rows.of(case)
        order = _canonical(case, rows.kept)
        most = (
            min(MOST_ROWS, max(LABELLED_ROWS // len(case.positives), FEWEST_ROWS))
            if is_multi_label(case)
            else MOST_ROWS
        )
        if len(order) > most:
            order = order[np.sort(case.rng("sample of rows").choice(len(order), most, replace=False))]
        places, shares = rows.kept[order], rows.shares[order]
        owners = np.unique(rows.owners[order], return_inverse=True)[1].ravel()
        folds = deal_folds(owners, FOLDS, case.rng("folds"))
        groups = {name: codes.codes[places] for name, codes in case.groups.items()} if case.has_groups else {}
        shares = shares / max(shares.sum(), np.finfo(float).tiny)
        return tuple(
            cls(label, places, Answers(chances, targets, shares, owners, groups, positive), folds)
            for label, chances, targets, positive in _asked(case, places)
        )


def _asked(case: Case[Any], places: Integers) -> Iterator[tuple[str | None, Floats, Integers, int]]:
    """The label, probabilities, what is true and the class that is asked about; each label is a yes or a no."""
    said, named = case.predictions, case.settings.positive
    chances = np.clip(np.asarray(said.scores[places], dtype=float), 0.0, 1.0)
    if not is_multi_label(case):
        positive = said.classes.index(named[0]) if named else len(said.classes) - 1
        yield None, chances, case.targets.codes[places], positive
        return
    flags = case.label_targets[places].astype(np.int64)
    for label in case.positives:
        place = said.labels.index(label)
        yield label, np.column_stack([1 - chances[:, place], chances[:, place]]), flags[:, place], 1


def _canonical(case: Case[Any], rows: Integers) -> Integers:
    """An order of the rows by what is true and what the model says; of rows alike by how large their groups are."""
    keys: list[Any] = []
    if case.has_groups:
        for codes in case.groups.values():
            here = codes.codes[rows]
            keys.append(np.bincount(here + 1)[here + 1])
    if case.weights is not None:
        keys.append(case.weights[rows])
    keys += [*np.asarray(case.predictions.scores[rows], dtype=float).T]
    keys += [*case.label_targets[rows].T] if is_multi_label(case) else [case.targets.codes[rows]]
    return np.lexsort(keys)
