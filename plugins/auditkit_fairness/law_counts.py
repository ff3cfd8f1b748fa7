"""Yes and no counted by the labels of named attributes, a chunk of the rows at a time, unknown labels apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.statistics import RATES, OutcomeTable, Shares, code_outcomes, count_outcomes
from auditkit_fairness.groupings import groupings

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tally:
    """How many of each category there are, and for how many of them something holds."""

    names: tuple[str, ...]
    """The attributes."""
    members: tuple[dict[str, str], ...]
    table: OutcomeTable
    rows: int
    """All, those of unknown category too."""

    @property
    def n(self) -> npt.NDArray[np.integer]:
        """How many of each of the members."""
        return np.asarray(self.table.rows.sum(axis=1))

    @property
    def unknown(self) -> int:
        """Rows that lack one of the attributes."""
        return self.rows - int(self.n.sum())

    def shares(self, level: float) -> Shares:
        """The share of each member for whom it holds."""
        return self.table.shares(RATES["selection_rate"], level=level)


def tally(case: Case[Any], names: tuple[str, ...], flags: Callable[[Case[Any]], Flags]) -> Tally:
    """Count `flags` by the labels of one attribute, or of several at once.

    Args:
        case: the rows.
        names: the attributes.
        flags: of some of the case's rows, whether it holds.
    """
    found: dict[tuple[str, ...], npt.NDArray[Any]] = {}
    only = None
    for chunk in chunks(case):
        here = groupings({name: chunk.groups[name] for name in names}, depth=len(names))[-1]
        units = None if chunk.units is None else chunk.units.codes
        only = count_outcomes(here.codes, code_outcomes(flags(chunk)), group_count=len(here.members), units=units)
        for member, row in zip(here.members, only.rows, strict=True):
            labels = tuple(member[name] for name in names)
            found[labels] = found.get(labels, 0) + row
    vocabularies = [case.groups[name].vocabulary for name in names]
    order = sorted(found, key=lambda labels: [v.index(label) for v, label in zip(vocabularies, labels, strict=True)])
    members = tuple(dict(zip(names, labels, strict=True)) for labels in order)
    # Rows that share a unit come as one chunk, whose table knows the units.
    rows = np.array([found[labels] for labels in order], dtype=np.int64).reshape(-1, 6)
    table = only if only is not None and case.units is not None else OutcomeTable(rows)
    return Tally(names, members, table, len(case))


def known(case: Case[Any], names: tuple[str, ...]) -> Flags:
    """[rows], whether all of the attributes are known."""
    return np.asarray(np.all([case.groups[name].codes >= 0 for name in names], axis=0))


def chunks(case: Case[Any]) -> Iterable[Case[Any]]:
    """The case in pieces that can be counted one by one."""
    return case.chunks() if case.units is None else iter([case])
