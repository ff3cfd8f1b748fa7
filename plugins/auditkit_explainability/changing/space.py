"""Rows of a table as numbers: what may change, what a change costs, and the rows that come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import NotApplicable
from auditkit.segments import Column, column_in

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_GRID = 11
_MISSING = -1.0
_HALF = 0.5
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Dimension:
    """One column that may change."""

    column: Column
    cells: tuple[str, ...]
    """The categories; of numbers none."""
    places: Floats
    """[n]: numbers, NaN where missing; of categories their places, -1 where missing."""
    unit: float
    """What a change of numbers is measured in: the column's median absolute deviation."""
    grid: Floats
    """Values that are tried by themselves: from the smallest to the largest, or every category."""

    @property
    def is_number(self) -> bool:
        """Whether it can change by a little."""
        return not self.cells

    def cost(self, own: Floats, other: Floats) -> Floats:
        """[...]: of changing one value into another; of categories, and where a number is missing, 1."""
        if not self.is_number:
            return np.asarray(own != other, dtype=float)
        same = (own == other) | (np.isnan(own) & np.isnan(other))
        far = np.abs(np.nan_to_num(own) - np.nan_to_num(other)) / self.unit
        return np.where(same, 0.0, np.where(np.isnan(own) | np.isnan(other), 1.0, far))

    @cached_property
    def _holders(self) -> list[int]:
        """A row that has each category, whose cell is taken as it stands."""
        return [int(np.flatnonzero(self.column.labels == cell)[0]) for cell in self.cells]

    @property
    def most(self) -> float:
        """The largest change that the table allows."""
        return float((self.grid.max() - self.grid.min()) / self.unit) if self.is_number else 1.0

    def tidied(self, numbers: Floats) -> Floats:
        """The numbers that a cell of the column can hold nearest to these."""
        if not self.is_number:
            return numbers
        if self.column.is_whole:
            return np.rint(numbers)
        if self.column.own.dtype.kind == "f":
            return np.asarray(numbers.astype(self.column.own.dtype), dtype=np.float64)
        return np.round(numbers, 6)

    def series(self, rows: Integers, values: Floats) -> Any:
        """[m]: cells of these values; where a row's own is meant, that very cell.

        Args:
            rows: [m], whose cells they are to be.
            values: [m].
        """
        import pandas as pd

        own = self.column.own.iloc[rows]
        same = (values == self.places[rows]) | (np.isnan(values) & np.isnan(self.places[rows]))
        if self.is_number:
            made = self.column.of_numbers(values, rows)
        else:
            made = self.column.own.iloc[[self._holders[int(max(place, 0))] for place in values]].set_axis(own.index)
        found = own.to_numpy(dtype=object).copy()
        found[~same] = made.to_numpy(dtype=object)[~same]
        return pd.Series(found, index=own.index, name=own.name).astype(own.dtype)


@dataclass(frozen=True)
class Space:
    """A table of which some columns may change."""

    table: Any
    dimensions: tuple[Dimension, ...]

    @classmethod
    def of(cls, table: Any, names: Sequence[str], fixed: Sequence[str], weights: Floats) -> Space:
        """Of some columns of a table; `weights` [n]: how much each row counts in what is usual.

        Raises:
            NotApplicable: none of them can change.
        """
        free = [column_in(table, name) for name in names if name not in fixed]
        found = [_dimension(column, weights) for column in free if column is not None and column.kind != "other"]
        if not found:
            raise NotApplicable("no column of numbers or categories may change", hint="leave one out of 'fixed'")
        return cls(table, tuple(found))

    @cached_property
    def values(self) -> Floats:
        """[n, d]: the rows as they are."""
        return np.column_stack([one.places for one in self.dimensions])

    def inputs(self, rows: Integers, values: Floats) -> Any:
        """[m], as the model is given them: rows with other values [m, d]."""
        made = {one.column.name: one.series(rows, values[:, place]) for place, one in enumerate(self.dimensions)}
        return self.table.iloc[rows].assign(**made)

    def costs(self, rows: Integers, values: Floats) -> Floats:
        """[m, d]: of each change, 0 where there is none."""
        own = self.values[rows]
        parts = [one.cost(own[:, place], values[:, place]) for place, one in enumerate(self.dimensions)]
        return np.column_stack(parts)

    @property
    def most(self) -> float:
        """What changing everything by the most that the table allows would cost."""
        return float(sum(one.most for one in self.dimensions))


def _dimension(column: Column, weights: Floats) -> Dimension:
    if column.kind == "categories":
        cells = tuple(sorted({str(label) for label in column.labels if label is not None}))
        places = {cell: float(place) for place, cell in enumerate(cells)}
        values = np.array([_MISSING if label is None else places[str(label)] for label in column.labels])
        return Dimension(column, cells, values, 1.0, np.arange(len(cells), dtype=float))
    kept = np.isfinite(column.numbers) & (weights > 0)
    known, mass = column.numbers[kept], weights[kept]
    if not len(known):
        return Dimension(column, (), column.numbers, 1.0, np.zeros(1))
    away = np.abs(known - _quantiles(known, mass, [_HALF])[0])
    unit = float(_quantiles(away, mass, [_HALF])[0]) or float(np.average(away, weights=mass)) or 1.0
    grid = np.unique(_quantiles(known, mass, np.linspace(0, 1, _GRID)))
    return Dimension(column, (), column.numbers, unit, grid)


def _quantiles(numbers: Floats, mass: Floats, wanted: Any) -> Floats:
    """The smallest numbers that so much of the mass does not exceed: rows that come twice count as a weight of 2."""
    order = np.argsort(numbers, kind="stable")
    share = np.cumsum(mass[order]) / mass.sum()
    places = np.searchsorted(share, np.asarray(wanted, dtype=float) - _ROUNDING)
    return np.asarray(numbers[order][np.minimum(places, len(order) - 1)])
