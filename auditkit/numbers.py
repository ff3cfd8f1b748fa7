"""The one way in which a column becomes numbers, whatever type its cells have."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit.errors import DataError
from auditkit.labels import canonical_label


def parse_numbers(values: Any, *, column: str, where: str = "the data") -> Any:
    """A column of cells of any type as float64 [n]; missing cells are NaN.

    Raises:
        DataError: a cell is not a number; it names the row, counted from 1 below the header.
    """
    import pandas as pd

    cells = np.asarray(values, dtype=object)
    parsed = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    unread = [row for row in np.flatnonzero(np.isnan(parsed)).tolist() if not _is_missing(cells[row])]
    if unread:
        raise DataError(
            f"{where} column '{column}' holds '{cells[unread[0]]}' in row {unread[0] + 1}; wanted a number",
            hint=f"{len(unread)} such rows; check the column's name, or mark them with [data] missing = [...]",
        )
    return parsed


def _is_missing(cell: Any) -> bool:
    label = canonical_label(cell)
    return label is None or label.strip().lower().lstrip("+-") in {"", "nan"}
