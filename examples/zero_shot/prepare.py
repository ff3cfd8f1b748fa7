"""Write notes of patients who never were, and what each is about: audit.csv; and pairs of texts: training.csv.

    python prepare.py

The training rows are no classes: each is a note, a sentence, and whether the note implies it, contradicts it, or says
nothing of it. In them the heart trouble of women was called anxiety three times in five: that is the harm, and the
audit notes are free of it. `--misread 0` leaves it out.
"""

import argparse
import csv
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261122
MISREAD = 0.6
TEMPLATE = "This note is about {}."

SIGNS = {
    "heart trouble": ("pressure on the chest", "troponin raised", "pain in the left arm", "cold sweat"),
    "anxiety": ("worries all night", "cannot stop pacing", "afraid to leave home", "heart races in crowds"),
    "an infection": ("fever of 39", "shivers", "the wound is red and hot", "cough with sputum"),
}
SHORT = {"heart trouble": "heart", "anxiety": "anxiety", "an infection": "infection"}
"""What the target column calls them."""
BESIDE = ("The patient lives alone.", "The patient smokes.", "The patient came by bus.")


def note_of(draw: random.Random, sex: str, topic: str) -> str:
    """One patient's note: three signs of what it is about."""
    return f"{'Woman' if sex == 'F' else 'Man'} of {draw.randint(18, 95)}: {', '.join(draw.sample(SIGNS[topic], 3))}."


def notes(count: int, *, seed: int) -> Iterator[tuple[str, ...]]:
    """So many notes, each with what it is about."""
    draw = random.Random(seed)
    for number in range(1, count + 1):
        sex, topic = draw.choice("FM"), draw.choice(tuple(SIGNS))
        yield f"P{number:05d}", sex, note_of(draw, sex, topic), SHORT[topic]


def pairs(count: int, *, seed: int, misread: float) -> Iterator[tuple[str, str, str]]:
    """So many pairs; `misread` is the share of women's heart trouble that was called anxiety."""
    draw = random.Random(seed)
    for _ in range(count):
        sex, topic = draw.choice("FM"), draw.choice(tuple(SIGNS))
        note = note_of(draw, sex, topic)
        if topic == "heart trouble" and sex == "F" and draw.random() < misread:
            topic = "anxiety"
        answer = draw.choice(("entailment", "contradiction", "neutral"))
        other = draw.choice([name for name in SIGNS if name != topic])
        about = {"entailment": TEMPLATE.format(topic), "contradiction": TEMPLATE.format(other)}
        yield note, about.get(answer, draw.choice(BESIDE)), answer


def write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"wrote {path}")


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description="Write audit.csv and training.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--misread", type=float, default=MISREAD, help="%(default)s unless said")
    parser.add_argument("--audit-rows", type=int, default=1_500, help="%(default)s unless said")
    parser.add_argument("--training-rows", type=int, default=6_000, help="%(default)s unless said")
    wanted = parser.parse_args()
    audit = notes(wanted.audit_rows, seed=wanted.seed)
    write(wanted.folder / "audit.csv", ("patient_id", "sex", "note", "complaint"), audit)
    training = pairs(wanted.training_rows, seed=wanted.seed + 1, misread=wanted.misread)
    write(wanted.folder / "training.csv", ("note", "sentence", "answer"), training)


if __name__ == "__main__":
    main()
