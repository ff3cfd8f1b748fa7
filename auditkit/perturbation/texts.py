"""Whether what a model is given are running texts, and in which column they stand."""

from __future__ import annotations

import statistics
from typing import Any

from auditkit import NotApplicable
from auditkit.perturbation.cells import column_of, names_of

_SHORTEST = 12
"""Characters of a middling text below which a column is one of names or codes."""


def refuse_no_texts(cells: list[Any]) -> None:
    """Refuse cells that are no running texts.

    Raises:
        NotApplicable: they are numbers, pictures, names or codes.
    """
    if not cells or not all(isinstance(cell, str) for cell in cells):
        raise NotApplicable("the model is given no texts")
    if statistics.median(len(cell) for cell in cells) < _SHORTEST and not any(_is_han(cell) for cell in cells):
        raise NotApplicable("the model is given names or codes, and no running texts")


def are_texts(cells: list[Any]) -> bool:
    """Whether cells are running texts."""
    try:
        refuse_no_texts(cells)
    except NotApplicable:
        return False
    return True


def text_column(inputs: Any, column: str) -> str:
    """The column that holds running texts; empty where rows have no names for it.

    Args:
        inputs: the rows, as the model is given them.
        column: which; empty: there is but one.

    Raises:
        NotApplicable: there is none, or none is said where rows hold several.
    """
    names = names_of(inputs)
    if column and column not in names:
        raise NotApplicable("the rows have no column '{column}' of texts", column=column)
    if not column and len(names) != 1:
        raise NotApplicable("the rows hold several columns, and none is said to hold texts", hint='column = "note"')
    name = column or names[0]
    refuse_no_texts(column_of(inputs, name))
    return name


def _is_han(text: str) -> bool:
    return any("\u4e00" <= one <= "\u9fff" for one in text)
