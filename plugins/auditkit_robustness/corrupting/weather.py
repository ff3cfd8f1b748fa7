"""Weather: snow that falls, frost on the lens, and fog."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from auditkit_robustness.corrupting.blurs import filtered, magnified, streak
from auditkit_robustness.corrupting.plasma import clouds

Floats = npt.NDArray[np.float32]

_PANE, _PANES = 512, 5
_GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def snow(x: Floats, how: tuple[float, ...], rng: np.random.Generator) -> Floats:
    """Flakes that are drawn out by their fall, over a picture that is whitened."""
    middle, spread, scale, least, radius, deviation, kept = how
    layer = rng.normal(middle, spread, x.shape[:2]).astype(np.float32)
    layer = magnified(layer, scale)
    layer = np.clip(np.where(layer < least, 0, layer), 0, 1).astype(np.float32)
    layer = filtered(layer[:, :, None], streak(int(radius), deviation, rng.uniform(-135, -45)))
    white = np.maximum(x, (x @ _GREY)[:, :, None] * np.float32(1.5) + np.float32(0.5))
    return np.asarray(np.float32(kept) * x + np.float32(1 - kept) * white + layer + layer[::-1, ::-1])


def fog(x: Floats, how: tuple[float, float], rng: np.random.Generator) -> Floats:
    """Clouds, and what is left of the picture's range."""
    thick, decay = how
    most = float(x.max())
    # The original draws from +-w and multiplies by w, so that what it divides by counts twice.
    layer = np.float32(thick) * clouds(x.shape[0], x.shape[1], decay**2, rng)[:, :, None]
    return (x + layer) * np.float32(most / (most + thick)) if most > 0 else x + layer


def frost(x: Floats, how: tuple[float, float], rng: np.random.Generator) -> Floats:
    """The picture through a part of a pane of ice."""
    kept, thick = how
    pane = _pane(int(rng.integers(_PANES)))
    rows, columns = x.shape[:2]
    top, left = (int(rng.integers(_PANE)) for _ in range(2))
    part = pane[np.arange(top, top + rows)[:, None] % _PANE, np.arange(left, left + columns)[None, :] % _PANE]
    return np.asarray(np.float32(kept) * x + np.float32(thick) * part)


@cache
def _pane(number: int) -> Floats:
    """[rows, columns, 3]: ice with ridges, a little blue; drawn, and the same at every call."""
    rng = np.random.default_rng([number, 2019])
    cloudy = clouds(_PANE, _PANE, 1.6, rng)
    ridges = 1 - np.abs(2 * clouds(_PANE, _PANE, 1.5, rng) - 1)
    ice = np.clip(0.15 + 0.55 * cloudy + 0.6 * ridges**6, 0, 1).astype(np.float32)
    return np.asarray(ice[:, :, None] * np.array([0.88, 0.94, 1.0], dtype=np.float32))
