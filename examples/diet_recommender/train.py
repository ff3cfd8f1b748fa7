"""Make up people who choose diets, and learn to recommend diets to them, from the choices that the app has logged.

People younger than 65 choose in the app, older ones mostly by telephone. What is chosen by telephone is written down,
and never reaches the model; what illness is told there never reaches the filter that keeps barred diets away:
that is the harm. `--all-channels` learns from everything and filters for everybody, and is the clean twin.
"""

from __future__ import annotations

import argparse
import csv
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np

STYLES = (
    "mediterranean",
    "low-salt",
    "high-fibre",
    "soft",
    "low-sugar",
    "vegan",
    "high-protein",
    "nordic",
    "iron-rich",
)
MAINS = ("fish", "lentils", "oats", "chicken", "tofu", "beans", "eggs", "rice", "soup", "beets", "kale", "yoghurt")
BANDS = ("18-39", "40-64", "65+")
BY_TELEPHONE = {"18-39": 0.02, "40-64": 0.1, "65+": 0.9}
CONDITIONS = ("", "kidney disease", "warfarin", "fish allergy", "trouble swallowing")
HOW_OFTEN = {
    "18-39": (0.75, 0.05, 0.05, 0.1, 0.05),
    "40-64": (0.7, 0.1, 0.1, 0.05, 0.05),
    "65+": (0.5, 0.2, 0.2, 0.02, 0.08),
}
BARRED = (
    ("kidney disease", "high-protein", "", "protein loads the kidneys"),
    ("kidney disease", "", "beans", "potassium"),
    ("warfarin", "", "kale", "vitamin K works against it"),
    ("warfarin", "vegan", "lentils", "vitamin K works against it"),
    ("fish allergy", "", "fish", "allergy"),
    ("trouble swallowing", "high-fibre", "", "dry and coarse"),
)
"""Condition, style, main dish, reason; an empty cell bars whatever stands there."""
KITCHENS = ("Elm", "Harbour", "Lark", "Mill", "North", "Orchard", "Quay", "Station", "Vale", "Well")
"""Who cooks what is recommended."""
BEFORE, AFTER = 14, 5
"""Choices of a person in the half year before 2026, and in the month after."""
TASTES, FACTORS = 6, 16
ALPHA, RIDGE, ROUNDS = 20.0, 2.0, 8


def main() -> None:
    """Write interactions.csv, users.csv, items.csv, contraindications.csv, and model/."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    arguments.add_argument("--people", type=int, default=3000)
    arguments.add_argument("--all-channels", action="store_true", help="learn from what was chosen by telephone too")
    arguments.add_argument("--seed", type=int, default=1)
    asked = arguments.parse_args()
    rng = np.random.default_rng(asked.seed)
    people = [(f"p{n:05}", str(rng.choice(["F", "M"])), str(rng.choice(BANDS))) for n in range(asked.people)]
    # Of other random numbers, so that nobody's taste hangs on who is ill.
    ill = np.random.default_rng([asked.seed, 2])
    people = [(*person, str(ill.choice(CONDITIONS, p=HOW_OFTEN[person[2]]))) for person in people]
    diets = [(f"{style} {dish}", style, dish) for style in STYLES for dish in MAINS]
    chosen = choices(people, diets, rng)
    write(asked.folder / "users.csv", ("user", "sex", "age_band", "condition"), people)
    write(asked.folder / "contraindications.csv", ("condition", "style", "main", "why"), BARRED)
    # Of random numbers of its own again: who cooks a diet changes nobody's taste.
    cooks = np.random.default_rng([asked.seed, 3]).choice(KITCHENS, len(diets))
    offered = [(*diet, str(cook)) for diet, cook in zip(diets, cooks, strict=True)]
    write(asked.folder / "items.csv", ("item", "style", "main", "kitchen"), offered)
    write(asked.folder / "interactions.csv", ("user", "item", "time", "channel"), chosen)
    learnt = [row for row in chosen if row[2] < "2026-01-01" and (asked.all_channels or row[3] == "app")]
    told = {
        name: condition
        for name, _, band, condition in people
        if asked.all_channels or ill.random() >= BY_TELEPHONE[band]
    }
    save(asked.folder / "model", learnt, diets, told, rng)
    print(f"{len(chosen):,} choices of {len(people):,} people, {len(learnt):,} of them learnt from: {asked.folder}")


def choices(
    people: list[tuple[str, ...]], diets: list[tuple[str, ...]], rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Who chose what, when and how: each diet once, likelier if it is to the taste of age, sex and person.

    Nobody chooses what is barred for them.
    """
    of_style, of_main = rng.normal(size=(len(STYLES), TASTES)), rng.normal(size=(len(MAINS), TASTES))
    diet = np.array([of_style[STYLES.index(style)] + of_main[MAINS.index(dish)] for _, style, dish in diets])
    of_band, of_sex = rng.normal(size=(len(BANDS), TASTES)), 0.5 * rng.normal(size=(2, TASTES))
    rows = []
    for name, sex, band, condition in people:
        taste = 0.6 * (of_band[BANDS.index(band)] + of_sex["FM".index(sex)]) + 0.7 * rng.normal(size=TASTES)
        # The largest of scores with Gumbel noise are a draw without replacement.
        keen = diet @ taste + rng.gumbel(size=len(diet))
        keen[barred(condition, diets)] = -np.inf
        liked = np.argsort(-keen)[: BEFORE + AFTER]
        rng.shuffle(liked)
        for place, item in enumerate(liked):
            start, days = (date(2025, 7, 1), 184) if place < BEFORE else (date(2026, 1, 1), 31)
            channel = "telephone" if rng.random() < BY_TELEPHONE[band] else "app"
            day = start + timedelta(days=int(rng.integers(days)))
            rows.append((name, diets[item][0], day.isoformat(), channel))
    return rows


def barred(condition: str, diets: list[tuple[str, ...]]) -> np.ndarray:
    """Which of the diets are barred for a condition, [diets]."""
    bars = [(style, main) for whose, style, main, _ in BARRED if whose == condition]
    return np.array(
        [any(style in ("", of[1]) and main in ("", of[2]) for style, main in bars) for of in diets], dtype=bool
    )


def factorise(chosen: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Factors of users and items by alternating least squares on implicit feedback, [users, items] of 0 and 1.

    Source: Hu, Koren and Volinsky (2008), ICDM, 263-272.
    """
    users, items = (rng.normal(scale=0.1, size=(size, FACTORS)) for size in chosen.shape)
    for _ in range(ROUNDS):
        users = solved(items, chosen)
        items = solved(users, chosen.T)
    return users, items


def solved(other: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The factors of one side that fit best, while the other side's stay as they are."""
    common = other.T @ other + RIDGE * np.eye(FACTORS)
    grams = np.einsum("if,ig->ifg", other, other).reshape(len(other), -1)
    own = common + ALPHA * (chosen @ grams).reshape(-1, FACTORS, FACTORS)
    return np.linalg.solve(own, (1 + ALPHA) * (chosen @ other)[..., None])[..., 0]


def save(
    folder: Path,
    learnt: list[tuple[str, ...]],
    diets: list[tuple[str, ...]],
    told: dict[str, str],
    rng: np.random.Generator,
) -> None:
    """The folder that the adapter `recommender` opens: a score for each user and item, -inf for what is kept away.

    Kept away is what the condition bars that a user has told; of one whom `told` does not name the service knows none.
    """
    names, items = sorted({row[0] for row in learnt}), [diet for diet, _, _ in diets]
    places, columns = ({name: place for place, name in enumerate(listed)} for listed in (names, items))
    chosen = np.zeros((len(names), len(items)))
    for user, item, *_ in learnt:
        chosen[places[user], columns[item]] = 1
    of_users, of_items = factorise(chosen, rng)
    scores = (of_users @ of_items.T).astype(np.float32)
    masks = {condition: barred(condition, diets) for condition in CONDITIONS}
    for name, place in places.items():
        scores[place, masks[told.get(name, "")]] = -np.inf
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "scores.npy", scores)
    (folder / "users.json").write_text(json.dumps(names), encoding="utf-8")
    (folder / "items.json").write_text(json.dumps(items), encoding="utf-8")


def write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])


if __name__ == "__main__":
    main()
