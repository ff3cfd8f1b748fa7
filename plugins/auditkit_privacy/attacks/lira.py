"""The likelihood-ratio attack (LiRA): how a row's score is distributed over shadow models with it, and without it.

Shadow models are rows of an array, NaN where a model does not count for a row. Scores are scaled logits, which are
nearly normal. Source: Carlini, Chien, Nasr, Song, Terzis and Tramer (2022), "Membership inference attacks from first
principles", IEEE S&P.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

MANY = 64
"""Shadow models from which a row's own variance is steadier than one that all rows share."""
_LEAST = 1e-30


def online_scores(scores: Floats, shadows: Floats, trained: Flags, *, shared: bool | None = None) -> Floats:
    """[n]: the log density of the model's score among shadows with the row, less that among shadows without it.

    Args:
        scores: [n], of the model.
        shadows: [k, n], of the shadow models.
        trained: [k, n], whether the shadow was trained on the row.
        shared: whether all rows have one variance; absent: with fewer than `MANY` shadows.
    """
    inside, outside = (np.where(which, shadows, np.nan) for which in (trained, ~trained))
    one = len(shadows) < MANY if shared is None else shared
    return np.asarray(log_density(scores, inside, shared=one) - log_density(scores, outside, shared=one))


def offline_scores(scores: Floats, shadows: Floats, trained: Flags, *, shared: bool | None = None) -> Floats:
    """[n]: how improbable a score as high is for a model without the row: -ln P[higher], one-sided.

    It orders rows as the distribution function at the score does, which is 1 in floating point for all rows far out.
    The arguments are those of `online_scores`.
    """
    from scipy import special

    outside = np.where(trained, np.nan, shadows)
    one = len(shadows) < MANY if shared is None else shared
    mean, spread = _moments(outside, shared=one)
    return np.asarray(-special.log_ndtr(-(scores - mean) / spread))


def log_density(scores: Floats, shadows: Floats, *, shared: bool) -> Floats:
    """[n]: of the normal distribution with the shadows' median and standard deviation (divided by their number).

    A row without shadows has the mean of the other rows' medians, and of their deviations. These are the conventions of
    TensorFlow Privacy, whose published values the tests hold.

    Args:
        scores: [n].
        shadows: [k, n]; NaN: the shadow does not count for the row.
        shared: the deviation is of all shadows of all rows from their rows' medians.
    """
    mean, spread = _moments(shadows, shared=shared)
    return np.asarray(-np.log(spread) - np.log(2 * np.pi) / 2 - ((scores - mean) / spread) ** 2 / 2)


def _moments(shadows: Floats, *, shared: bool) -> tuple[Floats, Floats | float]:
    known = ~np.isnan(shadows)
    seen = known.any(axis=0)
    middle = np.full(shadows.shape[1], np.nan)
    if seen.any():
        middle[seen] = np.nanmedian(shadows[:, seen], axis=0)
    if shared:
        apart = (shadows - middle)[known]
        spread: Floats | float = float(np.std(apart)) if len(apart) else np.nan
    else:
        own = np.full(shadows.shape[1], np.nan)
        if seen.any():
            own[seen] = np.nanstd(shadows[:, seen], axis=0)
            own[~seen] = own[seen].mean()
        spread = own
    if seen.any():
        middle[~seen] = middle[seen].mean()
    # Two shadows that say the same leave no deviation.
    return middle, np.maximum(spread, _LEAST)
