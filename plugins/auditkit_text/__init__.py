"""The adapter for text classifiers in the layout of transformers: a folder with config, safetensors and tokenizer."""

from auditkit import hookimpl
from auditkit_text.adapter import open_text_classifier


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer the adapter `text-classifier`."""
    return [open_text_classifier]
