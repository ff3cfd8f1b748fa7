"""Whether what a model is given are running texts."""

from __future__ import annotations

import statistics
from typing import Any

from auditkit import NotApplicable

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


def _is_han(text: str) -> bool:
    return any("\u4e00" <= one <= "\u9fff" for one in text)
