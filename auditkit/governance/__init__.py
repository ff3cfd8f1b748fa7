"""Who answers for a model: the records that `[governance] records` names, read and held against each other.

`record` has the types that a result holds. `sheets` say what a file may hold, `reading` makes sheets of files, `rules`
and `kinds` say what is wrong with each, `links` follow what a statement points to, `overrides` counts a log, and
`gathering` makes records of it all. `answering` knows the process questions, and `asking` is where people answer them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditkit.governance.record import (
    KINDS,
    NEEDS_RECORDS,
    Counted,
    Fault,
    Kind,
    Link,
    OverrideLog,
    Record,
    Status,
    of_kind,
)

if TYPE_CHECKING:
    from auditkit.governance.gathering import gather
    from auditkit.governance.kinds import DUTIES
    from auditkit.governance.reading import Read
    from auditkit.governance.rules import Scene

_LATER = {"gather": "gathering", "DUTIES": "kinds", "Read": "reading", "Scene": "rules"}
"""What a result, which has the types alone, does not wait for."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "DUTIES",
    "KINDS",
    "NEEDS_RECORDS",
    "Counted",
    "Fault",
    "Kind",
    "Link",
    "OverrideLog",
    "Read",
    "Record",
    "Scene",
    "Status",
    "gather",
    "of_kind",
]
