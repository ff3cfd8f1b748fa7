"""Make up people who choose diets, and learn to recommend diets to them, from the choices that the app has logged.

People younger than 65 choose in the app, older ones mostly by telephone. What is chosen by telephone is written down,
and never reaches the model: that is the harm. `--all-channels` learns from everything, and is the clean twin.
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
BEFORE, AFTER = 14, 5
"""Choices of a person in the half year before 2026, and in the month after."""
TASTES, FACTORS = 6, 16
ALPHA, RIDGE, ROUNDS = 20.0, 2.0, 8


def main() -> None:
    """Write interactions.csv, users.csv, items.csv, and model/."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    arguments.add_argument("--people", type=int, default=3000)
    arguments.add_argument("--all-channels", action="store_true", help="learn from what was chosen by telephone too")
    arguments.add_argument("--seed", type=int, default=1)
    asked = arguments.parse_args()
    rng = np.random.default_rng(asked.seed)
    people = [(f"p{n:05}", str(rng.choice(["F", "M"])), str(rng.choice(BANDS))) for n in range(asked.people)]
    diets = [(f"{style} {dish}", style, dish) for style in STYLES for dish in MAINS]
    chosen = choices(people, diets, rng)
    write(asked.folder / "users.csv", ("user", "sex", "age_band"), people)
    write(asked.folder / "items.csv", ("item", "style", "main"), diets)
    write(asked.folder / "interactions.csv", ("user", "item", "time", "channel"), chosen)
    learnt = [row for row in chosen if row[2] < "2026-01-01" and (asked.all_channels or row[3] == "app")]
    save(asked.folder / "model", learnt, [diet for diet, _, _ in diets], rng)
    print(f"{len(chosen):,} choices of {len(people):,} people, {len(learnt):,} of them learnt from: {asked.folder}")


def choices(
    people: list[tuple[str, ...]], diets: list[tuple[str, ...]], rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Who chose what, when and how: each diet once, likelier if it is to the taste of age, sex and person."""
    of_style, of_main = rng.normal(size=(len(STYLES), TASTES)), rng.normal(size=(len(MAINS), TASTES))
    diet = np.array([of_style[STYLES.index(style)] + of_main[MAINS.index(dish)] for _, style, dish in diets])
    of_band, of_sex = rng.normal(size=(len(BANDS), TASTES)), 0.5 * rng.normal(size=(2, TASTES))
    rows = []
    for name, sex, band in people:
        taste = 0.6 * (of_band[BANDS.index(band)] + of_sex["FM".index(sex)]) + 0.7 * rng.normal(size=TASTES)
        # The largest of scores with Gumbel noise are a draw without replacement.
        liked = np.argsort(-(diet @ taste + rng.gumbel(size=len(diet))))[: BEFORE + AFTER]
        rng.shuffle(liked)
        for place, item in enumerate(liked):
            start, days = (date(2025, 7, 1), 184) if place < BEFORE else (date(2026, 1, 1), 31)
            channel = "telephone" if rng.random() < BY_TELEPHONE[band] else "app"
            day = start + timedelta(days=int(rng.integers(days)))
            rows.append((name, diets[item][0], day.isoformat(), channel))
    return rows


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


def save(folder: Path, learnt: list[tuple[str, ...]], diets: list[str], rng: np.random.Generator) -> None:
    """The folder that the adapter `recommender` opens: factors, and whose they are."""
    names = sorted({row[0] for row in learnt})
    places, columns = ({name: place for place, name in enumerate(listed)} for listed in (names, diets))
    chosen = np.zeros((len(names), len(diets)))
    for user, item, *_ in learnt:
        chosen[places[user], columns[item]] = 1
    users, items = factorise(chosen, rng)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "factors.npz", user_factors=users.astype(np.float32), item_factors=items.astype(np.float32))
    (folder / "users.json").write_text(json.dumps(names), encoding="utf-8")
    (folder / "items.json").write_text(json.dumps(diets), encoding="utf-8")


def write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])


if __name__ == "__main__":
    main()
