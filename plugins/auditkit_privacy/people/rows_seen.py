"""What a row shows of its person without any model: the inputs as a table, without what a model said of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit import Case

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.floating]
Array = npt.NDArray[Any]

DIGITS = 3
"""Significant digits to which numbers are rounded before rows are called near twins."""

_NO_WORD = re.compile(r"[\W_]+")
_LONG_TEXT = 20
_TABLE = 2


def table_of(case: Case[Any]) -> pd.DataFrame | None:
    """The inputs as columns, recorded predictions left out; None: there is nothing to look at."""
    import pandas as pd

    inputs = case.inputs
    if isinstance(inputs, pd.Series):
        frame = inputs.to_frame("input")
    elif isinstance(inputs, pd.DataFrame):
        frame = inputs.drop(columns=[name for name in case.settings.recorded if name in inputs.columns])
    elif isinstance(inputs, np.ndarray) and inputs.ndim == _TABLE:
        frame = pd.DataFrame(inputs, columns=[f"column {place}" for place in range(inputs.shape[1])])
    else:
        return None
    return frame if len(frame.columns) else None


def numbers_in(column: Any) -> Floats:
    """[n]: the numbers of a column's cells; NaN where a cell is none."""
    import pandas as pd

    return np.asarray(pd.to_numeric(pd.Series(np.asarray(column)), errors="coerce"), dtype=np.float64)


def distinct(column: Any) -> tuple[Array, npt.NDArray[np.intp]]:
    """A column's cells without repeats, and the place of each row's among them; numbers as they are."""
    import pandas as pd

    cells = np.asarray(column)
    if cells.dtype.kind in "biufc":
        return cells, np.arange(len(cells))
    cells = cells.astype(object)
    try:
        codes, known = pd.factorize(cells)
    except TypeError:  # lists, as of a chat: nothing finds out whether two are equal
        return cells, np.arange(len(cells))
    return np.append(np.asarray(known, dtype=object), [None]), np.where(codes < 0, len(known), codes)


def texts_in(column: Any) -> Array:
    """[n]: the cells of a column as texts, a missing one as the empty text; a file's is the digest of its bytes."""
    import pandas as pd

    cells = np.asarray(column, dtype=object)
    missing = pd.isna(cells)
    found = np.empty(len(cells), dtype=object)
    found[:] = ["" if gone else str(cell) for cell, gone in zip(cells, missing, strict=True)]
    return found


def is_prose(texts: Array, codes: npt.NDArray[np.intp] | None = None) -> bool:
    """Whether a column of texts holds sentences rather than categories: by the length of half of them.

    With `codes` [n] the column's cells are those places of the texts.
    """
    sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    sizes = sizes if codes is None else sizes[codes]
    return bool(len(sizes)) and float(np.median(sizes)) >= _LONG_TEXT


def plain(text: str) -> str:
    """A text without case, punctuation and the width of its spaces."""
    return _NO_WORD.sub(" ", text.casefold()).strip()


def rounded(numbers: Floats) -> Floats:
    """[n]: to three significant digits; 0 stays 0."""
    size = np.floor(np.log10(np.abs(numbers), out=np.zeros(len(numbers)), where=(numbers != 0) & np.isfinite(numbers)))
    step = np.power(10.0, size - DIGITS + 1)
    # Divided again by a whole power of ten where that is exact, so that equal cells stay equal.
    return np.asarray(np.round(numbers / step) * step) + 0.0
