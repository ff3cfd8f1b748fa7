"""`shift.columns`: each column of the audit rows against the same column of the reference rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Interval, Measurement, Quote, Table, Text, check
from auditkit.statistics import family_level, holm, newcombe
from auditkit.statistics.shift import (
    CellShares,
    EcdfDistance,
    Stability,
    chi_squared_test,
    count_cells,
    deciles,
    ks_distance,
    stability,
    stability_test,
)
from auditkit_shift.cards import COLUMN_CARDS, DISTANCE, INDEX, LARGEST, MISSING
from auditkit_shift.planted import COLUMN_CONTROLS
from auditkit_shift.reading import Column, columns_of

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

FEWEST_CELLS, MOST_CELLS = 2, 100
FEWEST = 30
"""Known cells that a column needs in either split, for its cells to say something."""
_METHOD = "inverted non-central chi squared"
FOLKLORE = ((0.1, Text.of("small, by the folklore")), (0.25, Text.of("moderate, by the folklore")))
_LARGE = Text.of("large, by the folklore")


@dataclass(frozen=True)
class Side:
    """The rows of one split that are compared, with what they weigh and whose they are."""

    weights: Floats | None
    units: npt.NDArray[np.integer] | None
    kept: Flags
    """[n]."""

    @classmethod
    def of(cls, case: Case[Any], kept: Flags | None = None) -> Side:
        """All rows of a case, or those that are kept."""
        units = None if case.units is None else case.units.codes
        return cls(case.weights, units, np.ones(len(case), dtype=bool) if kept is None else kept)

    def cells(self, codes: npt.NDArray[np.integer], cells: int) -> CellShares:
        """How the rows that are kept fall into cells; -1 falls into none."""
        return count_cells(np.where(self.kept, codes, -1), cells, weights=self.weights, units=self.units)

    def known(self, numbers: Floats) -> Flags:
        """[n]: the rows that count."""
        known = self.kept & ~np.isnan(numbers)
        return known if self.weights is None else known & (self.weights > 0)


@dataclass(frozen=True)
class Compared:
    """One column, compared."""

    column: Column
    index: Stability
    sizes: tuple[int, int]
    p_value: float
    distance: EcdfDistance | None


def accept_cells(**options: Any) -> None:
    """Refuse so few cells that nothing can move between them, and more than rows fill.

    Raises:
        AuditError: there are.
    """
    if not FEWEST_CELLS <= options.get("cells", FEWEST_CELLS) <= MOST_CELLS:
        message = f"option 'cells' is {options['cells']}"
        raise AuditError(message, hint=f"from {FEWEST_CELLS} to {MOST_CELLS}, e.g. cells = 10")


@check(
    "shift.columns",
    on=None,
    needs=("reference",),
    metrics=COLUMN_CARDS,
    accepts=accept_cells,
    controls=COLUMN_CONTROLS,
)
def columns(case: Case[Any], *, cells: int = 10) -> Iterator[Measurement | Table]:
    """Which columns of the audit rows are not like those of the reference rows.

    The population stability index of each column that both have, in `cells` parts of equal mass of the reference, or
    of a cell for each of its 20 most frequent categories; with what chance alone makes of it at so many rows, in the
    place of the cut-offs of .1 and .25, which no one derived. Numbers have Kolmogorov and Smirnov's distance beside it,
    and every column the difference of its missing cells. Texts are compared by their length, pictures by brightness,
    contrast, sharpness and size. The intervals of all columns hold together; of each group the largest index is told.
    """
    found = columns_of(case)
    sides = Side.of(case.reference), Side.of(case)
    level = family_level(case.level, len(found))
    told = [one for one in (_compared(case, column, sides, level, cells) for column in found) if one is not None]
    for column in found:
        yield from _measures(case, column, next((one for one in told if one.column is column), None))
        yield _missing(case, column, sides, level)
    yield _largest(case, told, {})
    if told:
        yield _table(told)
        yield _context(told)
    yield from _by_group(case, found, cells)


def _compared(
    case: Case[Any], column: Column, sides: tuple[Side, Side], level: float, cells: int, *, about: str = ""
) -> Compared | None:
    known = [side.known(numbers) for side, numbers in zip(sides, column.sides, strict=True)]
    sizes = (int(known[0].sum()), int(known[1].sum()))
    if min(sizes) < FEWEST:
        return None
    count, placed = column.cells, [*column.sides]
    if column.kind == "numbers":
        of_reference = sides[0].weights
        cuts = deciles(
            column.reference[known[0]], weights=None if of_reference is None else of_reference[known[0]], cells=cells
        )
        count, placed = len(cuts) + 1, [np.searchsorted(cuts, one, side="left").astype(float) for one in column.sides]
    codes = [np.where(here, one, -1).astype(np.int64) for here, one in zip(known, placed, strict=True)]
    reference, audit = (side.cells(one, count) for side, one in zip(sides, codes, strict=True))
    index = stability(reference, audit, level=level)
    rng = case.rng(f"{about}{column.name}")
    exact = stability_test(reference, audit, rng=rng)
    if exact is not None and exact.tail_p > (1 - level) / 2:
        # With few rows a cell the tail is longer than chi squared's: only what dealing out rows rejects is above 0.
        index = Stability(**{**vars(index), "low": 0.0})
    if column.kind == "categories":
        return Compared(column, index, sizes, chi_squared_test(reference, audit, rng=rng), None)
    values = [one[here] for one, here in zip(column.sides, known, strict=True)]
    weights = [None if side.weights is None else side.weights[here] for side, here in zip(sides, known, strict=True)]
    distance = ks_distance(
        values[0],
        values[1],
        weights=(weights[0], weights[1]),
        sizes=(reference.worst_size or reference.size, audit.worst_size or audit.size),
        level=level,
    )
    return Compared(column, index, sizes, distance.p_value, distance)


def _measures(case: Case[Any], column: Column, found: Compared | None) -> Iterator[Measurement]:
    about: dict[str, Any] = {"better": "lower", "conditions": {"column": column.name}}
    if found is None:
        why = Text.of("fewer than {least} known cells in one of the splits", least=FEWEST)
        yield Measurement(metric=INDEX, value=None, undefined=why, n=len(case), **about)
        return
    about["n"] = found.sizes[1]
    yield Measurement(metric=INDEX, value=found.index.value, interval=_interval(case, found.index, _METHOD), **about)
    if found.distance is not None:
        interval = _interval(case, found.distance, "kolmogorov-smirnov band")
        yield Measurement(metric=DISTANCE, value=found.distance.value, interval=interval, **about)


def _interval(case: Case[Any], found: Any, method: str) -> Interval:
    return Interval(low=found.low, high=found.high, level=case.level, method=method, simultaneous=True)


def _missing(case: Case[Any], column: Column, sides: tuple[Side, Side], level: float) -> Measurement:
    """How many more cells are missing among the audit rows."""
    shares = [
        side.cells(np.isnan(numbers).astype(np.int64), 2) for side, numbers in zip(sides, column.sides, strict=True)
    ]
    reference, audit = ((one.shares[1] * one.size, one.size) for one in shares)
    low, high = newcombe(*audit, *reference, level=level)
    value = float(shares[1].shares[1] - shares[0].shares[1])
    interval = Interval(
        low=min(float(low), value), high=max(float(high), value), level=case.level, method="newcombe", simultaneous=True
    )
    return Measurement(
        metric=MISSING, value=value, n=shares[1].rows, interval=interval, better="target",
        conditions={"column": column.name},
    )  # fmt: skip


def _largest(case: Case[Any], told: Sequence[Compared], group: dict[str, str], n: int | None = None) -> Measurement:
    about: dict[str, Any] = {"metric": LARGEST, "better": "lower", "group": group}
    if not told:
        why = Text.of("no column has {least} known cells in both splits", least=FEWEST)
        return Measurement(value=None, undefined=why, n=len(case) if n is None else n, **about)
    low, high = (max(getattr(one.index, end) for one in told) for end in ("low", "high"))
    value = max(one.index.value for one in told)
    interval = Interval(
        low=min(low, value), high=high, level=case.level, method=f"{_METHOD}, all columns", simultaneous=True
    )
    return Measurement(value=value, n=max(one.sizes[1] for one in told), interval=interval, **about)


def _by_group(case: Case[Any], found: Sequence[Column], cells: int) -> Iterator[Measurement]:
    """The largest index of each group, over the columns that are not the attribute itself."""
    if not case.has_groups:
        return
    other = case.reference.groups
    for name, codes in case.groups.items():
        inside = [column for column in found if column.name != name]
        if name not in other or not inside:
            continue
        members = [
            label for label in codes.vocabulary if np.count_nonzero(codes.codes == codes.vocabulary.index(label))
        ]
        level = family_level(case.level, len(inside) * max(len(members), 1))
        for label in members:
            kept = [
                one.codes == (one.vocabulary.index(label) if label in one.vocabulary else -2)
                for one in (other[name], codes)
            ]
            sides = Side.of(case.reference, kept[0]), Side.of(case, kept[1])
            # By how many there are, and not by a name: groups are treated alike whatever they are called.
            about = f"{name} {int(kept[0].sum())} {int(kept[1].sum())} "
            compared = (_compared(case, column, sides, level, cells, about=about) for column in inside)
            yield _largest(case, [one for one in compared if one], {name: label}, int(kept[1].sum()))


def _table(told: Sequence[Compared]) -> Table:
    adjusted = holm(np.array([one.p_value for one in told]))
    heads = (
        "column",
        "compared as",
        "index",
        "interval",
        "by chance 1 in 20 exceed",
        "p",
        "adjusted p",
        "n",
        "of the reference",
    )
    rows = []
    for one, p in sorted(zip(told, adjusted, strict=True), key=lambda pair: (pair[1], -pair[0].index.value)):
        measured: dict[str, Any] = {"metric": INDEX, "conditions": {"column": one.column.name}}
        kind = Text.of(one.column.kind)
        quoted = (Quote(**measured), Quote(**measured, shows="interval"))
        rows.append((one.column.name, kind, *quoted, one.index.chance_95, one.p_value, float(p), *one.sizes[::-1]))
    return Table(
        title=Text.of("Columns of the audit rows and of the reference; p by Kolmogorov and Smirnov, or chi squared"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(rows),
        prominent=True,
    )


def _context(told: Sequence[Compared]) -> Table:
    """What others would say of the same index: beside it what chance alone makes of it at this many rows."""
    heads = ("column", "index", "what .1 and .25 would call it", "by chance on average", "by chance 1 in 20 exceed")
    rows = []
    for one in told:
        words = next((said for limit, said in FOLKLORE if one.index.value < limit), _LARGE)
        quoted = Quote(metric=INDEX, conditions={"column": one.column.name})
        rows.append((one.column.name, quoted, words, one.index.by_chance, one.index.chance_95))
    return Table(
        title=Text.of(
            "The index beside the folklore of .1 and .25, which knows no number of rows and judges nothing here"
        ),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(rows),
    )
