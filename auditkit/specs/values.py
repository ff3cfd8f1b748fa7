"""Values of a spec as its author may write them: labels that are numbers, one name for a list, days for texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from auditkit.labels import canonical_label


def as_label(value: Any) -> Any:
    """A label as a canonical string; tables and lists stay what they are, so that the error can name them."""
    return value if isinstance(value, Mapping | list | tuple | None) else canonical_label(value)


def as_labels(value: Any) -> Any:
    """Each of some labels as a canonical string."""
    return tuple(as_label(item) for item in value) if isinstance(value, list | tuple) else value


def as_label_or_labels(value: Any) -> Any:
    """One label or several."""
    return as_labels(value) if isinstance(value, list | tuple) else as_label(value)


def as_label_values(value: Any) -> Any:
    """The values of a table as labels."""
    return {key: as_label(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def as_moment(value: Any) -> Any:
    """A date, a time or a number as a spec would write it."""
    if isinstance(value, date):
        return value.isoformat()
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return canonical_label(value) if is_number else value


def as_list(value: Any) -> Any:
    """One name as a list of one."""
    return (value,) if isinstance(value, str) else value


def frozen(value: Any) -> Any:
    """Lists become tuples, which is what frozen documents hold."""
    if isinstance(value, Mapping):
        return {key: frozen(item) for key, item in value.items()}
    return tuple(frozen(item) for item in value) if isinstance(value, list) else value
