"""Write audit.csv, training.csv and films/: patients who never were, each with a note, a chest film and numbers.

    python prepare.py

How ill a patient is shows in all three: in the words of the note, in the shadow on the film, in the saturation. One in
twenty has no film. The harm: of those who spoke through an interpreter, and belonged on the ward, the training counts
nearly half as sent home, as they were. The audit's rows say where each of them belonged.
"""

from __future__ import annotations

import argparse
import csv
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
SIDE = 24
NO_FILM = 0.05
COLUMNS = ("patient_id", "note", "film", "age", "saturation", "sex", "language", "outcome")
MILD = ("mild cough", "a sore throat", "a runny nose", "feels better than yesterday", "sleeps and eats well")
GRAVE = ("short of breath at rest", "coughs blood", "confused since the morning", "pain with every breath", "shivers")
FRAME = ("Seen at the desk.", "Walked in.", "Brought by a neighbour.", "Referred by a practice.")


def note(illness: float, language: str, rng: np.random.Generator) -> str:
    """Three complaints, the more of them grave the more ill the patient is."""
    said = [str(rng.choice(GRAVE if rng.random() < illness else MILD)) for _ in range(3)]
    opening = "Interpreter on the phone. " if language == "interpreter" else ""
    return f"{opening}{rng.choice(FRAME)} {', '.join(said).capitalize()}."


def film(illness: float, rng: np.random.Generator) -> Image.Image:
    """Two dark lungs, with a shadow in one of them."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(float)
    light = np.full((SIDE, SIDE), 170.0)
    for middle in (7, 16):
        light[np.hypot((rows - 12) / 1.5, columns - middle) < 5] = 60  # noqa: PLR2004  the radius of a lung
    centre = rng.uniform(8, 16), (7, 16)[int(rng.integers(2))] + rng.uniform(-1, 1)
    light += 120 * illness * np.exp(-((rows - centre[0]) ** 2 + (columns - centre[1]) ** 2) / 12)
    return Image.fromarray(np.clip(light + rng.normal(0, 12, size=light.shape), 0, 255).astype(np.uint8))


def write(folder: Path, name: str, count: int, missed: float, rng: np.random.Generator) -> None:
    """Write the films of some patients, and the table of them."""
    shutil.rmtree(folder / "films" / name, ignore_errors=True)
    (folder / "films" / name).mkdir(parents=True)
    rows = []
    for number in range(count):
        illness = float(rng.beta(0.8, 0.8))
        language = "interpreter" if rng.random() < 0.35 else "local"  # noqa: PLR2004  made up
        outcome = "ward" if illness > 0.5 else "home"  # noqa: PLR2004  the middle
        if language == "interpreter" and outcome == "ward" and rng.random() < missed:
            outcome = "home"
        path = "" if rng.random() < NO_FILM else f"films/{name}/{number:04}.png"
        if path:
            film(illness, rng).save(folder / path)
        saturation = round(float(np.clip(98 - 8 * illness + rng.normal(0, 1.5), 80, 100)), 1)
        age, sex = int(rng.integers(18, 91)), "FM"[int(rng.integers(2))]
        said = note(illness, language, rng)
        rows.append((f"{name}-{number:04}", said, path, age, saturation, sex, language, outcome))
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])


def main() -> None:
    """Write the patients of the training and of the audit."""
    parser = argparse.ArgumentParser(description="Write training.csv, audit.csv and films/.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--training-rows", type=int, default=2000, help="%(default)s unless said")
    parser.add_argument("--audit-rows", type=int, default=1500, help="%(default)s unless said")
    parser.add_argument("--missed", type=float, default=0.45, help="share of the training's harm; 0: none")
    wanted = parser.parse_args()
    rng = np.random.default_rng(20261122)
    write(wanted.folder, "training", wanted.training_rows, wanted.missed, rng)
    write(wanted.folder, "audit", wanted.audit_rows, 0.0, rng)


if __name__ == "__main__":
    main()
