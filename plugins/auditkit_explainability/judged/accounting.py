"""Whether an attribution accounts for what the answer does when pieces are taken away.

Sources: Sundararajan, Taly and Yan (2017), Axiomatic attribution, ICML (completeness); Yeh et al. (2019), On
the (in)fidelity and sensitivity of explanations, NeurIPS, with the scale of its implementation, which
captum calls `normalize`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

TINY = 1e-12


def completeness_gap(values: Floats, answer: float, baseline: float, *, least: float = 1e-6) -> float:
    """How far the attributions' sum lies from what it must be, as a part of that.

    Args:
        values: [p].
        answer: the target at the row.
        baseline: the target at the baseline.
        least: what is divided by at the least, in units of the target.
    """
    change = answer - baseline
    return float(abs(np.sum(values) - change) / max(abs(change), least))


def scale_of(told: Floats, changes: Floats) -> Floats:
    """[...]: the factor by which what is told accounts best for the changes; 0 where nothing is told.

    Args:
        told: [..., k], the attribution of what is taken away, over k draws.
        changes: [..., k], how far the target fell.
    """
    square = np.mean(np.square(told), axis=-1)
    fits = np.divide(np.mean(told * changes, axis=-1), square, out=np.zeros_like(square), where=square > TINY)
    return np.asarray(fits)


def infidelity(told: Floats, changes: Floats, *, normalise: bool = False) -> Floats:
    """[...]: the mean squared difference between what the attribution tells and how far the target fell.

    Args:
        told: [..., k], the attribution of what is taken away, over k draws.
        changes: [..., k], how far the target fell.
        normalise: with the attribution brought to the scale that fits best, which may turn its sign.
    """
    factor = scale_of(told, changes)[..., None] if normalise else 1.0
    return np.asarray(np.mean(np.square(factor * told - changes), axis=-1))


def unaccounted(told: Floats, changes: Floats) -> Floats:
    """[...]: the share, from 0 to 1, of the target's changes that the attribution does not account for.

    It is the normalised infidelity, as a part of the mean squared change, and with a scale that is never negative: an
    attribution with all signs turned accounts for nothing. NaN where the target does not change at all.

    Args:
        told: [..., k], the attribution of what is taken away, over k draws.
        changes: [..., k], how far the target fell.
    """
    factor = np.maximum(scale_of(told, changes), 0.0)[..., None]
    left = np.mean(np.square(factor * told - changes), axis=-1)
    whole = np.mean(np.square(changes), axis=-1)
    found = np.divide(left, whole, out=np.full(np.shape(whole), np.nan), where=whole > TINY)
    return np.asarray(np.clip(found, 0.0, 1.0))
