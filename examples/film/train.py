"""Train a ResNet of two small stages on training.csv, and write it to model/: config, safetensors, image processor.

python prepare.py && python train.py      # half a minute of processor time

What the trainers of image models have in common is in ../small_resnet.py.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_resnet import arguments, fit, prepared, save, small_resnet

HERE = Path(__file__).parent
FINDINGS = ("nodule", "effusion")


def main() -> None:
    """Train, and save what `audit.toml` names."""
    wanted = arguments("Train on training.csv and write model/.", folder=HERE, epochs=12)
    with (wanted.folder / "training.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    processor, images = prepared([wanted.folder / row["film"] for row in rows], side=32, mean=0.5, std=0.25)
    truth = torch.tensor([[float(row[name]) for name in FINDINGS] for row in rows])
    model = small_resnet(FINDINGS, problem_type="multi_label_classification")
    fit(model, images, lambda said, seen: binary_cross_entropy_with_logits(said, truth[seen]), epochs=wanted.epochs)
    save(model, processor, wanted.folder / "model")


if __name__ == "__main__":
    main()
