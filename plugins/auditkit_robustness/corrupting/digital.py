"""What happens after the shutter: brightness, contrast, stretching, large pixels and JPEG."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def brightness(x: Floats, more: float, _: np.random.Generator) -> Floats:
    """More of the value of HSV, with hue and saturation as they are."""
    value = x.max(axis=2, keepdims=True)
    raised = np.clip(value + np.float32(more), 0, 1)
    return np.asarray(np.where(value > 0, x * (raised / np.maximum(value, np.float32(1e-12))), raised))


def contrast(x: Floats, kept: float, _: np.random.Generator) -> Floats:
    """Each channel nearer to its mean."""
    middle = x.mean(axis=(0, 1), keepdims=True)
    return np.asarray((x - middle) * np.float32(kept) + middle)


def jpeg(x: Floats, quality: int, _: np.random.Generator) -> Floats:
    """Written and read again at a quality."""
    from PIL import Image

    written = io.BytesIO()
    to_image(x).save(written, "JPEG", quality=quality)
    with Image.open(written) as found:
        return from_image(np.asarray(found.convert("RGB")))


def pixelate(x: Floats, share: float, _: np.random.Generator) -> Floats:
    """So large a share of the pixels of a side, each as large as it takes."""
    from PIL import Image

    rows, columns = x.shape[:2]
    few = to_image(x).resize((max(1, int(columns * share)), max(1, int(rows * share))), Image.Resampling.BOX)
    return from_image(np.asarray(few.resize((columns, rows), Image.Resampling.BOX)))


def elastic(x: Floats, how: tuple[float, float, float], rng: np.random.Generator) -> Floats:
    """Corners moved at random, and all between by a smooth field."""
    far, smooth, corners = how
    rows, columns = x.shape[:2]
    middle, side = np.array([rows // 2, columns // 2], dtype=float), min(rows, columns) // 3
    marks = middle + side * np.array([[1, 1], [1, -1], [-1, -1]])
    shifted = marks + rng.uniform(-corners, corners, (3, 2))
    down, across = np.mgrid[:rows, :columns].astype(np.float64)
    # From where each pixel comes: the map that takes the moved marks back to where they were.
    matrix = np.linalg.lstsq(np.column_stack([shifted, np.ones(3)]), marks, rcond=None)[0]
    by_row, by_column = (_field(x.shape[:2], far, smooth, rng) for _ in range(2))
    down, across = down + by_row, across + by_column
    place = (down * matrix[0, axis] + across * matrix[1, axis] + matrix[2, axis] for axis in range(2))
    return _between(x, *place)


def _field(shape: Any, far: float, smooth: float, rng: np.random.Generator) -> Floats:
    """[rows, columns]: uniform noise, smoothed by a Gaussian that is mirrored at the edges, times how far."""
    from scipy import fft

    drawn = rng.uniform(-1, 1, shape)
    if far == 0:
        return np.zeros(shape, dtype=np.float32)
    # Of cosines a Gaussian is a factor each, however wide it is.
    damping = [np.exp(-0.5 * (np.pi * smooth * np.arange(length) / length) ** 2) for length in shape]
    found = fft.idctn(fft.dctn(drawn, type=2) * np.outer(*damping), type=2)
    return np.asarray(far * found, dtype=np.float32)


def _between(x: Floats, down: Any, across: Any) -> Floats:
    """Bilinear, mirrored at the edges."""
    rows, columns = x.shape[:2]
    down, across = _mirrored(down, rows), _mirrored(across, columns)
    top, left = np.floor(down).astype(np.int64), np.floor(across).astype(np.int64)
    low, right = np.minimum(top + 1, rows - 1), np.minimum(left + 1, columns - 1)
    by_row = (down - top).astype(np.float32)[:, :, None]
    by_column = (across - left).astype(np.float32)[:, :, None]
    above = x[top, left] * (1 - by_column) + x[top, right] * by_column
    below = x[low, left] * (1 - by_column) + x[low, right] * by_column
    return np.asarray(above * (1 - by_row) + below * by_row, dtype=np.float32)


def _mirrored(place: Any, length: int) -> Any:
    if length == 1:
        return np.zeros_like(place)
    around = np.mod(place, 2 * (length - 1))
    return np.where(around > length - 1, 2 * (length - 1) - around, around)


def to_image(x: Floats) -> Any:
    """A Pillow image of 8 bits."""
    from PIL import Image

    return Image.fromarray(np.rint(x * 255).astype(np.uint8))


def from_image(pixels: Any) -> Floats:
    """Between 0 and 1."""
    return np.asarray(pixels, dtype=np.float32) / np.float32(255)
