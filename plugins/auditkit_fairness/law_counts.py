"""Yes and no counted by the labels of named attributes, a chunk of the rows at a time, unknown labels apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.statistics import (
    RATES,
    OutcomeTable,
    Shares,
    code_outcomes,
    count_outcomes,
    join_outcomes,
    outcomes_of_units,
    plain_where_possible,
)
from auditkit_fairness.groupings import groupings
from auditkit_fairness.unit_counting import codes_in, summed

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
    for chunk in case.chunks():
        here = groupings({name: chunk.groups[name] for name in names}, depth=len(names))[-1]
        counted = count_outcomes(here.codes, code_outcomes(flags(chunk)), group_count=len(here.members))
        for member, row in zip(here.members, counted.rows, strict=True):
            labels = tuple(member[name] for name in names)
            found[labels] = found.get(labels, 0) + row
    none = case.narrowed(slice(0, 0)).groups
    vocabularies = [none[name].vocabulary for name in names]
    order = sorted(found, key=lambda labels: [v.index(label) for v, label in zip(vocabularies, labels, strict=True)])
    members = tuple(dict(zip(names, labels, strict=True)) for labels in order)
    rows = np.array([found[labels] for labels in order], dtype=np.int64).reshape(-1, 6)
    table = _over_units(case, names, members, flags) if case.has_units else OutcomeTable(rows)
    return Tally(names, members, table, len(case))


def _over_units(
    case: Case[Any], names: tuple[str, ...], members: tuple[dict[str, str], ...], flags: Callable[[Case[Any]], Flags]
) -> OutcomeTable:
    """The table, where rows of one unit may lie in several chunks."""
    none = case.narrowed(slice(0, 0)).groups
    vocabularies = [none[name].vocabulary for name in names]

    def columns(chunk: Case[Any]) -> list[npt.NDArray[np.integer]]:
        return [*(chunk.groups[name].codes for name in names), flags(chunk).astype(np.int64)]

    tables = []
    for part in summed(case, [*map(len, vocabularies), 2], columns):
        codes = codes_in(vocabularies, part.columns[:-1], members)
        outcomes = code_outcomes(part.columns[-1] > 0)
        tables.append(outcomes_of_units(part.entries, codes, outcomes, group_count=len(members), weigh=False))
    return plain_where_possible(join_outcomes(tables, weigh=False), weigh=False)


def known(case: Case[Any], names: tuple[str, ...]) -> Flags:
    """[rows], whether all of the attributes are known."""
    return np.asarray(np.all([case.groups[name].codes >= 0 for name in names], axis=0))
