"""Slices: the rows that lie in one part of a column, or in parts of several columns at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

FEWEST_PEOPLE = 10
"""Of fewer people no slice is looked at, and none by which so few could be subtracted."""


@dataclass(frozen=True)
class Parts:
    """A column whose rows lie in one part each, or in none."""

    codes: Integers
    """[n], from 0; -1: in none."""
    count: int

    @cached_property
    def closed(self) -> Integers:
        """[n], with the rows that lie in none in a last part of their own."""
        kind = np.uint8 if self.count < np.iinfo(np.uint8).max else np.int64
        return np.where(self.codes < 0, self.count, self.codes).astype(kind)


@dataclass(frozen=True)
class Crossing:
    """Slices that share no row: the parts of some columns, crossed."""

    columns: tuple[int, ...]
    sizes: tuple[int, ...]
    """[columns], parts of each, with one for the rows that lie in none."""
    cells: Integers
    """[slices], which of all cells they are, the last column's part varying fastest."""
    rows: Integers
    """[slices]"""

    @property
    def all_cells(self) -> int:
        """How many there are, with those that are not looked at."""
        return int(np.prod(self.sizes))

    @property
    def parts(self) -> Integers:
        """[slices, columns]: the part of each column."""
        return np.stack(np.unravel_index(self.cells, self.sizes), axis=1)


@dataclass(frozen=True)
class Slices:
    """All that are large enough, crossing after crossing."""

    columns: tuple[Parts, ...]
    crossings: tuple[Crossing, ...]

    def __len__(self) -> int:
        """How many slices there are."""
        return sum(len(one.cells) for one in self.crossings)

    @cached_property
    def rows(self) -> Integers:
        """[slices]: rows of each."""
        return np.concatenate([one.rows for one in self.crossings] or [np.zeros(0, dtype=np.int64)])

    @cached_property
    def named(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """[slices]: of each the columns and their parts."""
        found = []
        for one in self.crossings:
            found += [tuple(zip(one.columns, map(int, parts), strict=True)) for parts in one.parts]
        return tuple(found)

    def cells_of(self, crossing: Crossing, rows: Integers | None = None) -> Integers:
        """[rows], the cell of each."""
        found: Integers | None = None
        for place, size in zip(crossing.columns, crossing.sizes, strict=True):
            own = self.columns[place].closed
            own = own if rows is None else own[rows]
            if found is None:
                found = own.astype(np.int64)
            else:
                found *= size
                found += own
        return np.zeros(0, dtype=np.int64) if found is None else found

    def take(self, rows: Integers) -> Slices:
        """The same slices of some of the rows, in which some may have none."""
        columns = tuple(Parts(one.codes[rows], one.count) for one in self.columns)
        own = Slices(columns, ())
        counts = [np.bincount(own.cells_of(one), minlength=one.all_cells)[one.cells] for one in self.crossings]
        crossings = tuple(replace(one, rows=rows) for one, rows in zip(self.crossings, counts, strict=True))
        return Slices(columns, crossings)

    def inside(self, place: int, rows: Integers | None = None) -> Flags:
        """[rows]: which lie in one slice."""
        parts = self.named[place]
        flags = [self.columns[column].codes == part for column, part in parts]
        found = np.logical_and.reduce(flags)
        return np.asarray(found if rows is None else found[rows])


def slices_of(columns: Sequence[Parts], *, least: int, depth: int = 2, owners: Integers | None = None) -> Slices:
    """Every part of a column, and every crossing of parts of up to `depth` columns, that is large enough.

    A slice has at least `least` people, and so have the others; not looked at is what holds the same rows as a slice of
    fewer columns, what fewer than ten people are left of, and what these could be had from by subtraction.

    Args:
        columns: of one length.
        least: people in a slice, and outside.
        depth: 1 or more.
        owners: [n], whose row it is, numbered from 0; None: each row is a person's own.
    """
    found: list[Crossing] = []
    for size in range(1, min(depth, len(columns)) + 1):
        for places in itertools.combinations(range(len(columns)), size):
            found += _crossing(columns, places, least, owners)
    return Slices(tuple(columns), tuple(found))


def _crossing(
    columns: Sequence[Parts], places: tuple[int, ...], least: int, owners: Integers | None
) -> Iterator[Crossing]:
    sizes = tuple(columns[place].count + 1 for place in places)
    made = Slices(tuple(columns), ())
    cells = made.cells_of(Crossing(places, sizes, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)))
    count, everybody = int(np.prod(sizes)), len(cells) if owners is None else int(owners.max(initial=-1)) + 1
    rows = np.bincount(cells, minlength=count)
    people = rows if owners is None else _people(cells, owners, count)
    outside = everybody - people if owners is None else _people_outside(cells, owners, count)
    shape = people.reshape(sizes)
    kept = (shape >= least) & (outside.reshape(sizes) >= least) & ~_given_away(shape)
    for axis, size in enumerate(sizes):
        # Nothing is said of the rows that lie in no part.
        kept[tuple(size - 1 if other == axis else slice(None) for other in range(len(sizes)))] = False
    if len(sizes) > 1:
        for axis in range(len(sizes)):
            kept &= rows.reshape(sizes) < rows.reshape(sizes).sum(axis=axis, keepdims=True)
    chosen = np.flatnonzero(kept)
    if len(chosen):
        yield Crossing(places, sizes, chosen, rows[chosen])


def _people(cells: Integers, owners: Integers, count: int) -> Integers:
    people = int(owners.max(initial=-1)) + 1
    return np.bincount(np.unique(cells * people + owners) // max(people, 1), minlength=count)


def _people_outside(cells: Integers, owners: Integers, count: int) -> Integers:
    """[cells], people who have a row elsewhere: all but those whose every row lies in the cell."""
    people = int(owners.max(initial=-1)) + 1
    pairs, own = np.unique(cells * people + owners, return_counts=True)
    whole = own == np.bincount(owners, minlength=people)[pairs % max(people, 1)]
    return people - np.bincount(pairs[whole] // max(people, 1), minlength=count)


def _given_away(people: Integers) -> Flags:
    """Cells of fewer than ten people, and those beside them in a line of the table that would give these away."""
    small = (people > 0) & (people < FEWEST_PEOPLE)
    hidden = small.copy()
    if not small.any():
        return hidden
    for axis in range(people.ndim):
        lines, flags = np.moveaxis(people, axis, -1), np.moveaxis(hidden, axis, -1)
        few = np.asarray(np.moveaxis(small, axis, -1).any(axis=-1))
        for place in (one for one in np.ndindex(few.shape) if few[one]):
            flags[place] |= withheld_parts(lines[place])
    return hidden


def withheld_parts(counts: Integers) -> Flags:
    """[parts], of one whole: which are withheld because they are small, or would give a small one away.

    A single hidden part is the whole less the others, so a second one goes with it; and what is hidden counts,
    together, at least as much as one part must.

    Args:
        counts: [parts], people.
    """
    hidden = np.asarray((counts > 0) & (counts < FEWEST_PEOPLE))
    while hidden.any() and (np.count_nonzero(hidden) == 1 or counts[hidden].sum() < FEWEST_PEOPLE):
        visible = np.flatnonzero(~hidden & (counts > 0))
        if len(visible) == 0:
            break
        hidden[visible[np.argmin(counts[visible])]] = True
    return hidden
