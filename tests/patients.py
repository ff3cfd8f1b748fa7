"""Patients of a note, a film and numbers, and a small torch module that looks at all three; built in a moment."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from tiny_bert import SENTENCES, tokenizer_of
from tiny_images import pixels, png

NET = '''
import torch


class Patient(torch.nn.Module):
    """A mean of embeddings, a convolution and a line, side by side into a last layer."""

    def __init__(self, classes=2):
        super().__init__()
        self.words = torch.nn.Embedding(300, 6)
        self.film = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 4, stride=4), torch.nn.ReLU(), torch.nn.Flatten())
        self.numbers = torch.nn.Linear(3, 4)
        self.last = torch.nn.Linear(6 + 20 + 4, classes)

    def fused(self, note, film, table):
        mask = note["attention_mask"][:, :, None].float()
        words = (self.words(note["input_ids"]) * mask).sum(1) / mask.sum(1)
        return torch.cat([words, self.film(film), torch.tanh(self.numbers(table / 50))], dim=1)

    def forward(self, note, film, table):
        return self.last(self.fused(note, film, table))


class Masked(Patient):
    """What is missing counts as nothing."""

    def forward(self, note, film, table, present):
        words, picture, numbers = self.fused(note, film, table).split([6, 20, 4], dim=1)
        words = words * present["note"][:, None]
        picture = picture * present["film"][:, None]
        share = present["table"].float().mean(1, keepdim=True)
        return self.last(torch.cat([words, picture, numbers * share], dim=1))


def build():
    return Patient()


def masked():
    return Masked()


def shy():
    return torch.nn.Linear(2, 2)


def three():
    return Patient(3)


class ByChance(Patient):
    def forward(self, note, film, table):
        return super().forward(note, torch.nn.functional.dropout(film + 1), table)


def by_chance():
    return ByChance()


class Padded(Patient):
    """The mean is of the padding too, so that the longest note of a batch changes the others."""

    def forward(self, note, film, table):
        return super().forward(note | {"attention_mask": torch.ones_like(note["attention_mask"])}, film, table)


def padded():
    return Padded()


class Centred(Patient):
    def forward(self, note, film, table):
        return super().forward(note, film - film.mean(0, keepdim=True), table)


def centred():
    return Centred()
'''
INPUT = ("note", "film", "age", "sex")
OPTIONS: dict[str, Any] = {
    "module": "net:build",
    "output": "logits",
    "texts": ("note",),
    "images": ("film",),
    "columns": ("age", "sex"),
    "categories": {"sex": ("F", "M")},
}


def net_of(folder: Path) -> Any:
    """net.py, imported."""
    spec = spec_from_file_location("net_of_patients", folder / "net.py")
    assert spec is not None
    assert spec.loader is not None
    net = module_from_spec(spec)
    spec.loader.exec_module(net)
    return net


def write_patients_model(folder: Path, *, build: str = "build", processor: bool = True) -> Any:
    """Write net.py and model/ with state, tokenizer and processor; the module."""
    import torch
    from safetensors.torch import save_file
    from transformers import ViTImageProcessorPil

    (folder / "net.py").write_text(NET)
    (folder / "model").mkdir()
    with torch.random.fork_rng():
        torch.manual_seed(11)
        module = getattr(net_of(folder), build)().eval()
        for parameter in module.parameters():
            torch.nn.init.normal_(parameter, std=0.7)
    save_file(module.state_dict(), folder / "model" / "model.safetensors")
    tokenizer_of().save_pretrained(folder / "model")
    if processor:
        ViTImageProcessorPil(size={"height": 8, "width": 8}).save_pretrained(folder / "model")
    return module


def patients(folder: Path, count: int = 7) -> Any:
    """A table of so many, with their films written below the folder: as the host hands it to the adapter."""
    import pandas as pd

    from auditkit.files import find_files
    from auditkit_multimodal.adapter import image_columns

    names = [png(pixels(place), folder / f"{place}.png").name for place in range(count)]
    notes = [" ".join(SENTENCES[place % 6].split()[: 3 + place % 5]) for place in range(count)]
    ages = [str(20 + 9 * place) for place in range(count)]
    sexes = ["FM"[place % 2] for place in range(count)]
    frame = pd.DataFrame({"note": notes, "film": names, "age": ages, "sex": sexes}, dtype=object)
    return find_files(image_columns(INPUT, images=("film",)), frame, folder, split="audit", where="rows.csv").frame


def by_hand(module: Any, folder: Path, rows: Any, *, fused: bool = False) -> Any:
    """The module's numbers [n, k] of one patient at a time: transformers' tokenizer and processor, and a loop."""
    import torch
    from PIL import Image
    from transformers import AutoImageProcessor, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    processor = AutoImageProcessor.from_pretrained(folder / "model", backend="pil")
    found = []
    for note, film, age, sex in rows[list(INPUT)].itertuples(index=False):
        tokens = dict(tokenizer([note], truncation=True, max_length=48, return_tensors="pt"))
        shown = processor(Image.open(film.folder / film.name), return_tensors="pt")["pixel_values"]
        table = torch.tensor([[float(age), float(sex == "F"), float(sex == "M")]])
        with torch.inference_mode():
            run = module.fused if fused else module
            found.append(run(note=tokens, film=shown, table=table)[0].double().numpy())
    return np.array(found)
