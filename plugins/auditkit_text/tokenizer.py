"""A model's tokenizer: looked for in its folder, loaded offline, and held against the model."""

from __future__ import annotations

from typing import Any

from auditkit import ModelError
from auditkit.checkpoints import ModelFolder, called, load_part

TOKENIZERS = (
    "tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
    "spm.model", "bpe.codes",
)  # fmt: skip
"""A tokenizer has one of these. Without any, transformers makes one up that knows no word, and says nothing."""


def refuse_without_tokenizer(folder: ModelFolder) -> None:
    """Refuse a folder that holds no tokenizer."""
    if not any((folder.path / name).exists() for name in TOKENIZERS):
        raise ModelError(
            f"the model folder '{called(folder.path)}' holds no tokenizer, e.g. 'tokenizer.json'",
            hint="tokenizer.save_pretrained(folder), with the tokenizer that the model was trained with",
        )


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
    embedded = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > embedded:
        raise ModelError(
            f"the tokenizer knows {len(tokenizer):,} tokens, and the model has embeddings for {embedded:,}",
            hint="the tokenizer is another model's: save the one that the model was trained with",
        )
    return tokenizer
