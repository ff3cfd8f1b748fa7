"""The one way in which labels compare: as strings, whatever type a file or a library gave them."""

from __future__ import annotations

import math
from typing import Any

_MISSING_TYPES = frozenset({"NAType", "NaTType"})


def canonical_label(value: Any) -> str | None:
    """The label that a scalar stands for; None when the value is missing.

    Whole numbers have no point (`1.0` is "1"), booleans are "true" and "false", and a string is never touched: "02"
    stays "02" and "None" stays "None". None, NaN, and what pandas writes for them are missing. NumPy scalars count
    as Python's.
    """
    if isinstance(value, str):
        return str(value)
    # By name, because importing pandas for its missing values would cost every command half a second.
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return None
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, float):
        return _label_of_float(plain, written=str(value))
    return str(plain)


def _label_of_float(number: float, *, written: str) -> str | None:
    if math.isnan(number):
        return None
    return str(int(number)) if number.is_integer() else written
