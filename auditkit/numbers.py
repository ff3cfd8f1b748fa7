"""The one way in which a column becomes numbers, whatever type its cells have."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from auditkit.errors import DataError
from auditkit.labels import canonical_label

LARGEST = 1e100
"""Numbers beyond this cannot be squared and summed; what wrote them meant something else, such as "none"."""


def parse_numbers(values: Any, *, column: str, where: str = "the data", rows: Any = None) -> Any:
    """A column of cells of any type as float64 [n]; missing cells are NaN.

    Args:
        values: [n], the cells.
        column: its name, for messages.
        where: the table's name, for messages.
        rows: [n], where each cell's row stands in its file, from 0; None: as they come.

    Raises:
        DataError: a cell is not a number; it names the row, counted from 1 below the header.
    """
    import pandas as pd

    cells = np.asarray(values)
    # A table of floats, told in a tenth of the time that it takes to read each cell for itself.
    if cells.dtype.kind in "fiu" or (
        cells.dtype.hasobject and pd.api.types.infer_dtype(cells, skipna=False) == "floating"
    ):
        parsed, unread = cells.astype(np.float64), []
    else:
        cells = np.asarray(values, dtype=object)
        parsed = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
        unread = [row for row in np.flatnonzero(np.isnan(parsed)).tolist() if not _is_missing(cells[row])]
    if unread:
        cell = str(cells[unread[0]])[:40]
        raise DataError(
            f"{where} column '{column}' holds '{cell}' in row {_row(rows, unread[0])}; wanted a number",
            hint=f"{len(unread)} such rows; {_what_to_write(cell)}",
        )
    beyond = np.flatnonzero(np.isfinite(parsed) & (np.abs(parsed) > LARGEST))
    if len(beyond):
        cell, row = cells[beyond[0]], _row(rows, beyond[0])
        raise DataError(
            f"{where} column '{column}' holds '{cell}' in row {row}; wanted at most {LARGEST:g}",
            hint=f"{len(beyond)} such rows; if it stands for none, mark it with [data] missing = [...]",
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
