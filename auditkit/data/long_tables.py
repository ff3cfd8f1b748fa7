"""Tables of more rows than are looked at once: read piece by piece into files beside the spec, never whole in memory.

What a row is for is decided as `reader` decides it for short tables. Of the labels only the different ones are
kept; codes, numbers and inputs lie in nameless files, from which model and checks are given some rows
at a time.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.data.bands import with_bands
from auditkit.data.mapped import ColumnFile, drop, nameless, narrowest, pieces_of, release
from auditkit.dataset import MISSING, Codes, distinct_labels, in_natural_order
from auditkit.labels import canonical_label
from auditkit.numbers import parse_numbers

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from auditkit.spec import DataSpec

Rows = slice | npt.NDArray[np.integer]

_BETWEEN_DROPS = 4
"""Record batches, each of a portion's bytes, that are looked at before their pages are given back."""


def with_band_columns(table: pa.Table, data: DataSpec, *, where: str, first: int) -> pa.Table:
    """The same rows with the columns of `[data] bands` behind the others, as `with_bands` makes them.

    `first` is the number of the rows before them.
    """
    import pyarrow as pa

    there = {name: begins for name, begins in data.bands.items() if name in table.column_names}
    if not there:
        return table
    with_bands(frame_of(table.slice(0, 0)), there, where=where)  # refuses here, where all columns can be seen
    made = with_bands(frame_of(table.select(list(there))), there, where=where, missing=data.missing, first=first)
    for name in made.columns[len(there) :]:
        table = table.append_column(str(name), pa.array(made[name], pa.string()))
    return table


def cells_of(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    """[n]: Python's own values, None where missing, as loaders give them."""
    import pandas as pd
    import pyarrow as pa

    kind = column.type
    if column.null_count == 0 and (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        # Python's own numbers too, in a fifth of the time
        numbers: npt.NDArray[np.object_] = column.to_numpy().astype(object)
        return numbers
    cells = column.to_numpy() if pa.types.is_string(kind) else column.to_pylist()
    return pd.Series(cells, dtype=object).to_numpy(dtype=object)


def frame_of(table: pa.Table, gaps: Collection[str] = ()) -> pd.DataFrame:
    """The rows as a loader gives them; its numbers may lie where Arrow has them, and are not to be written into.

    Args:
        table: the rows.
        gaps: columns with a missing cell in rows that are not among these: a column is of one type in all its rows.
    """
    import pandas as pd

    columns = {}
    for name in table.column_names:
        numbers = numbers_in(table[name], may_miss=name in gaps)
        columns[name] = (
            pd.Series(cells_of(table[name]), dtype=object) if numbers is None else pd.Series(numbers, copy=False)
        )
    return pd.DataFrame(columns, columns=pd.Index(table.column_names, dtype=object), copy=False)


def numbers_in(column: pa.ChunkedArray, *, may_miss: bool = False) -> npt.NDArray[Any] | None:
    """[n]: floats as float64, NaN where missing, and whole numbers where none is missing; None: other cells.

    Whole numbers of which one is missing stay Python's own: as floats, those beyond 2^53 would be others.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_floating(kind):
        floats: npt.NDArray[Any] = column.to_numpy()
        return floats.astype(np.float64, copy=False)
    if pa.types.is_integer(kind) and not may_miss and not column.null_count:
        whole: npt.NDArray[Any] = column.to_numpy()
        return whole.astype(np.uint64 if kind == pa.uint64() else np.int64, copy=False)
    return None


def labels_of_column(column: pa.ChunkedArray, missing: frozenset[str]) -> tuple[npt.NDArray[np.integer], list[Any]]:
    """Codes [n] and the label that each stands for, None for a missing one: what `distinct_labels` says, by Arrow."""
    import pandas as pd
    import pyarrow as pa

    try:
        whole = column.combine_chunks()
        coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    except pa.ArrowNotImplementedError:  # a list or an object in each cell
        codes, labels = distinct_labels(cells_of(column))
    else:
        # A dictionary of the file's own may be in any order, and hold labels that no row has.
        codes, used = pd.factorize(coded.indices.fill_null(MISSING).to_numpy(zero_copy_only=False))
        values = [*coded.dictionary.to_pylist(), None]
        labels = [canonical_label(values[place]) for place in used]
    return codes, [None if label in missing else label for label in labels]


def numbers_of_column(
    column: pa.ChunkedArray, *, missing: frozenset[str], name: str, where: str, first: int
) -> npt.NDArray[np.float64]:
    """[n] as `parse_numbers` reads them; `first` is the number of the rows before them."""
    import pyarrow as pa

    if pa.types.is_floating(column.type) and column.null_count == 0 and not missing:
        cells: Any = column.to_numpy().astype(np.float64)
    else:
        codes, labels = labels_of_column(column, missing) if missing else (None, [])
        cells = np.array(cells_of(column))  # what Arrow gives may not be written into
        if codes is not None:
            cells[np.array([label is None for label in labels] + [True])[codes]] = None
    return np.asarray(parse_numbers(cells, column=name, where=where, rows=range(first, first + len(column))))


class Coder:
    """A column of labels that grows: codes on disk, and in memory the labels that differ."""

    def __init__(self, folder: Path) -> None:
        """A column without a row."""
        self._folder = folder
        self.known: dict[str, int] = {}
        self._codes = ColumnFile(folder, np.int32)
        self._rows = 0

    def add(self, codes: npt.NDArray[np.integer], labels: list[str | None]) -> None:
        """Add the next rows, in codes of their own."""
        table = [MISSING if label is None else self.known.setdefault(label, len(self.known)) for label in labels]
        self._codes.append(np.array([*table, MISSING], dtype=np.int32)[codes])
        self._rows += len(codes)

    def finished(self) -> Codes:
        """All rows, with the vocabulary in its order and codes of the narrowest type."""
        vocabulary = in_natural_order(self.known)
        place = {label: at for at, label in enumerate(vocabulary)}
        kind = narrowest(len(vocabulary))
        table = np.array([*(place[label] for label in self.known), MISSING], dtype=kind)
        final, first = ColumnFile(self._folder, kind), self._codes.mapped()
        for part in pieces_of(self._rows):
            final.append(table[first[part]])
            release(first)
        return Codes(final.mapped(), vocabulary)


class InputFile:
    """The input columns of a long table, in a nameless Arrow file; some rows of it are read at a time."""

    def __init__(self, folder: Path) -> None:
        """No rows yet."""
        self._file = nameless(folder, of=self)
        self._writer: Any = None
        self._rows = 0

    def add(self, table: pa.Table) -> None:
        """Add the next piece."""
        import pyarrow as pa

        plain = table.cast(pa.schema([(field.name, _plain(field.type)) for field in table.schema])).combine_chunks()
        if self._writer is None:
            self._writer = pa.ipc.new_file(self._file, plain.schema)
        self._writer.write_table(plain)
        self._rows += len(table)

    def finished(self, prepare: Callable[[pd.DataFrame], Any]) -> LongInputs:
        """The rows; `prepare` makes of a table of some of them what the model is given."""
        self._writer.close()
        self._file.flush()
        with self._file:  # the mapping holds what is in it
            return LongInputs(self._file, self._rows, prepare)


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type of the values: an Arrow file holds one dictionary a column, and pieces may have their own."""
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


class LongInputs:
    """Inputs of which `iloc[rows]` gives some, as a DataFrame or a Series, like a short table's inputs."""

    def __init__(self, file: Any, rows: int, prepare: Callable[[pd.DataFrame], Any]) -> None:
        """`file` holds Arrow record batches."""
        import pyarrow as pa

        self._rows = rows
        self._prepare = prepare
        self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        reader = pa.ipc.open_file(pa.py_buffer(self._mapped))
        self._batches = [reader.get_batch(place) for place in range(reader.num_record_batches)]
        self._schema = reader.schema
        self._starts = np.cumsum([0, *(batch.num_rows for batch in self._batches)])
        self._gaps = {
            name
            for place, name in enumerate(self._schema.names)
            if any(batch.column(place).null_count for batch in self._batches)
        }
        drop(self._mapped)

    def __len__(self) -> int:
        """The number of rows."""
        return self._rows

    def __iter__(self) -> Iterator[Any]:
        """The cells of a single column, or the names of several: as pandas does."""
        if not hasattr(self.iloc[:0], "columns"):
            for part in self.portions():
                yield from self.iloc[part]
        else:
            yield from self.iloc[:0]

    def portions(self) -> Iterator[slice]:
        """Slices that cover the rows, each of a few megabytes, however long its texts are."""
        for start, stop in pairwise(self._starts.tolist()):
            yield slice(start, stop)

    @property
    def iloc(self) -> _Located:
        """Rows by their place."""
        return _Located(self)

    def rows(self, wanted: Rows) -> Any:
        """Some rows, in the order asked for."""
        import pandas as pd
        import pyarrow as pa

        if isinstance(wanted, slice):
            bounds = wanted.indices(self._rows)
            parts, index = self._slices(*bounds), pd.Index(np.arange(*bounds))
        else:
            places = self._places(np.asarray(wanted))
            parts, index = self._chosen(places), pd.Index(places)
        found = self._prepare(frame_of(pa.Table.from_batches(parts, self._schema), self._gaps))
        found.index = index
        drop(self._mapped)
        return found

    def _places(self, wanted: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Rows by their numbers from 0, or by a flag each; without a number for every row of the table."""
        if wanted.dtype == np.bool_:
            if len(wanted) != self._rows:
                raise IndexError(f"there are {len(wanted)} flags for {self._rows} rows")
            return np.flatnonzero(wanted)
        places = wanted.astype(np.int64)
        if len(places) and not (places.min() >= -self._rows and places.max() < self._rows):
            raise IndexError(f"a row of {self._rows} is asked for that is not there")
        return np.where(places < 0, places + self._rows, places)

    def _slices(self, start: int, stop: int, step: int) -> list[pa.RecordBatch]:
        if step != 1:
            return self._chosen(np.arange(start, stop, step))
        found = []
        for batch, first in zip(self._batches, self._starts, strict=False):
            low, high = max(start - first, 0), min(stop - first, batch.num_rows)
            if low < high:
                found.append(batch.slice(low, high - low))
        return found

    def _chosen(self, places: npt.NDArray[np.integer]) -> list[pa.RecordBatch]:
        import pyarrow as pa

        order = np.argsort(places, kind="stable")
        ascending = places[order]
        ends = np.searchsorted(ascending, self._starts)
        parts = []
        for batch, first, low, high in zip(self._batches, self._starts, ends, ends[1:], strict=False):
            if low < high:
                parts.append(batch.take(pa.array(ascending[low:high] - first)))
                # A look at one row maps up to a megabyte around it: rows from everywhere would map the whole file.
                if len(parts) % _BETWEEN_DROPS == 0:
                    drop(self._mapped)
        sorted_rows = pa.Table.from_batches(parts, self._schema).combine_chunks()
        found: list[pa.RecordBatch] = sorted_rows.take(pa.array(np.argsort(order, kind="stable"))).to_batches()
        return found


class _Located:
    def __init__(self, inputs: LongInputs) -> None:
        self._inputs = inputs

    def __getitem__(self, rows: Rows) -> Any:
        return self._inputs.rows(rows)
