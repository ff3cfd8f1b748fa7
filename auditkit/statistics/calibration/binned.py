"""Calibration errors over bins: of equal width, or of equal mass where rows with one score stay together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


def equal_width(scores: Floats, bins: int) -> Integers:
    """The bin of each score, [n]: bin b is [b / bins, (b + 1) / bins), and the last one is closed."""
    return np.asarray(np.searchsorted(np.arange(1, bins) / bins, scores, side="right"))


def equal_mass(scores: Floats, bins: int, shares: Floats | None = None) -> Integers:
    """The bin of each score, [n], where bins hold as much as rows of one score let them: a score is never divided.

    A score goes to the bin in which the middle of its rows lies, when all are in order. With many ties some bins are
    empty.

    Args:
        scores: [n].
        bins: how many.
        shares: [n], how much each row counts, summing to 1; None: all the same.
    """
    _, places = np.unique(scores, return_inverse=True)
    masses = np.bincount(places, shares) / (len(scores) if shares is None else 1.0)
    middles = np.cumsum(masses) - masses / 2
    # A middle that lies on an edge but for its last digit is on the edge.
    bin_of = np.floor(bins * middles + _ROUNDING).astype(np.int64)
    return np.asarray(np.minimum(bin_of, bins - 1)[places])


def binned_error(residuals: Floats, places: Integers, bins: int) -> float:
    """The expected calibration error: the sum over bins of |sum of residuals|.

    Source: Naeini, Cooper and Hauskrecht (2015), AAAI 29, 2901-2907.

    Args:
        residuals: [n], outcome less score, times how much the row counts; what rows count sums to 1.
        places: [n], each row's bin.
        bins: how many.
    """
    return min(float(np.abs(np.bincount(places, residuals, minlength=bins)).sum()), 1.0)


_ROUNDING = 1e-9
