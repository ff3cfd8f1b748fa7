"""Train a ResNet of two small stages on training.csv, and write it to model/: config, safetensors, image processor.

python prepare.py && python train.py      # half a minute of processor time
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import ResNetConfig, ResNetForImageClassification, ViTImageProcessorPil

HERE = Path(__file__).parent
BATCH = 64
FINDINGS = ("nodule", "effusion")


def main() -> None:
    """Train, and save what `audit.toml` names."""
    parser = argparse.ArgumentParser(description="Train on training.csv and write model/.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--epochs", type=int, default=12, help="%(default)s unless said")
    wanted = parser.parse_args()
    folder = wanted.folder
    torch.manual_seed(1)
    torch.set_num_threads(1)  # two threads take turns over so little work, and take longer
    with (folder / "training.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    processor = ViTImageProcessorPil(size={"height": 32, "width": 32}, image_mean=[0.5], image_std=[0.25])
    images = processor([Image.open(folder / row["film"]) for row in rows], return_tensors="pt")["pixel_values"]
    truth = torch.tensor([[float(row[name]) for name in FINDINGS] for row in rows])
    config = ResNetConfig(
        num_channels=1, embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic",
        problem_type="multi_label_classification", id2label=dict(enumerate(FINDINGS)),
        label2id={name: place for place, name in enumerate(FINDINGS)},
    )  # fmt: skip
    model = ResNetForImageClassification(config).train()
    steps = wanted.epochs * -(-len(rows) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.004, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.01, total_steps=steps)
    rng = np.random.default_rng(1)
    for _ in range(wanted.epochs):
        for batch in np.array_split(rng.permutation(len(rows)), -(-len(rows) // BATCH)):
            loss = model(pixel_values=images[batch], labels=truth[batch]).loss
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    print(f"loss of the last batch: {loss.item():.3f}")
    model.eval().save_pretrained(folder / "model")
    processor.save_pretrained(folder / "model")


if __name__ == "__main__":
    main()
