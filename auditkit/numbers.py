"""The one way in which a column becomes numbers, whatever type its cells have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.errors import DataError
from auditkit.labels import canonical_label


def parse_numbers(values: Sequence[Any], *, column: str, where: str = "the data") -> Any:
    """A column as float64 [n]; missing cells are NaN.

    Raises:
        DataError: a cell is not a number; it names the row, counted from 1 below the header.
    """
    import pandas as pd

    parsed = pd.to_numeric(pd.Series(list(values), dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    empty = np.array([canonical_label(value) in {None, ""} for value in values])
    wrong = np.flatnonzero(np.isnan(parsed) & ~empty)
    wrong = np.array([row for row in wrong if str(values[row]).strip().lower() not in {"nan", "+nan", "-nan"}], dtype=int)
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"{where}: column '{column}' holds '{values[row]}' in row {row + 1}; wanted a number",
            hint=f"{len(wrong)} such rows; check the column's name, or mark them with [data] missing = [...]",
        )
    return parsed
