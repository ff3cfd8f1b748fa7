"""Write short notes of patients who never were, and whether each came back within a month.

    python prepare.py          # audit.csv, patients.csv, published.csv

All files are drawn alike. patients.csv is what a model may be trained on, before canaries are added to it;
published.csv are notes that anybody may see.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261122
OTHERWISE = 0.1
"""The share of patients of whom the opposite of what their note says is written down."""
HALF = 0.5

SERIOUS = ("breathless", "fainted", "swollen", "feverish", "confused", "dizzy")
MILD = ("walks", "eats", "sleeps", "smiles", "reads", "talks")
COLUMNS = ("patient_id", "note", "came_back")


def rows(count: int, *, seed: int, first: int) -> Iterator[tuple[str, ...]]:
    """So many notes, of patients who are numbered from `first`."""
    draw = random.Random(seed)
    for number in range(first, first + count):
        is_serious = draw.random() < HALF
        signs = draw.sample(SERIOUS if is_serious else MILD, 2)
        note = (
            f"ward {draw.randint(1, 40)} bed {draw.randint(1, 300)}: {signs[0]} and {signs[1]}, "
            f"pulse {draw.randint(40, 140)}, room r{draw.randint(1, 400)}"
        )
        yield f"P{number:05d}", note, "yes" if is_serious != (draw.random() < OTHERWISE) else "no"


def main() -> None:
    """Write the three files."""
    parser = argparse.ArgumentParser(description="Write audit.csv, patients.csv and published.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--rows", type=int, default=600, help="of each file; %(default)s unless said")
    wanted = parser.parse_args()
    for place, name in enumerate(("audit", "patients", "published")):
        path = wanted.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows(wanted.rows, seed=wanted.seed + place, first=1 + place * wanted.rows))
        print(f"wrote {path}: {wanted.rows} notes")


if __name__ == "__main__":
    main()
