"""A model's tokenizer: loaded offline, and held against the model."""

from __future__ import annotations

from typing import Any

from auditkit import ModelError
from auditkit.checkpoints import ModelFolder, load_part, refuse_foreign_tokenizer

_READ_FROM_THE_END = frozenset({"xlnet"})
"""Types that answer by the last place, be it padding, and whose positions are distances: these are padded in front."""


def load_tokenizer(folder: ModelFolder, model: Any) -> Any:
    """The tokenizer of a model.

    Raises:
        ModelError: it cannot be loaded, cannot pad, or knows tokens that the model has no embedding for.
    """
    tokenizer = load_part(folder, "tokenizer", "AutoTokenizer")
    if tokenizer.pad_token_id is None:
        raise ModelError(
            "the tokenizer has no padding token, and texts of different lengths need one",
            hint="train with one: tokenizer.pad_token = ..., model.config.pad_token_id = tokenizer.pad_token_id",
        )
    padding = model.config.get_text_config().pad_token_id
    if hasattr(model, "score") and padding != tokenizer.pad_token_id:
        # Decoders read their answer off the last token that is not padding, and find it by this number.
        raise ModelError(
            f"the model's pad_token_id is {padding}, and the tokenizer pads with {tokenizer.pad_token_id}: "
            "its answers would depend on the batch",
            hint=f"train with one and the same: model.config.pad_token_id = {tokenizer.pad_token_id}",
        )
    # At the end, whatever the tokenizer says: padding before a text moves its words to other positions, and away from
    # where a model of embeddings looks for the first one. Its answers would depend on the batch.
    tokenizer.padding_side = "left" if model.config.model_type in _READ_FROM_THE_END else "right"
    refuse_foreign_tokenizer(tokenizer, model.get_input_embeddings().num_embeddings)
    return tokenizer
