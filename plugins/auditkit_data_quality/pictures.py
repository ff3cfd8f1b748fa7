"""Pictures as a few facts each: how bright, whether of one colour, and whether of the size and colours of most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Facts:
    """[n] each."""

    brightness: Floats
    contrast: Floats
    is_odd_size: Flags
    is_odd_colour: Flags
    """In colour where most are grey, or the other way round."""


def is_picture(cell: Any) -> bool:
    """Whether a cell is pixels, or a file of an adapter that is shown images."""
    if isinstance(cell, np.ndarray):
        return cell.ndim >= 2  # noqa: PLR2004  rows and columns
    return callable(getattr(cell, "read", None)) and hasattr(cell, "sha256")


def are_pictures(cells: npt.NDArray[Any]) -> bool:
    """Whether a column holds pictures: all cells that are not missing, and there is one."""
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(map(is_picture, known))


def facts_of(cells: npt.NDArray[Any]) -> Facts:
    """Look at each picture once; a cell without one is like most."""
    looked = [None if cell is None else _look(cell) for cell in cells]
    sizes = [None if one is None else one[2] for one in looked]
    colours = [None if one is None else one[3] for one in looked]
    numbers = np.array([(np.nan, np.nan) if one is None else one[:2] for one in looked], dtype=float).reshape(-1, 2)
    return Facts(numbers[:, 0], numbers[:, 1], _unlike_most(sizes), _unlike_most(colours))


def _unlike_most(kinds: list[Any]) -> Flags:
    """[n]: which are of another kind than more than half."""
    known = [kind for kind in kinds if kind is not None]
    usual = max(sorted(set(known)), key=known.count, default=None)
    if usual is None or 2 * known.count(usual) <= len(known):
        return np.zeros(len(kinds), dtype=bool)
    return np.array([kind is not None and kind != usual for kind in kinds], dtype=bool)


def _look(cell: Any) -> tuple[float, float, tuple[int, int], bool]:
    """Mean and range of its numbers, height and width, and whether it is in colour."""
    pixels = cell
    if not isinstance(cell, np.ndarray):
        from auditkit.images import Reading, decode

        pixels = np.asarray(decode(cell.read(), Reading(), channels=3))
    is_colour = pixels.ndim > 2 and bool((pixels != pixels[..., :1]).any())  # noqa: PLR2004  channels last
    size = (int(pixels.shape[0]), int(pixels.shape[1]))
    return float(pixels.mean()), float(pixels.max()) - float(pixels.min()), size, is_colour
