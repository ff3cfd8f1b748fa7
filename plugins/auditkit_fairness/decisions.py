"""Which class the rows of each group are given, of all classes, and how many independent rows that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.segments import Grouping
from auditkit.statistics import EVERYBODY, Outcome, Rate, code_outcomes, count_outcomes

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

_ALL = Rate(tuple(Outcome), tuple(Outcome))


@dataclass(frozen=True)
class Decided:
    """The decisions of one grouping's rows; rows of weight 0 are left out."""

    rows: Integers
    """[groups, classes]"""
    masses: Floats
    """[groups, classes], sums of weights."""
    size: Floats
    """[groups], for how many independent rows each group counts whatever is asked: of units, as if all rows of one
    said the same."""
    people: Integers
    """[groups], how many units."""
    is_effective: bool

    @property
    def n(self) -> Integers:
        """[groups], rows."""
        return np.asarray(self.rows.sum(axis=1))

    @property
    def shares(self) -> Floats:
        """[groups, classes]; NaN of no rows."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.masses / self.masses.sum(axis=1, keepdims=True))


def decided(case: Case[Any], grouping: Grouping) -> Decided:
    """Count the classes that the rows of each group are given."""
    shape = len(grouping.members), len(case.predictions.classes)
    kept = looked_at(case, grouping)
    cells = grouping.codes[kept].astype(np.int64) * shape[1] + case.decisions[kept]
    rows = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    units = None if case.units is None else case.units.codes
    everyone = code_outcomes(np.ones(len(kept), dtype=bool))
    table = count_outcomes(grouping.codes, everyone, group_count=shape[0], weights=case.weights, units=units)
    masses = rows.astype(float)
    if case.weights is not None:
        masses = np.bincount(cells, case.weights[kept], shape[0] * shape[1]).reshape(shape)
    return Decided(rows, masses, table.shares(_ALL).size, table.people(EVERYBODY), table.clusters is not None)


def looked_at(case: Case[Any], grouping: Grouping) -> npt.NDArray[np.bool_]:
    """[n], whether the row has a group, and a weight."""
    kept = grouping.codes >= 0
    return np.asarray(kept if case.weights is None else kept & (case.weights > 0))
