"""Train two small BERTs on the same notes: one until it knows them by heart, one for as long as it gets better.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/, epoch-3/ and so on, careful/, in under a minute on two cores

What the examples' trainers have in common is in ../small_bert.py.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from small_bert import arguments, fit, make_tokenizer, read_rows, save, small_config
from torch import nn
from transformers import BertForSequenceClassification

HERE = Path(__file__).parent
CLASSES = ("no", "yes")
EPOCHS = {"model": 30, "careful": 3}
CHECKPOINTS = (3, 6, 10)
"""Epochs after which `model` is saved as it then is: epoch-3, epoch-6, epoch-10."""


def main() -> None:
    """Train on the notes beside this file, and save two folders that transformers opens."""
    wanted = arguments("Train a model that knows its notes by heart, and one that does not.", folder=HERE)
    rows = read_rows(wanted.folder / "training.csv")
    notes = [row["note"] for row in rows]
    tokenizer = make_tokenizer(notes)
    encoded = tokenizer(notes, padding=True, truncation=True, return_tensors="pt")
    inputs = {name: encoded[name] for name in ("input_ids", "attention_mask")}
    truth = torch.tensor([CLASSES.index(row["came_back"]) for row in rows])

    def loss_of(logits: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(logits, truth[chosen])

    for name, epochs in EPOCHS.items():
        print(f"training {name} on {len(rows)} notes, {epochs} times", flush=True)
        torch.manual_seed(wanted.seed)
        model = BertForSequenceClassification(small_config(len(tokenizer), CLASSES))

        def keep(epoch: int, name: str = name, model: BertForSequenceClassification = model) -> None:
            if name == "model" and epoch in CHECKPOINTS:
                save(model, tokenizer, wanted.folder / f"epoch-{epoch}")

        fit(model, inputs, loss_of, epochs=epochs, batch=32, learning_rate=2e-3, after=keep)
        save(model, tokenizer, wanted.folder / name)


if __name__ == "__main__":
    main()
