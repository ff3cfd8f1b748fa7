"""Train a Keras model on the patients that train.py set aside for training, and write heart.keras; takes seconds.

    pip install 'auditkit[keras]'
    python train.py [FOLDER]            # writes audit.csv and training.csv
    python train_keras.py [FOLDER]

Keras runs on torch here; auditkit runs the file on torch whatever it was trained on.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import pandas as pd
from train import CHOICES, HERE, SEED

EPOCHS = 60


def matrix(patients: pd.DataFrame) -> "pd.DataFrame":
    """The age, then a column of 0 and 1 for each choice; the other numbers have gaps, which Keras does not fill."""
    choices = {f"{name}={choice}": patients[name] == choice for name, listed in CHOICES.items() for choice in listed}
    return pd.DataFrame({"age": patients["age"], **choices}).astype("float32")


def model_for(rows: pd.DataFrame) -> keras.Model:
    """Two layers over numbers brought to one scale, and a softmax over no and yes."""
    scale = keras.layers.Normalization()
    scale.adapt(rows.to_numpy())
    layers = [scale, keras.layers.Dense(16, "relu"), keras.layers.Dropout(0.3), keras.layers.Dense(2, "softmax")]
    return keras.Sequential([keras.Input((rows.shape[1],)), *layers])


def main(folder: Path) -> None:
    """Fit by Adam on the cross-entropy."""
    keras.utils.set_random_seed(SEED)
    patients = pd.read_csv(folder / "training.csv", keep_default_na=False, na_values=[""])
    rows, disease = matrix(patients), (patients["heart_disease"] == "yes").to_numpy(dtype=int)
    model = model_for(rows)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(rows.to_numpy(), disease, epochs=EPOCHS, batch_size=32, verbose=0)
    model.save(folder / "heart.keras")
    print(f"trained on {len(patients)} patients")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
