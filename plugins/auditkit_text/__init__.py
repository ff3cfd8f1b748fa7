"""The adapters for texts, in the layout of transformers: a folder with config, safetensors and tokenizer."""

from auditkit import hookimpl
from auditkit_text.adapter import open_text_classifier
from auditkit_text.entity_adapter import open_token_classifier
from auditkit_text.value_adapter import open_text_regressor


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer `text-classifier`, `text-regressor` and `token-classifier`."""
    return [open_text_classifier, open_text_regressor, open_token_classifier]
