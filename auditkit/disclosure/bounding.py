"""Bounds counts that are not told from those that are, by linear programming: the attacker that the host is itself.

The reader knows all that is told exactly, that counts are not negative, that a group which is named has somebody in it,
and how groups and outcomes add up. What such a reader cannot bound closely, nobody can who reads no more.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.disclosure.told import CHOSEN, FN, FP, OUTCOMES, TN, TP, WHOLE, Cell, Counts, Known, Sum

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_UNKNOWNS = 6_000
"""Counts of a linear programme that is still solved in a fraction of a second. Larger ones are made smaller."""

Columns = npt.NDArray[np.intp]
"""Places of counts among all that are unknown."""


@dataclass(frozen=True)
class Block:
    """Some attributes, crossed."""

    attributes: tuple[str, ...]
    atoms: tuple[tuple[str | None, ...], ...]
    """The crossings that may have rows: a label of each attribute, None where it is missing."""

    def inside(self, cell: Cell) -> Columns:
        """Which of its atoms belong to a group; all where the group is everybody."""
        wanted = [(self.attributes.index(name), label) for name, label in cell]
        return np.array([at for at, atom in enumerate(self.atoms) if all(atom[i] == v for i, v in wanted)], np.intp)


def blocks_of(counts: Counts) -> list[Block] | None:
    """The tables that a reader has to look at together; None when they are too large to be solved for.

    Tables that hang together like a tree have a common whole whenever they agree in what they share (Beeri, Fagin,
    Maier and Yannakakis 1983), and are looked at as they are. Others are looked at as one, all attributes crossed.
    """
    sets = {frozenset(name for name, _ in cell) for cell in counts.rows if cell}
    largest = sorted((one for one in sets if not any(one < other for other in sets)), key=sorted)
    groups = largest if is_tree(largest) else [frozenset().union(*largest)]
    names = [tuple(sorted(one)) for one in groups] or [()]
    widths = [math.prod(len(_labels(counts, name)) for name in one) for one in names]
    if sum(widths) * len(counts.labels) * len(counts.outcomes) > MOST_UNKNOWNS:
        return None
    return [_block(counts, one, sets) for one in names]


def is_tree(sets: Iterable[frozenset[str]]) -> bool:
    """Whether sets of attributes make an acyclic hypergraph, by Graham's reduction."""
    left = [set(one) for one in sets]
    while True:
        met = [name for one in left for name in one]
        fewer = [{name for name in one if met.count(name) > 1} for one in left]
        kept = [one for at, one in enumerate(fewer) if one and not any(one <= other for other in fewer[at + 1 :])]
        kept = [one for one in kept if not any(one < other for other in kept)]
        if kept == left:
            return not kept
        left = kept


def _labels(counts: Counts, name: str) -> list[str | None]:
    labels = {cell[0][1]: rows for cell, rows in counts.rows.items() if len(cell) == 1 and cell[0][0] == name}
    missing: list[str | None] = [None] if sum(labels.values()) < counts.rows[()] else []
    return [*sorted(labels), *missing]


def _block(counts: Counts, names: tuple[str, ...], sets: set[frozenset[str]]) -> Block:
    inside = [one for one in sets if one <= set(names)]
    places = [sorted(names.index(name) for name in one) for one in inside]
    atoms = []
    for atom in itertools.product(*(_labels(counts, name) for name in names)):
        groups = [tuple((names[at], atom[at]) for at in where) for where in places]
        # Every crossing that has rows is named, so that one which is not has none.
        if all(group in counts.rows or any(label is None for _, label in group) for group in groups):
            atoms.append(atom)
    return Block(names, tuple(atoms))


@dataclass(frozen=True)
class Bound:
    """How far a sum can be bounded, and by which of what is told."""

    low: float
    high: float
    told_by: tuple[Known, ...] = ()

    @property
    def doubt(self) -> float:
        """How many whole numbers lie within, less one."""
        if not math.isfinite(self.low) or not math.isfinite(self.high):
            return self.high - self.low
        return math.floor(self.high + WHOLE) - math.ceil(self.low - WHOLE)


class Unsolved(Exception):  # noqa: N818  no error of the user's
    """The counts contradict each other, or the programme has no solution that can be had."""


@dataclass
class Reader:
    """Bounds sums from what is told. What was found possible stays possible when less is told."""

    counts: Counts
    blocks: Sequence[Block]
    _worlds: list[npt.NDArray[np.float64]] = field(default_factory=list)

    def bounds(
        self, wanted: Sequence[Sum], needed: Sequence[int], told: Sequence[Known]
    ) -> Iterator[tuple[Sum, Bound]]:
        """Those of the sums that can be bounded more closely than is needed."""
        left = [(one, doubt) for one, doubt in zip(wanted, needed, strict=True) if self._seen(one).doubt < doubt]
        if not left:
            return
        programme = self._programme(told)
        for one, doubt in self._pushed_together(left, programme):
            columns, bound = self._columns(one), self._seen(one)
            for sign in (-1, 1):
                if bound.doubt < doubt:
                    bound = self._push(columns, sign, programme, bound)
            if bound.doubt < doubt:
                yield one, bound

    def _pushed_together(self, left: list[tuple[Sum, int]], programme: Any) -> list[tuple[Sum, int]]:
        """Those of the sums that do not move far enough when half of them are pushed at once, up and then down.

        Each push looks for one world in which as many as can be are as far as is needed from where they were seen, and
        pays nothing for going further. Most sums need no programme of their own after it.
        """
        while len(left) > _FEW:
            if not self._worlds:
                self._solve(np.zeros(self._width), programme)
            before = len(left)
            # Of sums that make up a known whole not all can rise: the other half is left free to fall.
            for start, sign in itertools.product((0, 1), (1, -1)):
                self._push_all(left[start::2] or left, sign, programme)
                left = [(one, doubt) for one, doubt in left if self._seen(one).doubt < doubt]
                if not left:
                    return left
            if len(left) == before:
                break
        return left

    def _push_all(self, left: list[tuple[Sum, int]], sign: int, programme: Any) -> None:
        """Find a world where each sum is beyond its least (sign 1), or below its most (-1), as far as is needed."""
        from scipy.sparse import eye_array, hstack, vstack

        told, parts = programme
        seen = [self._seen(one) for one, _ in left]
        ends = np.array([bound.low if sign > 0 else bound.high for bound in seen])
        whole = np.ceil(ends - WHOLE) if sign > 0 else np.floor(ends + WHOLE)
        far = np.abs(whole + sign * np.array([doubt for _, doubt in left]) - ends)
        sums = _matrix([(self._columns(one), None) for one, _ in left], self._width)
        beyond = hstack([-sign * sums, eye_array(len(left))])
        named = parts["A_ub"]
        above = [] if named is None else [hstack([named, _matrix([(_NONE, None)] * named.shape[0], len(left))])]
        equal = hstack([parts["A_eq"], _matrix([(_NONE, None)] * parts["A_eq"].shape[0], len(left))])
        wider = {
            "A_eq": equal.tocsr(),
            "b_eq": parts["b_eq"],
            "A_ub": vstack([*above, beyond]).tocsr(),
            "b_ub": np.concatenate([parts["b_ub"] if named is not None else [], -sign * ends]),
        }
        limits = np.array([(0, np.inf)] * self._width + [(0, end) for end in far])
        self._solve(np.repeat([0.0, -1.0], [self._width, len(left)]), (told, wider), limits)

    def _seen(self, wanted: Sum) -> Bound:
        columns = self._columns(wanted)
        values = [float(world[columns].sum()) for world in self._worlds]
        return Bound(min(values, default=math.inf), max(values, default=-math.inf))

    def _push(self, columns: Columns, sign: int, programme: Any, bound: Bound) -> Bound:
        told, _ = programme
        aim = np.zeros(self._width)
        aim[columns] = sign
        found = self._solve(aim, programme)
        if found is None:
            return Bound(-math.inf, math.inf)
        value = float(found.x[columns].sum())
        weights = np.abs(found.eqlin.marginals[: len(told)]) > WHOLE
        by = tuple(one for one, counts in zip(told, weights, strict=True) if counts)
        return Bound(min(bound.low, value), max(bound.high, value), (*bound.told_by, *by))

    def _solve(self, aim: npt.NDArray[np.float64], programme: Any, limits: Any = (0, None)) -> Any:
        """A world that is possible and where the aim is the least; None when it has no least."""
        from scipy.optimize import linprog

        found: Any = linprog(aim, bounds=limits, method="highs", **programme[1])
        if found.status == _UNBOUNDED:
            return None
        if found.status != 0 or found.x is None:
            raise Unsolved(found.message)
        self._worlds.append(found.x[: self._width])
        return found

    def _programme(self, told: Sequence[Known]) -> tuple[Sequence[Known], dict[str, Any]]:
        unique = list({(one.sum, one.count): one for one in told}.values())
        sums = [(self._columns(one.sum), one.count) for one in unique]
        left, right = zip(*((columns, count) for columns, count in sums), strict=True) if sums else ((), ())
        missing = list(self._missing())
        left, right = (*left, *(columns for columns, _ in missing)), (*right, *(count for _, count in missing))
        equal = _matrix([(columns, None) for columns in left] + self._agreements, self._width)
        named = [self._columns(Sum(cell, self.counts.labels[0], tuple(OUTCOMES))) for cell in self.counts.rows if cell]
        return unique, {
            "A_eq": equal,
            "b_eq": np.concatenate([np.array(right, float), np.zeros(len(self._agreements))]),
            "A_ub": -_matrix([(columns, None) for columns in named], self._width) if named else None,
            "b_ub": -np.ones(len(named)) if named else None,
        }

    def _missing(self) -> Iterator[tuple[Columns, int]]:
        """How many rows lack an attribute, or one of several, is told, as the quality of the data."""
        label = self.counts.labels[0]
        for place, block in enumerate(self.blocks):
            for name in block.attributes:
                cells: list[Cell] = [((name, one),) for one in _labels(self.counts, name) if one is not None]
                columns = [self._columns(Sum(cell, label, tuple(OUTCOMES)), place) for cell in cells]
                if columns:
                    yield np.concatenate(columns), sum(self.counts.rows[cell] for cell in cells)
            for crossed in self._crossed(block):
                whole = [self._columns(Sum(cell, label, tuple(OUTCOMES)), place) for cell in crossed]
                yield np.concatenate(whole), sum(self.counts.rows[cell] for cell in crossed)

    def _crossed(self, block: Block) -> Iterator[list[Cell]]:
        """All groups of each crossing: a table may tell how many rows it leaves out, as that of a law does."""
        rows = self.counts.rows
        crossings: dict[tuple[str, ...], list[Cell]] = {}
        for cell in rows:
            names = tuple(name for name, _ in cell)
            if len(names) > 1 and set(names) <= set(block.attributes):
                crossings.setdefault(names, []).append(cell)
        for names, cells in crossings.items():
            complete = sum(rows[cell] for cell in cells)
            having = [
                sum(rows[((name, one),)] for one in _labels(self.counts, name) if one is not None) for name in names
            ]
            # Where crossings are counted in people and attributes in rows, they do not add up, and say nothing.
            if rows[()] - sum(rows[()] - one for one in having) <= complete <= min(having):
                yield cells

    @functools.cached_property
    def _starts(self) -> list[int]:
        return [0, *itertools.accumulate(len(block.atoms) for block in self.blocks)]

    @property
    def _width(self) -> int:
        return self._starts[-1] * len(self.counts.labels) * len(self.counts.outcomes)

    def _columns(self, wanted: Sum, at: int | None = None) -> Columns:
        """The places of a sum's counts; of several blocks that have its attributes, in the first."""
        key = (wanted, at)
        if key not in self._kept:
            names = {name for name, _ in wanted.cell}
            place = at if at is not None else next(i for i, b in enumerate(self.blocks) if names <= set(b.attributes))
            atoms = self._starts[place] + self.blocks[place].inside(wanted.cell)
            label = self.counts.labels.index(wanted.label)
            outcomes = [self.counts.outcomes.index(one) for one in wanted.outcomes if one in self.counts.outcomes]
            width = len(self.counts.outcomes)
            base = (atoms * len(self.counts.labels) + label) * width
            self._kept[key] = (base[:, None] + np.array(outcomes, np.intp)).ravel()
        return self._kept[key]

    @functools.cached_property
    def _kept(self) -> dict[tuple[Sum, int | None], Columns]:
        return {}

    @functools.cached_property
    def _agreements(self) -> list[tuple[Columns, Columns | None]]:
        """Sums that equal others: of two blocks in what they share, of two classes in how many have a target."""
        return [*self._between_blocks(), *self._between_classes()]

    def _between_blocks(self) -> Iterator[tuple[Columns, Columns]]:
        for (i, one), (j, other) in itertools.combinations(enumerate(self.blocks), 2):
            shared = sorted({*one.attributes} & {*other.attributes})
            # Everybody is everybody: the first block says so to each of the others.
            for cell in ((), *self._shared_cells(shared)) if shared else ((),) * (i == 0):
                for label in self.counts.labels:
                    for outcome in self.counts.outcomes:
                        wanted = Sum(cell, label, (outcome,))
                        yield self._columns(wanted, i), self._columns(wanted, j)

    def _shared_cells(self, shared: list[str]) -> list[Cell]:
        labels = [[label for label in _labels(self.counts, name) if label is not None] for name in shared]
        cells = [tuple(zip(shared, combined, strict=True)) for combined in itertools.product(*labels)]
        return [cell for cell in cells if cell in self.counts.rows]

    def _between_classes(self) -> Iterator[tuple[Columns, Columns | None]]:
        labels, width = self.counts.labels, len(self.counts.outcomes)
        known = [at for at, one in enumerate(self.counts.outcomes) if one in {TP, FP, FN, TN}]
        unknown = [at for at in range(width) if at not in known]
        for atom in range(self._starts[-1]):
            first = atom * len(labels) * width
            for other in range(1, len(labels)):
                for part in filter(None, (known, unknown)):
                    yield first + np.array(part), first + other * width + np.array(part)
            if self.counts.is_of_all_classes:
                yield from self._over_classes(first)

    def _over_classes(self, first: int) -> Iterator[tuple[Columns, Columns]]:
        """Where each row has one class and is given one: so do the classes add up, of the atom that starts there."""
        labels, outcomes = self.counts.labels, self.counts.outcomes
        starts = np.array([first + at * len(outcomes) for at, label in enumerate(labels) if label is not None])

        def every(wanted: Iterable[int]) -> Columns:
            places = [outcomes.index(one) for one in wanted if one in outcomes]
            return np.asarray((starts[:, None] + np.array(places, np.intp)).ravel(), np.intp)

        def whole(wanted: Iterable[int]) -> Columns:
            return np.array([starts[0] + outcomes.index(one) for one in wanted if one in outcomes], np.intp)

        yield every(CHOSEN), whole(OUTCOMES)
        if TP in outcomes:
            yield every((TP, FN)), whole((TP, FP, FN, TN))
            if None in labels:
                right = first + labels.index(None) * len(outcomes)
                yield every((TP,)), np.array([right + outcomes.index(one) for one in (TP, TN)], np.intp)


_UNBOUNDED = 3
_FEW = 4
_NONE = np.array([], np.intp)


def _matrix(rows: Sequence[tuple[Columns, Columns | None]], width: int) -> csr_array:
    """[rows, width]: 1 in the first places of each row, less 1 in the second."""
    from scipy.sparse import coo_array

    ones = [columns for columns, _ in rows]
    others = [np.array([], np.intp) if columns is None else columns for _, columns in rows]
    places = np.concatenate([np.array([], np.intp), *ones, *others]).astype(np.intp)
    sizes = [len(one) for one in (*ones, *others)]
    lines = np.repeat([*range(len(rows)), *range(len(rows))], sizes)
    signs = np.concatenate([np.ones(sum(map(len, ones))), -np.ones(sum(map(len, others)))])
    return coo_array((signs, (lines, places)), shape=(len(rows), width)).tocsr()
