"""Train a ResNet of two small stages on training/, and write it to model/: config, safetensors and image processor.

python prepare.py && python train.py      # a quarter of a minute of processor time

What the trainers of image models have in common is in ../small_resnet.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_resnet import arguments, fit, prepared, save, small_resnet

HERE = Path(__file__).parent


def main() -> None:
    """Train, and save what `audit.toml` names."""
    wanted = arguments("Train on training/ and write model/.", folder=HERE, epochs=10)
    files = sorted((wanted.folder / "training").glob("*/*.png"))
    classes = sorted({file.parent.name for file in files})
    processor, images = prepared(files, side=24, mean=0.3, std=0.35)
    labels = torch.tensor([classes.index(file.parent.name) for file in files])
    model = small_resnet(classes, problem_type="single_label_classification")
    fit(model, images, lambda logits, rows: cross_entropy(logits, labels[rows]), epochs=wanted.epochs)
    save(model, processor, wanted.folder / "model")


if __name__ == "__main__":
    main()
