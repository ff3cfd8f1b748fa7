"""What a model is given of a row, as texts: a document is all cells of one row, and the files that they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from auditkit import Case
from auditkit.files import InputFile

SHORTEST_NUMBER = 10**8
"""Numbers below have fewer digits than anything that is looked for in a number alone."""

_HEADING = 64
"""A cell of so few characters is read behind its column's name, which says what the number is."""

_MAGIC = slice(128, 132)


def columns_of(case: Case[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Each input column by name, "" for a single one, without recorded predictions; numbers that are long alone."""
    inputs = case.inputs
    if hasattr(inputs, "columns"):
        for name in inputs.columns:
            if str(name) not in case.settings.recorded:
                yield str(name), inputs[name].to_numpy()
    else:
        yield "", inputs.to_numpy() if hasattr(inputs, "to_numpy") else inputs


def texts_of(name: str, cells: Sequence[Any]) -> Iterator[tuple[int, str]]:
    """The row and the text of each cell of a column that can hold something; short ones behind the column's name."""
    numbers = isinstance(cells, np.ndarray) and cells.dtype.kind in "biufc"
    rows = np.flatnonzero(np.abs(cells) >= SHORTEST_NUMBER).tolist() if numbers else range(len(cells))
    for row in rows:
        text = text_of(cells[row])
        if text:
            yield row, f"{name}: {text}" if name and len(text) <= _HEADING else text


def are_documents(cells: Sequence[Any]) -> np.ndarray[Any, Any]:
    """[n]: which cells of a column are texts, nested texts or files."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "biufc":
        return np.zeros(len(cells), dtype=bool)
    kinds = (str, list, tuple, dict, InputFile)
    return np.fromiter((isinstance(cell, kinds) for cell in cells), dtype=bool, count=len(cells))


def text_of(cell: Any) -> str:
    """A cell as text: numbers without a point, nested texts such as chats line by line, and no files."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, dict):
        return "\n".join(filter(None, map(text_of, cell.values())))
    if isinstance(cell, list | tuple):
        return "\n".join(filter(None, map(text_of, cell)))
    if isinstance(cell, bool | np.bool_) or not isinstance(cell, int | float | np.number) or not np.isfinite(cell):
        return ""
    return str(int(cell)) if float(cell).is_integer() else ""


def elements_of(cell: Any) -> tuple[str, ...]:
    """What the header of a DICOM file says of a person: the elements' names."""
    if not isinstance(cell, InputFile):
        return ()
    raw = cell.read()
    if raw[_MAGIC] != b"DICM":
        return ()
    from auditkit.images import personal_elements

    return personal_elements(raw)
