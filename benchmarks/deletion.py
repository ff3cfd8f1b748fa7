"""Deletion curves beside Quantus's PixelFlipping: the same pictures, the same order, the same fill, the same curve.

Quantus (`benchmarks/peers.toml`) is installed in the benchmark's environment alone: without it only ours is timed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

SIDE, GRID = 32, 8
STEP = (SIDE // GRID) ** 2
"""Numbers of a region, which PixelFlipping takes out in one step."""
AT_ONCE = 128
LEAST = 10.0
"""Times as fast as PixelFlipping."""


@dataclass(frozen=True)
class Grey:
    """Grey pictures whose mean is a whole number, so that both fill alike; and a small model of them."""

    module: Any
    pixels: Any
    """[n, 32, 32] of 8 bits."""
    batch_size: int = 32

    def predict(self, inputs: Any) -> Any:
        """Probabilities of two classes."""
        import torch

        from auditkit import ClassScores

        with torch.no_grad():
            return ClassScores(("no", "yes"), self.module(self._batch(inputs)).softmax(-1).numpy())

    def encoded(self, inputs: Any) -> Any:
        """The pixels between 0 and 1, as adapters of pictures have them."""
        import torch

        from auditkit import Encoded, Unit

        at = self._batch(inputs).reshape(len(inputs), SIDE * SIDE, 1)
        units = (Unit("pixel"),) * at.shape[1]
        ends = torch.zeros(1), torch.ones(1)
        return Encoded(self._outputs, at, (), torch.zeros_like(at), (units,) * len(at), *ends, self.module)

    def _batch(self, inputs: Any) -> Any:
        import torch

        grey = [one if one.ndim == 2 else one[:, :, 0] for one in inputs]  # noqa: PLR2004  a colour picture of grey
        return torch.from_numpy(np.stack(grey)[:, None].astype(np.float32) / 255)

    def _outputs(self, shown: Any) -> Any:
        return self.module(shown.reshape(len(shown), 1, SIDE, SIDE))


def pictures(rows: int) -> Grey:
    """So many, and a network of two convolutions."""
    import torch

    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(4),
        torch.nn.Flatten(),
        torch.nn.Linear(128, 2),
    ).eval()
    half = np.random.default_rng(1).integers(0, 255, (rows, SIDE, SIDE // 2), dtype=np.uint8)
    grey = np.concatenate([half, 254 - half[:, :, ::-1]], axis=2)
    return Grey(module, grey)


def ours(subject: Grey, orders: Any) -> Any:
    """[n, 64]: the probability of the class decided after each step."""
    import pandas as pd

    from auditkit.testing import toy_case, with_model
    from auditkit_explainability.attributing import Asker
    from auditkit_explainability.pieces import pieces_of

    cells = np.empty(len(subject.pixels), dtype=object)
    cells[:] = list(subject.pixels)
    given = pd.Series(cells, dtype=object)
    case = with_model(toy_case(subject.predict(given), inputs=given), subject)
    asker = Asker(case, pieces_of(case, most=GRID * GRID))
    ranks = np.argsort(orders, axis=1)
    rows = np.repeat(np.arange(len(ranks)), GRID * GRID)
    gone = [ranks[row] <= step for row in range(len(ranks)) for step in range(GRID * GRID)]
    return asker.scores(rows, gone, as_probability=True).reshape(len(ranks), -1)


def theirs(subject: Grey, orders: Any) -> Any:
    """[n, 64]: the same by Quantus."""
    import quantus  # type: ignore[import-not-found]  # of the benchmark's environment alone
    import torch

    values = GRID * GRID - np.argsort(orders, axis=1).astype(np.float32)
    wide = values.reshape(-1, GRID, GRID).repeat(SIDE // GRID, axis=1).repeat(SIDE // GRID, axis=2)
    shown = subject.pixels[:, None].astype(np.float32) / 255
    with torch.no_grad():
        decided = subject.module(torch.from_numpy(shown)).argmax(1).numpy()
    metric = quantus.PixelFlipping(
        features_in_step=STEP, perturb_baseline="mean", abs=False, normalise=False, disable_warnings=True,
        return_auc_per_sample=False,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = metric(
            model=subject.module, x_batch=shown, y_batch=decided, a_batch=wide[:, None],
            softmax=True, batch_size=len(shown), device="cpu",
        )  # fmt: skip
    return np.array(found).reshape(len(shown), -1)


def alone(subject: Grey) -> Any:
    """As many answers of pictures that lie ready, in batches that suit a CPU: the part that is the model's own."""
    import torch

    shown = torch.from_numpy(subject.pixels[:, None].astype(np.float32) / 255)
    with torch.no_grad():
        return [
            subject.module(part).softmax(-1).numpy() for _ in range(GRID * GRID) for part in shown.split(AT_ONCE)
        ]  # fmt: skip
