"""Reading canonical JSON (RFC 8785) without forgiveness: what is not byte for byte canonical is refused."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from auditkit.document import canonical_json
from auditkit.errors import IntegrityError

DEEPEST = 64
"""How deep objects and lists may be nested; auditkit's own documents stay under 20."""

_LARGEST_EXACT = 2**53 - 1


def parse_json(raw: bytes, *, name: str) -> Any:
    """The value of a JSON text; `name` is what error messages call it.

    Raises:
        IntegrityError: it is not UTF-8, not JSON, has a key twice, holds NaN or infinity, or is nested too deep.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once_each, parse_int=_whole, parse_constant=_no_such_number
        )
    except RecursionError as error:
        raise IntegrityError(f"{name} is nested too deep") from error
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are among its children
        raise IntegrityError(f"{name} is not the JSON that auditkit writes: {error}") from error
    if _is_deeper_than(value, DEEPEST):
        raise IntegrityError(f"{name} is nested deeper than {DEEPEST}")
    return value


def parse_canonical(raw: bytes, *, name: str) -> Any:
    """The value of a canonical JSON text; see `parse_json`.

    Raises:
        IntegrityError: as `parse_json`, or the canonical form of the value has other bytes.
    """
    value = parse_json(raw, name=name)
    if canonicalise(value, name=name) != raw:
        raise IntegrityError(f"{name} is not canonical JSON (RFC 8785): it was not written by auditkit")
    return value


def canonicalise(value: Any, *, name: str) -> bytes:
    """The canonical bytes of a parsed value; IntegrityError when it has none, e.g. a lone surrogate in a text."""
    try:
        return canonical_json(value)
    except ValueError as error:
        raise IntegrityError(f"{name} has no canonical form: {error}") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _whole(digits: str) -> int | float:
    # RFC 8785 writes a float such as 1e20 without a point; only a float can carry it back unchanged.
    number = int(digits)
    return number if abs(number) <= _LARGEST_EXACT else float(digits)


def _no_such_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _is_deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return False
    return True


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
