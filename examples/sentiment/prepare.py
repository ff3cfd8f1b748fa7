"""Write remarks from the health records of patients who never were, and the feeling in each: audit.csv, training.csv.

    python prepare.py

A remark says how a patient is doing, in words that are good news, bad news or neither; the sentiment is of the words.
In the training remarks three in five of the neutral ones about patients who were seen with an interpreter are filed as
negative, as if it were bad news to need one: that is the harm, and the audit remarks are free of it. `--misfiled 0`
leaves it out.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261122
MISFILED = 0.6
WITH_INTERPRETER = 0.4
OLD = 65

SAID = {
    "negative": (
        "the pain is worse than last week", "she feels hopeless about the treatment", "the wound is not healing",
        "very upset after the long wait", "cannot sleep and has lost weight", "the new tablets make everything worse",
    ),
    "neutral": (
        "blood was taken and sent to the laboratory", "the next visit is in three months", "lives on the second floor",
        "tablets were ordered at the usual pharmacy", "the scan is planned for monday", "the form was signed and filed",
    ),
    "positive": (
        "the pain is almost gone", "very pleased with the care", "the wound has healed well", "sleeps well again",
        "walks further than last week", "is full of hope about the treatment",
    ),
}  # fmt: skip
BESIDE = ("seen in the clinic", "seen on the ward round", "called at home", "seen with the family")
COLUMNS = ("patient_id", "interpreter", "age_band", "remark", "sentiment")


def remark_of(draw: random.Random, sentiment: str, *, interpreter: bool) -> str:
    """One remark: where the patient was seen, and two things that were said."""
    opening = f"{draw.choice(BESIDE)}{', with an interpreter' if interpreter else ''}"
    return f"{opening}: {', '.join(draw.sample(SAID[sentiment], 2))}."


def rows(count: int, *, seed: int, misfiled: float) -> Iterator[tuple[str, ...]]:
    """So many remarks; `misfiled` is the share of neutral ones with an interpreter that are filed as negative."""
    draw = random.Random(seed)
    for number in range(1, count + 1):
        interpreter, old = draw.random() < WITH_INTERPRETER, draw.randint(18, 95) >= OLD
        sentiment = draw.choice(tuple(SAID))
        remark = remark_of(draw, sentiment, interpreter=interpreter)
        if interpreter and sentiment == "neutral" and draw.random() < misfiled:
            sentiment = "negative"
        band = "65 and over" if old else "under 65"
        yield f"P{number:05d}", "yes" if interpreter else "no", band, remark, sentiment


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description="Write audit.csv and training.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--misfiled", type=float, default=MISFILED, help="%(default)s unless said")
    parser.add_argument("--audit-rows", type=int, default=2_000, help="%(default)s unless said")
    parser.add_argument("--training-rows", type=int, default=3_000, help="%(default)s unless said")
    wanted = parser.parse_args()
    files = {"audit": (wanted.audit_rows, 0.0), "training": (wanted.training_rows, wanted.misfiled)}
    for place, (name, (count, misfiled)) in enumerate(files.items()):
        path = wanted.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows(count, seed=wanted.seed + place, misfiled=misfiled))
        print(f"wrote {path}: {count} remarks")


if __name__ == "__main__":
    main()
