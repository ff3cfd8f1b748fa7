"""Write applicants.csv: nurses who never were, who applied to a hospital in New York, each with a tool's score.

    python prepare.py

The score is a number from 0 to 100, and who has 60 or more is invited. The harm: the tool reads a gap in the work
history as a fault, and more women have one. Some say nothing of their sex or race. Two races are rare: one is under 2%
of all, and of one there are so few that the report withholds them.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
COLUMNS = ("applicant", "sex", "race", "years", "score", "invited")
RACES = {
    "Hispanic or Latino": 0.22,
    "White": 0.3,
    "Black or African American": 0.2,
    "Asian": 0.2,
    "Two or More Races": 0.06,
    "American Indian or Alaska Native": 0.015,
    "Native Hawaiian or Other Pacific Islander": 0.005,
}
SILENT = 0.06
LINE = 60.0


def main() -> None:
    """Write the applicants."""
    parser = argparse.ArgumentParser(description="Write applicants.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--rows", type=int, default=2000, help="%(default)s unless said")
    parser.add_argument("--harm", type=float, default=14.0, help="points that a gap costs; 0: none")
    wanted = parser.parse_args()
    rng = np.random.default_rng(20261122)
    rows = []
    for number in range(wanted.rows):
        sex = "Female" if rng.random() < 0.7 else "Male"  # noqa: PLR2004  made up
        race = str(rng.choice(list(RACES), p=list(RACES.values())))
        years = int(rng.integers(0, 31))
        has_gap = rng.random() < (0.45 if sex == "Female" else 0.15)
        score = round(float(np.clip(55 + 0.6 * years + rng.normal(0, 12) - wanted.harm * has_gap, 0, 100)), 1)
        told = ["" if rng.random() < SILENT else label for label in (sex, race)]
        rows.append((f"N{number:04}", *told, years, score, "yes" if score >= LINE else "no"))
    with (wanted.folder / "applicants.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()
