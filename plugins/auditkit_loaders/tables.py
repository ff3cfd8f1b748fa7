"""Tables from files, every cell as it was written: nothing is guessed to be a number, a date or missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditkit import DataError, loader

if TYPE_CHECKING:
    import pandas as pd


@loader("csv")
def load_csv(path: Path, *, encoding: str = "utf-8", separator: str = ",") -> pd.DataFrame:
    """Comma-separated text. Every cell is text, and only the empty cell is missing: `None`, `NA` and `02` stay."""
    import pandas as pd

    try:
        frame = pd.read_csv(path, sep=separator, encoding=encoding, dtype=object, keep_default_na=False, na_values=[""])
    except UnicodeDecodeError as error:
        raise DataError(
            f"'{path.name}' is not {encoding}: byte {error.start} cannot be read",
            hint='say what it is, e.g. [data] encoding = "latin-1"',
        ) from error
    except LookupError as error:
        raise DataError(f"there is no encoding '{encoding}'", hint='for example [data] encoding = "latin-1"') from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"'{path.name}' is empty", hint="it needs a header and at least one row") from error
    except pd.errors.ParserError as error:
        raise DataError(
            f"'{path.name}' is not a table: {_first_line(error)}", hint=_separator_hint(separator)
        ) from error
    except OSError as error:
        raise DataError(
            f"'{path.name}' cannot be read: {error.strerror or error}", hint=f"ls -l {path.name}"
        ) from error
    return _distinct_columns(_without_nan(frame), path)


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
    if len(set(names)) != len(names):
        raise DataError(f"'{path.name}' has two columns named '{_twice(names)}'", hint="rename one of them")
    columns = {name: pd.Series(table[name].to_pylist(), dtype=object) for name in names}
    return pd.DataFrame(columns, columns=pd.Index(names, dtype=object), dtype=object)


@loader("jsonl")
def load_jsonl(path: Path, *, encoding: str = "utf-8") -> pd.DataFrame:
    """One JSON object a line. Cells keep their types; null and an absent key are missing."""
    import json

    import pandas as pd

    rows = []
    try:
        with path.open(encoding=encoding) as stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DataError(
                        f"'{path.name}' line {number} is not an object: '{line.strip()[:40]}'",
                        hint='each line is like {"age": 61, "sex": "F"}',
                    )
                rows.append(row)
    except json.JSONDecodeError as error:
        raise DataError(
            f"'{path.name}' line {number} is not JSON: {error.msg}", hint="one object a line, no comma between"
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"'{path.name}' is not {encoding}: byte {error.start} cannot be read",
            hint='say what it is, e.g. [data] encoding = "latin-1"',
        ) from error
    if not rows:
        raise DataError(f"'{path.name}' is empty", hint="it needs at least one line")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}, dtype=object
    )


def _without_nan(frame: pd.DataFrame) -> pd.DataFrame:
    """Missing cells as None, so that they differ from the text `nan`."""
    return frame.astype(object).where(frame.notna(), None)


def _distinct_columns(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    # pandas renames a second `age` to `age.1`; the header says what was written.
    import csv

    with path.open(encoding="latin-1", newline="") as stream:
        header = next(csv.reader(stream), [])
    if len(set(header)) != len(header):
        raise DataError(f"'{path.name}' has two columns named '{_twice(header)}'", hint="rename one of them")
    return frame


def _twice(names: list[str]) -> str:
    return next(name for name in names if names.count(name) > 1)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _separator_hint(separator: str) -> str:
    return f"cells are separated by '{separator}'; say another one with [data] separator = \";\""
