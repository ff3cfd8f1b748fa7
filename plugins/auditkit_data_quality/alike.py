"""Rows that are the same, or nearly: tables, texts, pictures and lists of items, in time that grows with their number.

A row is nearly another one where each of its columns is. Candidates share one of `BANDS` keys, to which every column
adds a part: a text the least hashes of its phrases, a picture a part of its perceptual hash, a number its cell of a
grid that is shifted each time. Candidates are compared in full, so that no two rows are called alike by a hash alone.
Sources: Broder (1997), SEQUENCES, 21-29, for MinHash; Leskovec, Rajaraman and Ullman (2014), Mining of Massive
Datasets, section 3.4, for bands; Zauner (2010), Hagenberg, for the perceptual hash.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, canonical_label
from auditkit.perturbation import is_picture
from auditkit_data_quality.hashed import Looks, Phrases, has_words, hashes_of, looks_of, mixed, phrases_of

Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

BANDS = 16
"""Of four hashes each: of two texts that share .8 of their phrases 2 in 10,000 pairs share no band, of .9 none."""
REACH = 32
"""Of rows that share a key each is compared with so many that come next by what they hold: memory is bounded."""
ALIKE = 0.8
"""The share of their phrases that texts have in common, of all phrases of the two (Jaccard)."""
ALIKE_PAIRS = 0.5
"""The same of pairs of words, where phrases are single words."""
BITS = 4
"""In which the perceptual hashes of two pictures may differ, of 64."""
ALIKE_GREY = 0.95
"""The correlation of two pictures' grey, shrunk to 32 pixels: films of two people, taken alike, share hashes now and
then, which wave by wave say no more than above or below the middle."""
_WORDS_OF_A_TEXT = 4
_FEW_LABELS = 20
_MOST_PAIRS = 1 << 18
_PARTS_OF_A_PICTURE = 5
"""Of two hashes that differ in four bits one of five parts is the same."""


class Column(Protocol):
    """What one column of all rows holds."""

    @property
    def exact(self) -> Keys:
        """[n]: a hash of each cell."""
        ...

    def keys(self, band: int) -> Keys:
        """[n]: cells that are alike share this for at least one band, nearly always."""
        ...

    def alike(self, one: Integers, other: Integers) -> Flags:
        """[pairs]: whether the cells at these places are."""
        ...


@dataclass(frozen=True)
class Numbers:
    """Numbers that are alike up to a tolerance; a missing one is like a missing one alone."""

    values: Floats
    tolerance: float

    @cached_property
    def exact(self) -> Keys:
        """[n]."""
        return hashes_of(np.where(np.isnan(self.values), np.nan, self.values + 0.0))

    def keys(self, band: int) -> Keys:
        """[n]: the cell of a grid whose steps are many times the tolerance, and which begins elsewhere in each band."""
        if self.tolerance <= 0:
            return self.exact
        step = 24.0 * self.tolerance
        # The golden ratio's multiples spread over a step, and no two bands begin at the same place.
        shift = (band * 0.6180339887498949) % 1.0
        cells = np.floor(self.values / step + shift)
        return hashes_of(np.where(np.isnan(cells), np.nan, cells))

    def alike(self, one: Integers, other: Integers) -> Flags:
        """[pairs]."""
        first, second = self.values[one], self.values[other]
        with np.errstate(invalid="ignore"):
            near = np.abs(first - second) <= self.tolerance * (1 + 1e-9)
        return np.asarray(near | (first == second) | (np.isnan(first) & np.isnan(second)))


@dataclass(frozen=True)
class Labels:
    """Categories and short texts, which are alike when they are spelt alike but for case and punctuation."""

    exact: Keys
    spelt: Keys

    def keys(self, band: int) -> Keys:  # noqa: ARG002  the same in each
        """[n]."""
        return self.spelt

    def alike(self, one: Integers, other: Integers) -> Flags:
        """[pairs]."""
        return np.asarray(self.spelt[one] == self.spelt[other])


@dataclass(frozen=True)
class Prose:
    """Texts, or lists of items, as sets of hashed phrases."""

    exact: Keys
    phrases: Phrases
    pairs: Phrases | None = None
    """Where phrases are single words: the words two by two, half of which must be the same, or order had no part."""

    def keys(self, band: int) -> Keys:
        """[n]: four of the least hashes."""
        return self.phrases.band(band, BANDS)

    def alike(self, one: Integers, other: Integers) -> Flags:
        """[pairs]: by all of their phrases."""
        found = self.phrases.similarity(one, other) >= ALIKE
        if self.pairs is not None:
            places = np.flatnonzero(found)
            found[places] = self.pairs.exactly(one[places], other[places]) >= ALIKE_PAIRS
        return found


@dataclass(frozen=True)
class Pictures:
    """Pictures by their perceptual hash and their grey: an even surface is like its exact copy alone."""

    exact: Keys
    looks: Looks

    def keys(self, band: int) -> Keys:
        """[n]: thirteen bits of the hash."""
        part = band % _PARTS_OF_A_PICTURE
        bits = (self.looks.hashes >> np.uint64(13 * part)) & np.uint64((1 << 13) - 1)
        return np.where(self.looks.has_marks, mixed(bits + np.uint64(part << 20)), self.exact)

    def alike(self, one: Integers, other: Integers) -> Flags:
        """[pairs]."""
        seen, has_marks = self.looks.hashes, self.looks.has_marks
        near = (np.bitwise_count(seen[one] ^ seen[other]) <= BITS) & has_marks[one] & has_marks[other]
        places = np.flatnonzero(near)
        near[places] = self.looks.correlation(one[places], other[places]) >= ALIKE_GREY
        return np.asarray(near | (self.exact[one] == self.exact[other]))


@dataclass(frozen=True)
class Rows:
    """All columns of the rows of one or several splits, one split after the other."""

    columns: Sequence[Column]
    sizes: tuple[int, ...]

    @cached_property
    def exact(self) -> Keys:
        """[n]: a hash of each whole row."""
        return _row_keys([column.exact for column in self.columns])

    def chance(self, *, nearly: bool) -> Floats:
        """[n of the first split]: how likely a row is to have a copy if its columns had nothing to do with one another.

        Among the rows of the other split, or of its own where there is but one. How frequent cells are is told by the
        other rows of the first split. Where columns hang together, copies are likelier. Texts and pictures count as all
        unlike.
        """
        size = self.sizes[0]
        others = self.sizes[1] if len(self.sizes) > 1 else size - 1
        share = np.ones(size)
        for column in self.columns:
            share *= _frequency(column, size, nearly=nearly)
        return np.asarray(-np.expm1(others * np.log1p(-np.minimum(share, 1 - 1e-12))))

    def near(self, *, across: bool = False) -> tuple[Integers, Integers]:
        """The places of pairs of rows that are nearly the same, of all that are not exactly so.

        Args:
            across: only pairs of rows of two splits.
        """
        split = np.repeat(np.arange(len(self.sizes)), self.sizes)
        # Of rows that are the same one stands for all; of those in two splits, one in each.
        apart = self.exact if not across else mixed(self.exact + split.astype(np.uint64))
        _, kept = np.unique(apart, return_index=True)
        found: list[npt.NDArray[np.int64]] = []
        for band in range(BANDS):
            keys = _row_keys([column.keys(band) for column in self.columns])[kept]
            for one, other in _candidates(keys, self.exact[kept], split[kept] if across else None):
                pairs = np.stack([kept[one], kept[other]])
                for column in self.columns:
                    pairs = pairs[:, column.alike(pairs[0], pairs[1])]
                found.append(pairs.min(axis=0) * np.int64(len(self.exact)) + pairs.max(axis=0))
            if all(isinstance(column, Labels) for column in self.columns):
                break
        both = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
        return np.divmod(both, max(len(self.exact), 1))

    def clusters(self, *, nearly: bool) -> npt.NDArray[np.int64]:
        """[n]: the number of each row's cluster of copies, or of rows that near copies join, in chains too."""
        same = np.unique(self.exact, return_inverse=True)[1].ravel()
        if not nearly:
            return _by_first(same)
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        one, other = self.near()
        count = int(same.max(initial=-1)) + 1
        linked = coo_array((np.ones(len(one), dtype=np.int8), (same[one], same[other])), shape=(count, count))
        return _by_first(connected_components(linked, directed=False)[1][same])


def rows_of(*cases: Case[Any], tolerance: float = 0.0) -> Rows:
    """The rows of cases of one audit, one after the other.

    Args:
        cases: of the audit rows, of the training rows, or both.
        tolerance: how far two numbers may lie apart to be nearly the same, in standard deviations of their column.

    Raises:
        NotApplicable: there are no inputs to look at.
    """
    sizes = tuple(len(case) for case in cases)
    if hasattr(cases[0].predictions, "items"):
        return Rows([_lists(cases)], sizes)
    tables = [table_of(case) for case in cases]
    names = [name for name in tables[0] if all(name in table for table in tables)]
    if not names:
        raise NotApplicable("there are no inputs to look for copies in", hint='name them: [data] input = ["..."]')
    return Rows([column_of([cell for t in tables for cell in t[name]], tolerance) for name in names], sizes)


def table_of(case: Case[Any]) -> dict[str, Any]:
    """The input columns, without what a model said of the rows."""
    if case.settings.recorded and not case.settings.given:
        raise NotApplicable(
            "predictions were recorded without the inputs that they are about", hint='name them: [data] input = "..."'
        )
    given = case.given
    given = given.iloc[:] if hasattr(given, "iloc") else given
    if hasattr(given, "columns"):
        # By place: the names of a foreign table may repeat.
        return {
            str(name): given.iloc[:, place].to_numpy()
            for place, name in enumerate(given.columns)
            if name not in case.settings.recorded
        }
    if isinstance(given, np.ndarray) and given.ndim > 1:
        return {f"column {place}": column for place, column in enumerate(given.reshape(len(given), -1).T)}
    return {"": given.to_numpy() if hasattr(given, "to_numpy") else list(given)}


def column_of(cells: Sequence[Any], tolerance: float) -> Column:
    """What a column holds, by all of its cells."""
    known = [cell for cell in cells[:100] if cell is not None]
    if known and all(map(is_picture, known)) and all(map(is_picture, cells)):
        return Pictures(_picture_bytes(cells), looks_of(cells))
    numbers = _numbers(cells)
    if numbers is not None:
        known_numbers = numbers[np.isfinite(numbers)]
        with np.errstate(over="ignore", invalid="ignore"):
            spread = float(known_numbers.std()) if len(known_numbers) else 0.0
        return Numbers(numbers, tolerance * spread if np.isfinite(spread) else 0.0)
    texts = ["" if (label := canonical_label(cell)) is None else str(label) for cell in map(_plain_cell, cells)]
    exact = hashes_of(np.array(texts, dtype=object))
    phrases, pairs = phrases_of(texts)
    # Dates are made of numbers, and a few long labels are categories.
    is_many = len(np.unique(exact)) > min(_FEW_LABELS, len(texts) // 2)
    if is_many and phrases.median_tokens >= _WORDS_OF_A_TEXT and 2 * sum(map(has_words, texts)) > len(texts):
        return Prose(exact, phrases, pairs)
    return Labels(exact, phrases.spelt)


def _plain_cell(cell: Any) -> Any:
    # A chat is a list of messages, which is no label.
    return str(cell) if isinstance(cell, list | tuple | dict | np.ndarray) else cell


def _picture_bytes(cells: Sequence[Any]) -> Keys:
    marks = [
        cell.sha256
        if hasattr(cell, "sha256")
        else hashlib.sha256(f"{cell.dtype}{cell.shape}".encode() + np.ascontiguousarray(cell).tobytes()).hexdigest()
        for cell in cells
    ]
    return np.array([int(mark[:16], 16) for mark in marks], dtype=np.uint64)


def _numbers(cells: Sequence[Any]) -> Floats | None:
    """[n], NaN where a cell is missing; None: the column holds something else."""
    array = np.asarray(cells) if len(cells) and isinstance(cells[0], (int, float, np.number, bool)) else None
    if array is not None and array.dtype.kind in "biuf":
        return array.astype(np.float64)
    try:
        return np.array([np.nan if cell is None else float(cell) for cell in cells], dtype=np.float64)
    except (TypeError, ValueError):
        return None


FEWEST_ITEMS = 5
"""Users of fewer items are like nobody: two items that everybody has say little."""


def _lists(cases: Sequence[Case[Any]]) -> Column:
    """Users by the set of what they had to do with."""
    if not all(case.has_truth for case in cases):
        raise NotApplicable("nobody says what users had to do with", hint="name the table of interactions")
    sets: list[npt.NDArray[np.uint32]] = []
    for case in cases:
        for place, row in enumerate(case.truth.items):
            items = sorted({str(item) for item in row if item is not None})
            # A mark of its own keeps a user of few items apart from all others.
            few = len(items) < FEWEST_ITEMS
            names = [*items, f"\0{case.split}\0{place}"] if few else items
            hashed = [zlib.crc32(name.encode("utf-8", "surrogatepass")) for name in names]
            sets.append(np.array(sorted(hashed), dtype=np.uint32))
    phrases = Phrases.of_sets(sets)
    return Prose(phrases.spelt, phrases)


def _row_keys(columns: Sequence[Keys]) -> Keys:
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    for place, keys in enumerate(columns):
        total = mixed(total + keys + np.uint64(place + 1))
    return total


def _candidates(
    keys: Keys, contents: Keys, split: npt.NDArray[np.integer] | None
) -> Iterator[tuple[Integers, Integers]]:
    """Pairs of places that share a key, a bounded number at a time; of two splits alone where these are given."""
    order = np.lexsort((contents, keys))
    sorted_keys = keys[order]
    for step in range(1, REACH + 1):
        first = np.flatnonzero(sorted_keys[step:] == sorted_keys[:-step])
        if not len(first):
            return
        if split is not None:
            first = first[split[order[first]] != split[order[first + step]]]
        for start in range(0, len(first), _MOST_PAIRS):
            part = first[start : start + _MOST_PAIRS]
            yield order[part], order[part + step]


def _frequency(column: Column, size: int, *, nearly: bool) -> Floats:
    """[size]: how many of the first rows, but for itself, have a cell like the row's, as a share."""
    others = max(size - 1, 1)
    if isinstance(column, Numbers):
        values = column.values[:size]
        known = np.sort(values[~np.isnan(values)])
        width = column.tolerance * (1 + 1e-9) if nearly else 0.0
        inside = np.searchsorted(known, values + width, "right") - np.searchsorted(known, values - width, "left")
        gone = np.isnan(values)
        return np.asarray((np.where(gone, gone.sum(), inside) - 1) / others)
    if isinstance(column, Labels):
        _, places, counts = np.unique(column.spelt[:size], return_inverse=True, return_counts=True)
        return np.asarray((counts[places.ravel()] - 1) / others)
    return np.zeros(size)


def _by_first(codes: Integers) -> npt.NDArray[np.int64]:
    """[n]: clusters numbered by the place of their first row, so that numbers tell nothing else."""
    _, first, places = np.unique(codes, return_index=True, return_inverse=True)
    return np.asarray(first[places.ravel()], dtype=np.int64)
