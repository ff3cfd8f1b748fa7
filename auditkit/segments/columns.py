"""The columns of a table that a model is given: numbers or categories, and edges between them that tell of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, canonical_label

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

PEOPLE = 10
"""Of fewer people no value, no edge and no category is told."""
MOST_CATEGORIES = 20
_FEW_NUMBERS = 10
"""Up to so many distinct numbers are edges themselves."""
_TAIL = 0.05
_GRID = 50
_DIGITS = 12


@dataclass(frozen=True)
class Column:
    """One column of some rows."""

    own: Any
    """[n], a pandas Series."""
    labels: npt.NDArray[Any]
    """[n]: the cells as texts; None: missing."""
    kind: Literal["numbers", "categories", "other"]
    """Other: sentences, names, or a single value."""

    @property
    def name(self) -> str:
        """As the table names it."""
        return str(self.own.name)

    @cached_property
    def numbers(self) -> Floats:
        """[n]: NaN where a cell is missing, or the column holds no numbers."""
        found = numbers_of(self.labels)
        return np.full(len(self.labels), np.nan) if found is None else found

    @cached_property
    def known(self) -> Flags:
        """[n]: which cells are there."""
        return np.array([label is not None for label in self.labels], dtype=bool)

    @cached_property
    def is_whole(self) -> bool:
        """Whether all numbers are whole ones."""
        seen = self.numbers[np.isfinite(self.numbers)]
        return bool(np.array_equal(seen, np.rint(seen)))

    def of_numbers(self, numbers: Floats, rows: Integers | None = None) -> Any:
        """A Series of other numbers in the type that the column has; a cell that is missing there stays so.

        Args:
            numbers: [m].
            rows: [m], whose index it is given; None: all.
        """
        import pandas as pd

        index = self.own.index if rows is None else self.own.index[rows]
        about: dict[str, Any] = {"index": index, "name": self.own.name}
        if self.own.dtype.kind == "f":
            return pd.Series(numbers.astype(self.own.dtype), **about)
        if self.own.dtype.kind in "iu":
            return pd.Series(np.nan_to_num(np.rint(numbers)).astype(self.own.dtype), **about)
        texts = [None if np.isnan(one) else canonical_label(round(float(one), 6)) for one in numbers]
        return pd.Series(texts, dtype=object, **about)

    def of_label(self, label: str, rows: Integers) -> Any:
        """A Series that holds one category, as the table holds it, for these rows."""
        import pandas as pd

        cell = self.own.iloc[int(np.flatnonzero(self.labels == label)[0])]
        return pd.Series([cell] * len(rows), index=self.own.index[rows], name=self.own.name, dtype=self.own.dtype)


def table_of(case: Case[Any]) -> Any:
    """The table that the model is given.

    Raises:
        NotApplicable: it is given none.
    """
    inputs = case.inputs
    if not hasattr(inputs, "columns"):
        raise NotApplicable("the model is not given a table")
    return inputs


def names_in(case: Case[Any], most: int) -> list[str]:
    """The first columns that the spec names as the model's input.

    Raises:
        NotApplicable: it names none.
    """
    names = [str(name) for name in case.settings.given]
    if not names:
        raise NotApplicable("the spec names no columns as the model's input", hint='[data] input = ["age", "bmi"]')
    return names[:most]


def column_in(table: Any, name: str) -> Column | None:
    """One column of a table; None: it has none of this name."""
    if name not in table.columns:
        return None
    own = table[name]
    labels = np.array([canonical_label(cell) for cell in own.to_numpy(dtype=object)], dtype=object)
    return Column(own, labels, _kind(labels))


def _kind(labels: npt.NDArray[Any]) -> Literal["numbers", "categories", "other"]:
    known = {label for label in labels if label is not None}
    if len(known) < 2:  # noqa: PLR2004  one value has no effect
        return "other"
    if numbers_of(labels) is not None:
        return "numbers"
    return "categories" if len(known) <= MOST_CATEGORIES else "other"


def numbers_of(labels: npt.NDArray[Any]) -> Floats | None:
    """[n]: cells as numbers, which a table of texts may hold too; NaN where they are missing; None: they are none."""
    try:
        found = np.array([np.nan if label is None else float(label) for label in labels], dtype=np.float64)
    except ValueError:
        return None
    return np.where(np.isinf(found), np.nan, found)


@dataclass(frozen=True)
class People:
    """Whose rows they are, and how much each counts."""

    units: Integers
    """[n]."""
    weights: Floats
    """[n]."""

    @classmethod
    def of(cls, case: Case[Any]) -> People:
        """Of a case; each row without a unit is one's own."""
        weights = np.ones(len(case)) if case.weights is None else np.asarray(case.weights, dtype=float)
        codes = np.arange(len(case)) if case.units is None else np.asarray(case.units.codes, dtype=np.int64)
        alone = codes < 0
        return cls(np.where(alone, codes.max(initial=-1) + np.cumsum(alone), codes), weights)

    def count(self, flags: Flags) -> int:
        """How many people have a row of these that counts."""
        return len(np.unique(self.units[flags & (self.weights > 0)]))


def levels_of(column: Column, people: People) -> list[str]:
    """The categories that at least ten people have, in order."""
    known = sorted({str(label) for label in column.labels if label is not None})
    return [label for label in known if people.count(np.asarray(column.labels == label)) >= PEOPLE]


def edges_of(numbers: Floats, people: People, rows: Flags, *, bins: int, is_whole: bool) -> Floats:
    """Edges of bins of about as many rows each, in each of which there are at least ten people; fewer than 2: none.

    They lie from the 5th to the 95th percentile, rounded to about a hundredth of what lies between, so that none is the
    value of one person. Of few distinct numbers, those that ten people have are the edges themselves.

    Args:
        numbers: [n], NaN where there is none.
        people: whose they are.
        rows: [n], which of them count.
        bins: how many at most.
        is_whole: whether edges are to be whole numbers.
    """
    kept = rows & np.isfinite(numbers) & (people.weights > 0)
    values, places = np.unique(numbers[kept], return_inverse=True)
    if len(values) <= _FEW_NUMBERS:
        often = [people.count(kept & (numbers == value)) >= PEOPLE for value in values]
        return np.asarray(values[np.array(often, dtype=bool)] if len(values) else values, dtype=float)
    share = np.cumsum(np.bincount(places, weights=people.weights[kept])) / people.weights[kept].sum()
    wanted = np.linspace(_TAIL, 1 - _TAIL, bins + 1)
    # A little less, so that sums of weights in another order find the same value.
    raw = values[np.minimum(np.searchsorted(share, wanted - 1e-9), len(values) - 1)]
    edges = np.unique(_rounded(raw, is_whole=is_whole))
    return _merged(edges, numbers, people, kept)


def _rounded(raw: Floats, *, is_whole: bool) -> Floats:
    span = float(raw[-1] - raw[0])
    if span <= 0:
        return raw[:1]
    step = 10.0 ** np.floor(np.log10(span / _GRID))
    step = max(step, 1.0) if is_whole else step
    # Plus 0: rounded from below, nothing is a zero with a minus, and would be told with it.
    return np.array([float(f"{value:.{_DIGITS}g}") for value in np.round(raw / step) * step + 0.0])


def _merged(edges: Floats, numbers: Floats, people: People, kept: Flags) -> Floats:
    """Bins of fewer than ten people joined with the next one, the last with the one before."""
    while len(edges) > 2:  # noqa: PLR2004  one bin
        inside = bins_of(numbers, edges)
        sizes = [people.count(kept & (inside == place)) for place in range(len(edges) - 1)]
        small = next((place for place, size in enumerate(sizes) if size < PEOPLE), None)
        if small is None:
            return edges
        edges = np.delete(edges, small + 1 if small + 2 < len(edges) else small)
    return edges if len(edges) > 1 and people.count(kept) >= PEOPLE else edges[:0]


def bins_of(numbers: Floats, edges: Floats) -> Integers:
    """[n]: in which bin each number lies; what lies beyond the edges is in the bin next to it."""
    return np.asarray(np.searchsorted(edges[1:-1], numbers, side="left"), dtype=np.int64)
