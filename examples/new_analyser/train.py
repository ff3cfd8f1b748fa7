"""Train a model of sepsis on a ward's patients of 2025, and record what it says of them and of those of 2026.

    pip install scikit-learn pandas
    python train.py [FOLDER]

Writes release.csv, year.csv and corrected.csv into FOLDER, or beside this file; takes seconds. The patients never were.
In 2026 more of them are old. In September the laboratory gets an analyser that reads lactate 40% higher of the
same blood, and nobody tells the model; in corrected.csv somebody divides by it.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
SEED = 20261123
A_MONTH, RELEASE, TRAINED_ON = 250, 2000, 4000
READS_HIGHER, FROM_MONTH = 1.4, 9
COLUMNS = ["age", "lactate", "heart_rate", "temperature"]


def patients(draw: np.random.Generator, count: int, *, older: float = 0.0) -> pd.DataFrame:
    """So many patients of a ward, a third of them with sepsis."""
    age = draw.normal(64 + older, 15, count).clip(18, 99).round()
    septic = draw.random(count) < 1 / (1 + np.exp(0.8 - 0.02 * (age - 64)))
    lactate = np.exp(draw.normal(0.3 + 0.75 * septic, 0.4)).round(2)
    heart_rate = draw.normal(84 + 14 * septic, 14).round()
    temperature = draw.normal(37.0 + 0.7 * septic, 0.7).round(1)
    return pd.DataFrame(
        {
            "sex": draw.choice(["female", "male"], count),
            "age": age,
            "lactate": lactate,
            "heart_rate": heart_rate,
            "temperature": temperature,
            "sepsis": np.where(septic, "yes", "no"),
        }
    )


def a_year(draw: np.random.Generator) -> pd.DataFrame:
    """The patients of 2026, by the day of their admission."""
    months = []
    for month in range(1, 13):
        rows = patients(draw, A_MONTH, older=4)
        days = np.sort(draw.integers(1, 29, A_MONTH))
        months.append(rows.assign(admitted=[f"2026-{month:02}-{day:02}" for day in days]))
    return pd.concat(months, ignore_index=True)


def read_higher(rows: pd.DataFrame) -> pd.DataFrame:
    """As the new analyser reads them, from September on."""
    since = rows["admitted"].str[5:7].astype(int) >= FROM_MONTH
    return rows.assign(lactate=np.where(since, rows["lactate"] * READS_HIGHER, rows["lactate"]).round(2))


def main(folder: Path) -> None:
    """Train, and write what the model says of three tables."""
    draw = np.random.default_rng(SEED)
    learnt_from, release, year = patients(draw, TRAINED_ON), patients(draw, RELEASE), a_year(draw)
    model: Pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(
        learnt_from[COLUMNS], learnt_from["sepsis"]
    )
    for name, rows in (("release", release), ("year", read_higher(year)), ("corrected", year)):
        chances = model.predict_proba(rows[COLUMNS])
        rows.assign(p_no=chances[:, 0].round(6), p_yes=chances[:, 1].round(6)).to_csv(
            folder / f"{name}.csv", index=False
        )
        print(f"{name}.csv: {len(rows)} patients")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
