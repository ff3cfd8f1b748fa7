"""Training anew on rows in which an attribute and the class have nothing to do with each other, and anew as it was.

Kamiran and Calders (2012), Knowl. Inf. Syst. 33, 1-33, uniform sampling, by leaving rows out alone: of each group as
large a share is positive. A model that is trained anew on all rows stands beside it, since another training run alone
changes decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, NotApplicable, Text, Trainings
from auditkit_fairness.remedies.thresholds import Remedy

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

ANEW, BALANCED = "trained anew", "trained on balanced rows"
LEAST_ROWS = 20
"""Training rows of a group with either class, with which the group is balanced, at least."""
_LARGEST_SEED = 2**31 - 1


def trainings(*, retrain: bool, lots: bool, training: int, audit: int) -> Trainings:  # noqa: ARG001  called by name
    """What would be trained: a model as it was, and one for each attribute, of which a spec has one or more."""
    return Trainings(2 if retrain else 0, training, note=", and one more for each protected attribute after the first")


def refuse_no_training(case: Case[Any]) -> None:
    """Refuse to train where nothing can be trained.

    Raises:
        NotApplicable: the predictions were recorded, there are several labels, or the spec names no training rows.
    """
    if case.settings.recorded or not isinstance(case.predictions, ClassScores) or "training" not in case.keys:
        raise NotApplicable(
            "no model can be trained anew: that takes a model of two classes which is run, and training rows",
            hint='[data] training = "train.csv"; or leave out retrain = true: the rest is tried without',
        )


def retraining_remedies(case: Case[Any], attribute: str, label: str | None) -> Iterator[Remedy]:
    """A model that is trained anew as it was, and one that is trained on balanced rows; of two classes.

    Args:
        case: the audit rows.
        attribute: whose groups are balanced.
        label: the class that is asked about; None: the one that the spec names.

    Raises:
        NotApplicable: the spec names no training rows, or the model cannot be trained anew.
    """
    for balanced in ("", attribute):
        name, words = (
            f"{ANEW} by {attribute}",
            Text.of("a model trained anew as this one was, by {attribute}", attribute=attribute),
        )
        if balanced:
            name = f"{BALANCED} by {attribute}"
            words = Text.of("a model trained on as large a share of positives in each group of {attribute}",
                            attribute=attribute)  # fmt: skip
        chosen = case.compute(decided_by_another, balanced=balanced)
        yield Remedy(
            name,
            attribute,
            words,
            Text.of("training anew, with the group of everybody in the training rows"),
            # Of two classes, the other one is chosen where this one is not.
            chosen=chosen if label in {None, case.positives[-1]} else ~chosen,
        )


def decided_by_another(case: Case[Any], *, balanced: str) -> Flags:
    """[n]: whether a model that is trained anew chooses the row, for the evidence: a replay trains nothing.

    Args:
        case: the audit rows.
        balanced: the attribute whose groups have as large a share of positives each; empty: all training rows.
    """
    training = case.training
    place = case.predictions.classes.index(case.positives[-1])
    taught = np.zeros(len(training) + len(case), dtype=bool)
    taught[: len(training)] = True
    if balanced:
        rng = case.rng(f"balanced by {balanced}")
        targets = training.targets.codes
        taught[: len(training)] = balanced_rows(training.groups[balanced].codes, targets == place, targets >= 0, rng)
    seed = int(case.rng("training").integers(_LARGEST_SEED))
    (said,) = case.retrained(taught[np.newaxis], [seed])
    if not isinstance(said.audit, ClassScores) or set(said.audit.classes) != set(case.predictions.classes):
        raise NotApplicable("a model that is trained anew answers in other classes than the audited one")
    named, threshold = case.positives[-1], case.settings.threshold
    return np.asarray(said.audit.decide(named, threshold) == said.audit.classes.index(named))


def balanced_rows(groups: Integers, positive: Flags, known: Flags, rng: np.random.Generator) -> Flags:
    """[m]: which rows are kept, so that of each group as large a share is positive as of all; as many as can be.

    Rows are left out at random of the class that a group has too many of. Groups with few rows of either class, and
    rows without a group or a target, are kept as they are.

    Args:
        groups: [m], from 0; -1: missing.
        positive: [m], whether the class is true.
        known: [m], whether there is a target.
        rng: chooses.
    """
    kept = np.ones(len(groups), dtype=bool)
    share = float(positive[known].mean()) if known.any() else 0.0
    for group in range(int(groups.max(initial=-1)) + 1):
        sides = [np.flatnonzero((groups == group) & known & side) for side in (positive, ~positive)]
        if min(map(len, sides)) < LEAST_ROWS or not 0 < share < 1:
            continue
        most = [round(len(sides[1]) * share / (1 - share)), round(len(sides[0]) * (1 - share) / share)]
        for rows, wanted in zip(sides, most, strict=True):
            if len(rows) > wanted:
                kept[rng.choice(rows, len(rows) - wanted, replace=False)] = False
    return kept
