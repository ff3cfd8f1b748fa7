"""Variety at a smaller size: what a large group would show if it were as small as another.

The number of distinct items, a Gini index or a coverage grow with the number of rows, so that groups of unlike sizes
are compared at one size: each is cut down to it at random, many times over.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


def expected_distinct(counts: Integers, sizes: npt.ArrayLike) -> Floats:
    """How many distinct items so many rows, drawn without replacement, hold on average: one number for each size.

    The sum over items of 1 - C(n - count, size) / C(n, size). NaN for a size above the n rows there are.
    Sources: Hurlbert (1971), Ecology 52, 577-586; Heck, van Belle and Simberloff (1975), Ecology 56, 1459-1461.

    Args:
        counts: [items], how often each occurs.
        sizes: whole numbers, of any shape.
    """
    from scipy import special

    often, times = np.unique(counts[counts > 0], return_counts=True)
    wanted = np.asarray(sizes, dtype=float)
    rows = float(counts.sum())
    left = rows - wanted[..., None] - often
    # C(n - c, m) / C(n, m) by beta functions, in which what is large and alike has gone already.
    with np.errstate(invalid="ignore"):
        log_missed = special.betaln(rows - often + 1, often) - special.betaln(np.maximum(left, 0) + 1, often)
        seen = np.where(left < 0, 1.0, -np.expm1(log_missed))
    return np.where(wanted <= rows, seen @ times, np.nan)[()]


def rarefy(counts: Integers, size: int, rng: np.random.Generator, *, draws: int = 200) -> Integers:
    """Counts of so many rows drawn without replacement, [draws, items]: of these any statistic can be taken.

    Args:
        counts: [items], how often each occurs; below a billion in all.
        size: how many rows to keep; at most as many as there are.
        rng: where the rows come from.
        draws: how many times.
    """
    return np.asarray(rng.multivariate_hypergeometric(counts, size, size=draws, method="marginals"))
