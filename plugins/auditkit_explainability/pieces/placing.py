"""Where each number of a prepared picture comes from: found out by preparing pictures that say where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Encoded

Floats = npt.NDArray[np.floating]
_WHITE = 255.0


def sources(encode: Callable[[Any], Encoded], height: int, width: int, column: Callable[[Any], Any]) -> Floats | None:
    """[u, 2]: how far down and how far to the right, as shares, each place comes from; None: it cannot be found out.

    Models scale, crop and pad what they are given, each in its own way. Two pictures are prepared by the model's own
    code, one that gets brighter downwards and one that does so to the right: how bright a place is says where it was.

    Args:
        encode: inputs -> how the model encodes them.
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        column: pixels of pictures -> inputs.
    """
    down = np.linspace(0, _WHITE, height)[:, None] * np.ones(width)
    right = np.ones(height)[:, None] * np.linspace(0, _WHITE, width)
    shown = [np.repeat(ramp.round().astype(np.uint8)[:, :, None], 3, axis=2) for ramp in (down, right)]
    encoded = encode(column(shown))
    if encoded.least is None or encoded.most is None:
        return None
    share = (encoded.inputs - encoded.least) / (encoded.most - encoded.least)
    found: Floats = share.detach().float().cpu().numpy()
    return np.asarray(found.reshape(*found.shape[:2], -1).mean(axis=2).T, dtype=np.float64)
