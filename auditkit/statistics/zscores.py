"""Approximate tests that two shares are equal, and how far apart two shares lie as an effect size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Numbers = npt.ArrayLike


def difference_z(count_1: Numbers, n_1: Numbers, count_2: Numbers, n_2: Numbers) -> Floats:
    """The pooled z of `count_1 / n_1 - count_2 / n_2`; 0 where all are hits or none is, NaN where a sample is empty.

    Its square is Pearson's chi-square of the 2 x 2 table. Equals statsmodels' `proportions_ztest`, and holisticai's
    `z_test_diff`. Counts and sizes may be effective; arrays broadcast.
    """
    one, rows, two, others = (np.asarray(part, dtype=float) for part in (count_1, n_1, count_2, n_2))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (one + two) / (rows + others)
        error = np.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / others))
        return _quotient(one / rows - two / others, error)


def log_ratio_z(count_1: Numbers, n_1: Numbers, count_2: Numbers, n_2: Numbers) -> Floats:
    """The z of the log of the impact ratio `(count_1 / n_1) / (count_2 / n_2)`; infinite where one share is 0.

    Source: Morris and Lobsenz (2000), Personnel Psychology 53, 89-111. Equals holisticai's `z_test_ratio`.
    """
    one, rows, two, others = (np.asarray(part, dtype=float) for part in (count_1, n_1, count_2, n_2))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (one + two) / (rows + others)
        error = np.sqrt((1 - pooled) / pooled * (1 / rows + 1 / others))
        return _quotient(np.log(one / rows) - np.log(two / others), error)


def cohens_h(share_1: Numbers, share_2: Numbers) -> Floats:
    """2 asin(sqrt(share_1)) - 2 asin(sqrt(share_2)): .2 is called small, .5 medium, .8 large.

    Source: Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, chapter 6.
    """
    first, second = (np.clip(np.asarray(part, dtype=float), 0, 1) for part in (share_1, share_2))
    return np.asarray(2 * np.arcsin(np.sqrt(first)) - 2 * np.arcsin(np.sqrt(second)))


def two_sided(z: Numbers) -> Floats:
    """How often a standard normal number lies as far from 0, in either direction."""
    from scipy import special

    return np.asarray(2 * special.ndtr(-np.abs(np.asarray(z, dtype=float))))


def _quotient(distance: Floats, error: Floats) -> Floats:
    """Distance by error, where no distance is 0 however small the error."""
    return np.asarray(np.where(distance == 0, 0.0, distance / error))
