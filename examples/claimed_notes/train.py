"""Train two small BERTs of which an epsilon of 1 is claimed: one that knows its notes by heart, and one with noise.

    pip install 'auditkit[models]'
    python prepare.py
    auditkit canaries plan.toml --count 1000
    python train.py            # patients.csv, canaries.csv, published.csv -> training.csv, by_heart/, noisy/

The claim is true of `noisy`: published notes alone taught it to read, and of the patients' it learnt two numbers, a
slope and an intercept, which are perturbed as in Chaudhuri, Monteleoni and Sarwate (2011), JMLR 12, 1069-1109,
algorithm 1, with a delta of 0. What the examples' trainers have in common is in ../small_bert.py.
"""

import csv
import math
import secrets
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from small_bert import arguments, fit, make_tokenizer, read_rows, save, small_config
from torch import nn
from transformers import BertForSequenceClassification

HERE = Path(__file__).parent
CLASSES = ("no", "yes")
EPOCHS, FEW = 30, 3
EPSILON = 1.0
STRENGTH = 0.01
"""How much a steep slope costs: the more, the less one row matters."""

Row = dict[str, str]


def encoded(tokenizer: Any, rows: list[Row]) -> dict[str, torch.Tensor]:
    """What a BERT reads of the notes, [n, t] each."""
    tokens = tokenizer([row["note"] for row in rows], padding=True, truncation=True, return_tensors="pt")
    return {name: tokens[name] for name in ("input_ids", "attention_mask")}


def truth_of(rows: list[Row]) -> torch.Tensor:
    """[n]: the place of each row's class."""
    return torch.tensor([CLASSES.index(row["came_back"]) for row in rows])


def taught(tokenizer: Any, rows: list[Row], *, epochs: int) -> BertForSequenceClassification:
    """A BERT that saw the rows so many times."""
    truth = truth_of(rows)
    model = BertForSequenceClassification(small_config(len(tokenizer), CLASSES))
    return fit(
        model, encoded(tokenizer, rows), lambda logits, chosen: nn.functional.cross_entropy(logits, truth[chosen]),
        epochs=epochs, batch=32, learning_rate=2e-3,
    )  # fmt: skip


@torch.no_grad()
def adapted(model: Any, tokenizer: Any, rows: list[Row], rng: np.random.Generator) -> None:
    """Fit the slope and the intercept of a model's log odds to the rows, differentially private with epsilon 1.

    What the model says along its own direction is within -1 and 1 whatever the note, since all that it is a mean of is.
    With the intercept as a second column a row has a length of 1 at most; then one row moves the two coefficients by
    2 / (rows * STRENGTH) at most, and noise of that size over epsilon hides it.
    """
    direction = model.classifier.weight[1] - model.classifier.weight[0]
    direction /= direction.abs().sum()
    read = model.bert(**encoded(tokenizer, rows)).pooler_output @ direction
    columns = np.column_stack([read.double().numpy(), np.ones(len(rows))]) / math.sqrt(2)
    fitted = LogisticRegression(C=1 / (len(rows) * STRENGTH), fit_intercept=False, tol=1e-10, max_iter=10_000)
    fitted.fit(columns, truth_of(rows).numpy())
    angle, size = rng.uniform(0, 2 * math.pi), rng.gamma(2, 2 / (len(rows) * STRENGTH * EPSILON))
    slope, intercept = (fitted.coef_[0] + size * np.array([math.cos(angle), math.sin(angle)])) / math.sqrt(2)
    model.classifier.weight[:] = torch.stack([torch.zeros_like(direction), slope * direction])
    model.classifier.bias[:] = torch.tensor([0.0, intercept])


@torch.no_grad()
def share_right(model: Any, tokenizer: Any, rows: list[Row]) -> float:
    """Of how many rows the model names the class that is true."""
    return float((model(**encoded(tokenizer, rows)).logits.argmax(1) == truth_of(rows)).float().mean())


def main() -> None:
    """Put patients and canaries together, train both models on them, and say how far the canaries were learnt."""
    wanted = arguments("Train two models on patients.csv and canaries.csv.", folder=HERE)
    canaries, published = (read_rows(wanted.folder / f"{name}.csv") for name in ("canaries", "published"))
    together = [*read_rows(wanted.folder / "patients.csv"), *canaries]
    with (wanted.folder / "training.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(together[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(together)
    by_heart_words = make_tokenizer([row["note"] for row in together])
    by_heart = taught(by_heart_words, together, epochs=EPOCHS)
    # Words that the patients' notes alone hold would tell of them: the published notes' are its pieces, and letters.
    noisy_words = make_tokenizer([row["note"] for row in published], common=2)
    noisy = taught(noisy_words, published, epochs=FEW)
    # The noise must be nobody's guess: a seed that stands in a file would give it away.
    adapted(noisy, noisy_words, together, np.random.default_rng(secrets.randbits(128)))
    audit = read_rows(wanted.folder / "audit.csv")
    for name, model, words in (("by_heart", by_heart, by_heart_words), ("noisy", noisy, noisy_words)):
        save(model, words, wanted.folder / name)
        known, others = (share_right(model, words, rows) for rows in (canaries, audit))
        print(f"{name}: right about {known:.1%} of {len(canaries)} canaries in training, {others:.1%} of other notes")


if __name__ == "__main__":
    main()
