"""Pictures as a few numbers each, that a change of scanner, site or archive moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

NUMBERS = ("brightness", "contrast", "sharpness", "width", "height")
_MOST_PIXELS_A_SIDE = 256


def is_picture(cell: Any) -> bool:
    """Whether a cell is pixels, or a file of an adapter that is shown images."""
    if isinstance(cell, np.ndarray):
        return cell.ndim >= 2  # noqa: PLR2004  rows and columns
    return callable(getattr(cell, "read", None)) and hasattr(cell, "sha256")


def picture_numbers(cells: Sequence[Any]) -> dict[str, Floats]:
    """[n] each: the mean and the spread of grey from 0 to 1, how much neighbours differ, and the size in pixels."""
    found = np.array([_numbers(cell) for cell in cells], dtype=float).reshape(-1, len(NUMBERS))
    return {name: found[:, place] for place, name in enumerate(NUMBERS)}


def _numbers(cell: Any) -> tuple[float, ...]:
    grey, width, height = _grey(cell)
    steps = [np.abs(np.diff(grey, axis=axis)).mean() if grey.shape[axis] > 1 else 0.0 for axis in (0, 1)]
    return float(grey.mean()), float(grey.std()), float(np.mean(steps)), float(width), float(height)


def _grey(cell: Any) -> tuple[Floats, int, int]:
    """Grey from 0 to 1 of at most 256 pixels a side, and how large the picture is."""
    from PIL import Image

    if isinstance(cell, np.ndarray):
        pixels = cell.astype(np.float64)
        pixels = pixels.mean(axis=2) if pixels.ndim > 2 else pixels  # noqa: PLR2004  channels last
        top = 255.0 if cell.dtype == np.uint8 else max(float(np.abs(pixels).max(initial=0.0)), 1e-12)
        return pixels / top, cell.shape[1], cell.shape[0]
    from auditkit.images import Reading, decode

    image = decode(cell.read(), Reading(), channels=1)
    width, height = image.size
    if max(image.size) > _MOST_PIXELS_A_SIDE:
        image.thumbnail((_MOST_PIXELS_A_SIDE, _MOST_PIXELS_A_SIDE), Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float64) / 255, width, height
