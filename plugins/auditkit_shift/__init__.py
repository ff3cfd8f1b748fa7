"""Shift: whether the audit rows are like the reference rows, and whether the model does as well as it did.

A check a module: `columns`, `joint`, `predictions`, `periods`. What columns hold is read in `reading`, which makes
`pictures` into a few numbers, and whole rows are vectors by `features`; `outcomes` are what is followed through time.
The cases whose answer is known are in `planted`, the metric cards in `cards`.
"""

from auditkit import hookimpl
from auditkit_shift.columns import columns
from auditkit_shift.joint import joint
from auditkit_shift.periods import periods
from auditkit_shift.predictions import predictions

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer the checks of shift."""
    return [columns, joint, predictions, periods]
