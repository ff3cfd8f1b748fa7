"""Train a small BERT from nothing to mark people, drugs, diseases and ages, in under a minute on two cores.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/

The tokenizer is fitted to the notes: a word that occurs in them often is one token, any other is spelt by its letters.
What the examples' trainers have in common is in ../small_bert.py.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from small_bert import arguments, fit, make_tokenizer, read_rows, save, small_config
from torch import nn
from transformers import BertForTokenClassification

HERE = Path(__file__).parent
LABELS = ("AGE", "DISEASE", "DRUG", "PERSON")
TAGS = ["O", *(f"{mark}-{label}" for label in LABELS for mark in "BI")]
COMMON = 5
"""A word that occurs so often has a place in the vocabulary."""
UNMARKED = -100
"""What the loss leaves out: special tokens, padding, and tokens within a word."""


def tags_of(found: object, place: int, entities: list[dict[str, object]]) -> list[int]:
    """The tag of each token of a note: of the first of each word, the others have no part in the loss."""
    tags, before = [], None
    for word, (start, end) in zip(found.word_ids(place), found["offset_mapping"][place], strict=True):
        if word is None or word == before:
            tags.append(UNMARKED)
            continue
        before = word
        inside = next((e for e in entities if e["start"] <= start and end <= e["end"]), None)
        mark = "B" if inside and inside["start"] == start else "I"
        tags.append(TAGS.index(f"{mark}-{inside['label']}") if inside else 0)
    return tags


def main() -> None:
    """Train on the notes beside this file, and save a folder that transformers opens."""
    wanted = arguments("Train a model that marks people, drugs, diseases and ages.", folder=HERE)
    rows = read_rows(wanted.folder / "training.csv")
    notes = [row["note"] for row in rows]
    tokenizer = make_tokenizer(notes, common=COMMON, cased=True)
    found = tokenizer(notes, padding=True, truncation=True, return_offsets_mapping=True)
    truth = torch.tensor([tags_of(found, at, json.loads(row["entities"])) for at, row in enumerate(rows)])
    inputs = {name: torch.tensor(found[name]) for name in ("input_ids", "attention_mask")}

    def loss_of(logits: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(logits.flatten(0, 1), truth[chosen].flatten(), ignore_index=UNMARKED)

    print(f"training on {len(rows)} notes", flush=True)
    model = BertForTokenClassification(small_config(len(tokenizer), TAGS))
    fit(model, inputs, loss_of, epochs=3, batch=32, learning_rate=3e-3)
    save(model, tokenizer, wanted.folder / "model")


if __name__ == "__main__":
    main()
