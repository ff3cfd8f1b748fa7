"""Image classifiers that are built in a moment, a ResNet and a ViT of one small layer; and image files in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def resnet_config(classes: Sequence[str], **changes: Any) -> Any:
    """The config of a ResNet with one small stage."""
    from transformers import ResNetConfig

    settings: dict[str, Any] = {
        "embedding_size": 8, "hidden_sizes": [8], "depths": [1], "layer_type": "basic",
        "id2label": dict(enumerate(classes)), "label2id": {name: place for place, name in enumerate(classes)},
    }  # fmt: skip
    return ResNetConfig(**(settings | changes))


def vit_config(classes: Sequence[str], **changes: Any) -> Any:
    """The config of a ViT with one small layer, for images of 16 x 16."""
    from transformers import ViTConfig

    settings: dict[str, Any] = {
        "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
        "image_size": 16, "patch_size": 4,
        "id2label": dict(enumerate(classes)), "label2id": {name: place for place, name in enumerate(classes)},
    }  # fmt: skip
    return ViTConfig(**(settings | changes))


def build_images(
    folder: Path, classes: Sequence[str] = ("benign", "malignant"), *, kind: str = "vit", **changes: Any
) -> Path:
    """Write a model whose weights are drawn once from a seed, and its processor, unless `processor` is false."""
    import torch
    from transformers import ResNetForImageClassification, ViTForImageClassification, ViTImageProcessorPil

    processor = changes.pop("processor", True)
    make, config = {
        "vit": (ViTForImageClassification, vit_config),
        "resnet": (ResNetForImageClassification, resnet_config),
    }[kind]
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = make(config(classes, **changes))
        for parameter in model.parameters():
            # As they are drawn by default, every image would get nearly the same score.
            torch.nn.init.normal_(parameter, std=0.5)
    model.save_pretrained(folder)
    if processor:
        one_channel = {"image_mean": [0.5], "image_std": [0.5]} if changes.get("num_channels") == 1 else {}
        ViTImageProcessorPil(size={"height": 16, "width": 16}, **one_channel).save_pretrained(folder)
    return folder


def pixels(seed: int, *, shape: tuple[int, ...] = (20, 24, 3)) -> Any:
    """Random pixels of 8 bits, smooth enough that resizing leaves something of them."""
    rough = np.random.default_rng(seed).integers(0, 256, size=(4, 6, *shape[2:]), dtype=np.uint8)
    grown = np.repeat(np.repeat(rough, -(-shape[0] // 4), axis=0), -(-shape[1] // 6), axis=1)
    return grown[: shape[0], : shape[1]]


def files_of(folder: Path, arrays: Sequence[Any]) -> Any:
    """A Series of input files, one PNG an array."""
    import pandas as pd

    from auditkit.files import find_files
    from auditkit_image.adapter import image_files

    names = [png(array, folder / f"{place}.png").name for place, array in enumerate(arrays)]
    frame = pd.DataFrame({"path": names}, dtype=object)
    return find_files(image_files(("path",)), frame, folder, split="audit", where="rows.csv").frame["path"]


def png(array: Any, path: Path, **options: Any) -> Path:
    """Write an array as a file, PNG unless its name says otherwise."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return path
