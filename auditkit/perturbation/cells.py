"""What rows hold: one column of texts, one of pictures, or a table; and what tells one row from another."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt


def marks(inputs: Any) -> list[str]:
    """[n]: a digest of each row's cells, so that random numbers follow what a row holds, and not its place."""
    columns = [column_of(inputs, name) for name in names_of(inputs)]
    return [hashlib.sha256("\0".join(map(_words, row)).encode("utf-8", "surrogatepass")).hexdigest()
            for row in zip(*columns, strict=True)]  # fmt: skip


def names_of(inputs: Any) -> list[str]:
    """The columns of a table; of a Series, an array or a list one without a name."""
    return [str(name) for name in inputs.columns] if hasattr(inputs, "columns") else [""]


def column_of(inputs: Any, name: str) -> list[Any]:
    """The cells of one column."""
    return list(inputs[name]) if hasattr(inputs, "columns") else list(inputs)


def with_column(inputs: Any, name: str, cells: list[Any]) -> Any:
    """The same rows with other cells in one column.

    Args:
        inputs: the rows, as a model is given them.
        name: of the column; empty: there is but one, without a name.
        cells: [n].
    """
    import pandas as pd

    made = pd.Series(_objects(cells), index=getattr(inputs, "index", None), dtype=object)
    return inputs.assign(**{name: made}) if hasattr(inputs, "columns") else made


def taken(inputs: Any, rows: npt.NDArray[np.integer]) -> Any:
    """Some rows, in this order."""
    if hasattr(inputs, "iloc"):
        return inputs.iloc[rows]
    return [inputs[int(row)] for row in rows]


def _objects(cells: list[Any]) -> Any:
    # Arrays among the cells must stay cells: numpy would put pictures of one size together.
    found = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        found[place] = cell
    return found


def _words(cell: Any) -> str:
    if isinstance(cell, np.ndarray):
        return hashlib.sha256(f"{cell.dtype}{cell.shape}".encode() + np.ascontiguousarray(cell).tobytes()).hexdigest()
    return str(cell)
