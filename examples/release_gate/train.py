"""Train one release of a model that warns of deterioration on a ward; write it, and the patients whom it is audited on.

    pip install 'auditkit[models]'
    python train.py RELEASE [FOLDER]

RELEASE is `first`, or one of three that want to follow it: `good` looks at lactate too, `worse` does, and learnt from
records in which half of the women's deteriorations had gone uncoded, and `noise` is `good` on other patients. The
patients never were: they are drawn by this script.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).parent
SEED = 20261123
ROWS = 6000
ILL = 0.8  # from where on illness ends in deterioration
UNCODED = 0.5  # of women's deteriorations, in the records that `worse` learnt from

VITALS = ["age", "breaths", "saturation", "pulse", "pressure", "temperature"]
RELEASES = ("first", "good", "worse", "noise")


def ward(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Patients of a ward, [rows], their vitals, and whether they deteriorated within a day."""
    age = rng.integers(18, 95, rows)
    illness = rng.normal(size=rows) + (age - 60) / 40
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "sex": rng.choice(["female", "male"], rows),
            "age": age,
            "breaths": (16 + 3 * illness + rng.normal(0, 3, rows)).round().clip(6, 50),
            "saturation": (96 - 2 * illness + rng.normal(0, 2, rows)).round().clip(60, 100),
            "pulse": (80 + 10 * illness + rng.normal(0, 14, rows)).round().clip(35, 190),
            "pressure": (125 - 8 * illness + rng.normal(0, 17, rows)).round().clip(60, 220),
            "temperature": (36.9 + 0.3 * illness + rng.normal(0, 0.6, rows)).round(1),
            "lactate": np.exp(0.3 + 0.35 * illness + rng.normal(0, 0.3, rows)).round(2),
            "deteriorated": np.where(illness + rng.normal(0, 0.6, rows) > ILL, "yes", "no"),
        }
    )


def pipeline(columns: list[str]) -> Pipeline:
    """Vitals on one scale, sex as a choice, and a logistic regression."""
    made = make_column_transformer((StandardScaler(), columns), (OneHotEncoder(handle_unknown="ignore"), ["sex"]))
    return make_pipeline(made, LogisticRegression(max_iter=1000))


def main(release: str, folder: Path) -> None:
    """Write audit.csv, which is the same for every release, and model.skops."""
    folder.mkdir(parents=True, exist_ok=True)
    audit = ward(ROWS, np.random.default_rng(SEED))
    audit.to_csv(folder / "audit.csv", index=False)
    training = ward(ROWS, np.random.default_rng(SEED + 1 + (release == "noise")))
    if release == "worse":
        uncoded = (training["sex"] == "female") & (np.random.default_rng(SEED).random(ROWS) < UNCODED)
        training.loc[uncoded, "deteriorated"] = "no"
    columns = VITALS if release == "first" else [*VITALS, "lactate"]
    model = pipeline(columns).fit(training[[*VITALS, "lactate", "sex"]], training["deteriorated"])
    skops.io.dump(model, folder / "model.skops")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in RELEASES:  # noqa: PLR2004
        sys.exit(f"which release? python train.py {'|'.join(RELEASES)}")
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else HERE)  # noqa: PLR2004
