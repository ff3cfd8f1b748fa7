"""The adapters for images: a folder of transformers, or a torch module by its import path."""

from auditkit import hookimpl
from auditkit_image.adapter import open_image_classifier
from auditkit_image.regressor import open_image_regressor


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer `image-classifier` and `image-regressor`."""
    return [open_image_classifier, open_image_regressor]
