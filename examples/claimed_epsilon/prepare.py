"""Write what a clinic knows of patients who never were, and whether each came back within a month.

    python prepare.py          # audit.csv, patients.csv

Both files are drawn alike. patients.csv is what a model may be trained on, before canaries are added to it.
"""

import argparse
import csv
import math
import random
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261122
COLUMNS = ("patient_id", "age", "systolic", "pulse", "glucose", "oxygen", "came_back")


def rows(count: int, *, seed: int, first: int) -> Iterator[tuple[object, ...]]:
    """So many patients, numbered from `first`; the older and the worse their values, the more come back."""
    draw = random.Random(seed)
    for number in range(first, first + count):
        age, systolic = draw.uniform(20, 95), draw.gauss(135, 20)
        pulse, glucose, oxygen = draw.gauss(80, 12), draw.gauss(110, 30), draw.gauss(95, 2.5)
        worse = (age - 60) / 15 + (systolic - 135) / 25 + (pulse - 80) / 15 + (glucose - 110) / 40 - (oxygen - 95) / 3
        came_back = draw.random() < 1 / (1 + math.exp(-1.2 * worse))
        values = (f"{value:.1f}" for value in (age, systolic, pulse, glucose, oxygen))
        yield f"P{number:05d}", *values, "yes" if came_back else "no"


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description="Write audit.csv and patients.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--rows", type=int, default=4000, help="of each file; %(default)s unless said")
    wanted = parser.parse_args()
    for place, name in enumerate(("audit", "patients")):
        path = wanted.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows(wanted.rows, seed=wanted.seed + place, first=1 + place * wanted.rows))
        print(f"wrote {path}: {wanted.rows} patients")


if __name__ == "__main__":
    main()
