"""Train a small BERT from nothing to tell bad news from good in a health record, in under a minute on two cores.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/

It has one output for each of three classes. What the examples' trainers have in common is in ../small_bert.py.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from small_bert import arguments, fit, make_tokenizer, read_rows, save, small_config
from torch import nn
from transformers import BertForSequenceClassification

HERE = Path(__file__).parent
CLASSES = ("negative", "neutral", "positive")


def main() -> None:
    """Train on the remarks beside this file, and save a folder that transformers opens."""
    wanted = arguments("Train a model of three sentiments.", folder=HERE)
    rows = read_rows(wanted.folder / "training.csv")
    remarks = [row["remark"] for row in rows]
    tokenizer = make_tokenizer(remarks)
    encoded = tokenizer(remarks, padding=True, truncation=True, return_tensors="pt")
    inputs = {name: encoded[name] for name in ("input_ids", "attention_mask")}
    truth = torch.tensor([CLASSES.index(row["sentiment"]) for row in rows])

    def loss_of(logits: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(logits, truth[chosen])

    print(f"training on {len(rows)} remarks", flush=True)
    model = BertForSequenceClassification(small_config(len(tokenizer), CLASSES))
    fit(model, inputs, loss_of, epochs=2, batch=32, learning_rate=2e-3)
    save(model, tokenizer, wanted.folder / "model")


if __name__ == "__main__":
    main()
