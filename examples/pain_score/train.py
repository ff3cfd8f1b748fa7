"""Train a ResNet of two small stages on training/, and write it to model/: config, safetensors and image processor.

python prepare.py && python train.py      # a quarter of a minute of processor time
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import ResNetConfig, ResNetForImageClassification, ViTImageProcessorPil

HERE = Path(__file__).parent
BATCH = 64


def main() -> None:
    """Train, and save what `audit.toml` names."""
    parser = argparse.ArgumentParser(description="Train on training/ and write model/.")
    parser.add_argument("--folder", type=Path, default=HERE, help="beside this file unless said")
    parser.add_argument("--epochs", type=int, default=10, help="%(default)s unless said")
    wanted = parser.parse_args()
    folder = wanted.folder
    torch.manual_seed(1)
    torch.set_num_threads(1)  # two threads take turns over so little work, and take longer
    files = sorted((folder / "training").glob("*/*.png"))
    classes = sorted({file.parent.name for file in files})
    processor = ViTImageProcessorPil(size={"height": 24, "width": 24}, image_mean=[0.3], image_std=[0.35])
    images = processor([Image.open(file) for file in files], return_tensors="pt")["pixel_values"]
    labels = torch.tensor([classes.index(file.parent.name) for file in files])
    config = ResNetConfig(
        num_channels=1, embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic",
        id2label=dict(enumerate(classes)), label2id={name: place for place, name in enumerate(classes)},
    )  # fmt: skip
    model = ResNetForImageClassification(config).train()
    steps = wanted.epochs * -(-len(files) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.004, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.01, total_steps=steps)
    rng = np.random.default_rng(1)
    for _ in range(wanted.epochs):
        for rows in np.array_split(rng.permutation(len(files)), -(-len(files) // BATCH)):
            loss = model(pixel_values=images[rows], labels=labels[rows]).loss
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    print(f"loss of the last batch: {loss.item():.3f}")
    model.eval().save_pretrained(folder / "model")
    processor.save_pretrained(folder / "model")


if __name__ == "__main__":
    main()
