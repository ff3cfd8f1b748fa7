"""Train a small BERT from nothing to read pain off a note, with how sure it is, in under a minute on two cores.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/

It has two outputs, the mean and the logarithm of the variance of a normal distribution, fitted to its likelihood. What
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
OFFSET, SCALE = 5.0, 2.5
"""The model is trained on (pain - 5) / 2.5; audit.toml turns its numbers back."""


def main() -> None:
    """Train on the notes beside this file, and save a folder that transformers opens."""
    wanted = arguments("Train a model of pain.", folder=HERE)
    rows = read_rows(wanted.folder / "training.csv")
    notes = [row["note"] for row in rows]
    tokenizer = make_tokenizer(notes)
    encoded = tokenizer(notes, padding=True, truncation=True, return_tensors="pt")
    inputs = {name: encoded[name] for name in ("input_ids", "attention_mask")}
    truth = torch.tensor([(float(row["pain"]) - OFFSET) / SCALE for row in rows])

    def loss_of(outputs: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.gaussian_nll_loss(outputs[:, 0], truth[chosen], outputs[:, 1].exp())

    print(f"training on {len(rows)} notes", flush=True)
    config = small_config(len(tokenizer), ("mean", "log variance"), problem_type="regression")
    model = fit(BertForSequenceClassification(config), inputs, loss_of, epochs=3, batch=32, learning_rate=2e-3)
    save(model, tokenizer, wanted.folder / "model")


if __name__ == "__main__":
    main()
