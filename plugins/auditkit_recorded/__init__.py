"""The adapter for predictions that were recorded elsewhere, so that a model can be audited without running it."""

from auditkit import hookimpl
from auditkit_recorded.adapter import open_recorded


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `recorded`."""
    return [open_recorded]
