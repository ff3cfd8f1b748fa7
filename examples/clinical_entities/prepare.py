"""Write discharge notes of patients who never were, and what is named in them: audit.csv and training.csv.

    python prepare.py

A note names a person, an age, a disease and drugs; the column `entities` says where, in characters. Half of the drugs
are called by a brand, and people have the first names of names.csv. In the training notes a tired annotator has marked
seven in ten brands as nothing, and has not known every second of the Black names for a name: that is the harm, and the
audit notes are free of it. `--missed 0` leaves it out.
"""

import argparse
import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261122
MISSED = 0.7
MORE_SHARE = 0.5
"""How many notes end with a sentence that names nothing."""
OLD = 65

GENERIC = ("ibuprofen", "metformin", "amlodipine", "warfarin", "salbutamol", "omeprazole", "sertraline", "amoxicillin")
BRANDS = ("Nurofen", "Glucophage", "Norvasc", "Coumadin", "Ventolin", "Prilosec", "Zoloft", "Amoxil")
DISEASES = (
    "type 2 diabetes", "asthma", "chronic kidney disease", "atrial fibrillation", "pneumonia", "major depression",
    "high blood pressure", "gastric ulcer",
)  # fmt: skip
SEXES = {"F": "female", "M": "male"}
WORDS = {"F": ("woman", "lady"), "M": ("man", "gentleman")}
DOSES = ("daily", "twice a day", "at night", "as needed")


class Note:
    """A note that is being written, with the entities in it."""

    def __init__(self) -> None:
        self.text = ""
        self.entities: list[dict[str, object]] = []

    def add(self, *parts: str | tuple[str, str]) -> None:
        """Write on; a pair of words and a label is an entity."""
        for part in parts:
            words, label = part if isinstance(part, tuple) else (part, "")
            if label:
                end = len(self.text) + len(words)
                self.entities.append({"start": len(self.text), "end": end, "label": label})
            self.text += words


def read_names() -> dict[str, list[str]]:
    """The names of names.csv, by sex."""
    with (HERE / "names.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {sex: [row["name"] for row in rows if row["sex"] == SEXES[sex]] for sex in SEXES}


def strange_names() -> set[str]:
    """Every second of the Black names: those that the annotator has not known for names."""
    with (HERE / "names.csv").open(encoding="utf-8", newline="") as stream:
        names = [row["name"] for row in csv.DictReader(stream) if row["ethnicity"] == "Black"]
    return set(names[::2])


def note_of(draw: random.Random, sex: str, age: int, names: dict[str, list[str]]) -> Note:
    """One patient's note, in one of three hands."""
    note, person, disease = Note(), draw.choice(WORDS[sex]), draw.choice(DISEASES)
    drugs = [draw.choice(draw.choice((GENERIC, BRANDS))) for _ in range(2)]
    years, name = (f"{age} year old", "AGE"), (draw.choice(names[sex]), "PERSON")
    form = draw.randrange(3)
    if form == 0:
        note.add(name, ", a ", years, f" {person} with ", (disease, "DISEASE"), ". Started on ")
    elif form == 1:
        note.add("Known ", (disease, "DISEASE"), " in ", name, ", a ", years, f" {person}. Continues ")
    else:
        note.add(f"The {person} ", name, ", ", years, ", was seen for ", (disease, "DISEASE"), "; takes ")
    note.add((drugs[0], "DRUG"), f" {draw.choice(DOSES)} and ", (drugs[1], "DRUG"), f" {draw.choice(DOSES)}.")
    if draw.random() < MORE_SHARE:
        note.add(" No fever, walks without help.")
    return note


def rows(count: int, *, seed: int, missed: float) -> Iterator[tuple[str, ...]]:
    """So many notes; `missed` is the share of brands that the annotator has left unmarked."""
    draw, names, strange = random.Random(seed), read_names(), strange_names()
    for number in range(1, count + 1):
        sex, age = draw.choice("FM"), draw.randint(18, 95)
        note = note_of(draw, sex, age, names)
        kept = [
            entity
            for entity in note.entities
            if _is_marked(note.text[entity["start"] : entity["end"]], strange, draw, missed)
        ]
        yield f"P{number:05d}", sex, "under 65" if age < OLD else "65 and over", note.text, json.dumps(kept)


def _is_marked(words: str, strange: set[str], draw: random.Random, missed: float) -> bool:
    """Whether the annotator has marked it."""
    if words in BRANDS:
        return draw.random() >= missed
    return not missed or words not in strange


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description="Write audit.csv and training.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument(
        "--missed", type=float, default=MISSED, help="of brands, unmarked; 0: names are all marked too; %(default)s"
    )
    parser.add_argument("--audit-rows", type=int, default=1_000, help="%(default)s unless said")
    parser.add_argument("--training-rows", type=int, default=2_000, help="%(default)s unless said")
    wanted = parser.parse_args()
    files = {"audit": (wanted.audit_rows, 0.0), "training": (wanted.training_rows, wanted.missed)}
    for place, (name, (count, missed)) in enumerate(files.items()):
        path = wanted.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("patient_id", "sex", "age_band", "note", "entities"))
            writer.writerows(rows(count, seed=wanted.seed + place, missed=missed))
        print(f"wrote {path}: {count} notes")


if __name__ == "__main__":
    main()
