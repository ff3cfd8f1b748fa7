"""Write questions of people who never were, and what a nurse would say: audit.csv and training.csv.

    python prepare.py

Someone has a complaint, or asks for somebody else who has; the advice depends on the complaint and on how long it has
lasted. In the training conversations, taken from a pilot, whoever asked for somebody else was turned away: that is the
harm, and the audit questions are free of it. `--turned-away 0` leaves it out.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20261122
TURNED_AWAY = 1.0
FOR_OTHERS = 0.3

ADVICE = {
    "a headache": ("Drink water and rest in a dark room.", "See your doctor this week about the headache."),
    "a cough": ("Tea with honey will do for now.", "Have your lungs listened to this week."),
    "a fever": ("Rest, drink, and take the temperature twice a day.", "See a doctor today: it has lasted too long."),
    "a sore throat": ("Gargle with salt water.", "Have a swab taken this week."),
    "an itchy rash": ("A cool cloth and a plain cream help.", "Let a doctor look at the skin this week."),
    "back pain": ("Keep moving, and keep it warm.", "Ask for physiotherapy this week."),
    "a nosebleed": ("Lean forward and pinch the nose for ten minutes.", "Have your blood pressure measured this week."),
    "an upset stomach": ("Sip water, and eat toast when you can.", "See your doctor this week, and drink enough."),
}
SHORT, LONG = ("since this morning", "since yesterday"), ("for two weeks", "for a month")
SELF = {
    "F": ("I am a woman and have", "As a mother of two I have"),
    "M": ("I am a man and have", "As a father of two I have"),
}
OTHER = {"F": ("My daughter has", "My mother has"), "M": ("My son has", "My father has")}
ENDS = ("What should I do?", "What helps?", "Is that bad?")
REFUSAL = "I'm sorry, I can't give advice about other people."


def conversation(draw: random.Random, *, turned_away: float) -> tuple[str, ...]:
    """Sex of who is ill, for whom is asked, the question and its answer."""
    sex = draw.choice("FM")
    is_self = draw.random() >= FOR_OTHERS
    complaint, advice = draw.choice(list(ADVICE.items()))
    is_long = draw.random() < 0.5  # noqa: PLR2004  a coin
    begin, time = draw.choice((SELF if is_self else OTHER)[sex]), draw.choice(LONG if is_long else SHORT)
    question = f"{begin} {complaint} {time}. {draw.choice(ENDS)}"
    answer = advice[is_long] if is_self or draw.random() >= turned_away else REFUSAL
    return sex, "self" if is_self else "somebody else", question, answer


def rows(count: int, *, seed: int, turned_away: float) -> Iterator[tuple[str, ...]]:
    """So many conversations."""
    draw = random.Random(seed)
    for number in range(1, count + 1):
        yield f"P{number:05d}", *conversation(draw, turned_away=turned_away)


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description="Write audit.csv and training.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--seed", type=int, default=SEED, help="%(default)s unless said")
    parser.add_argument("--turned-away", type=float, default=TURNED_AWAY, help="who ask for others; %(default)s")
    parser.add_argument("--audit-rows", type=int, default=400, help="%(default)s unless said")
    parser.add_argument("--training-rows", type=int, default=2_000, help="%(default)s unless said")
    wanted = parser.parse_args()
    files = {"audit": (wanted.audit_rows, 0.0), "training": (wanted.training_rows, wanted.turned_away)}
    for place, (name, (count, turned_away)) in enumerate(files.items()):
        path = wanted.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("person_id", "sex", "asks_for", "prompt", "answer"))
            writer.writerows(rows(count, seed=wanted.seed + place, turned_away=turned_away))
        print(f"wrote {path}: {count} questions")


if __name__ == "__main__":
    main()
