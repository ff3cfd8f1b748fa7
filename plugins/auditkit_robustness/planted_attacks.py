"""Attacks whose outcome is known: lines over pixels, near their edge or far from it, and one with a masked gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Encoded, Unit, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model

_ROWS, _SIDE, _STEEP = 40, 8, 40.0
_GREY, _WHITE = 60, 255.0
_LEVELS = 15
"""To so many steps between black and white a masked model rounds what it is shown."""


@dataclass(frozen=True)
class Halves:
    """Scores how much brighter the left half is: a line, on which FGSM is the worst there is."""

    rounds: bool = False
    """Whether pixels are rounded first, so that the gradient is 0."""

    def predict(self, inputs: Any) -> ClassScores:
        """By the sigmoid of the difference of the means, times 40."""
        shown = np.stack([np.asarray(cell, dtype=np.float64) for cell in inputs]) / _WHITE
        shown = np.round(shown * _LEVELS) / _LEVELS if self.rounds else shown
        half = shown.shape[2] // 2
        away = _STEEP * (shown[:, :, :half].mean(axis=(1, 2)) - shown[:, :, half:].mean(axis=(1, 2)))
        yes = 1 / (1 + np.exp(-away))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def encoded(self, inputs: Any) -> Encoded:
        """Pixels from -1, black, to 1, white."""
        import torch

        stacked = np.stack([np.asarray(cell, dtype=np.float32) for cell in inputs])
        side = stacked.shape[2]
        shown = torch.from_numpy(stacked.reshape(len(stacked), -1, 1) / np.float32(_WHITE / 2) - 1)
        units = tuple(Unit(str(place)) for place in range(shown.shape[1]))
        least, most = torch.tensor([-1.0]), torch.tensor([1.0])
        module = partial(self._outputs, side)
        return Encoded(module, shown, (), torch.zeros_like(shown), (units,) * len(shown), least, most)

    def _outputs(self, side: int, shown: Any) -> Any:
        import torch

        pixels = ((shown[:, :, 0] + 1) / 2).reshape(len(shown), -1, side)
        pixels = torch.round(pixels * _LEVELS) / _LEVELS if self.rounds else pixels
        half = side // 2
        away = _STEEP * (pixels[:, :, :half].mean(dim=(1, 2)) - pixels[:, :, half:].mean(dim=(1, 2)))
        return torch.stack([-away / 2, away / 2], dim=1)


def of_halves(*, apart: dict[str, int], rounds: bool = False, rows: int = _ROWS) -> Any:
    """Pictures whose halves lie `apart` steps of 255, by whether they are dark or bright, and a model of halves."""
    return partial(_halves, apart=apart, rounds=rounds, rows=rows)


def _halves(_: np.random.Generator, *, apart: dict[str, int], rounds: bool, rows: int) -> Case[Any]:
    import pandas as pd

    cells = np.empty(rows, dtype=object)
    film = ["dark" if row % 4 < 2 else "bright" for row in range(rows)]  # noqa: PLR2004  two and two
    for row in range(rows):
        ground = _GREY + row + (0 if film[row] == "dark" else 60)
        pixels: npt.NDArray[np.uint8] = np.full((_SIDE, _SIDE), ground, dtype=np.uint8)
        left, right = slice(None, _SIDE // 2), slice(_SIDE // 2, None)
        pixels[:, left if row % 2 else right] += np.uint8(apart[film[row]])
        cells[row] = pixels
    given, model = pd.Series(cells, dtype=object), Halves(rounds)
    true = ["yes" if row % 2 else "no" for row in range(rows)]
    case = toy_case(model.predict(given), true, {"film": film}, positive="yes", inputs=given, min_group_size=10)
    return with_model(case, model)


_QUICK: dict[str, Any] = {"epsilons": (2.0, 8.0), "steps": 4, "restarts": 2, "queries": 8, "most_rows": _ROWS}
"""So much is enough to see them."""
_SMALL = {"conditions": {"epsilon": "2/255"}}

ATTACK_CONTROLS = (
    planted(
        "a model whose decisions lie within 2/255 of their edge",
        of_halves(apart={"dark": 3, "bright": 3}),
        every(above("robust_accuracy_loss", 0.6, **_SMALL), not_above("gradient_masking_share", 0.05)),
        **_QUICK,
    ),
    planted(
        "the same for dark pictures alone",
        of_halves(apart={"dark": 3, "bright": 40}),
        above("robust_accuracy_loss_difference", 0.4, **_SMALL),
        **_QUICK,
    ),
    planted(
        "a model that rounds what it is shown, so that its gradient is 0",
        of_halves(apart={"dark": 40, "bright": 40}, rounds=True),
        every(
            above("gradient_masking_share", 0.8, conditions={"sign": "no gradient"}),
            not_above("robust_accuracy", 0.05),
        ),
        **_QUICK,
    ),
    clean(
        "a model whose decisions lie farther than 8/255 from their edge",
        of_halves(apart={"dark": 40, "bright": 40}),
        every(
            near("robust_accuracy_loss", 0.0),
            not_above("robust_accuracy_loss_difference", 0.05),
            not_above("gradient_masking_share", 0.05),
        ),
        **_QUICK,
    ),
)
