"""Train the network of net.py on training.csv, and write model/: its state, its tokenizer and its image processor.

    pip install 'auditkit[models,images]'
    python prepare.py && python train.py      # half a minute of processor time

The tokenizer is made as those of the other examples are, in ../small_bert.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from net import WORDS, build
from PIL import Image
from safetensors.torch import save_file
from small_bert import arguments, make_tokenizer, read_rows
from torch import nn
from transformers import ViTImageProcessorPil

HERE = Path(__file__).parent
CLASSES = ("home", "ward")
BATCH, EPOCHS = 64, 12


def main() -> None:
    """Train, and save what `audit.toml` names."""
    wanted = arguments("Train a network of note, film and numbers.", folder=HERE)
    folder = wanted.folder
    rows = read_rows(folder / "training.csv")
    tokenizer = make_tokenizer([row["note"] for row in rows])
    if len(tokenizer) > WORDS:
        raise SystemExit(f"the notes have {len(tokenizer)} words, and net.py has room for {WORDS}")
    processor = ViTImageProcessorPil(size={"height": 24, "width": 24}, image_mean=[0.45], image_std=[0.25])
    tokens = tokenizer([row["note"] for row in rows], padding=True, truncation=True, return_tensors="pt")
    films = torch.zeros(len(rows), 1, 24, 24)
    there = torch.tensor([bool(row["film"]) for row in rows])
    shown = [Image.open(folder / row["film"]) for row in rows if row["film"]]
    films[there] = processor(shown, return_tensors="pt")["pixel_values"]
    table = torch.tensor(
        [[float(row["age"]), float(row["saturation"]), row["sex"] == "F", row["sex"] == "M"] for row in rows]
    )
    truth = torch.tensor([CLASSES.index(row["outcome"]) for row in rows])
    network = build().train()
    steps = EPOCHS * -(-len(rows) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.003)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.01, total_steps=steps)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(rows)).split(BATCH):
            note = {name: tokens[name][chosen] for name in ("input_ids", "attention_mask")}
            present = {
                "note": torch.ones(len(chosen), dtype=torch.bool),
                "film": there[chosen],
                "table": torch.ones(len(chosen), 4, dtype=torch.bool),
            }
            logits = network(note=note, film=films[chosen], table=table[chosen], present=present)
            loss = nn.functional.cross_entropy(logits, truth[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    print(f"loss of the last batch: {loss.item():.3f}")
    (folder / "model").mkdir(exist_ok=True)
    save_file(network.eval().state_dict(), folder / "model" / "model.safetensors")
    tokenizer.save_pretrained(folder / "model")
    processor.save_pretrained(folder / "model")


if __name__ == "__main__":
    main()
