"""The adapters for images: a folder of transformers, or a torch module by its import path.

`adapter` is for classes and `regressor` for numbers; both go through `opening`, from files to a module that is shown
images, and `model`, which runs it a batch at a time. `inside` are the gradients down to the pixels. `recognise` is what
`auditkit init` is told of such files.
"""

from auditkit import hookimpl
from auditkit_image.adapter import open_image_classifier
from auditkit_image.regressor import open_image_regressor

AUDITKIT_NEEDS = ("gpu",)


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer `image-classifier` and `image-regressor`."""
    return [open_image_classifier, open_image_regressor]
