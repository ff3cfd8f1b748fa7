"""A long table in portions of a few megabytes, however long its texts are, and its digests, which go by pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from auditkit.data.mapped import PIECE, nameless
from auditkit.dataset import MISSING, Content, TableDigest, written_cell, written_numbers

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    Integers = npt.NDArray[np.integer]

PORTION = 1 << 21
"""Bytes of a table that are looked at once; one row at least."""

_SHORT = 256
"""Letters of a label that is kept to find it again; of a longer one its SHA-256 is."""

Extent = tuple[int, int]
"""Where some bytes begin in a file, and how many they are."""


def in_portions(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of about `PORTION` bytes, none of them over the end of a piece of `PIECE` rows."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    rows, size, before = 0, 0, 0
    for part in (part for table in tables for part in _cut(table)):
        rest = part
        while len(rest):
            head = rest.slice(0, PIECE - before - rows)
            rest = rest.slice(len(head))
            waiting.append(head)
            rows, size = rows + len(head), size + _bytes_of(head)
            if size >= PORTION or before + rows == PIECE:
                yield pa.concat_tables(waiting)
                before = (before + rows) % PIECE
                waiting, rows, size = [], 0, 0
    if rows:
        yield pa.concat_tables(waiting)


def _cut(table: pa.Table) -> Iterator[pa.Table]:
    """The rows in equal numbers, of which each is about `PORTION` bytes at most."""
    count = min(-(-_bytes_of(table) // PORTION), len(table))
    step = -(-len(table) // max(count, 1))
    for start in range(0, len(table), max(step, 1)):
        yield table.slice(start, step)


def _bytes_of(table: pa.Table) -> int:
    """The bytes of its cells, as many as they are once each row has its own."""
    import pyarrow as pa

    return sum(
        sum(map(_unpacked, column.chunks)) if pa.types.is_dictionary(column.type) else column.nbytes
        for column in table.columns
    )


def _unpacked(packed: pa.DictionaryArray) -> int:
    """Bytes of the codes, and of each row's text. Other values are as small as codes, and are not counted."""
    import pyarrow as pa
    import pyarrow.compute as pc

    codes = packed.indices
    values = packed.dictionary
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return int(codes.nbytes)
    lengths = pc.binary_length(values).cast(pa.int64())
    return int(codes.nbytes) + int(pc.sum(lengths.take(codes)).as_py() or 0)


@dataclass
class _Column:
    """What a column adds to the digest of a piece: its different labels, then all codes; or its numbers alone."""

    labels: list[Extent] = field(default_factory=list)
    rows: list[Extent] = field(default_factory=list)
    places: dict[str | bytes, int] = field(default_factory=dict)
    is_numbers: bool = False


class LongDigests:
    """The two digests of a long split, `Split.digest` and `Split.rows_digest`, from its portions.

    They are those that `TableDigest` makes of whole pieces. As a piece's labels enter before its codes and one column
    after the other, what is to enter is kept in a nameless file until the piece is full.
    """

    def __init__(self, folder: Path, recorded: Collection[str]) -> None:
        """Of a table without a row; `recorded` are columns that are in the first digest alone."""
        self._file = nameless(folder, of=self)
        self._recorded = frozenset(recorded)
        self._all, self._others = TableDigest(), TableDigest()
        self._columns: dict[str, _Column] = {}
        self._rows = 0

    def add(self, contents: Mapping[str, Content], rows: int) -> None:
        """Add the next portion: its columns by name, in the table's order."""
        for name, content in contents.items():
            column = self._columns.setdefault(name, _Column())
            if isinstance(content, np.ndarray):
                column.is_numbers = True
                column.rows.append(self._keep(written_numbers(content)))
            else:
                self._add_labels(column, *content)
        self._rows += rows
        if self._rows == PIECE:
            self._end_piece()

    def hexdigests(self) -> tuple[str, str]:
        """Of all columns, and of those that are not recorded; after that no row is added."""
        if self._rows:
            self._end_piece()
        self._file.close()
        return self._all.hexdigest(), self._others.hexdigest()

    def _add_labels(self, column: _Column, codes: Integers, labels: list[str | None]) -> None:
        table, new = [], []
        for label in labels:
            if label is None:
                table.append(MISSING)
                continue
            key = label if len(label) <= _SHORT else hashlib.sha256(label.encode("utf-8", "surrogatepass")).digest()
            after = len(column.places)
            place = column.places.setdefault(key, after)
            if place == after:
                new.append(written_cell(label))
            table.append(place)
        column.labels.append(self._keep(b"".join(new)))
        column.rows.append(self._keep(np.array([*table, MISSING], dtype="<i8")[codes].tobytes()))

    def _keep(self, written: bytes) -> Extent:
        start = self._file.tell()
        self._file.write(written)
        return start, len(written)

    def _end_piece(self) -> None:
        """Add the piece to both digests, in the form of `TableDigest.add`, and forget it."""
        both = tuple(hashlib.sha256(self._rows.to_bytes(8, "big")) for _ in range(2))
        for name, column in self._columns.items():
            into = both[:1] if name in self._recorded else both
            head = b"numbers" if column.is_numbers else len(column.places).to_bytes(8, "big")
            kept = map(self._kept, (*column.labels, *column.rows))
            for part in chain((written_cell(name), head), kept):
                for digest in into:
                    digest.update(part)
        for total, digest in zip((self._all, self._others), both, strict=True):
            total.add_piece(digest.digest())
        self._file.seek(0)
        self._file.truncate()
        self._columns, self._rows = {}, 0

    def _kept(self, extent: Extent) -> bytes:
        start, size = extent
        self._file.seek(start)
        return self._file.read(size)
