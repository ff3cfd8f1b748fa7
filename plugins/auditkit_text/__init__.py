"""The adapters for texts, in the layout of transformers: a folder with config, safetensors and tokenizer.

`adapter` is for classes, `value_adapter` for numbers, `entity_adapter` for entities. All go through `opening`, from a
folder to its module and `tokenizer`; `recognise` is what `auditkit init` is told of such folders.

Classes and numbers: `model` runs batches of `tokens`, and `inside` are vectors and gradients. Entities: `entity_model`
reads long texts in `windows` and spells entities from `tags`. Classes that a model was not trained on: `zero_shot` puts
the `candidates` to a model of `entailment`, or compares them by `embedding`.
"""

from auditkit import hookimpl
from auditkit_text.adapter import open_text_classifier
from auditkit_text.entity_adapter import open_token_classifier
from auditkit_text.value_adapter import open_text_regressor

AUDITKIT_NEEDS = ("gpu",)


@hookimpl
def auditkit_register_adapters() -> list[object]:
    """Offer `text-classifier`, `text-regressor` and `token-classifier`."""
    return [open_text_classifier, open_text_regressor, open_token_classifier]
