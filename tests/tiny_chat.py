"""Causal models that are built in a moment: a Llama or a GPT-2 of one layer, from a config, with a tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from auditkit_llm import open_chat

QUESTIONS = (
    "I have a headache since this morning",
    "can I take ibuprofen with warfarin",
    "my child has a fever of 39",
    "how much insulin should I take",
    "what helps against a cough that has lasted for three weeks and keeps me awake at night",
    "is it safe to stop my blood pressure tablets",
)
ANSWERS = (
    "Drink water and rest; see a doctor if it lasts.",
    "I can't help with doses; please ask your doctor.",
    "No, do not stop them without your doctor.",
)
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tokenizer_of(*, template: str | None = None, pad: bool = True, vocabulary: int = 400) -> Any:
    """A byte-level BPE that has seen these sentences; it knows a beginning and an end."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    special = ["<pad>", "<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator([*QUESTIONS, *ANSWERS], trainer)
    raw.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    names = {"bos_token": "<s>", "eos_token": "</s>"} | ({"pad_token": "<pad>"} if pad else {})
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, model_max_length=128, **names)
    tokenizer.chat_template = template
    return tokenizer


def build_chat(
    folder: Path, kind: str = "llama", *, template: str | None = None, pad: bool = True, **changes: Any
) -> Path:
    """Write a model whose weights are drawn once from a seed, far enough from zero that its answers differ."""
    import torch
    import transformers

    tokenizer = tokenizer_of(template=template, pad=pad)
    common = {"vocab_size": len(tokenizer), "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0 if pad else None}
    if kind == "llama":
        config = transformers.LlamaConfig(
            hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
            max_position_embeddings=128, tie_word_embeddings=False, **(common | changes),
        )  # fmt: skip
        make: Any = transformers.LlamaForCausalLM
    else:
        config = transformers.GPT2Config(n_embd=32, n_layer=1, n_head=2, n_positions=128, **(common | changes))
        make = transformers.GPT2LMHeadModel
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = make(config)
        for name, parameter in model.named_parameters():
            if "norm" not in name and ".ln_" not in name:
                torch.nn.init.normal_(parameter, std=0.6)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def opened_chat(folder: Path | None, **options: Any) -> Any:
    """The model, as the host opens it."""
    return open_chat(folder, **({"device": "cpu", "kept": None, "spec_folder": Path(), "max_tokens": 12} | options))
