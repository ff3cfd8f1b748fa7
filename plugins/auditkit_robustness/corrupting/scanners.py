"""Another scanner, protocol or archive: window, gamma, an uneven coil, a lower dose, fewer pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit_robustness.corrupting.digital import from_image, to_image
from auditkit_robustness.corrupting.plasma import clouds

Floats = npt.NDArray[np.float32]


def window(x: Floats, cut: float, _: np.random.Generator) -> Floats:
    """A narrower window: so large a share of the range is cut off at black and at white."""
    return (x - np.float32(cut)) / np.float32(1 - 2 * cut)


def gamma(x: Floats, power: float, _: np.random.Generator) -> Floats:
    """A darker curve between black and white."""
    return np.power(np.clip(x, 0, 1), np.float32(power))


def bias_field(x: Floats, most: float, rng: np.random.Generator) -> Floats:
    """Brighter on one side and darker on another, smoothly, as an uneven coil makes it."""
    field = clouds(x.shape[0], x.shape[1], 8.0, rng)[:, :, None]
    return x * (1 + np.float32(most) * (2 * field - 1))


def low_dose(x: Floats, quanta: float, rng: np.random.Generator) -> Floats:
    """Counted quanta, the same in all channels, so that grey stays grey."""
    grey = x.mean(axis=2, keepdims=True)
    seen = (rng.poisson(grey * quanta) / quanta).astype(np.float32)
    return np.asarray(x + (seen - grey))


def resolution(x: Floats, share: float, _: np.random.Generator) -> Floats:
    """Fewer pixels, brought back to as many as there were."""
    from PIL import Image

    rows, columns = x.shape[:2]
    few = to_image(x).resize((max(1, int(columns * share)), max(1, int(rows * share))), Image.Resampling.LANCZOS)
    return from_image(np.asarray(few.resize((columns, rows), Image.Resampling.BICUBIC)))
