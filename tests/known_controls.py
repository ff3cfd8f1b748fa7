"""What the controls of a check found, remembered for the whole process.

A user pays for them once a version. Tests, each with an evidence store of its own, would pay for them at every audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditkit.checks.controls import Controlled, run_controls

_FOUND: dict[tuple[int, str, float], tuple[Any, Controlled]] = {}
"""The check as an object, its options and the level -> the check, which must live for its number to stay its own."""


def remembered_controls(check: Any, options: Mapping[str, Any], *, level: float, store: Any, code: Any) -> Controlled:
    """`run_controls`, once for each check and its options; those that fail are put again, as they are in an audit."""
    key = (id(check), repr(sorted(options.items())), level)
    if key not in _FOUND:
        found = run_controls(check, options, level=level, store=store, code=code)
        if not all(control.passed for control in found.controls):
            return found
        _FOUND[key] = (check, found)
    return _FOUND[key][1]
