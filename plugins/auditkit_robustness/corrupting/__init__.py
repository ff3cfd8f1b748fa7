"""What happens to pictures on their way to a model: the fifteen corruptions of ImageNet-C, and what scanners do.

`constants` says how strong each is at five severities, for pictures of about 224 pixels and for small ones; `noises`,
`blurs`, `weather` and `digital` carry the fifteen out, `scanners` five more; `plasma` makes clouds. Pillow, NumPy and
SciPy alone. Pictures are [rows, columns, 3] of float32 between 0 and 1, and of 8 bits before and after.

Source: Hendrycks and Dietterich (2019), ICLR, and the constants of github.com/hendrycks/robustness. What differs: frost
is drawn and no photograph, glass displaces all pixels at once, motion and elastic maps are interpolated once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit_robustness.corrupting.blurs import defocus, glass, motion, zoom
from auditkit_robustness.corrupting.constants import SEVERITIES, SMALL, strength
from auditkit_robustness.corrupting.digital import brightness, contrast, elastic, jpeg, pixelate
from auditkit_robustness.corrupting.noises import gaussian_noise, impulse_noise, shot_noise
from auditkit_robustness.corrupting.scanners import bias_field, gamma, low_dose, resolution, window
from auditkit_robustness.corrupting.weather import fog, frost, snow

__all__ = ["COMMON", "SCANNERS", "SEVERITIES", "SMALL", "corrupted"]

Pixels = npt.NDArray[np.uint8]
Corrupt = Callable[[Any, Any, np.random.Generator], Any]
"""A picture [rows, columns, 3] between 0 and 1, how strong, and random numbers -> the picture."""

COMMON: dict[str, Corrupt] = {
    "gaussian noise": gaussian_noise,
    "shot noise": shot_noise,
    "impulse noise": impulse_noise,
    "defocus blur": defocus,
    "glass blur": glass,
    "motion blur": motion,
    "zoom blur": zoom,
    "snow": snow,
    "frost": frost,
    "fog": fog,
    "brightness": brightness,
    "contrast": contrast,
    "elastic transform": elastic,
    "pixelate": pixelate,
    "jpeg compression": jpeg,
}
"""The fifteen of ImageNet-C, in its order."""

SCANNERS: dict[str, Corrupt] = {
    "contrast window": window,
    "gamma": gamma,
    "bias field": bias_field,
    "low dose": low_dose,
    "resolution": resolution,
}
"""What another scanner, protocol or archive does."""


def corrupted(pixels: Pixels, corruption: str, severity: int, rng: np.random.Generator) -> Pixels:
    """A picture of 8 bits after one corruption.

    Args:
        pixels: [rows, columns] or [rows, columns, 3].
        corruption: its name, of `COMMON` or `SCANNERS`.
        severity: 1 to 5.
        rng: what is drawn.
    """
    is_grey = pixels.ndim == 2  # noqa: PLR2004  grey has no axis of channels
    colour = np.repeat(pixels[:, :, None], 3, axis=2) if is_grey else pixels
    how = strength(corruption, severity, is_small=min(pixels.shape[:2]) <= SMALL)
    found = (COMMON | SCANNERS)[corruption](colour.astype(np.float32) / np.float32(255), how, rng)
    # As the original: what is left of a step is cut off.
    whole = (np.clip(found, 0, 1) * np.float32(255)).astype(np.uint8)
    return _grey(whole) if is_grey else whole


def _grey(pixels: Pixels) -> Pixels:
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).convert("L"))
