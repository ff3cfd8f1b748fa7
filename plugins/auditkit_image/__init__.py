"""The adapter for image classifiers: a folder of transformers, or a torch module by its import path."""

from auditkit import hookimpl
from auditkit_image.adapter import open_image_classifier


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `image-classifier`."""
    return [open_image_classifier]
