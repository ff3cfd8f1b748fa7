"""JSON that comes with a model: read with a bound on its size, and always as an object; and lists of names in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from auditkit.errors import ModelError

MOST_BYTES = 64 << 20
"""The largest configs and indices of shards have a few million; a tokenizer's words have a file of their own."""


def read_object(file: Path, *, hint: str) -> dict[str, Any]:
    """The JSON object in a file of a model's folder, such as its config or the index of its shards.

    Raises:
        ModelError: it has more than 64 MiB, or holds something else.
    """
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise ModelError(
            f"'{file.name}' of the model has {size:,} bytes, and settings have at most {MOST_BYTES:,}", hint=hint
        )
    try:
        found = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a ValueError too
        raise ModelError(f"'{file.name}' of the model is no JSON: {error}", hint=hint) from error
    if not isinstance(found, dict):
        raise ModelError(f"'{file.name}' of the model holds a {type(found).__name__}, not an object", hint=hint)
    return found


def some(names: list[str], most: int = 4) -> str:
    """The first names of a list in quotation marks, and how many more there are."""
    shown = ", ".join(f"'{name[:100]}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
