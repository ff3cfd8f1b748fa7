"""Train two models on half of the patients: a scikit-learn pipeline and a torch network; write both and the data.

    pip install 'auditkit[models]'
    python train.py [FOLDER]

Writes audit.csv, training.csv, heart.skops and heart.safetensors into FOLDER, or beside this file; takes seconds.
"""

import sys
from pathlib import Path

import pandas as pd
import skops.io
import torch
from net import NUMBERS as COUNT
from net import build
from safetensors.torch import save_file
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import nn

HERE = Path(__file__).parent
PATIENTS = HERE.parent / "heart_disease" / "patients.csv"
SEED = 20261122
EPOCHS, STEP = 40, 32  # as [model] recipe in network.toml says

NUMBERS = ["age", "resting_pressure", "cholesterol", "highest_heart_rate", "st_depression", "vessels"]
CHOICES = {
    "sex": ["female", "male"],
    "chest_pain": ["asymptomatic", "atypical angina", "non-anginal", "typical angina"],
    "high_fasting_sugar": ["no", "yes"],
    "resting_ecg": ["lv hypertrophy", "normal", "st-t abnormality"],
    "exercise_angina": ["no", "yes"],
    "st_slope": ["downsloping", "flat", "upsloping"],
    "thallium": ["fixed defect", "normal", "reversable defect"],
}
AGE_BANDS = {"under 45": 0, "45-54": 45, "55-64": 55, "65 and over": 65}


def pipeline() -> Pipeline:
    """Gaps filled with medians, choices one column each, and a logistic regression."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = make_column_transformer((numbers, NUMBERS), (OneHotEncoder(handle_unknown="ignore"), list(CHOICES)))
    return make_pipeline(columns, LogisticRegression(max_iter=1000))


def matrix(patients: pd.DataFrame) -> torch.Tensor:
    """Numbers with NaN for gaps, then a column of 0 and 1 for each choice: as auditkit gives them to a module."""
    choices = [patients[name] == choice for name, listed in CHOICES.items() for choice in listed]
    return torch.tensor(pd.concat([patients[NUMBERS], *choices], axis=1).to_numpy(dtype="float32"))


def train(patients: pd.DataFrame) -> nn.Module:
    """The network, fitted by Adam on the cross-entropy, a few rows in each step."""
    rows = matrix(patients)
    disease = torch.tensor((patients["heart_disease"] == "yes").to_numpy(dtype=int))
    network = build()
    network.medians.copy_(rows[:, :COUNT].nanmedian(dim=0).values)
    network.scales.copy_(torch.tensor(patients[NUMBERS].std().to_numpy(dtype="float32")))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, weight_decay=0.003)
    for _ in range(EPOCHS):
        for some in torch.randperm(len(rows)).split(STEP):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(rows[some]), disease[some]).backward()
            optimizer.step()
    return network.eval()


def main(folder: Path) -> None:
    """Split by patient, train on one half, leave the other to the audit."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    patients = pd.read_csv(PATIENTS, keep_default_na=False, na_values=[""])
    patients["age_band"] = pd.cut(patients["age"], [*AGE_BANDS.values(), 200], right=False, labels=list(AGE_BANDS))
    shuffled = patients.sample(frac=1, random_state=SEED)
    half = len(shuffled) // 2
    training, audit = shuffled[:half].sort_values("id"), shuffled[half:].sort_values("id")
    training.to_csv(folder / "training.csv", index=False)
    audit.to_csv(folder / "audit.csv", index=False)
    fitted = pipeline().fit(training[[*NUMBERS, *CHOICES]], training["heart_disease"])
    skops.io.dump(fitted, folder / "heart.skops")
    save_file(train(training).state_dict(), folder / "heart.safetensors")
    print(f"trained on {half} patients; {len(audit)} are left to the audit")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
