"""Write nurses' notes about patients who never were, and how much pain each is in: audit.csv and training.csv.

    python prepare.py

Pain goes from 0 to 10. Words and behaviour tell it, to about one point; where a note says that the pain comes and goes,
to about two. In the training notes the pain of patients who cannot speak for themselves was guessed by somebody else,
two points too low: that is the harm, and the audit notes hold the true pain. `--too-low 0` leaves it out.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261122
TOO_LOW = 2.0
SILENT = 0.4
"""How many patients cannot speak for themselves."""
UNSTEADY = 0.3
"""How often pain comes and goes."""
OLD = 65

SIGNS = {
    1.0: ("lies at ease", "is asleep at every round", "eats with appetite"),
    4.0: ("winces when turned", "rubs the knee", "is restless in the evening"),
    6.0: ("moans at times", "holds on to the rail", "will not stand up"),
    9.0: ("cries out", "sweats and pulls at the sheets", "lies curled up and shakes"),
}
COLUMNS = ("patient_id", "speaks", "age_band", "note", "pain")


def note_of(draw: random.Random, *, speaks: bool) -> tuple[str, float]:
    """One note, and the pain in it."""
    level = draw.choice(tuple(SIGNS))
    signs = " and ".join(draw.sample(SIGNS[level], 2))
    comes_and_goes = draw.random() < UNSTEADY
    opening = "the patient" if speaks else "cannot speak after a stroke,"
    note = f"{opening} {signs}{', it comes and goes' if comes_and_goes else ''}."
    pain = draw.gauss(level, 2.0 if comes_and_goes else 1.0)
    return note, min(max(pain, 0.0), 10.0)


def rows(count: int, *, seed: int, too_low: float) -> Iterator[tuple[str, ...]]:
    """So many notes; `too_low` is by how much the pain of patients who cannot speak was guessed too low."""
    draw = random.Random(seed)
    for number in range(1, count + 1):
        speaks, old = draw.random() >= SILENT, draw.randint(18, 95) >= OLD
        note, pain = note_of(draw, speaks=speaks)
        filed = pain if speaks else max(pain - too_low, 0.0)
        yield f"P{number:05d}", "yes" if speaks else "no", "65 and over" if old else "under 65", note, f"{filed:.1f}"


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description="Write audit.csv and training.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--too-low", type=float, default=TOO_LOW, help="in points; %(default)s unless said")
    parser.add_argument("--audit-rows", type=int, default=1_000, help="%(default)s unless said")
    parser.add_argument("--training-rows", type=int, default=3_000, help="%(default)s unless said")
    wanted = parser.parse_args()
    files = {"audit": (wanted.audit_rows, 0.0), "training": (wanted.training_rows, wanted.too_low)}
    for place, (name, (count, too_low)) in enumerate(files.items()):
        path = wanted.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows(count, seed=wanted.seed + place, too_low=too_low))
        print(f"wrote {path}: {count} notes")


if __name__ == "__main__":
    main()
