"""The adapter for predictions that were recorded elsewhere, so that a model can be audited without running it.

`adapter` makes columns into classes, and `others` into numbers, rankings, spans and texts; `spelling` says how the
recorded labels and those of the target are spelled. What `auditkit init` is told of them is in `recognise`, and of
tables of recorded lists in `rankings`.
"""

from auditkit import hookimpl
from auditkit_recorded.adapter import open_recorded

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `recorded`."""
    return [open_recorded]
