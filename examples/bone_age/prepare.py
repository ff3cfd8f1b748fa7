"""Draw audit.csv, training.csv and films/: the hands of children who never were, each with a bone age in months.

    python prepare.py

A film shows the end of the radius, whose growth plate closes with age, and eight bones of the wrist, which appear one
after the other and grow. The harm is in the ages: those of
the training were read by one reader, who is within 3 months of the truth (standard deviation), those of the audit by
whoever was on duty, within 9.
"""

from __future__ import annotations

import argparse
import csv
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
SIDE = 32
ONE_READER, ANY_READER = 3.0, 9.0
"""Months from a film's true age, as a standard deviation."""
HALF = 6
"""Pixels: half the width of the radius."""
FIRST, LAST = 24, 204
"""Months: the ages that are drawn."""
WRIST = ((8, 8), (8, 14), (8, 20), (8, 26), (14, 9), (14, 15), (14, 21), (14, 26))
"""Row and column of each bone of the wrist, in the order in which they appear."""


def film(age: float, rng: np.random.Generator) -> Image.Image:
    """A picture of 32 x 32 pixels, grey with 8 bits, bone white."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(float)
    light = np.full((SIDE, SIDE), 60.0)
    grown = (age - FIRST) / (LAST - FIRST)
    shift = rng.uniform(-1.0, 1.0, size=2)
    for place, (row, column) in enumerate(WRIST):
        radius = 3.2 * np.clip(1.6 * grown - 0.15 * place + 0.1, 0.0, 1.0)
        distance = np.hypot(rows - row - shift[0], columns - column - shift[1])
        light += 120 * np.clip(radius + 0.5 - distance, 0.0, 1.0)
    shaft = np.abs(columns - 16 - shift[1]) < HALF
    gap = 2.6 * (1 - grown)
    light += 130 * shaft * np.clip(rows - 19 - shift[0], 0.0, 1.0)
    light -= 110 * shaft * np.clip(gap / 2 + 0.5 - np.abs(rows - 23 - shift[0]), 0.0, 1.0)
    light = light * rng.uniform(0.9, 1.1) + rng.normal(0, 8, size=light.shape)
    return Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))


def write(folder: Path, name: str, count: int, scatter: float, rng: np.random.Generator) -> None:
    """Write the films of some children, and the table of them."""
    shutil.rmtree(folder / "films" / name, ignore_errors=True)
    (folder / "films" / name).mkdir(parents=True)
    rows = []
    for number in range(count):
        age, sex = rng.uniform(FIRST, LAST), ("girl", "boy")[int(rng.random() < 0.5)]  # noqa: PLR2004  one in two
        path = f"films/{name}/{number:04}.png"
        film(age, rng).save(folder / path)
        rows.append((path, sex, f"{age + rng.normal(0, scatter):.1f}"))
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("film", "sex", "months"), *rows])


def main() -> None:
    """Draw the children of the training and of the audit."""
    parser = argparse.ArgumentParser(description="Write training.csv, audit.csv and films/.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--training-rows", type=int, default=1600, help="%(default)s unless said")
    parser.add_argument("--audit-rows", type=int, default=800, help="%(default)s unless said")
    parser.add_argument("--scatter", type=float, default=ANY_READER, help="of the audit's readers; 3: without the harm")
    wanted = parser.parse_args()
    rng = np.random.default_rng(20261122)
    write(wanted.folder, "training", wanted.training_rows, ONE_READER, rng)
    write(wanted.folder, "audit", wanted.audit_rows, wanted.scatter, rng)


if __name__ == "__main__":
    main()
