"""The rows that maps are fitted to and tried on, and how they are dealt into folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores
from auditkit_calibration.questions import BINARY, Question, Rows

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

FOLDS = 5
MOST_ROWS = 20_000
"""Rows that are tried: enough for every interval, and the check is asked in every audit."""


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
        return Question("", None, np.clip(scores, 0.0, 1.0), came_true, self.shares, self.owners)


@dataclass(frozen=True)
class Tried:
    """The rows of a case that are tried, in an order that does not depend on that of the file."""

    places: Integers
    """[n], in the case."""
    answers: Answers
    folds: Integers
    """[n], from 0: all rows of a unit are in one."""

    @classmethod
    def of(cls, case: Case[ClassScores]) -> Tried:
        """Every row with a target and a weight, or a random sample of so many."""
        rows = Rows.of(case)
        order = _canonical(case, rows.kept)
        if len(order) > MOST_ROWS:
            order = order[np.sort(case.rng("sample of rows").choice(len(order), MOST_ROWS, replace=False))]
        places, shares = rows.kept[order], rows.shares[order]
        classes, named = case.predictions.classes, case.settings.positive
        groups = {name: codes.codes[places] for name, codes in case.groups.items()} if case.has_groups else {}
        answers = Answers(
            np.clip(np.asarray(case.predictions.scores[places], dtype=float), 0.0, 1.0),
            case.targets.codes[places],
            shares / max(shares.sum(), np.finfo(float).tiny),
            np.unique(rows.owners[order], return_inverse=True)[1].ravel(),
            groups,
            classes.index(named[0]) if named else len(classes) - 1,
        )
        return cls(places, answers, _folds(answers.owners, case.rng("folds")))


def _canonical(case: Case[Any], rows: Integers) -> Integers:
    """An order of the rows by what is true and what the model says; of rows alike by how large their groups are."""
    keys: list[Any] = []
    if case.has_groups:
        for codes in case.groups.values():
            here = codes.codes[rows]
            keys.append(np.bincount(here + 1)[here + 1])
    if case.weights is not None:
        keys.append(case.weights[rows])
    keys += [*np.asarray(case.predictions.scores[rows], dtype=float).T, case.targets.codes[rows]]
    return np.lexsort(keys)


def _folds(owners: Integers, rng: np.random.Generator) -> Integers:
    """[n]: units are dealt at random, as many into each fold.

    Not so that the folds are alike in what came true: a map would then know of the rows that it is tried on.
    """
    _, first = np.unique(owners, return_index=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray((rng.permutation(len(first)) % FOLDS)[rank][owners])
