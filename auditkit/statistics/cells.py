"""How many rows have each combination of labels, from columns to a tensor of counts in one pass.

Every rate of every group, and of every intersection of groups, is a sum over cells: rows are looked at once, and never
again. Long tables are counted a piece at a time, and pieces that come one after the other are added.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.coding import Coded, code_column, narrowest
from auditkit.statistics.counts import Outcome, OutcomeTable

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

AT_ONCE = 131_072
"""Rows that are coded and counted together: their codes fit into a processor's cache."""
MOST_CELLS = 1 << 24
"""A tensor of more is refused: it would hold far more cells than most tables have rows."""


@dataclass(frozen=True)
class Cells:
    """Rows by their labels in several columns."""

    names: tuple[str, ...]
    """Of the columns."""
    labels: tuple[tuple[Hashable, ...], ...]
    """For each column those that occur: numbers by size, then the others by alphabet."""
    counts: Integers
    """[1 + labels of the first column, 1 + labels of the second, ...]; place 0 counts rows whose value is missing."""
    masses: Floats | None = None
    """The same of the rows' weights; None: all rows weigh the same."""

    def by(self, *names: str) -> Cells:
        """Counts by some of the columns, in the order asked for: summed over the others, nothing is counted again.

        Raises:
            ValueError: a column was not counted.
        """
        kept = [self.names.index(name) for name in names]
        others = tuple(axis for axis in range(len(self.names)) if axis not in kept)
        left = [axis for axis in range(len(self.names)) if axis in kept]
        order = [left.index(axis) for axis in kept]

        def summed(whole: Any) -> Any:
            return whole.sum(axis=others).transpose(order)

        masses = None if self.masses is None else summed(self.masses)
        return Cells(names, tuple(self.labels[axis] for axis in kept), summed(self.counts), masses)

    @property
    def known(self) -> Integers:
        """[labels of the first column, ...]: the counts of rows that lack none of these columns."""
        return self.counts[(slice(1, None),) * len(self.names)]

    @property
    def rows(self) -> int:
        """How many rows were counted, those with missing values too."""
        return int(self.counts.sum())

    def __add__(self, other: Cells) -> Cells:
        """The counts of both parts of a table; labels that one of them lacks have no rows there.

        Raises:
            ValueError: they count different columns, or would have too many cells.
        """
        if self.names != other.names:
            raise ValueError(f"cells of {self.names} cannot be added to cells of {other.names}")
        if self.labels == other.labels:
            return Cells(self.names, self.labels, self.counts + other.counts, _sum(self.masses, other.masses))
        labels = tuple(_in_order({*one, *two}) for one, two in zip(self.labels, other.labels, strict=True))
        one, two = _moved(self, labels), _moved(other, labels)
        return Cells(self.names, labels, one.counts + two.counts, _sum(one.masses, two.masses))


def count_cells(
    table: Any,
    names: Sequence[str],
    *,
    weights: Floats | None = None,
    threads: int | None = None,
    at_once: int = AT_ONCE,
) -> Cells:
    """Count the combinations of labels that the rows of a table have, in time linear in the rows.

    The table is a data frame, an Arrow table or batch, or a dict of columns: `table[name]` is one. Pieces of it are
    coded and counted in several threads; the answer does not depend on how many.

    Args:
        table: the columns, each as `code_column` takes it.
        names: which of them.
        weights: [n], not negative; absent: each row counts once.
        threads: how many; absent: as many as there are processors.
        at_once: rows a piece.

    Raises:
        ValueError: the columns are of unequal length, or there would be more cells than `MOST_CELLS`.
    """
    columns = [table[name] for name in names]
    lengths = {len(column) for column in (*columns, *(() if weights is None else (weights,)))}
    if len(lengths) != 1:
        raise ValueError(f"the columns have {sorted(lengths)} rows; wanted columns of one length")
    parts = [slice(start, start + at_once) for start in range(0, max(lengths.pop(), 1), at_once)]

    def counted(part: slice) -> Cells:
        coded = [code_column(_part(column, part)) for column in columns]
        return _counted(names, coded, None if weights is None else weights[part])

    return _total(_in_threads(counted, parts, threads or _processors()))


def count_stream(tables: Iterable[Any], names: Sequence[str], *, threads: int | None = None) -> Cells:
    """Count tables that follow each other, e.g. the batches of a Parquet file, in the memory of a few of them.

    A label may be seen first in a later table. Columns that Parquet holds as a dictionary stay codes when the file is
    opened with `read_dictionary`; ask it for batches of one row group after the other, or Arrow keeps its bytes.

    Args:
        tables: each as `count_cells` takes it.
        names: which columns.
        threads: how many tables are counted at a time; absent: as many as there are processors.

    Raises:
        ValueError: there is no table, or there would be more cells than `MOST_CELLS`.
    """

    def counted(table: Any) -> Cells:
        return count_cells(table, names, threads=1)

    return _total(_in_threads(counted, tables, threads or _processors()))


def outcomes_of(cells: Cells, *, target: str, decision: str, positive: Hashable = 1) -> OutcomeTable:
    """The outcomes of a decision in each cell of the other columns, from counts: what `count_outcomes` says of rows.

    With several classes it is one of them against the rest. Rows without a group or without a decision are left out;
    those without a target are `UNKNOWN`.

    Args:
        cells: by the attributes, and by the two columns.
        target: the column of what is true.
        decision: the column of what was decided.
        positive: the class, as it stands in both columns.

    Returns:
        Groups in the order of `cells.by(*attributes).known.ravel()`: the last attribute varies fastest.
    """
    attributes = [name for name in cells.names if name not in (target, decision)]
    ordered = cells.by(*attributes, target, decision)
    inside = ordered.counts[(slice(1, None),) * len(attributes)]
    by_answer = inside.reshape(-1, *ordered.counts.shape[-2:])
    wanted, decided = ordered.labels[-2:]
    return OutcomeTable(one_against_rest(by_answer[:, :, 1:], _place(wanted, positive), _place(decided, positive)))


def one_against_rest(answers: Integers, target: int | None, decision: int | None) -> Integers:
    """Counts by `Outcome`, [groups, 6], of one class from the counts of all.

    Args:
        answers: [groups, 1 + targets, decisions]; place 0 of the targets: those without one.
        target: the class among the targets, from 0; None: no row has it.
        decision: the class among the decisions, from 0; None: no row was given it.
    """
    rows = np.zeros((len(answers), len(Outcome)), dtype=np.int64)
    none = np.zeros(answers.shape[:2], dtype=np.int64)
    given = none if decision is None else answers[:, :, decision]
    for was_given, decided in ((1, given), (0, answers.sum(axis=2) - given)):
        unknown, true = decided[:, 0], none[:, 0] if target is None else decided[:, 1 + target]
        rows[:, Outcome.UNKNOWN_NEGATIVE + was_given] = unknown
        rows[:, Outcome.FALSE_NEGATIVE + was_given] = true
        rows[:, Outcome.TRUE_NEGATIVE + was_given] = decided.sum(axis=1) - unknown - true
    return rows


def _place(labels: Sequence[Hashable], label: Hashable) -> int | None:
    return labels.index(label) if label in labels else None


def _part(column: Any, rows: slice) -> Any:
    """Some rows of a column, without a copy."""
    located = getattr(column, "iloc", column)
    return located[rows]


def _counted(names: Sequence[str], columns: Sequence[Coded], weights: Floats | None) -> Cells:
    shape = tuple(1 + len(column.labels) for column in columns)
    cells = _refuse_many(shape)
    places = cell_places([column.codes for column in columns], [len(column.labels) for column in columns])
    counts = np.bincount(places, minlength=cells).reshape(shape)
    masses = None
    if weights is not None:
        masses = np.bincount(places, weights=weights, minlength=cells).astype(float, copy=False).reshape(shape)
    found = Cells(tuple(names), tuple(column.labels for column in columns), counts, masses)
    return _moved(found, tuple(_in_order(_occurring(found, axis)) for axis in range(len(names))))


def _occurring(cells: Cells, axis: int) -> list[Hashable]:
    """The labels of a column that a row has; a dictionary may hold others."""
    rows = cells.counts.sum(axis=tuple(other for other in range(len(cells.names)) if other != axis))
    return [label for label, count in zip(cells.labels[axis], rows[1:], strict=True) if count]


def cell_places(columns: Sequence[Integers], labels: Sequence[int]) -> Integers:
    """The cell of each row, [n], in a tensor [1 + labels, ...] whose place 0 is for missing values.

    Args:
        columns: codes [n] of one column each; -1: missing.
        labels: how many labels each of them has.
    """
    sizes = [count + 1 for count in labels]
    kind = narrowest(math.prod(sizes), (np.int16, np.int32, np.int64))
    places = np.zeros(len(columns[0]), dtype=kind)
    first = 0  # the cell of a row whose codes are all 0, which lacks nothing
    for codes, size in zip(columns, sizes, strict=True):
        places *= size
        places += codes.astype(kind, copy=False)
        first = first * size + 1
    places += first
    return places


def _refuse_many(shape: tuple[int, ...]) -> int:
    cells = math.prod(shape)
    if cells > MOST_CELLS:
        raise ValueError(f"the columns have {cells:,} combinations; wanted at most {MOST_CELLS:,}")
    return cells


def _moved(cells: Cells, labels: tuple[tuple[Hashable, ...], ...]) -> Cells:
    """The same counts with labels in another order, with more of them, or without some that have no rows."""
    if labels == cells.labels:
        return cells
    shape = tuple(1 + len(names) for names in labels)
    _refuse_many(shape)
    there, here = [], []
    for own, names in zip(cells.labels, labels, strict=True):
        place = {label: at for at, label in enumerate(own, start=1)}
        both = [(place[label], at) for at, label in enumerate(names, start=1) if label in place]
        there.append([0, *(one for one, _ in both)])
        here.append([0, *(other for _, other in both)])

    def moved(whole: Any) -> Any:
        found = np.zeros(shape, dtype=whole.dtype)
        found[np.ix_(*here)] = whole[np.ix_(*there)]
        return found

    return Cells(cells.names, labels, moved(cells.counts), None if cells.masses is None else moved(cells.masses))


def _sum(one: Floats | None, other: Floats | None) -> Floats | None:
    if (one is None) != (other is None):
        raise ValueError("rows with weights cannot be added to rows without")
    return None if one is None or other is None else one + other


def _in_order(labels: Iterable[Hashable]) -> tuple[Hashable, ...]:
    return tuple(sorted(labels, key=_by_size_then_alphabet))


def _by_size_then_alphabet(label: Any) -> tuple[bool, float, str]:
    is_number = isinstance(label, int | float)
    return not is_number, float(label) if is_number else 0.0, str(label)


def _total(parts: Iterator[Cells]) -> Cells:
    total = next(parts, None)
    if total is None:
        raise ValueError("there is no table to count")
    for part in parts:
        total = total + part
    return total


def _in_threads(work: Callable[[Any], Cells], parts: Iterable[Any], threads: int) -> Iterator[Cells]:
    """What the work makes of each part, in order; never more parts at once than are being worked on."""
    if threads == 1 or (isinstance(parts, list) and len(parts) == 1):
        yield from map(work, parts)
        return
    waiting: deque[Future[Cells]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for part in parts:
            waiting.append(pool.submit(work, part))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
