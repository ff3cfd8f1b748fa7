"""How strongly two columns of labels go together: Cramér's V without its bias, with an interval that may begin at 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.independence import chi_square
from auditkit.statistics.intervals import Limits, critical_value

Floats = npt.NDArray[np.floating]

_FEWEST = 2


@dataclass(frozen=True)
class Association:
    """Cramér's V of a table: 0 where its rows are alike, 1 where the one label tells the other."""

    value: float
    low: float
    high: float
    crude: float
    """Without the correction: above 0 in every sample, and the more so the more cells there are."""


def cramers_v(table: Floats, *, size: float | None = None, level: float = 0.95) -> Association | None:
    """Bias-corrected Cramér's V; None where fewer than two rows or columns hold anything, or the size is 1 or less.

    With phi^2 = chi^2 / n of k rows and r columns, V^2 = max(0, phi^2 - (k - 1)(r - 1) / (n - 1)) / min(k' - 1, r' - 1)
    where k' = k - (k - 1)^2 / (n - 1), and r' alike. Source: Bergsma (2013), J. Korean Stat. Soc. 42, 323-328. The
    interval is the longer at either end of two: of those noncentralities of chi^2 under which the sample is not
    surprising, which holds near 0 (Smithson 2003, Confidence Intervals, chapter 4), and of the linearised V on Fisher's
    scale, which holds away from it, where labels are rare (Bishop, Fienberg and Holland 1975, section 11.3).

    Args:
        table: [k, r], counts or sums of weights.
        size: as how many independent rows they count; None: their sum.
        level: the interval's confidence.
    """
    from scipy import special

    kept = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(float)
    n = float(kept.sum()) if size is None else size
    if min(kept.shape, default=0) < _FEWEST or n <= 1:
        return None
    k, r = kept.shape
    freedom, least = (k - 1) * (r - 1), min(k, r) - 1
    found = float(chi_square((kept / kept.sum() * n)[None])) if n > 0 else 0.0
    shrunk = min(side - (side - 1) ** 2 / (n - 1) for side in (k, r)) - 1
    squared = max(0.0, found / n - freedom / (n - 1))
    value = min(float(np.sqrt(squared / shrunk)), 1.0) if shrunk > 0 else 0.0
    crude = min(float(np.sqrt(found / (n * least))), 1.0)
    # The sample's place among what a noncentrality leads one to expect falls as that grows.
    ends = []
    # A table that is more even than chance makes it says no more than one that is as even as chance.
    for place, seen in (((1 + level) / 2, found), ((1 - level) / 2, max(found, float(freedom)))):
        centred = special.chdtr(freedom, seen) <= place
        noncentral = 0.0 if centred else float(special.chndtrinc(seen, freedom, place))
        ends.append(min(float(np.sqrt(max(noncentral, 0.0) / (n * least))), 1.0))
    low, high = _linearised(kept / kept.sum(), crude, n, level)
    return Association(value, min(ends[0], low, value), max(ends[1], high, value), crude)


def _linearised(shares: Floats, crude: float, n: float, level: float) -> Limits:
    """The interval of V by the delta method, on the scale of its inverse hyperbolic tangent."""
    if not 0 < crude < 1:
        return Limits(crude, crude)
    rows, columns = shares.sum(axis=1, keepdims=True), shares.sum(axis=0, keepdims=True)
    parts = shares**2 / (rows * columns)
    slopes = 2 * shares / (rows * columns)
    slopes -= parts.sum(axis=1, keepdims=True) / rows + parts.sum(axis=0, keepdims=True) / columns
    spread = float((shares * slopes**2).sum() - (shares * slopes).sum() ** 2)
    error = float(np.sqrt(max(spread, 0.0) / n)) / (2 * (min(shares.shape) - 1) * crude)
    middle, reach = np.arctanh(crude), critical_value(level) * error / (1 - crude**2)
    return Limits(max(float(np.tanh(middle - reach)), 0.0), float(np.tanh(middle + reach)))
