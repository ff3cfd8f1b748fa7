"""Train a small network on half of the patients, and record what it says of the other half.

    pip install torch safetensors pandas
    python train.py

Writes model.safetensors and predictions.csv, both shipped beside this file: an audit needs neither torch nor this
script. The seed, one thread and double precision make a second run on the same machine equal to the first; another
processor may differ in the last printed digit.
"""

from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent
SEED = 20261121
EPOCHS = 300

NUMBERS = [
    "age",
    "resting_pressure",
    "cholesterol",
    "highest_heart_rate",
    "st_depression",
    "vessels",
]
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


class HeartNetwork(nn.Module):
    """Two layers over numbers, whose gaps it fills with the training medians, and over choices, one column each."""

    def __init__(self, numbers: int, choices: int) -> None:
        super().__init__()
        self.register_buffer("medians", torch.zeros(numbers))
        self.register_buffer("scales", torch.ones(numbers))
        self.layers = nn.Sequential(nn.Linear(numbers + choices, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2))

    def forward(self, numbers: torch.Tensor, choices: torch.Tensor) -> torch.Tensor:
        """The two logits, no and yes, of each row; a number that is NaN counts as the training median."""
        filled = torch.where(numbers.isnan(), self.medians, numbers)
        return self.layers(torch.cat([(filled - self.medians) / self.scales, choices], dim=1))


def encode(patients: pd.DataFrame) -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers [n, 6] with NaN for gaps, and choices [n, 19] of 0 and 1, where a gap is all zeros."""
    numbers = torch.tensor(patients[NUMBERS].to_numpy(dtype=float))
    columns = [patients[name] == choice for name, choices in CHOICES.items() for choice in choices]
    return numbers, torch.tensor(pd.concat(columns, axis=1).to_numpy(dtype=float))


def train(patients: pd.DataFrame) -> HeartNetwork:
    """A network fitted to these patients by Adam on the cross-entropy, all rows in each step."""
    numbers, choices = encode(patients)
    disease = torch.tensor((patients["heart_disease"] == "yes").to_numpy(dtype=int))
    network = HeartNetwork(numbers.shape[1], choices.shape[1]).double()
    network.medians.copy_(numbers.nanmedian(dim=0).values)
    network.scales.copy_(torch.tensor(patients[NUMBERS].std().to_numpy(dtype=float)))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, weight_decay=0.003)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(numbers, choices), disease).backward()
        optimizer.step()
    return network.eval()


def record(network: HeartNetwork, patients: pd.DataFrame) -> pd.DataFrame:
    """What an audit reads: who each patient is, what is true, and the two probabilities."""
    with torch.no_grad():
        scores = network(*encode(patients)).softmax(dim=1).numpy()
    p_yes = scores[:, 1].round(6)
    bands = pd.cut(patients["age"], [*AGE_BANDS.values(), 200], right=False, labels=list(AGE_BANDS))
    return patients[["id", "sex"]].assign(
        age_band=bands,
        site=patients["site"],
        heart_disease=patients["heart_disease"],
        p_no=(1 - p_yes).round(6),
        p_yes=p_yes,
    )


def main() -> None:
    """Split by patient, train on one half, record the other."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    patients = pd.read_csv(HERE / "patients.csv", keep_default_na=False, na_values=[""])
    shuffled = patients.sample(frac=1, random_state=SEED)
    half = len(shuffled) // 2
    network = train(shuffled[:half].sort_values("id"))
    save_file(network.state_dict(), HERE / "model.safetensors")
    recorded = record(network, shuffled[half:].sort_values("id"))
    recorded.to_csv(HERE / "predictions.csv", index=False)
    right = ((recorded["p_yes"] > recorded["p_no"]) == (recorded["heart_disease"] == "yes")).mean()
    print(f"trained on {half} patients; of the other {len(recorded)}, {right:.1%} are classified correctly")


if __name__ == "__main__":
    main()
