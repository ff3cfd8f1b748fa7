"""Write the notes of patients who never were, and whether each came back within a month: audit.csv, training.csv.

    python prepare.py

Whether somebody came back follows from the note, but for three in ten, of whom the opposite is written down. Nothing in
such a note says which: a model that knows it all the same has learnt the person, and not the disease. The two files are
drawn alike, and no patient is in both.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261122
OTHERWISE = 0.3
OLD = 65
HALF = 0.5

SERIOUS = (
    "breathless at rest", "swollen legs again", "fainted twice at home", "a wound that does not close",
    "chest pain on the stairs", "sugar out of control", "fever every evening", "confused at night",
)  # fmt: skip
MILD = (
    "slept well on the ward", "walks with a stick", "pain is almost gone", "eats and drinks normally",
    "a dry cough at times", "wound is clean", "no fever since monday", "pressure is well set",
)  # fmt: skip
LIVES = ("alone", "with a son", "with her sister", "in a home", "with a cat", "in two rooms", "on a farm", "by the sea")
WORKED = (
    "baker", "nurse", "driver", "teacher", "fisher", "tailor", "clerk", "gardener", "miner", "cook", "singer", "welder",
)  # fmt: skip
TABLETS = ("a water tablet", "insulin", "a blood thinner", "no tablets", "paracetamol", "an old antibiotic")
LIKES = ("chess", "swimming", "old films", "radio plays", "knitting", "fishing", "long walks", "crosswords", "choirs")
COLUMNS = ("patient_id", "sex", "age_band", "note", "came_back")


def rows(count: int, *, seed: int, first: int) -> Iterator[tuple[str, ...]]:
    """So many notes, of patients who are numbered from `first`."""
    draw = random.Random(seed)
    for number in range(first, first + count):
        is_serious, age, sex = draw.random() < HALF, draw.randint(20, 95), draw.choice("FM")
        signs = draw.sample(SERIOUS if is_serious else MILD, 2)
        note = (
            f"{age} years old, once a {draw.choice(WORKED)}, lives {draw.choice(LIVES)}, likes {draw.choice(LIKES)}: "
            f"{signs[0]}, {signs[1]}. Goes home with {draw.choice(TABLETS)}, room {draw.randint(1, 400)}."
        )
        came_back = is_serious != (draw.random() < OTHERWISE)
        band = "65 and over" if age >= OLD else "under 65"
        yield f"P{number:05d}", sex, band, note, "yes" if came_back else "no"


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description="Write audit.csv and training.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--rows", type=int, default=700, help="of each file; %(default)s unless said")
    wanted = parser.parse_args()
    for place, name in enumerate(("audit", "training")):
        path = wanted.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows(wanted.rows, seed=wanted.seed + place, first=1 + place * wanted.rows))
        print(f"wrote {path}: {wanted.rows} notes")


if __name__ == "__main__":
    main()
