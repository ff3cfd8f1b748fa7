"""The root of a covariance, to draw with: the same one on every machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def symmetric_root(covariance: npt.ArrayLike) -> Floats:
    """The symmetric root R of a covariance, [k, k]: R R is the covariance, which z R has for standard normal draws z.

    Any root gives draws of the same distribution, and not the same draws. The eigenvectors of a matrix are unique only
    up to their sign, and where eigenvalues are equal not even that, so that processors and libraries give others; the
    symmetric root is unique. Eigenvalues that are 0 but for rounding are taken for 0, of which the root of the rounding
    would be a million times as large. Source: Higham (2008), Functions of Matrices, section 6.1.
    """
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=np.float64))
    noise = len(values) * np.finfo(np.float64).eps * np.abs(values).max(initial=0.0)
    roots = np.sqrt(np.where(values > noise, values, 0.0))
    return np.asarray((vectors * roots) @ vectors.T)
