"""How much groups truly differ in a rate: the variance between them, without that of small samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.bootstrap import REPLICATES
from auditkit.statistics.counts import Shares

Floats = npt.NDArray[np.floating]

_FEWEST_ROWS = 2


@dataclass(frozen=True)
class BetweenVariance:
    """The variance of a rate between groups, each of which counts the same."""

    value: float
    """Unbiased, and so below 0 about as often as above where groups do not differ: show `max(value, 0)`."""
    low: float
    """At most the value, and so below 0 where that is; a variance is not: show `max(low, 0)`."""
    high: float
    """At least the value, and 0."""
    naive: float
    """The variance of the shares as they are, which grows with the number of small groups."""
    groups: int
    """Those with two rows or more; a single row does not show how uncertain it is."""


def between_variance(
    shares: Shares, *, rng: np.random.Generator, level: float = 0.95, replicates: int = REPLICATES
) -> BetweenVariance | None:
    """The variance between groups of a rate, corrected for sampling; None of fewer than two groups with two rows.

    From the variance of the shares goes the mean of their own sampling variances, p (1 - p) / (n - 1). Replicates are
    drawn from the shares, which were drawn from the truth, so that they are corrected twice. The interval is their
    middle, and holds the value; with groups of unlike sizes, and under weights or units, the effective sizes count.
    Source: Lum, Zhang and Bower (2022), De-biasing "bias" measurement, FAccT 2022, 379-389.

    Args:
        shares: of the groups.
        rng: where the replicates come from.
        level: the interval's confidence.
        replicates: how many.
    """
    kept = shares.size >= _FEWEST_ROWS
    value, size = shares.value[kept], shares.size[kept]
    if len(value) < 2:  # noqa: PLR2004  a variance lies between two
        return None
    # An effective size need not be whole; rounded down it varies a little more than it should.
    whole = np.floor(size + 1e-9).astype(np.int64)
    drawn = rng.binomial(whole, value, (replicates, len(value))) / whole
    noise = _noise(value, size)
    spread = _spread(drawn) - _noise(drawn, whole) - noise
    low, high = np.quantile(spread, [(1 - level) / 2, (1 + level) / 2])
    naive = float(_spread(value))
    corrected = naive - float(noise)
    return BetweenVariance(corrected, min(float(low), corrected), max(float(high), corrected, 0.0), naive, len(value))


def _spread(shares: Floats) -> Floats:
    return np.asarray(shares.var(axis=-1, ddof=1))


def _noise(shares: Floats, sizes: npt.NDArray[np.generic]) -> Floats:
    """The mean over groups of the unbiased estimate of a share's sampling variance."""
    return np.asarray((shares * (1 - shares) / (np.asarray(sizes, dtype=float) - 1)).mean(axis=-1))
