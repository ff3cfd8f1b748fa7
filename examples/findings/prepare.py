"""Write clinic notes of patients who never were, and which diseases each of them has: audit.csv and training.csv.

    python prepare.py

Each disease has signs of its own, and a note tells two signs of each that the patient has. In the training notes three
in five of the women with a heart attack are filed without it: that is the harm, and the audit notes are free of it.
`--missed 0` leaves it out.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261122
MISSED = 0.6
SHARE = 0.35
"""How often each disease is there, whatever the others."""
OLD = 65

SIGNS = {
    "diabetes": ("thirst all day", "blood sugar of 14", "passes much urine", "numb feet"),
    "heart_attack": ("pressure on the chest", "troponin raised", "pain in the left arm", "cold sweat"),
    "pneumonia": ("cough with sputum", "fever of 39", "crackles at the right base", "fast breathing"),
}
COLUMNS = ("patient_id", "sex", "age_band", "note", *SIGNS)


def note_of(draw: random.Random, sex: str, age: int, diseases: list[str]) -> str:
    """One patient's note: two signs of each disease, in any order."""
    signs = [sign for disease in diseases for sign in draw.sample(SIGNS[disease], 2)]
    draw.shuffle(signs)
    said = ", ".join(signs) if signs else "no complaint, here for a check"
    return f"{age} year old {'woman' if sex == 'F' else 'man'}: {said}."


def rows(count: int, *, seed: int, missed: float) -> Iterator[tuple[str, ...]]:
    """So many notes; `missed` is the share of women's heart attacks that are filed without them."""
    draw = random.Random(seed)
    for number in range(1, count + 1):
        sex, age = draw.choice("FM"), draw.randint(18, 95)
        diseases = [disease for disease in SIGNS if draw.random() < SHARE]
        note = note_of(draw, sex, age, diseases)
        hidden = {"heart_attack"} if sex == "F" and draw.random() < missed else set()
        filed = [str(int(disease in diseases and disease not in hidden)) for disease in SIGNS]
        yield f"P{number:05d}", sex, "under 65" if age < OLD else "65 and over", note, *filed


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description="Write audit.csv and training.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--missed", type=float, default=MISSED, help="%(default)s unless said")
    parser.add_argument("--audit-rows", type=int, default=2_000, help="%(default)s unless said")
    parser.add_argument("--training-rows", type=int, default=3_000, help="%(default)s unless said")
    wanted = parser.parse_args()
    files = {"audit": (wanted.audit_rows, 0.0), "training": (wanted.training_rows, wanted.missed)}
    for place, (name, (count, missed)) in enumerate(files.items()):
        path = wanted.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows(count, seed=wanted.seed + place, missed=missed))
        print(f"wrote {path}: {count} notes")


if __name__ == "__main__":
    main()
