"""Clouds of any size: noise at ever finer scales, each weaker than the one before by a factor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def clouds(rows: int, columns: int, decay: float, rng: np.random.Generator) -> Floats:
    """[rows, columns], from 0 to 1: midpoint displacement, whose displacements are divided by `decay` at each halving.

    Source: Fournier, Fussell and Carpenter (1982), Commun. ACM 25, 371-384, with bilinear midpoints.
    """
    from PIL import Image

    side = 1 << max(1, int(np.ceil(np.log2(max(rows, columns)))))
    found = np.zeros((2, 2), dtype=np.float32)
    weight, size = 1.0, 2
    while True:
        found = found + np.float32(weight) * rng.uniform(-1, 1, found.shape).astype(np.float32)
        if size >= side:
            break
        size *= 2
        found = np.asarray(Image.fromarray(found).resize((size, size), Image.Resampling.BILINEAR))
        weight /= decay
    found = found[:rows, :columns]
    low, high = float(found.min()), float(found.max())
    return np.asarray((found - low) / max(high - low, 1e-6), dtype=np.float32)
