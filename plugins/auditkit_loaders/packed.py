"""Texts that repeat in a Parquet file: packed they are as large as their list, and unpacked as large as all rows."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pyarrow as pa

_BUFFER = 1 << 16
"""Bytes of a column that are read at once: its first page is looked at alone."""


class LongestValues:
    """How long the texts are that the lists of a file's row groups hold, without unpacking them.

    A row group's metadata say how many bytes a column has with each of its texts counted once (Parquet's
    RLE_DICTIONARY; apache/parquet-format, Encodings.md). How many it has unpacked nothing in the file must say.
    """

    def __init__(self, path: Path, file: Any) -> None:
        import pyarrow.parquet as pq

        self._columns = _texts(file.schema_arrow)
        places = {file.metadata.schema.column(place).path: place for place in range(file.metadata.num_columns)}
        self._places = {name: places[name] for name in self._columns if name in places}
        # A second look at the file: this one leaves the texts in their lists, whatever the file says of their type.
        self._file = pq.ParquetFile(path, read_dictionary=self._columns, buffer_size=_BUFFER) if self._places else None

    def of(self, group: int) -> int:
        """Bytes of the longest text in each column's list, all added up, of this row group; 0: no column has one."""
        if self._file is None:
            return 0
        chunks = self._file.metadata.row_group(group)
        listed = [name for name, place in self._places.items() if chunks.column(place).has_dictionary_page]
        if not listed or not chunks.num_rows:
            return 0
        # The first page is enough: the list comes before it.
        batch = next(self._file.iter_batches(1, row_groups=[group], columns=listed, use_threads=False))
        return sum(_longest(column) for column in batch.columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def _texts(schema: pa.Schema) -> list[str]:
    """Columns of texts or bytes that are no lists, structures or maps, and whose name is not of a nested column."""
    import pyarrow as pa

    def is_text(kind: pa.DataType) -> bool:
        values = kind.value_type if pa.types.is_dictionary(kind) else kind
        return bool(pa.types.is_string(values) or pa.types.is_large_string(values) or pa.types.is_binary(values))

    return [column.name for column in schema if is_text(column.type)]


def _longest(column: pa.Array) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type) or not len(column.dictionary):
        return 0
    lengths = pc.binary_length(column.dictionary.cast(pa.large_binary()))
    return int(pc.max(lengths).as_py() or 0)
