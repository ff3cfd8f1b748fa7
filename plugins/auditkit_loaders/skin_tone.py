"""A proxy of skin tone from pixels: the individual typology angle (ITA) of what looks like skin in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import DataError
from auditkit.images import DamagedError, Reading, decode

Floats = npt.NDArray[np.floating]

COLUMN = "skin_tone_proxy"
BINS = (-30.0, 10.0, 28.0, 41.0, 55.0)
"""Degrees. Source: Chardon, Cretois and Hourseau (1991), Int. J. Cosmet. Sci. 13, 191-208; as Kinyanjui et al. (2020),
MICCAI, 320-329, take them for pictures."""
NAMES = ("dark (ITA under -30)", "brown (ITA -30 to 10)", "tan (ITA 10 to 28)", "intermediate (ITA 28 to 41)",
         "light (ITA 41 to 55)", "very light (ITA over 55)")  # fmt: skip
FEWEST_PIXELS = 0.05
"""The share of a picture that has to look like skin."""
_SIDE = 256
_GREY = 2
# sRGB to XYZ and its white, D65: IEC 61966-2-1.
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = np.array([0.95047, 1.0, 1.08883])


def lab_of(rgb: npt.NDArray[Any]) -> Floats:
    """CIELAB, [..., 3], of sRGB from 0 to 255 under D65. Source: CIE 15:2004, section 8.2.1."""
    share = np.asarray(rgb, dtype=float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004  IEC 61966-2-1
    ratio = linear @ _TO_XYZ.T / _WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def skin_in(rgb: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """[...]: which pixels look like skin: 77 to 127 of Cb and 133 to 173 of Cr, whatever their brightness.

    Source: Chai and Ngan (1999), IEEE Trans. Circuits Syst. Video Technol. 9, 551-564; ITU-R BT.601.
    """
    red, green, blue = np.moveaxis(np.asarray(rgb, dtype=float), -1, 0)
    cb = 128 - 0.168736 * red - 0.331264 * green + 0.5 * blue
    cr = 128 + 0.5 * red - 0.418688 * green - 0.081312 * blue
    return np.asarray((cb >= 77) & (cb <= 127) & (cr >= 133) & (cr <= 173))  # noqa: PLR2004  the source's bounds


def ita_of(rgb: npt.NDArray[Any]) -> float | None:
    """The angle atan((L* - 50) / b*) in degrees of the median skin pixel; None where too few pixels look like skin."""
    skin = skin_in(rgb)
    if skin.mean() < FEWEST_PIXELS:
        return None
    lightness, _, yellow = np.median(lab_of(np.asarray(rgb)[skin]), axis=0)
    return float(np.degrees(np.arctan2(lightness - 50, yellow))) if yellow > 0 else None


def tone_of(angle: float | None) -> str | None:
    """The class that an angle lies in; an angle between two is in the darker one."""
    return None if angle is None else NAMES[int(np.searchsorted(BINS, angle, side="left"))]


def tones_of(folder: Path, names: Sequence[str]) -> list[str | None]:
    """The class of each picture; None where it is grey, damaged, or shows too little skin.

    Raises:
        DataError: none of them has a tone.
    """
    found = [_tone_in(folder / name) for name in names]
    if not any(found):
        raise DataError(
            "no picture has a skin tone: all are grey, or show no skin",
            hint="X-rays have none; take skin_tone out of [data], and name groups in metadata.csv",
        )
    return found


def _tone_in(path: Path) -> str | None:
    try:
        image = decode(path.read_bytes(), Reading(), channels=3)
    except DamagedError:
        return None  # what becomes of its row is decided where the model's inputs are looked at
    image.thumbnail((_SIDE, _SIDE))
    pixels = np.asarray(image)
    spread = pixels.max(axis=-1).astype(int) - pixels.min(axis=-1)
    return None if np.quantile(spread, 0.95) <= _GREY else tone_of(ita_of(pixels))
