"""What the controls of a check found, remembered for the whole process, and for the others of the same test run.

A user pays for them once a version. Tests, each with an evidence store of its own, would pay for them at every audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from auditkit.checks.controls import Controlled, run_controls
from auditkit.evidence import EvidenceStore

_FOUND: dict[tuple[int, str, float], tuple[Any, Controlled]] = {}
"""The check as an object, its options and the level -> the check, which must live for its number to stay its own."""


def remembered_controls(folder: Path) -> Callable[..., Controlled]:
    """`run_controls`, once for each check and its options; those that fail are put again, as they are in an audit.

    `folder` is shared by all processes of a test run: the store knows code by its digest.
    """
    shared = EvidenceStore.open(folder)

    def controls_of(check: Any, options: Mapping[str, Any], *, level: float, store: Any, code: Any) -> Controlled:
        del store
        key = (id(check), repr(sorted(options.items())), level)
        if key not in _FOUND:
            found = run_controls(check, options, level=level, store=shared, code=code)
            if not all(control.passed for control in found.controls):
                return found
            _FOUND[key] = (check, found)
        return _FOUND[key][1]

    return controls_of
