"""Tables from files, every cell as it was written: nothing is guessed to be a number, a date or missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit import DataError, loader
from auditkit_loaders.kinds import refuse_other_kinds, wrong_encoding
from auditkit_loaders.lines import LineEnds
from auditkit_loaders.packed import LongestValues
from auditkit_loaders.quotes import refuse_open_quote
from auditkit_loaders.recognise import recognise_csv, recognise_jsonl, recognise_parquet

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BLOCK = 1 << 24
"""The most bytes that one row may have."""

_BLOCK = 1 << 20
"""Bytes of a CSV file that are read at once, where no row has more."""
_BUFFER = 1 << 20
"""Bytes of a Parquet file that are read at once, of each column."""
_ROWS = 1 << 16
"""Rows of a Parquet file that are decoded at once, at most."""
_DECODED = 1 << 23
"""Bytes of a Parquet file that are decoded at once."""
_FEWEST = 64
"""Rows that are decoded at once for the sake of one long text that may repeat: not one by one, should it be alone."""

_ENCODING_HINT = 'say what it is, e.g. [data] encoding = "latin-1"'


def csv_pieces(path: Path, *, encoding: str = "utf-8", separator: str = ",") -> Iterator[pa.Table]:
    """The rows of `load_csv`, a block of the file at a time."""
    import pyarrow as pa

    with _telling(path, encoding, separator):
        last = None
        for batch in _csv_batches(path, encoding, separator):
            last = batch.column(batch.num_columns - 1)[-1].as_py()
            yield pa.Table.from_batches([batch])
        refuse_open_quote(path, encoding, last)


@loader("csv", recognises=recognise_csv, pieces=csv_pieces)
def load_csv(path: Path, *, encoding: str = "utf-8", separator: str = ",") -> pd.DataFrame:
    """Comma-separated text. Every cell is text, and only the empty cell is missing: `None`, `NA` and `02` stay.

    A blank line is no row, in a table of one column too.
    """
    import pyarrow.csv as pc

    with _telling(path, encoding, separator):
        table = pc.read_csv(LineEnds(path, encoding), **_csv_options(path, encoding, separator))
        refuse_open_quote(path, encoding, table.column(table.num_columns - 1)[-1].as_py() if len(table) else None)
    return as_frame(table, path)


@contextmanager
def _telling(path: Path, encoding: str, separator: str) -> Iterator[None]:
    """Refuse what is no such table, whether before it is read or in the middle, in words about the file."""
    import pyarrow as pa

    _must_be_one_character(separator)
    if path.stat().st_size == 0:
        raise DataError(f"'{path.name}' is empty", hint="it needs a header and at least one row")
    try:
        refuse_other_kinds(path, encoding)
        yield
    except pa.ArrowInvalid as error:
        raise not_csv(path, encoding, separator, error) from error
    except (UnicodeError, LookupError) as error:
        raise wrong_encoding(path, encoding, error) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _csv_batches(path: Path, encoding: str, separator: str) -> Iterator[pa.RecordBatch]:
    """The rows in blocks of a megabyte; from a row on that does not fit into one, or is none, in the largest."""
    import pyarrow as pa
    import pyarrow.csv as pc

    done = 0
    for block in (_BLOCK, BLOCK):
        before = done
        try:
            with pc.open_csv(LineEnds(path, encoding), **_csv_options(path, encoding, separator, block)) as stream:
                _refuse_twins(stream.schema.names, path)
                for batch in stream:
                    rest = batch.slice(before)  # without a row, when `before` is beyond its end
                    before -= len(batch) - len(rest)
                    done += len(rest)
                    if len(rest):
                        yield rest
                return
        except pa.ArrowInvalid:
            if block == BLOCK:
                raise


def _csv_options(path: Path, encoding: str, separator: str, block: int = BLOCK) -> dict[str, Any]:
    """Every column as text. Arrow, not pandas, which fills up rows that are too short and shifts those too long."""
    import pyarrow as pa
    import pyarrow.csv as pc

    # One thread, so that an error can name its row; blocks that hold the longest text that one cell may have.
    reading = pc.ReadOptions(use_threads=False, block_size=block)
    parsing = pc.ParseOptions(delimiter=separator, newlines_in_values=True)
    with pc.open_csv(LineEnds(path, encoding), read_options=reading, parse_options=parsing) as stream:
        names = stream.schema.names
    converting = pc.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
    )
    return {"read_options": reading, "parse_options": parsing, "convert_options": converting}


def not_csv(path: Path, encoding: str, separator: str, error: Exception) -> DataError:
    """What to say of a file that Arrow does not read as comma-separated text."""
    ragged = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", str(error))
    if ragged:
        row, wanted, found = ragged.groups()
        return DataError(
            f"'{path.name}' line {row} has {found} cells, and the header {wanted}", hint=_separator_hint(separator)
        )
    bad_bytes = re.search(r"Row #(\d+).*invalid UTF8", str(error))
    if bad_bytes:
        return DataError(f"'{path.name}' line {bad_bytes[1]} is not {encoding}", hint=_ENCODING_HINT)
    return DataError(f"'{path.name}' is not a table: {_first_line(error)}", hint=_separator_hint(separator))


def parquet_pieces(path: Path) -> Iterator[pa.Table]:
    """The rows of `load_parquet`, some of a row group at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _telling_parquet(path), pq.ParquetFile(path, buffer_size=_BUFFER) as file:
        _refuse_twins(file.schema_arrow.names, path)
        # Group by group: one iterator over all of them holds what it has read until its end.
        with LongestValues(path, file) as longest:
            for group in range(file.num_row_groups):
                rows = _rows_at_once(file.metadata.row_group(group), longest.of(group))
                for batch in file.iter_batches(rows, row_groups=[group], use_threads=False):
                    yield pa.Table.from_batches([batch])


def _rows_at_once(group: Any, longest: int) -> int:
    """As many rows of a row group as have some megabytes; at most as many as a piece.

    Args:
        group: its metadata, which say how large all of it is while texts that repeat are packed.
        longest: bytes of the longest of the texts that repeat, over the columns.
    """
    a_row = group.total_byte_size // max(group.num_rows, 1)
    return int(min(_ROWS, max(_DECODED // max(a_row, 1), 1), max(_DECODED // max(longest, 1), _FEWEST)))


@loader("parquet", recognises=recognise_parquet, pieces=parquet_pieces)
def load_parquet(path: Path) -> pd.DataFrame:
    """Apache Parquet. Cells keep their types; nulls are missing."""
    import pyarrow.parquet as pq

    with _telling_parquet(path):
        table = pq.read_table(path)
    return as_frame(table, path)


@contextmanager
def _telling_parquet(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise DataError(
            f"'{path.name}' is not a Parquet file: {_first_line(error)}", hint='is it [data] loader = "csv"?'
        ) from error


def as_frame(table: pa.Table, path: Path) -> pd.DataFrame:
    """A table with Python's own values, None where they are missing; floats as float64, whole numbers as integers.

    Raises:
        DataError: two columns have one name.
    """
    import pandas as pd

    names = list(table.column_names)
    _refuse_twins(names, path)
    columns = {}
    for name in names:
        numbers = _numbers(table[name])
        columns[name] = (
            pd.Series(_cells(table[name]), dtype=object) if numbers is None else pd.Series(numbers, copy=False)
        )
    return pd.DataFrame(columns, columns=pd.Index(names, dtype=object))


def _refuse_twins(names: list[str], path: Path) -> None:
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"'{path.name}' has two columns named '{twice}'", hint="rename one of them")


def _numbers(column: pa.ChunkedArray) -> Any:
    """Floats, NaN where missing, and whole numbers where none is missing; None: other cells."""
    import pyarrow as pa

    if pa.types.is_floating(column.type):
        return column.to_numpy().astype("float64")
    if pa.types.is_integer(column.type) and not column.null_count:
        return column.to_numpy().astype("uint64" if column.type == pa.uint64() else "int64")
    return None


def _cells(column: pa.ChunkedArray) -> Any:
    """Python's own values, None where missing; texts by Arrow's faster way."""
    import pyarrow as pa

    return column.to_numpy() if pa.types.is_string(column.type) else column.to_pylist()


@loader("jsonl", recognises=recognise_jsonl)
def load_jsonl(path: Path, *, encoding: str = "utf-8") -> pd.DataFrame:
    """One JSON object a line. Cells keep their types; null and an absent key are missing."""
    import pandas as pd

    try:
        refuse_other_kinds(path, encoding)
        # A file from a Windows editor begins with a byte order mark, which is no part of the first line.
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as stream:
            rows = [row_of(line, number, path) for number, line in enumerate(stream, start=1) if line.strip()]
    except (UnicodeError, LookupError) as error:
        raise wrong_encoding(path, encoding, error) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if not rows:
        raise DataError(f"'{path.name}' is empty", hint="it needs at least one line")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}, dtype=object
    )


def row_of(line: str, number: int, path: Path) -> dict[str, Any]:
    """The object in a line of JSON.

    Raises:
        DataError: it holds none, or text that nothing can write down again.
    """
    import json

    try:
        row = json.loads(line)
        # Half a character pair is JSON, and text that nothing can write down again.
        json.dumps(row, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise DataError(
            f"'{path.name}' line {number} is not JSON: {error.msg}", hint="one object a line, no comma between"
        ) from error
    except (UnicodeEncodeError, RecursionError) as error:
        raise DataError(
            f"'{path.name}' line {number} holds no text or number: '{line.strip()[:40]}'",
            hint="check how the file was written",
        ) from error
    if not isinstance(row, dict):
        raise DataError(
            f"'{path.name}' line {number} is not an object: '{line.strip()[:40]}'",
            hint='each line is like {"age": 61, "sex": "F"}',
        )
    return row


def _must_be_one_character(separator: str) -> None:
    if len(separator) != 1 or separator in "\r\n":
        raise DataError(
            f"separator '{separator.encode('unicode_escape').decode()}' is not one character",
            hint='for example [data] separator = ";", or "\\t"',
        )


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"'{path.name}' cannot be read: {error.strerror or error}", hint=f"ls -l {path.name}")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _separator_hint(separator: str) -> str:
    return f"cells are separated by '{separator}'; say another one with [data] separator = \";\""
