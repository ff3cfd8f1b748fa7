"""Draw people and their blood pressure, and train a network that gives its mean and its spread.

    pip install 'auditkit[models]'
    python train.py [FOLDER]

Writes training.csv, audit.csv and pressure.safetensors into FOLDER, or beside this file; takes half a minute at most.
Nobody's pressure is in the rows: they are drawn, and pressure scatters more with age, which the network has to learn.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from net import build
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent
SEED = 20261122
PEOPLE = 4000
EPOCHS = 500


def people(count: int, seed: int) -> pd.DataFrame:
    """Rows of made-up people; systolic pressure in mmHg."""
    draw = np.random.default_rng(seed)
    age = draw.integers(20, 81, count)
    bmi = draw.normal(27, 4.5, count).clip(17, 45).round(1)
    salt = draw.gamma(9, 0.9, count).round(1)
    sex = draw.choice(["female", "male"], count)
    medicated = np.where(draw.random(count) < (age - 20) / 120, "yes", "no")
    mean = 96 + 0.5 * age + 0.7 * (bmi - 27) + 0.9 * (salt - 8) + 4 * (sex == "male") - 9 * (medicated == "yes")
    systolic = (mean + draw.normal(0, 4 + 0.12 * (age - 20))).round()
    return pd.DataFrame(
        {"age": age, "bmi": bmi, "salt": salt, "sex": sex, "medicated": medicated, "systolic": systolic.astype(int)}
    )


def matrix(rows: pd.DataFrame) -> torch.Tensor:
    """[n, 7], as auditkit gives them to the module."""
    choices = [rows["sex"] == "female", rows["sex"] == "male", rows["medicated"] == "no", rows["medicated"] == "yes"]
    return torch.tensor(pd.concat([rows[["age", "bmi", "salt"]], *choices], axis=1).to_numpy(dtype="float32"))


def train(rows: pd.DataFrame) -> nn.Module:
    """The network, fitted by Adam on the likelihood of a normal distribution."""
    given, systolic = matrix(rows), torch.tensor(rows["systolic"].to_numpy(dtype="float32"))
    network = build()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        mean, spread = network(given).unbind(dim=1)
        nn.functional.gaussian_nll_loss(mean, systolic, spread**2).backward()
        optimizer.step()
    return network.eval()


def main(folder: Path) -> None:
    """Draw, train, write."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    training, audit = people(PEOPLE, SEED), people(PEOPLE // 2, SEED + 1)
    training.to_csv(folder / "training.csv", index=False)
    audit.to_csv(folder / "audit.csv", index=False)
    save_file(train(training).state_dict(), folder / "pressure.safetensors")
    print(f"trained on {len(training)} people; {len(audit)} others are left to the audit")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
