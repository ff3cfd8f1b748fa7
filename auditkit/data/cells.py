"""How many rows there are of each combination of labels, counted a piece at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer]
Cell = tuple[int, ...]

_MOST = 1 << 62
_FEW = 1 << 12


def distinct_rows(columns: Sequence[Integers]) -> tuple[Integers, Integers, Integers]:
    """Different rows of codes of -1 and above: them [m, k], each row's place among them [n], and counts [m]."""
    widths = [int(column.max(initial=-1)) + 2 for column in columns]
    if np.prod(np.array(widths, dtype=object)) > _MOST:
        cells, places, counts = np.unique(np.column_stack(columns), axis=0, return_inverse=True, return_counts=True)
        return cells, places.ravel(), counts
    numbers = np.ravel_multi_index([column.astype(np.int64) + 1 for column in columns], widths)
    found, at, times = _distinct(numbers, math.prod(widths))
    return np.column_stack(np.unravel_index(found, widths)) - 1, at, times


def _distinct(numbers: Integers, below: int) -> tuple[Integers, Integers, Integers]:
    """What `np.unique` finds, without sorting where there cannot be many more numbers than rows."""
    if below > max(len(numbers), _FEW):
        found, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
        return found, places.ravel(), counts
    times = np.bincount(numbers, minlength=below)
    found = np.flatnonzero(times)
    return found, (np.cumsum(times > 0) - 1)[numbers], times[found]


@dataclass
class CellCounts:
    """Rows, and units where there are any, of each combination of codes."""

    most: int
    """So many units of a cell are told apart; beyond, it has enough."""
    rows: dict[Cell, int] = field(default_factory=dict)
    units: dict[Cell, set[int]] = field(default_factory=dict)

    def add(self, columns: Sequence[Integers], units: Integers | None) -> None:
        """Add some rows; one with a code of -1 counts for no cell."""
        known = np.flatnonzero(np.all([column >= 0 for column in columns], axis=0))
        found, places, counts = distinct_rows([column[known] for column in columns])
        cells: list[Cell] = [tuple(int(code) for code in cell) for cell in found]
        for cell, count in zip(cells, counts, strict=True):
            self.rows[cell] = self.rows.get(cell, 0) + int(count)
        if units is not None:
            self._add_units(cells, places, units[known])

    def _add_units(self, cells: Sequence[Cell], places: Integers, units: Integers) -> None:
        for at, cell in enumerate(cells):
            seen = self.units.setdefault(cell, set())
            if len(seen) < self.most:
                seen.update(np.unique(units[places == at])[: 2 * self.most].tolist())

    def people(self, cell: Cell) -> int:
        """How many units the cell has, exactly where they are fewer than `most`; rows where there are no units."""
        return len(self.units[cell]) if self.units else self.rows[cell]
