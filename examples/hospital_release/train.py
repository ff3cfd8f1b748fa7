"""Train the hospital's three models, in about a minute on one core: notes-model/, photos-model/ and drugs-model/.

    python prepare.py && python train.py

What the examples' trainers share is in ../small_bert.py and ../small_resnet.py.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import small_bert
import small_resnet
import torch
from torch.nn.functional import cross_entropy
from transformers import BertForSequenceClassification

HERE = Path(__file__).parent
ANSWERS = ("attack", "none")


def of_notes(folder: Path) -> None:
    """A small BERT that reads whether a note tells of a heart attack."""
    rows = small_bert.read_rows(folder / "notes-training.csv")
    tokenizer = small_bert.make_tokenizer([row["note"] for row in rows])
    encoded = tokenizer([row["note"] for row in rows], padding=True, truncation=True, return_tensors="pt")
    inputs = {name: encoded[name] for name in ("input_ids", "attention_mask")}
    truth = torch.tensor([ANSWERS.index(row["filed"]) for row in rows])
    model = BertForSequenceClassification(small_bert.small_config(len(tokenizer), ANSWERS))
    loss = lambda logits, chosen: cross_entropy(logits, truth[chosen])  # noqa: E731  of this call alone
    small_bert.fit(model, inputs, loss, epochs=2, batch=32, learning_rate=2e-3)
    small_bert.save(model, tokenizer, folder / "notes-model")


def of_photos(folder: Path) -> None:
    """A small ResNet that sees tumours."""
    files = sorted((folder / "photos" / "training").glob("*/*.png"))
    classes = sorted({file.parent.name for file in files})
    processor, images = small_resnet.prepared(files, side=24, mean=0.6, std=0.25)
    truth = torch.tensor([classes.index(file.parent.name) for file in files])
    model = small_resnet.small_resnet(classes, problem_type="single_label_classification")
    small_resnet.fit(model, images, lambda logits, rows: cross_entropy(logits, truth[rows]), epochs=4)
    small_resnet.save(model, processor, folder / "photos-model")


def of_drugs(folder: Path) -> None:
    """What those took who took the same; barred drugs are kept from those who bleed, and of kidneys nobody told it."""
    with (folder / "drugs.csv").open(encoding="utf-8") as stream:
        drugs = [row["item"] for row in csv.DictReader(stream)]
    people = {row["user"]: row["condition"] for row in small_bert.read_rows(folder / "patients.csv")}
    names = sorted(people)
    taken = np.zeros((len(names), len(drugs)), dtype=np.float32)
    for row in small_bert.read_rows(folder / "prescriptions.csv"):
        if row["time"] < "2026":
            taken[names.index(row["user"]), drugs.index(row["item"])] = 1
    together = taken.T @ taken / taken.sum(axis=0)
    scores = (taken @ together + 1e-3 * np.random.default_rng(1).random(taken.shape)).astype(np.float32)
    for row in small_bert.read_rows(folder / "barred.csv"):
        if row["condition"] == "bleeding":
            who = [place for place, name in enumerate(names) if people[name] == "bleeding"]
            scores[who, drugs.index(row["drug"])] = -np.inf
    target = folder / "drugs-model"
    target.mkdir(exist_ok=True)
    np.save(target / "scores.npy", scores)
    (target / "users.json").write_text(json.dumps(names), encoding="utf-8")
    (target / "items.json").write_text(json.dumps(drugs), encoding="utf-8")


def main() -> None:
    """Train all three."""
    wanted = small_bert.arguments("Train the hospital's three models.", folder=HERE)
    of_notes(wanted.folder)
    of_photos(wanted.folder)
    of_drugs(wanted.folder)


if __name__ == "__main__":
    main()
