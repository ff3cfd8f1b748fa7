"""The one way in which a column becomes numbers, whatever type its cells have."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.errors import DataError
from auditkit.labels import canonical_label

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 1e100
"""Numbers beyond this cannot be squared and summed; what wrote them meant something else, such as "none"."""


def parse_numbers(values: Any, *, column: str, where: str = "the data", rows: Any = None) -> Any:
    """A column of cells of any type as float64 [n]; missing cells are NaN. Of float64, the same array.

    Args:
        values: [n], the cells.
        column: its name, for messages.
        where: the table's name, for messages.
        rows: [n], where each cell's row stands in its file, from 0; None: as they come.

    Raises:
        DataError: a cell is not a number; it names the row, counted from 1 below the header.
    """
    cells = np.asarray(values)
    parsed = _read_at_once(cells)
    if parsed is None:
        cells = np.asarray(values, dtype=object)
        parsed = _read_one_by_one(cells, column=column, where=where, rows=rows)
    if not len(parsed) or (parsed.min() >= -LARGEST and parsed.max() <= LARGEST):
        return parsed
    # Some are missing, endless or too large.
    beyond = np.flatnonzero(np.isfinite(parsed) & (np.abs(parsed) > LARGEST))
    if len(beyond):
        cell, row = cells[beyond[0]], _row(rows, beyond[0])
        raise DataError(
            f"{where} column '{column}' holds '{cell}' in row {row}; wanted at most {LARGEST:g}",
            hint=f"{len(beyond)} such rows; if it stands for none, mark it with [data] missing = [...]",
        )
    return parsed


def own_numbers(column: pd.Series[Any], missing: Collection[str]) -> npt.NDArray[Any] | None:
    """A copy of a column of NumPy's numbers, in the widest type of their kind; None: it holds other cells.

    Args:
        column: floats, of which NaN is missing, or whole numbers.
        missing: labels that stand for a missing cell. Whole numbers that may be among them are other cells, for no
            integer can be missing.
    """
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "fiu":
        return None
    if column.dtype.kind != "f":
        may_miss = any(re.fullmatch(r"-?\d+", mark) for mark in missing)
        wide = np.uint64 if column.dtype == np.uint64 else np.int64
        return None if may_miss else np.array(column.to_numpy(), dtype=wide)
    numbers = np.array(column.to_numpy(), dtype=np.float64)
    if marks := [float(mark) for mark in missing if _is_label_of_float(mark)]:
        numbers[np.isin(numbers, marks)] = np.nan
    return numbers


def _is_label_of_float(mark: str) -> bool:
    try:
        return canonical_label(float(mark)) == mark
    except ValueError:
        return False


def _read_at_once(cells: npt.NDArray[Any]) -> npt.NDArray[np.float64] | None:
    """Numbers, and texts that are numbers or missing, in a small part of the time; None: each cell is to be looked at.

    What comes out is, bit for bit, what comes out of looking at each: `tests/unit/test_numbers.py` holds it.
    """
    import pandas as pd

    if cells.dtype.kind in "fiu":
        return cells.astype(np.float64, copy=False)
    if not cells.dtype.hasobject or cells.ndim != 1:
        return None
    kind = pd.api.types.infer_dtype(cells, skipna=True)
    if kind == "string":
        return _texts_at_once(cells)
    is_whole = kind == "floating" and pd.api.types.infer_dtype(cells, skipna=False) == "floating"
    return cells.astype(np.float64) if is_whole else None


def _texts_at_once(cells: npt.NDArray[np.object_]) -> npt.NDArray[np.float64] | None:
    import pyarrow as pa

    try:
        texts = pa.array(cells, pa.string(), from_pandas=False)
        read = texts.cast(pa.float64())
    except (pa.ArrowException, UnicodeError):  # another type among them, spaces around a number, or no number
        return None
    numbers: npt.NDArray[np.float64] = read.fill_null(np.nan).to_numpy(zero_copy_only=False)
    # "nan" is missing and "+nan" may be; and of whole numbers alone pandas reads "-0" as 0, which has no sign.
    is_odd = np.count_nonzero(np.isnan(numbers)) > texts.null_count or np.any((numbers == 0) & np.signbit(numbers))
    return None if is_odd else numbers


def _read_one_by_one(cells: npt.NDArray[np.object_], *, column: str, where: str, rows: Any) -> npt.NDArray[np.float64]:
    import pandas as pd

    parsed = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    unread = [row for row in np.flatnonzero(np.isnan(parsed)).tolist() if not _is_missing(cells[row])]
    if unread:
        cell = str(cells[unread[0]])[:40]
        raise DataError(
            f"{where} column '{column}' holds '{cell}' in row {_row(rows, unread[0])}; wanted a number",
            hint=f"{len(unread)} such rows; {_what_to_write(cell)}",
        )
    return parsed


def _row(rows: Any, place: int) -> int:
    return int(place if rows is None else rows[place]) + 1


def _what_to_write(cell: str) -> str:
    """What to type instead of a cell that is no number."""
    if re.fullmatch(r"\s*[+-]?[\d., ]*,[\d., ]*\s*", cell):
        return "write them like 1234.5: a point before decimals, and nothing between thousands"
    if re.fullmatch(r"\s*[+-]?[\d.]+\s*%\s*", cell):
        return "write them without '%'"
    return "check the column's name, or mark them with [data] missing = [...]"


def _is_missing(cell: Any) -> bool:
    label = canonical_label(cell)
    return label is None or label.strip().lower().lstrip("+-") in {"", "nan"}
