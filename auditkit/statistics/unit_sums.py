"""Rows that share a unit or have weights, summed a piece at a time: what units add, and how many of them add the same.

Rows of one unit may lie in any piece. In memory are the units' sums while they are added up; after that only the kinds
of units, of which there are few where units have few rows and no weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Clusters, Outcome, OutcomeTable, distinct_rows

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_KINDS = len(Outcome)
_LEAST = 1 << 18
_WEIGHT_BITS = 18
"""Of a weight that are told apart: sign, exponent and six of the mantissa."""
_MOST = 1 << 62


@dataclass(frozen=True)
class UnitEntries:
    """What each unit adds to each cell; rows that are units of their own and weigh about the same are one entry."""

    cells: Integers
    """[entries]"""
    units: Integers
    """[entries]; -1: each of its rows is a unit of its own."""
    rows: Integers
    """[entries], 1 or more."""
    masses: Floats | None
    """[entries], sums of weights; None: each row weighs 1."""

    def parts(self, most: int) -> Iterator[UnitEntries]:
        """The entries in parts of about so many, all of a unit's in one of them; one part when there are none."""
        begins = np.flatnonzero(np.concatenate([[True], (self.units[1:] != self.units[:-1]) | (self.units[1:] < 0)]))
        start = 0
        while start == 0 or start < len(self.units):
            at = np.searchsorted(begins, start + most)
            stop = int(begins[at]) if at < len(begins) else len(self.units)
            part = slice(start, stop)
            masses = None if self.masses is None else self.masses[part]
            yield UnitEntries(self.cells[part], self.units[part], self.rows[part], masses)
            start = max(stop, 1)


class UnitSums:
    """Sums by unit and cell that grow with pieces of rows.

    Rows without a unit are told apart by their weights to within a sixty-fourth: their sum is kept, and the sum of
    their squares is at most 7e-5 of itself too small.
    """

    def __init__(self, cells: int) -> None:
        """No rows yet.

        Args:
            cells: how many there are.

        Raises:
            ValueError: there are too many.
        """
        if cells >= _MOST >> _WEIGHT_BITS:
            raise ValueError(f"there are {cells:,} cells; wanted fewer than {_MOST >> _WEIGHT_BITS:,}")
        self._cells = cells
        self._settled = self._waiting = 0
        self._parts: list[_Sums] = []

    def add(self, cells: Integers, *, units: Integers | None = None, weights: Floats | None = None) -> None:
        """Add some rows; those of weight 0 are left out.

        Args:
            cells: [n], from 0.
            units: [n], whom each row belongs to; -1, and None: it is a unit of its own.
            weights: [n], not negative; None: each row weighs 1, as all other rows must then.

        Raises:
            ValueError: units and cells together are too many to be told apart.
        """
        keys = self._keys(cells.astype(np.int64), units, weights)
        mass = None
        if weights is not None:
            keys, mass = keys[weights > 0], np.asarray(weights[weights > 0], dtype=float)
        self._parts.append(_summed(keys, np.ones(len(keys), dtype=np.int32), mass))
        self._waiting += len(self._parts[-1][0])
        if self._waiting > max(self._settled, _LEAST):
            self._settle()

    def _keys(self, cells: Integers, units: Integers | None, weights: Floats | None) -> Integers:
        """Unit and cell as one number; below 0 for rows without a unit: cell and weight."""
        alone = cells << _WEIGHT_BITS
        if weights is not None:
            alone |= np.ascontiguousarray(weights, dtype=np.float64).view(np.int64) >> (64 - _WEIGHT_BITS)
        if units is None:
            return -1 - alone
        if (int(units.max(initial=0)) + 1) * self._cells >= _MOST:
            raise ValueError(f"{int(units.max()) + 1:,} units and {self._cells:,} cells are too many together")
        return np.where(units >= 0, units.astype(np.int64) * self._cells + cells, -1 - alone)

    def _settle(self) -> None:
        keys, rows, masses = zip(*self._parts, strict=True)
        self._parts = []
        weighed = None if any(mass is None for mass in masses) else np.concatenate(masses)
        self._parts = [_summed(np.concatenate(keys), np.concatenate(rows), weighed)]
        self._settled, self._waiting = len(self._parts[0][0]), 0

    def entries(self) -> UnitEntries:
        """All that was added, by unit."""
        if not self._parts:
            none = np.zeros(0, dtype=np.int64)
            return UnitEntries(none, none, none, None)
        self._settle()
        ((keys, rows, masses),) = self._parts
        units = np.where(keys < 0, -1, keys // self._cells)
        cells = np.where(keys < 0, (-1 - keys) >> _WEIGHT_BITS, keys % self._cells)
        return UnitEntries(cells, units, rows, masses)


def outcomes_of_units(
    entries: UnitEntries, groups: Integers, outcomes: Integers, *, group_count: int, weigh: bool
) -> OutcomeTable:
    """What `count_outcomes` says of the rows, from their sums; units that are alike are one kind.

    Args:
        entries: of some units, all of whose rows were added, and of rows without one.
        groups: [entries], the group of each; -1 leaves it out.
        outcomes: [entries], as `code_outcomes` gives them.
        group_count: how many groups there are.
        weigh: whether weights say something; False: every row counts as 1.
    """
    kept = np.flatnonzero(groups >= 0)
    inside, codes = groups[kept].astype(np.int64), outcomes[kept].astype(np.int64)
    units, rows = entries.units[kept], entries.rows[kept]
    masses = entries.masses[kept] if weigh and entries.masses is not None else rows.astype(float)
    table = np.bincount(inside * _KINDS + codes, rows, group_count * _KINDS).astype(np.int64).reshape(-1, _KINDS)
    alone = units < 0
    parts = [_own(inside[alone], codes[alone], rows[alone], masses[alone])]
    shared = ~alone
    if shared.any():
        parts.append(_summed_units(inside[shared], codes[shared], units[shared], rows[shared], masses[shared]))
    return OutcomeTable(table, _kinds(parts, weigh=weigh))


def join_outcomes(parts: Sequence[OutcomeTable], *, weigh: bool) -> OutcomeTable:
    """The table of all units from tables of some each; no unit has rows in two of them.

    Args:
        parts: one or more, as `outcomes_of_units` gives them.
        weigh: as it was given there.
    """
    rows = np.sum([part.rows for part in parts], axis=0)
    return OutcomeTable(rows, _kinds([part.clusters for part in parts if part.clusters is not None], weigh=weigh))


def plain_where_possible(table: OutcomeTable, *, weigh: bool) -> OutcomeTable:
    """The table without its units where each has a single row of the same weight: they say nothing more."""
    if table.clusters is None or (not weigh and not np.any(table.clusters.rows.sum(axis=1) > 1)):
        return OutcomeTable(table.rows)
    return table


_Sums = tuple[Integers, Integers, Floats | None]
"""Keys in order, with the rows and the weight of each."""


def _summed(keys: Integers, rows: Integers, masses: Floats | None) -> _Sums:
    """Keys in order, each once, with the sums of what stands beside it."""
    if len(keys) == 0:
        return keys, rows, masses
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    weighed = None if masses is None else np.add.reduceat(masses[order], starts)
    return ordered[starts], np.add.reduceat(rows[order], starts, dtype=np.int32), weighed


def _own(groups: Integers, outcomes: Integers, rows: Integers, masses: Floats) -> Clusters:
    """Rows that are units of their own: as many of a kind as an entry has rows, each of their mean weight."""
    single = np.zeros((len(rows), _KINDS), dtype=np.int64)
    single[np.arange(len(rows)), outcomes] = 1
    weighed = np.zeros(single.shape)
    weighed[np.arange(len(rows)), outcomes] = masses / rows
    return Clusters(groups, single, weighed, rows)


def _summed_units(groups: Integers, outcomes: Integers, units: Integers, rows: Integers, masses: Floats) -> Clusters:
    pairs, places = np.unique(groups * (int(units.max()) + 1) + units, return_inverse=True)
    cells, count = places.ravel() * _KINDS + outcomes, len(pairs)
    summed = np.bincount(cells, rows, count * _KINDS).astype(np.int64).reshape(count, _KINDS)
    weighed = np.bincount(cells, masses, count * _KINDS).astype(float, copy=False).reshape(count, _KINDS)
    return Clusters(pairs // (int(units.max()) + 1), summed, weighed, np.ones(count, dtype=np.int64))


def _kinds(parts: Sequence[Clusters], *, weigh: bool) -> Clusters:
    """The units of all parts, those that are alike as one with their number."""
    columns = [np.column_stack([one.groups, one.rows, *([one.masses] if weigh else [])]) for one in parts]
    times = [np.ones(len(one.groups), dtype=np.int64) if one.times is None else one.times for one in parts]
    found, often = distinct_rows(np.concatenate(columns), np.concatenate(times))
    rows = found[:, 1 : 1 + _KINDS].astype(np.int64)
    masses = found[:, 1 + _KINDS :] if weigh else rows.astype(float)
    return Clusters(found[:, 0].astype(np.int64), rows, masses, often)
