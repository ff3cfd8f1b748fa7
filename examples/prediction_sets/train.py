"""Train a model on patients of two hospitals, and record what it says of others: there, and at two more hospitals.

    pip install scikit-learn pandas
    python train.py [FOLDER]

Writes home.csv and away.csv into FOLDER, or beside this file; takes seconds. The patients are those of
../heart_disease/patients.csv, real ones: see the NOTICE there.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).parent
PATIENTS = HERE.parent / "heart_disease" / "patients.csv"
SEED = 20261123
HOME = ["Cleveland", "Hungary"]
NUMBERS = ["age", "resting_pressure", "cholesterol", "highest_heart_rate", "st_depression"]
CHOICES = ["sex", "chest_pain", "high_fasting_sugar", "resting_ecg", "exercise_angina"]


def pipeline() -> Pipeline:
    """A logistic regression over five numbers and five choices; a gap is the median, or none of the choices."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    choices = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(
        make_column_transformer((numbers, NUMBERS), (choices, CHOICES)), LogisticRegression(max_iter=1000)
    )


def main(folder: Path) -> None:
    """Train on a third of the home patients; the others, and those from elsewhere, are to audit."""
    patients = pd.read_csv(PATIENTS)
    patients[CHOICES] = patients[CHOICES].fillna("")
    at_home = patients["site"].isin(HOME)
    dealt = np.random.default_rng(SEED).permutation(np.flatnonzero(at_home))
    training, home = (patients.iloc[np.sort(part)] for part in np.split(dealt, [len(dealt) // 3]))
    model = pipeline().fit(training[NUMBERS + CHOICES], training["heart_disease"])
    for name, rows in (("home", home), ("away", patients[~at_home])):
        chances = model.predict_proba(rows[NUMBERS + CHOICES])
        said = rows[["id", "sex", "site", "heart_disease"]].assign(
            p_no=chances[:, 0].round(6), p_yes=chances[:, 1].round(6)
        )
        said.to_csv(folder / f"{name}.csv", index=False)
        print(f"{name}.csv: {len(rows)} patients")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
