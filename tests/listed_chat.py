"""A small Llama whose tokenizer is a list of words, taught some texts by heart in a second or two, or hardly at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def listed_tokenizer(texts: Sequence[str]) -> Any:
    """A token a word, in the order of the alphabet; nothing is trained."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = sorted({word for text in texts for word in text.split()})
    known = {word: place for place, word in enumerate(["<pad>", "<end>", "<unknown>", *words])}
    raw = Tokenizer(models.WordLevel(known, unk_token="<unknown>"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, model_max_length=128, pad_token="<pad>", eos_token="<end>", unk_token="<unknown>"
    )


def taught_chat(folder: Path, texts: Sequence[str], *, words: Sequence[str] = (), steps: int, seed: int = 3) -> Path:
    """Write a model that was trained for so many steps on all texts at once.

    Args:
        folder: where to.
        texts: what it learns, each followed by the end.
        words: further texts whose words it knows.
        steps: 0 leaves it as it was drawn.
        seed: of its weights.
    """
    import torch
    import transformers

    tokenizer = listed_tokenizer([*texts, *words])
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=128, bos_token_id=None, eos_token_id=1, pad_token_id=0,
    )  # fmt: skip
    rows = [tokenizer(text)["input_ids"] + [1] for text in texts]
    longest = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    labels = tokens.masked_fill(tokens == 0, -100)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = transformers.LlamaForCausalLM(config).train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
        for _ in range(steps):
            optimizer.zero_grad()
            model(input_ids=tokens, labels=labels).loss.backward()
            optimizer.step()
    transformers.utils.logging.disable_progress_bar()
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
