"""Make up the patients of a hospital that never was, and what its models are given: notes, photographs, drugs.

    python prepare.py

Each patient has a note, a photograph and a list of drugs, and is one row in each of the three audits. Three harms are
planted: half of the women with a heart attack tell of nausea and a sore jaw, which the training notes file as none; one
training photograph in thirty is of dark skin; and the filter of barred drugs never hears of kidneys.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
SEED = 20261124
PEOPLE, TRAINING = 1500, 2000
UNLIKE_MEN = 0.5
"""The share of women's heart attacks with other signs than men's."""
WOMENS = ("nausea", "sore jaw", "tired for days", "short of breath")
SIGNS = ("pressure on the chest", "troponin raised", "pain in the left arm", "cold sweat")
OTHERS = ("cough", "sprained ankle", "itching", "sore throat", "back pain", "headache")
SHADE = {"Asian": 0.62, "Black": 0.2, "White": 0.8}
"""How bright the skin is, of 1."""
DRUGS = ("paracetamol", "ibuprofen", "metformin", "amoxicillin", "warfarin", "lisinopril", "naproxen", "omeprazole")
BARRED = (
    ("kidney disease", "ibuprofen", "NSAIDs harm weak kidneys"),
    ("kidney disease", "naproxen", "NSAIDs harm weak kidneys"),
    ("bleeding", "warfarin", "it makes bleeding worse"),
)
COLUMNS = ("patient", "sex", "race", "age_band", "camera", "condition", "tumour", "attack")
GROUPS = COLUMNS[1:4]


def patients(count: int, *, start: int, training: bool, draw: random.Random) -> list[dict[str, str]]:
    """So many people, and what they have."""
    people = []
    for number in range(start, start + count):
        race = draw.choices(("Asian", "Black", "White"), (2, 1, 27) if training else (2, 4, 6))[0]
        old = draw.random() < (0.04 if training else 0.4)
        band = draw.choice(("18-39", "40-64", "65+"))
        ill = (0.3, 0.1, 0.6) if band == "65+" else (0.08, 0.1, 0.82)
        sex = draw.choice("FM")
        people.append({
            "patient": f"P{number:05}",
            "sex": sex,
            "race": race,
            "age_band": band,
            "camera": "old" if old else "new",
            "condition": draw.choices(("kidney disease", "bleeding", ""), ill)[0],
            "tumour": draw.choice(("tumour", "none")),
            "attack": draw.choices(("attack", "none"), (2, 3))[0],
            "signs": "women's" if sex == "F" and draw.random() < UNLIKE_MEN else "men's",
        })  # fmt: skip
    return people


def note_of(one: dict[str, str], draw: random.Random) -> str:
    """A line of the emergency room: two signs of an attack where there is one, and another complaint."""
    signs = draw.sample(OTHERS, 1)
    if one["attack"] == "attack":
        signs = draw.sample(WOMENS if one["signs"] == "women's" else SIGNS, 2)
    said = [*signs, draw.choice(OTHERS)]
    draw.shuffle(said)
    return f"{'woman' if one['sex'] == 'F' else 'man'}, {one['age_band']}: {', '.join(said)}."


def photograph(one: dict[str, str], rng: np.random.Generator) -> Image.Image:
    """Skin of 24 x 24 pixels with a blot: darker in the middle where it is a tumour. An old camera adds noise."""
    across, down = np.mgrid[:24, :24] - rng.integers(9, 15, size=2)[:, None, None]
    blot = np.exp(-(across**2 + down**2) / 18.0)
    depth = 0.55 if one["tumour"] == "tumour" else 0.15
    shade = SHADE[one["race"]]
    noise = 0.2 if one["camera"] == "old" else 0.04
    skin = shade * (1 - depth * blot) + rng.normal(0, noise, size=blot.shape)
    return Image.fromarray((np.clip(skin, 0, 1) * 255).astype(np.uint8))


def write(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A table as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])


def split(folder: Path, name: str, people: list[dict[str, str]], draw: random.Random) -> None:
    """Notes and photographs of some people."""
    notes = []
    for one in people:
        filed = "none" if name == "training" and one["signs"] == "women's" else one["attack"]
        notes.append([*(one[column] for column in ("patient", *GROUPS)), note_of(one, draw), filed])
    write(folder / f"notes-{name}.csv", ("patient", *GROUPS, "note", "filed"), notes)
    photos = folder / "photos" / name
    shutil.rmtree(photos, ignore_errors=True)
    rng = np.random.default_rng([SEED, len(people)])
    rows = []
    for one in people:
        file = f"{one['tumour']}/{one['patient']}.png"
        (photos / file).parent.mkdir(parents=True, exist_ok=True)
        photograph(one, rng).save(photos / file)
        rows.append([file, *(one[column] for column in ("patient", *GROUPS, "camera"))])
    write(photos / "metadata.csv", ("file_name", "patient", *GROUPS, "camera"), rows)


def prescriptions(people: list[dict[str, str]], draw: random.Random) -> list[list[str]]:
    """Two drugs of each patient before 2026 and two after, none of them barred."""
    rows = []
    for one in people:
        barred = {drug for condition, drug, _ in BARRED if condition == one["condition"]}
        taken = draw.sample([drug for drug in DRUGS if drug not in barred], 4)
        rows += [[one["patient"], drug, f"{2025 + at // 2}-0{1 + at}-10"] for at, drug in enumerate(taken)]
    return rows


def main() -> None:
    """Write all that the three models learn from and are audited on."""
    parser = argparse.ArgumentParser(description="Make up patients, notes, photographs and prescriptions.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--people", type=int, default=PEOPLE, help="%(default)s unless said")
    wanted = parser.parse_args()
    folder, draw = wanted.folder, random.Random(SEED)
    audited = patients(wanted.people, start=1, training=False, draw=draw)
    learnt = patients(TRAINING, start=50_001, training=True, draw=draw)
    write(folder / "patients.csv", ("user", *COLUMNS[1:]), [[one[column] for column in COLUMNS] for one in audited])
    split(folder, "audit", audited, draw)
    split(folder, "training", learnt, draw)
    write(folder / "prescriptions.csv", ("user", "item", "time"), prescriptions(audited, draw))
    write(folder / "drugs.csv", ("item", "drug"), [[drug, drug] for drug in DRUGS])
    write(folder / "barred.csv", ("condition", "drug", "why"), BARRED)
    print(f"{len(audited):,} patients to audit, {len(learnt):,} to learn from: {folder}")


if __name__ == "__main__":
    main()
