"""Distances of vectors from known ones: Mahalanobis's to the nearest class, and to the k-th neighbour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_AT_ONCE = 1024
_TINY = 1e-12


@dataclass(frozen=True)
class Classes:
    """Classes with means of their own and one covariance: Lee et al. (2018), NeurIPS 31, 7167-7177, section 2.1."""

    means: Floats
    """[k, d]."""
    root: Floats
    """[d, d]: the lower root of the shrunk covariance."""

    @classmethod
    def of(cls, vectors: Floats, codes: Integers) -> Classes:
        """Fitted to known vectors [m, d] of the classes `codes` [m]; those below 0 belong to none and are left out."""
        kept = codes >= 0
        vectors, codes = np.asarray(vectors, dtype=np.float64)[kept], codes[kept]
        names, place = np.unique(codes, return_inverse=True)
        means = np.stack([vectors[codes == name].mean(axis=0) for name in names])
        return cls(means, np.linalg.cholesky(shrunk_covariance(vectors - means[place])))

    def squared(self, vectors: Floats) -> Floats:
        """[n]: the squared distance to the nearest mean."""
        each = [
            np.square(np.linalg.solve(self.root, (np.asarray(vectors, dtype=np.float64) - mean).T)).sum(axis=0)
            for mean in self.means
        ]
        return np.asarray(np.min(each, axis=0))


def shrunk_covariance(centred: Floats) -> Floats:
    """[d, d]: the covariance drawn towards a multiple of the identity by what its error asks for.

    Ledoit and Wolf (2004), J. Multivar. Anal. 88, 365-411, section 3.3. Of vectors that do not vary, a little more than
    0, so that it can be inverted.

    Args:
        centred: [m, d], less the mean of each row's class.
    """
    rows, width = centred.shape
    sample = centred.T @ centred / rows
    scale = float(np.trace(sample)) / width
    spread = float(np.square(sample - scale * np.eye(width)).sum()) / width
    fourth = float(np.square(np.square(centred).sum(axis=1)).sum())
    error = (fourth / rows - float(np.square(sample).sum())) / (rows * width)
    share = 1.0 if spread <= 0 else min(max(error, 0.0), spread) / spread
    found = share * scale * np.eye(width) + (1 - share) * sample
    return np.asarray(found + (_TINY + 1e-9 * scale) * np.eye(width))


def kth_distance(vectors: Floats, known: Floats, k: int) -> Floats:
    """[n]: from the direction of each vector to that of its k-th nearest known one.

    Vectors are brought to length 1: Sun et al. (2022), Out-of-distribution detection with deep nearest neighbors, ICML.

    Args:
        vectors: [n, d].
        known: [m, d].
        k: at most m is taken.
    """
    one, other = _of_length_one(vectors), _of_length_one(known)
    k = min(k, len(other))
    found = np.empty(len(one))
    for start in range(0, len(one), _AT_ONCE):
        near = one[start : start + _AT_ONCE] @ other.T
        furthest = np.partition(-near, k - 1, axis=1)[:, k - 1]
        found[start : start + _AT_ONCE] = np.sqrt(np.maximum(2 + 2 * furthest, 0.0))
    return found


def _of_length_one(vectors: Floats) -> Floats:
    long = np.asarray(vectors, dtype=np.float64)
    return np.asarray(long / np.maximum(np.linalg.norm(long, axis=1, keepdims=True), _TINY))
