"""Small tables, and models of them that are built in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from auditkit.spec import DataSpec

INPUT = ("age", "sex", "pressure")
SEXES = ("F", "M")

NET = """
from torch import nn

def build():
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))

def one():
    return nn.Linear(4, 1)

def wide():
    return nn.Linear(4, 3)

def codes():
    return nn.Linear(3, 2)

class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)
    def forward(self, rows):
        return self.layer(rows)
"""


def table(rows: int = 40, seed: int = 1) -> pd.DataFrame:
    """Cells as a loader gives them: texts."""
    draw = np.random.default_rng(seed)
    age, pressure = draw.integers(20, 90, rows), draw.normal(130, 15, rows).round(1)
    cells = {"age": age.astype(str), "sex": draw.choice(SEXES, rows), "pressure": pressure.astype(str)}
    return pd.DataFrame(cells, dtype=object)


def typed(rows: pd.DataFrame) -> pd.DataFrame:
    """The same with numbers as numbers, as somebody trains with it."""
    return rows.assign(age=rows["age"].astype(float), pressure=rows["pressure"].astype(float))


def settings(folder: Path, **changes: Any) -> dict[str, Any]:
    """What the host hands to the adapter."""
    data = {"input": INPUT, "target": "ill"} | changes.pop("data", {})
    given = {
        "device": "cpu", "labels": {}, "target_classes": ("no", "yes"), "data": DataSpec(audit="rows.csv", **data),
        "task": None, "spec_folder": folder,
    }  # fmt: skip
    return given | changes


def write_network(folder: Path, build: str = "build", name: str = "state.safetensors", seed: int = 3) -> Any:
    """Write net.py and a state; the module, for its answers."""
    import torch
    from safetensors.torch import save_file

    (folder / "net.py").write_text(NET)
    names: dict[str, Any] = {}
    exec(NET, names)  # noqa: S102  the text above
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = names[build]()
    (folder / name).parent.mkdir(exist_ok=True)
    save_file(module.state_dict(), folder / name)
    return module.eval()
