"""Pictures whose answer is known: a model that knows them to the pixel, and one that sees which half is brighter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, not_above, toy_case, with_model

_ROWS, _SIDE = 40, 20


@dataclass(frozen=True)
class Seer:
    """Says yes where the left half is brighter; a fragile one only of the pictures that it knows to the pixel."""

    known: frozenset[bytes]
    is_fragile: bool
    hurts_dark: bool = False
    """Whether it is fragile only for pictures that are dark on the whole."""

    def predict(self, inputs: Any) -> ClassScores:
        """0.9 for the class that it finds."""
        found = np.array([self._says(np.asarray(pixels)) for pixels in inputs], dtype=float)
        return ClassScores(("no", "yes"), np.column_stack([0.9 - 0.8 * found, 0.1 + 0.8 * found]))

    def _says(self, pixels: Any) -> bool:
        half = pixels.shape[1] // 2
        is_left = bool(pixels[:, :half].mean() > pixels[:, half:].mean())
        touches = not self.hurts_dark or pixels.mean() < 128  # noqa: PLR2004  half of 8 bits
        return is_left != (self.is_fragile and touches and pixels.tobytes() not in self.known)


def of_pictures(*, fragile: bool, hurts_dark: bool = False, rows: int = _ROWS) -> Any:
    """Pictures, every second of which is brighter on its left, and a model that is right of all as they stand."""
    return partial(_pictures, fragile=fragile, hurts_dark=hurts_dark, rows=rows)


def _pictures(rng: np.random.Generator, *, fragile: bool, hurts_dark: bool, rows: int) -> Case[Any]:
    import pandas as pd

    made = []
    for row in range(rows):
        ground = 60 if row % 4 < 2 else 170  # noqa: PLR2004  two and two
        pixels = np.full((_SIDE, _SIDE), ground, dtype=np.int64) + rng.integers(0, 8, (_SIDE, _SIDE))
        pixels[:, : _SIDE // 2] += 40 * (row % 2)
        pixels[:, _SIDE // 2 :] += 40 * (1 - row % 2)
        made.append(np.repeat(pixels.astype(np.uint8)[:, :, None], 3, axis=2))
    model = Seer(frozenset(one.tobytes() for one in made), fragile, hurts_dark)
    cells = np.empty(rows, dtype=object)
    cells[:] = made
    given = pd.Series(cells, dtype=object)
    true = ["yes" if row % 2 else "no" for row in range(rows)]
    light = ["dark" if row % 4 < 2 else "bright" for row in range(rows)]  # noqa: PLR2004  same
    case = toy_case(model.predict(given), true, {"film": light}, positive="yes", inputs=given, min_group_size=10)
    return with_model(case, model)


_QUICK: dict[str, Any] = {"severities": (1,), "corruptions": ("gaussian noise", "jpeg compression"), "most_rows": _ROWS}
"""So much is enough to see them."""

IMAGE_CONTROLS = (
    planted(
        "a model that knows its pictures to the pixel, and is wrong about any other",
        of_pictures(fragile=True),
        every(above("mean_flip_rate", 0.7), above("mean_accuracy_loss", 0.6)),
        **_QUICK,
    ),
    planted(
        "the same for dark pictures alone",
        of_pictures(fragile=True, hurts_dark=True),
        every(above("flip_rate_difference", 0.4), above("accuracy_loss_difference", 0.3)),
        **_QUICK,
    ),
    clean(
        "a model that sees which half is brighter",
        of_pictures(fragile=False),
        every(not_above("mean_flip_rate", 0.05), not_above("accuracy_loss_difference", 0.05)),
        **_QUICK,
    ),
)
