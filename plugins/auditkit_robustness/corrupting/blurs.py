"""Blurs: out of focus, through glass, of a camera that moved, and of one that zoomed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_LARGE_RADIUS = 8


def gaussian(x: Floats, deviation: float) -> Floats:
    """A Gaussian blur of rows and columns, each channel by itself; at the edge the nearest pixel goes on."""
    from scipy import ndimage

    if deviation <= 0:
        return x
    spread = (deviation, deviation, *(0,) * (x.ndim - 2))
    return np.asarray(ndimage.gaussian_filter(x, spread, mode="nearest"), dtype=np.float32)


def disk(radius: float, alias: float) -> Floats:
    """[k, k]: a disk whose rim is smoothed by a Gaussian of so few pixels, as OpenCV does it.

    One as wide as its kernel is mirrored at the kernel's edge, and sums to 1.01, as the original's does.
    """
    reach = _LARGE_RADIUS if radius <= _LARGE_RADIUS else int(radius)
    line = np.arange(-reach, reach + 1)
    flat = (line[:, None] ** 2 + line[None, :] ** 2 <= radius**2).astype(np.float64)
    side = 1 if radius <= _LARGE_RADIUS else 2
    near = np.exp(-0.5 * (np.arange(-side, side + 1) / alias) ** 2)
    near /= near.sum()
    from scipy import ndimage

    found = ndimage.convolve1d(ndimage.convolve1d(flat / flat.sum(), near, axis=0, mode="mirror"), near, axis=1,
                               mode="mirror")  # fmt: skip
    return np.asarray(found, dtype=np.float32)


def filtered(x: Floats, kernel: Floats) -> Floats:
    """A picture correlated with a kernel of odd sides, by Fourier's transform; mirrored at its edges."""
    from scipy import fft

    down, across = kernel.shape[0] // 2, kernel.shape[1] // 2
    wide = np.pad(x, ((down, down), (across, across), (0, 0)), mode="reflect" if _fits(x, kernel) else "edge")
    size = tuple(fft.next_fast_len(length, real=True) for length in wide.shape[:2])
    product = fft.rfft2(wide, size, axes=(0, 1)) * fft.rfft2(kernel[::-1, ::-1], size)[:, :, None]
    found = fft.irfft2(product, size, axes=(0, 1))
    rows, columns = x.shape[:2]
    return np.asarray(found[2 * down : 2 * down + rows, 2 * across : 2 * across + columns], dtype=np.float32)


def _fits(x: Floats, kernel: Floats) -> bool:
    return all(side > length // 2 for side, length in zip(x.shape[:2], kernel.shape, strict=True))


def defocus(x: Floats, how: tuple[float, float], _: np.random.Generator) -> Floats:
    """A disk for a point."""
    return filtered(x, disk(*how))


def glass(x: Floats, how: tuple[float, int, int], rng: np.random.Generator) -> Floats:
    """Blurred, pixels displaced at random by at most so many, as often; and blurred again."""
    deviation, most, times = how
    found = gaussian(x, deviation)
    rows, columns = x.shape[:2]
    down, across = np.mgrid[:rows, :columns]
    for _ in range(times):
        by_row, by_column = rng.integers(-most, most, size=(2, rows, columns))
        found = found[np.clip(down + by_row, 0, rows - 1), np.clip(across + by_column, 0, columns - 1)]
    return gaussian(found, deviation)


def streak(radius: int, deviation: float, angle: float) -> Floats:
    """[k, k]: a point that moved one way, half a Gaussian long, at an angle in degrees."""
    steps = np.arange(2 * radius + 1)
    weights = np.exp(-(steps**2) / (2 * deviation**2))
    reach = 2 * radius
    found = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float64)
    turned = np.deg2rad(angle)
    places = np.rint(np.outer(steps, [np.sin(turned), np.cos(turned)])).astype(int) + reach
    np.add.at(found, (places[:, 0], places[:, 1]), weights)
    return np.asarray(found / weights.sum(), dtype=np.float32)


def motion(x: Floats, how: tuple[int, float], rng: np.random.Generator) -> Floats:
    """A streak for a point, at an angle between -45 and 45 degrees."""
    return filtered(x, streak(*how, angle=rng.uniform(-45, 45)))


def zoom(x: Floats, how: tuple[float, float], _: np.random.Generator) -> Floats:
    """The mean of the picture and of its middle at ever larger scales."""
    scales = np.arange(1, *how)
    total = x.copy()
    for scale in scales:
        total += magnified(x, float(scale))
    return total / np.float32(len(scales) + 1)


def magnified(x: Any, scale: float) -> Floats:
    """The middle of a picture, or of one channel, as large as the whole."""
    from PIL import Image

    rows, columns = x.shape[:2]
    high, wide = rows / scale, columns / scale
    top, left = (rows - high) / 2, (columns - wide) / 2
    box = (left, top, left + wide, top + high)
    if x.ndim == 2:  # noqa: PLR2004  one channel
        layer = Image.fromarray(np.asarray(x, dtype=np.float32)).resize(
            (columns, rows), Image.Resampling.BILINEAR, box=box
        )
        return np.asarray(layer, dtype=np.float32)
    whole = Image.fromarray((x * 255).astype(np.uint8)).resize((columns, rows), Image.Resampling.BILINEAR, box=box)
    return np.asarray(whole, dtype=np.float32) / np.float32(255)
