"""Tables from files, every cell as it was written: nothing is guessed to be a number, a date or missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit import DataError, loader

if TYPE_CHECKING:
    import pandas as pd


@loader("csv")
def load_csv(path: Path, *, encoding: str = "utf-8", separator: str = ",") -> pd.DataFrame:
    """Comma-separated text. Every cell is text, and only the empty cell is missing: `None`, `NA` and `02` stay."""
    import pandas as pd

    _must_be_one_character(separator)
    try:
        # The header is read as a row like the others: pandas would rename a second `age`, and would shift all columns
        # by one where the rows have a cell more than the header. An empty cell is "", a cell that is not there is NaN.
        table = pd.read_csv(
            path, sep=separator, encoding=encoding, header=None, dtype=object, keep_default_na=False, na_values=[]
        )
    except UnicodeError as error:
        raise _wrong_encoding(path, encoding, error) from error
    except LookupError as error:
        raise _no_encoding(encoding) from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"'{path.name}' is empty", hint="it needs a header and at least one row") from error
    except pd.errors.ParserError as error:
        raise DataError(
            f"'{path.name}' is not a table: {_first_line(error)}", hint=_separator_hint(separator)
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    return _below_header(table, path, separator)


def _below_header(table: pd.DataFrame, path: Path, separator: str) -> pd.DataFrame:
    """The rows under the names that the first row gives; an empty cell is None, a row that is too short is refused."""
    import pandas as pd

    width = table.shape[1]
    short = table.iloc[:, -1].isna().to_numpy()
    if short.any():
        row = int(short.argmax())
        cells = int(table.iloc[row].notna().sum())
        raise DataError(
            f"'{path.name}' row {row} has {cells} cells, and the header {width}", hint=_separator_hint(separator)
        )
    names = [str(name) for name in table.iloc[0]]
    _must_differ(names, path)
    rows = table.iloc[1:].reset_index(drop=True)
    rows.columns = pd.Index(names, dtype=object)
    return rows.astype(object).where(rows != "", None)


@loader("parquet")
def load_parquet(path: Path) -> pd.DataFrame:
    """Apache Parquet. Cells keep their types; nulls are missing."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise DataError(
            f"'{path.name}' is not a Parquet file: {_first_line(error)}", hint='is it [data] loader = "csv"?'
        ) from error
    names = list(table.column_names)
    _must_differ(names, path)
    columns = {name: pd.Series(table[name].to_pylist(), dtype=object) for name in names}
    return pd.DataFrame(columns, columns=pd.Index(names, dtype=object), dtype=object)


@loader("jsonl")
def load_jsonl(path: Path, *, encoding: str = "utf-8") -> pd.DataFrame:
    """One JSON object a line. Cells keep their types; null and an absent key are missing."""
    import pandas as pd

    try:
        # A file from a Windows editor begins with a byte order mark, which is no part of the first line.
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as stream:
            rows = [_row_of(line, number, path) for number, line in enumerate(stream, start=1) if line.strip()]
    except UnicodeError as error:
        raise _wrong_encoding(path, encoding, error) from error
    except LookupError as error:
        raise _no_encoding(encoding) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if not rows:
        raise DataError(f"'{path.name}' is empty", hint="it needs at least one line")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}, dtype=object
    )


def _row_of(line: str, number: int, path: Path) -> dict[str, Any]:
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
            f"separator '{separator}' is not one character", hint='for example [data] separator = ";", or "\\t"'
        )


def _must_differ(names: list[str], path: Path) -> None:
    if len(set(names)) != len(names):
        raise DataError(f"'{path.name}' has two columns named '{_twice(names)}'", hint="rename one of them")


def _wrong_encoding(path: Path, encoding: str, error: UnicodeError) -> DataError:
    where = f": byte {error.start} cannot be read" if isinstance(error, UnicodeDecodeError) else ""
    return DataError(
        f"'{path.name}' is not {encoding}{where}", hint='say what it is, e.g. [data] encoding = "latin-1"'
    )


def _no_encoding(encoding: str) -> DataError:
    return DataError(f"there is no encoding '{encoding}'", hint='for example [data] encoding = "latin-1"')


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"'{path.name}' cannot be read: {error.strerror or error}", hint=f"ls -l {path.name}")


def _twice(names: list[str]) -> str:
    return next(name for name in names if names.count(name) > 1)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _separator_hint(separator: str) -> str:
    return f"cells are separated by '{separator}'; say another one with [data] separator = \";\""
