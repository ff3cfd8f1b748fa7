"""What the trainers of image models beside this file share: a ResNet of two small stages, fitted and saved.

Nothing is downloaded. The seed and a single thread make a second run on the same machine equal to the first. A trainer
finds this file one folder up:

    sys.path.insert(0, str(Path(__file__).parents[1]))
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import ResNetConfig, ResNetForImageClassification, ViTImageProcessorPil

BATCH = 64


def arguments(description: str, *, folder: Path, epochs: int) -> argparse.Namespace:
    """`--folder` and `--epochs`, and torch made to repeat itself."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--folder", type=Path, default=folder, help="beside this file unless said")
    parser.add_argument("--epochs", type=int, default=epochs, help="%(default)s unless said")
    wanted = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)  # two threads take turns over so little work, and take longer
    return wanted


def prepared(files: Sequence[Path], *, side: int, mean: float, std: float) -> tuple[Any, torch.Tensor]:
    """An image processor, and what it makes of some grey images: [n, 1, side, side]."""
    processor = ViTImageProcessorPil(size={"height": side, "width": side}, image_mean=[mean], image_std=[std])
    return processor, processor([Image.open(file) for file in files], return_tensors="pt")["pixel_values"]


def small_resnet(outputs: Sequence[str], **more: Any) -> ResNetForImageClassification:
    """Two stages of one block on one channel, with an output for each name; its weights are drawn."""
    config = ResNetConfig(
        num_channels=1, embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic",
        id2label=dict(enumerate(outputs)), label2id={name: place for place, name in enumerate(outputs)}, **more,
    )  # fmt: skip
    return ResNetForImageClassification(config)


def fit(model: Any, images: torch.Tensor, loss_of: Callable[[torch.Tensor, Any], torch.Tensor], *, epochs: int) -> Any:
    """Fit a model by AdamW; the learning rate rises and falls to nothing.

    Args:
        model: of transformers; it is changed.
        images: [n, 1, h, w].
        loss_of: from the logits of some rows and the numbers of these rows to their mean loss.
        epochs: times that every image is seen.
    """
    model.train()
    batches = -(-len(images) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.004, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.01, total_steps=epochs * batches)
    rng = np.random.default_rng(1)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(images)), batches):
            loss = loss_of(model(pixel_values=images[rows]).logits, rows)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    print(f"loss of the last batch: {loss.item():.3f}")
    return model.eval()


def save(model: Any, processor: Any, folder: Path) -> None:
    """Write a folder that transformers opens."""
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
