"""Noise of a sensor: Gaussian, of counted light, and of dead and hot pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def gaussian_noise(x: Floats, deviation: float, rng: np.random.Generator) -> Floats:
    """As much on every pixel and channel."""
    return x + np.float32(deviation) * rng.standard_normal(x.shape, dtype=np.float32)


def shot_noise(x: Floats, quanta: float, rng: np.random.Generator) -> Floats:
    """Poisson counts of so many quanta at white."""
    return (rng.poisson(x * quanta) / quanta).astype(np.float32)


def impulse_noise(x: Floats, share: float, rng: np.random.Generator) -> Floats:
    """So large a share of all numbers is black or white, half each."""
    drawn = rng.random(x.shape, dtype=np.float32)
    return np.where(drawn < share / 2, np.float32(0), np.where(drawn < share, np.float32(1), x))
