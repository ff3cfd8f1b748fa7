"""What every adapter of texts asks of a folder before its tokenizer is loaded: that there is one, and not the model."""

from __future__ import annotations

from auditkit.checkpoints.folder import ModelFolder, called
from auditkit.errors import ModelError

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


def refuse_foreign_tokenizer(tokenizer: object, embedded: int) -> None:
    """Refuse a tokenizer that knows tokens for which the model has no embedding.

    Args:
        tokenizer: of transformers; its length counts its tokens.
        embedded: how many the model has.
    """
    count = len(tokenizer)  # type: ignore[arg-type]  # transformers publishes no types
    if count > embedded:
        raise ModelError(
            f"the tokenizer knows {count:,} tokens, and the model has embeddings for {embedded:,}",
            hint="the tokenizer is another model's: save the one that the model was trained with",
        )
