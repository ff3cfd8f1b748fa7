"""Train a ResNet of two small stages on training.csv, and write it to model/: config, safetensors, image processor.

python prepare.py && python train.py      # half a minute of processor time

It gives three numbers of a film, the 5%, 50% and 95% quantiles of its bone age, in units of 36 months around 120. What
the trainers of image models have in common is in ../small_resnet.py.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import torch
from torch.nn.utils import parametrize

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_resnet import arguments, fit, prepared, save, small_resnet

HERE = Path(__file__).parent
LEVELS = torch.tensor([0.05, 0.5, 0.95])
SCALE, OFFSET = 36.0, 120.0


def pinball(said: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """The loss whose least value is at the quantiles (Koenker and Bassett 1978), averaged over rows and levels."""
    missed = truth[:, None] - said
    return torch.maximum(LEVELS * missed, (LEVELS - 1) * missed).mean()


class Ordered(torch.nn.Module):
    """The weights of three outputs of which none is below the one before it, whatever picture goes in.

    What the last layer is given has been through a ReLU and is never negative, so it is enough that its weights are in
    order.
    """

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """[3, ...] in order, around the second."""
        low, middle, high = weights
        return torch.stack([torch.minimum(low, middle), middle, torch.maximum(high, middle)])


def main() -> None:
    """Train, and save what `audit.toml` names."""
    wanted = arguments("Train on training.csv and write model/.", folder=HERE, epochs=14)
    with (wanted.folder / "training.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    processor, images = prepared([wanted.folder / row["film"] for row in rows], side=32, mean=0.35, std=0.25)
    months = (torch.tensor([float(row["months"]) for row in rows]) - OFFSET) / SCALE
    model = small_resnet(["q05", "q50", "q95"], problem_type="regression")
    last = model.classifier[-1]
    for name in ("weight", "bias"):
        parametrize.register_parametrization(last, name, Ordered())
    fit(model, images, lambda said, seen: pinball(said, months[seen]), epochs=wanted.epochs)
    for name in ("weight", "bias"):
        parametrize.remove_parametrizations(last, name)  # its numbers stay, in order
    save(model, processor, wanted.folder / "model")


if __name__ == "__main__":
    main()
