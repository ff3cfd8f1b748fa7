"""The adapter for models of several inputs at once: note, image and table of one patient.

`adapter` reads the spec, `preparing` opens the tokenizer and what prepares images, `parts` makes each kind of input
into tensors, and `model` runs them together. `recognise` is what `auditkit init` is told of such models.
"""

from auditkit import hookimpl
from auditkit_multimodal.adapter import open_multimodal

AUDITKIT_NEEDS = ("gpu",)


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `multimodal`."""
    return [open_multimodal]
