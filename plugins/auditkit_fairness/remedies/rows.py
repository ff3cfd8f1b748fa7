"""The rows that remedies are fitted to and tried on, and how they are dealt into folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, LabelScores, NotApplicable
from auditkit.statistics import deal_folds, own_units
from auditkit_fairness.questions import Predicted

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

FOLDS = 5
MOST_ROWS = 20_000
"""Rows that are tried: enough for every interval, and the check is asked in every audit."""
MOST_LABELS = 4
"""Labels that are asked about: each has remedies of its own for each attribute."""
_TWO = 2


@dataclass(frozen=True)
class Answers:
    """What the model says and decides of some rows, and what is true, for one class or label."""

    scores: Floats
    """[n]: the higher, the sooner the row is chosen."""
    chosen: Flags
    """[n]: the decision as it is."""
    wanted: Flags
    """[n]: whether the class is true."""
    groups: Mapping[str, Integers]
    """Attribute -> [n], the group; -1: missing."""
    weights: Floats | None
    units: Integers | None

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.scores)

    def take(self, rows: Integers | Flags) -> Answers:
        """The same of some of the rows."""
        return Answers(
            self.scores[rows],
            self.chosen[rows],
            self.wanted[rows],
            {name: codes[rows] for name, codes in self.groups.items()},
            None if self.weights is None else self.weights[rows],
            None if self.units is None else self.units[rows],
        )

    @property
    def people(self) -> int:
        """How many units the rows belong to."""
        return len(self) if self.units is None else len(np.unique(self.units))


@dataclass(frozen=True)
class Tried:
    """The rows of a case that are tried, in an order that does not depend on that of the file."""

    label: str | None
    """The label that is asked about, or the class; None: the one that the spec names."""
    places: Integers
    """[n], in the case."""
    answers: Answers
    folds: Integers
    """[n], from 0: all rows of a unit are in one."""

    @classmethod
    def each_of(cls, case: Case[Predicted]) -> tuple[Tried, ...]:
        """Every row with a target and a weight, or a random sample of so many; of several labels once for each.

        Raises:
            NotApplicable: there is no threshold that could be moved: three classes or more, or too many labels.
        """
        kept = np.flatnonzero(_looked_at(case))
        asked = [*_asked(case)]
        columns = [column for _, *columns in asked for column in columns]
        order = kept[np.lexsort([*_group_sizes(case, kept), *(column[kept] for column in columns)])]
        if len(order) > MOST_ROWS:
            order = order[np.sort(case.rng("sample of rows").choice(len(order), MOST_ROWS, replace=False))]
        units = None if case.units is None else np.unique(own_units(case.units.codes)[order], return_inverse=True)[1]
        owners = np.arange(len(order)) if units is None else units.ravel()
        folds = deal_folds(owners, FOLDS, case.rng("folds"))
        groups = {name: codes.codes[order] for name, codes in case.groups.items()}
        weights = None if case.weights is None else case.weights[order]
        whose = None if units is None else owners
        return tuple(
            cls(label, order, Answers(scores[order], chosen[order], wanted[order], groups, weights, whose), folds)
            for label, wanted, chosen, scores in asked
        )


def _looked_at(case: Case[Any]) -> Flags:
    """[n]: whether the row has a target and counts."""
    known = np.ones(len(case), dtype=bool)
    if not isinstance(case.predictions, LabelScores):
        known = case.targets.codes >= 0
    return np.asarray(known if case.weights is None else known & (case.weights > 0))


def _asked(case: Case[Any]) -> Iterator[tuple[str | None, Flags, Flags, Floats]]:
    """The label, whether it is true, whether it is decided for, and its score, [n] each."""
    said = case.predictions
    if isinstance(said, LabelScores):
        if len(case.positives) > MOST_LABELS:
            raise NotApplicable(
                "there are more than {most} labels, and each has thresholds of its own",
                hint='name those whose gaps are to be mended: [data] positive = ["..."]',
                most=MOST_LABELS,
            )
        for label in case.positives:
            place = said.labels.index(label)
            yield label, case.label_targets[:, place], case.label_decisions[:, place], said.scores[:, place]
        return
    if len(said.classes) > _TWO:
        raise NotApplicable(
            "of three classes or more no single threshold decides", hint="it is for two classes, or for labels"
        )
    # Each class where the spec names none, as the gaps are told of each: a rule is missed by one of them.
    for positive in case.positives:
        place = said.classes.index(positive)
        yield (
            case.label_for(positive),
            case.targets.codes == place,
            case.decisions == place,
            said.scores[:, place],
        )


def _group_sizes(case: Case[Any], rows: Integers) -> Iterator[Any]:
    """What rows with the same answers are told apart by: how large their groups are, and what they weigh."""
    for codes in case.groups.values():
        here = codes.codes[rows]
        yield np.bincount(here + 1)[here + 1]
    if case.weights is not None:
        yield case.weights[rows]
