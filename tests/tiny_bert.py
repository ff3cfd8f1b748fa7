"""Text classifiers that are built in a moment: a BERT of one layer, from a config, with a tokenizer of a few words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from auditkit import ModelError
from auditkit.spec import DataSpec
from auditkit_text import open_text_classifier

SENTENCES = (
    "chest pain and short of breath since this morning",
    "mild cough for three days no fever",
    "the patient feels well and asks for a new prescription",
    "sudden weakness of the left arm and slurred speech",
    "itchy rash on both hands after gardening",
    "severe headache with stiff neck and fever",
)


def tokenizer_of(words: Sequence[str] = SENTENCES, max_length: int = 48) -> Any:
    """A WordPiece tokenizer that has seen these sentences: a piece for each of their words, and one for each letter.

    The pieces are listed here, not trained: the trainer breaks ties in another order in every process, and with other
    numbers for its pieces a model of the same weights gives other scores.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    seen = sorted({word for sentence in words for word in sentence.lower().split()})
    letters = sorted(set("".join(seen)))
    pieces = dict.fromkeys([*special, *letters, *(f"##{letter}" for letter in letters), *seen])
    raw = Tokenizer(models.WordPiece({piece: place for place, piece in enumerate(pieces)}, unk_token="[UNK]"))
    raw.normalizer = normalizers.Lowercase()
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), special, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=raw, model_max_length=max_length, **names)


def config_of(tokenizer: Any, classes: Sequence[str] = ("no", "yes"), **changes: Any) -> Any:
    """The config of a BERT with one small layer."""
    from transformers import BertConfig

    settings: dict[str, Any] = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 32, "max_position_embeddings": 48, "pad_token_id": 0,
        "id2label": dict(enumerate(classes)), "label2id": {name: place for place, name in enumerate(classes)},
    }  # fmt: skip
    return BertConfig(**(settings | changes))


def build(folder: Path, classes: Sequence[str] = ("no", "yes"), *, head: bool = True, **changes: Any) -> Path:
    """Write a model whose weights are drawn once from a seed, far enough from zero that its answers differ."""
    import torch
    from transformers import BertForSequenceClassification, BertModel

    tokenizer = tokenizer_of()
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model = (BertForSequenceClassification if head else BertModel)(config_of(tokenizer, classes, **changes))
        for name, parameter in model.named_parameters():
            # As they are drawn by default, every text would get nearly the same score.
            torch.nn.init.normal_(parameter, std={"classifier.weight": 0.3, "classifier.bias": 0.0}.get(name, 0.8))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


TAGS = ("O", "B-DRUG", "I-DRUG", "B-AGE", "I-AGE")


def build_as(folder: Path, head: str, classes: Sequence[str] = TAGS, **changes: Any) -> Path:
    """The same with another head, e.g. `BertForTokenClassification`."""
    import torch
    import transformers

    tokenizer = tokenizer_of()
    with torch.random.fork_rng():
        torch.manual_seed(19)
        model = getattr(transformers, head)(config_of(tokenizer, classes, **changes))
        for name, parameter in model.named_parameters():
            torch.nn.init.normal_(parameter, std=0.3 if name.startswith("classifier") else 0.8)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def opened(folder: Path | None, **options: Any) -> Any:
    """The model of a folder, as the host opens it for a target of two classes."""
    settings = {"device": "cpu", "labels": {}, "target_classes": ("no", "yes"), "data": DataSpec(audit="rows.csv")}
    return open_text_classifier(folder, **(settings | options))


def refusal(folder: Path | None, **options: Any) -> tuple[str, str]:
    """What is said of a model that is not opened, and what to do."""
    with pytest.raises(ModelError) as caught:
        opened(folder, **options)
    assert caught.value.hint
    return caught.value.message, caught.value.hint


def change(folder: Path, name: str = "config.json", **values: Any) -> None:
    """Write other values into a JSON file of a model."""
    settings = json.loads((folder / name).read_text()) | values
    (folder / name).write_text(json.dumps(settings))


def sharded(folder: Path, index: str = "model.safetensors.index.json", **files: str) -> None:
    """Replace the weights by an index that says in which file each tensor lies."""
    (folder / "model.safetensors").unlink(missing_ok=True)
    (folder / index).write_text(json.dumps({"metadata": {}, "weight_map": files}))


def notes_spec(path: str = "model", *, model: str = "", data: str = "") -> str:
    """The spec of a text classifier and the notes of `rows.csv`; further lines of its sections are added."""
    return f"""\
name = "Notes"
[model]
adapter = "text-classifier"
path = "{path}"
{model}
[data]
audit = "rows.csv"
input = "note"
target = "outcome"
positive = "yes"
{data}
[[checks]]
use = "performance.overall"
[policy]
[[policy.rules]]
metric = "accuracy"
min = 0.01
because = "a test"
[report]
formats = ["html"]
"""
