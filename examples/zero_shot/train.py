"""Train a small BERT from nothing to say whether a note implies a sentence, in under a minute on two cores.

    pip install 'auditkit[models]'
    python prepare.py
    python train.py            # training.csv -> model/

It compares two texts, as models of natural language inference do, and never learns the classes that audit.toml asks it
about. What the examples' trainers have in common is in ../small_bert.py.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from small_bert import arguments, fit, make_tokenizer, read_rows, save, small_config
from torch import nn
from transformers import BertForSequenceClassification

HERE = Path(__file__).parent
ANSWERS = ("contradiction", "neutral", "entailment")
SPREAD = 0.1
"""Of the weights at first: with the usual 0.02 so small a model never finds that two texts can be compared."""


def main() -> None:
    """Train on the pairs beside this file, and save a folder that transformers opens."""
    wanted = arguments("Train a model of entailment.", folder=HERE)
    rows = read_rows(wanted.folder / "training.csv")
    notes, sentences = ([row[name] for row in rows] for name in ("note", "sentence"))
    tokenizer = make_tokenizer([*notes, *sentences])
    encoded = tokenizer(notes, sentences, padding=True, truncation=True, return_tensors="pt")
    inputs = {name: encoded[name] for name in ("input_ids", "attention_mask")}
    truth = torch.tensor([ANSWERS.index(row["answer"]) for row in rows])

    def loss_of(logits: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(logits, truth[chosen])

    print(f"training on {len(rows)} pairs", flush=True)
    model = BertForSequenceClassification(small_config(len(tokenizer), ANSWERS, initializer_range=SPREAD))
    fit(model, inputs, loss_of, epochs=3, batch=32, learning_rate=2e-3)
    save(model, tokenizer, wanted.folder / "model")


if __name__ == "__main__":
    main()
