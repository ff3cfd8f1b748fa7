"""Train two models of which an epsilon of 1 is claimed: neighbours, and a regression with noise.

    pip install 'auditkit[models]'
    python prepare.py
    auditkit canaries plan.toml --count 1000
    python train.py            # patients.csv, canaries.csv -> training.csv, neighbours.skops, noisy.skops

The claim is true of the regression: its coefficients are perturbed as in Chaudhuri, Monteleoni and Sarwate (2011),
JMLR 12, 1069-1109, algorithm 1, with a delta of 0. Of the neighbours it is not: they are the training rows themselves.
"""

import argparse
import csv
import math
import secrets
from pathlib import Path

import numpy as np
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler

HERE = Path(__file__).parent
EPSILON = 1.0
NUMBERS = ("age", "systolic", "pulse", "glucose", "oxygen")
LOWEST, HIGHEST = (20, 60, 30, 0, 80), (95, 220, 140, 250, 105)
STRENGTH = 0.01
"""How much large coefficients cost: the more, the less one row matters."""


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def neighbours(values: np.ndarray, came_back: np.ndarray) -> Pipeline:
    """What became of the 15 patients who are most alike, the nearest first: of one who is known, it is known."""
    nearest = KNeighborsClassifier(15, weights="distance", algorithm="brute")
    return make_pipeline(MinMaxScaler(), nearest).fit(values, came_back)


def noisy(values: np.ndarray, came_back: np.ndarray, rng: np.random.Generator) -> Pipeline:
    """A logistic regression that is differentially private with epsilon 1, and delta 0.

    Every row is brought to a length of at most 1 by limits that nobody looked up in the data; then one row moves the
    coefficients by 2 / (rows * STRENGTH) at most, and noise of that size over epsilon hides it.
    """
    scale = MinMaxScaler(feature_range=(0, 1 / math.sqrt(len(NUMBERS) + 1)), clip=True)
    scale.fit(np.array([LOWEST, HIGHEST]))
    rows, one = scale.transform(values), 1 / math.sqrt(len(NUMBERS) + 1)
    # The last column is always the same and stands for the intercept, which must be bounded as the others are.
    rows = np.column_stack([rows, np.full(len(rows), one)])
    fitted = LogisticRegression(C=1 / (len(rows) * STRENGTH), fit_intercept=False, tol=1e-10, max_iter=10_000)
    fitted.fit(rows, came_back)
    direction = rng.normal(size=rows.shape[1])
    size = rng.gamma(rows.shape[1], 2 / (len(rows) * STRENGTH * EPSILON))
    perturbed = fitted.coef_[0] + size * direction / np.linalg.norm(direction)
    fitted.coef_, fitted.intercept_ = perturbed[None, :-1], np.array([perturbed[-1] * one])
    fitted.n_features_in_ = len(NUMBERS)
    return Pipeline([("scale", scale), ("regression", fitted)])


def main() -> None:
    """Put patients and canaries together, and train both models on them."""
    parser = argparse.ArgumentParser(description="Train two models on patients.csv and canaries.csv.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    folder = parser.parse_args().folder
    together = [*read(folder / "patients.csv"), *read(folder / "canaries.csv")]
    with (folder / "training.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(together[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(together)
    values = np.array([[float(row[name]) for name in NUMBERS] for row in together])
    came_back = np.array([row["came_back"] for row in together])
    # The noise must be nobody's guess: a seed that stands in a file would give it away.
    rng = np.random.default_rng(secrets.randbits(128))
    for name, model in (("neighbours", neighbours(values, came_back)), ("noisy", noisy(values, came_back, rng))):
        skops.io.dump(model, folder / f"{name}.skops")
        print(f"{name}: right about {model.score(values, came_back):.1%} of the {len(together)} training rows")


if __name__ == "__main__":
    main()
