"""The adapter for models of several inputs at once: note, image and table of one patient."""

from auditkit import hookimpl
from auditkit_multimodal.adapter import open_multimodal


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `multimodal`."""
    return [open_multimodal]
