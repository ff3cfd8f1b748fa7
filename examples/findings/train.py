"""Train a small BERT from nothing to name the diseases that a note speaks of, in under a minute on two cores.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/

It has one output for each disease, fitted to the sigmoid's cross-entropy. The tokenizer knows the notes' words. What
the examples' trainers have in common is in ../small_bert.py.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from small_bert import arguments, fit, make_tokenizer, read_rows, save, small_config
from torch import nn
from transformers import BertForSequenceClassification

HERE = Path(__file__).parent
DISEASES = ("diabetes", "heart_attack", "pneumonia")


def main() -> None:
    """Train on the notes beside this file, and save a folder that transformers opens."""
    wanted = arguments("Train a model that names diseases.", folder=HERE)
    rows = read_rows(wanted.folder / "training.csv")
    tokenizer = make_tokenizer([row["note"] for row in rows])
    encoded = tokenizer([row["note"] for row in rows], padding=True, truncation=True, return_tensors="pt")
    inputs = {name: encoded[name] for name in ("input_ids", "attention_mask")}
    truth = torch.tensor([[float(row[disease]) for disease in DISEASES] for row in rows])

    def loss_of(logits: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.binary_cross_entropy_with_logits(logits, truth[chosen])

    print(f"training on {len(rows)} notes", flush=True)
    model = BertForSequenceClassification(small_config(len(tokenizer), DISEASES))
    fit(model, inputs, loss_of, epochs=3, batch=32, learning_rate=2e-3)
    save(model, tokenizer, wanted.folder / "model")


if __name__ == "__main__":
    main()
