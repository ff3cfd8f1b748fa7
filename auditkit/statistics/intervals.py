"""Intervals for shares, and for the difference and the ratio of two independent shares. Never Wald's."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.ArrayLike
"""A number, or an array of numbers; arrays broadcast against each other."""

Floats = npt.NDArray[np.floating]


class Limits(NamedTuple):
    """The two ends of an interval; arrays when it was asked for arrays."""

    low: Any
    high: Any


class WilsonShares(NamedTuple):
    """Shares, each with Wilson's limits around it."""

    value: Floats
    low: Floats
    high: Floats

    def take(self, places: npt.NDArray[np.intp]) -> WilsonShares:
        """Those at these places of the last axis."""
        return WilsonShares(*(np.take(part, places, axis=-1) for part in self))


def critical_value(level: float, comparisons: int = 1) -> float:
    """The two-sided normal quantile, Bonferroni's for several comparisons: z at 1 - (1 - level) / (2 comparisons)."""
    from scipy import special

    return float(-special.ndtri((1 - level) / (2 * comparisons)))


def family_level(level: float, comparisons: int) -> float:
    """The confidence of each of several intervals that hold together with confidence `level`, by Bonferroni."""
    return 1 - (1 - level) / comparisons


def wilson(count: Numbers, n: Numbers, level: float = 0.95, *, comparisons: int = 1) -> Limits:
    """Wilson's score interval of the share `count / n`; both may be effective, non-integer sizes.

    It always holds the share itself, and nothing is known of a share of no rows: [0, 1].
    Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.
    """
    _, low, high = wilson_shares(count, n, level, comparisons=comparisons)
    return Limits(low[()], high[()])


def wilson_shares(count: Numbers, n: Numbers, level: float = 0.95, *, comparisons: int = 1) -> WilsonShares:
    """The shares `count / n` with Wilson's limits, for intervals between them; NaN of no rows."""
    z = critical_value(level, comparisons)
    hits, sizes = np.asarray(count, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / sizes
        shrink = 1 + z**2 / sizes
        centre = (share + z**2 / (2 * sizes)) / shrink
        half = z * np.sqrt(share * (1 - share) / sizes + z**2 / (4 * sizes**2)) / shrink
    known = sizes > 0
    # At 0 and 1 one limit equals the share in theory, and misses it by a rounding error in practice.
    low = np.where(known, np.minimum(np.clip(centre - half, 0, 1), share), 0.0)
    high = np.where(known, np.maximum(np.clip(centre + half, 0, 1), share), 1.0)
    return WilsonShares(share, low, high)


def clopper_pearson(count: Numbers, n: Numbers, level: float = 0.95) -> Limits:
    """The exact binomial interval of `count / n`, which covers at least `level` of the time: for guarantees.

    Source: Clopper and Pearson (1934), Biometrika 26, 404-413, as beta quantiles.
    """
    from scipy import special

    hits, sizes = np.asarray(count, dtype=float), np.asarray(n, dtype=float)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, special.betaincinv(np.maximum(hits, 1e-300), sizes - hits + 1, tail), 0.0)
        inner = special.betaincinv(hits + 1, np.maximum(sizes - hits, 1e-300), 1 - tail)
    high = np.where(hits < sizes, inner, 1.0)
    return Limits(low[()], high[()])


def newcombe(
    count_1: Numbers, n_1: Numbers, count_2: Numbers, n_2: Numbers, level: float = 0.95, *, comparisons: int = 1
) -> Limits:
    """The interval of `count_1 / n_1 - count_2 / n_2`, by squaring and adding Wilson's limits.

    Undefined (NaN) when either share is. Source: Newcombe (1998), Stat. Med. 17, 873-890, method 10.
    """
    return newcombe_between(
        wilson_shares(count_1, n_1, level, comparisons=comparisons),
        wilson_shares(count_2, n_2, level, comparisons=comparisons),
    )


def newcombe_between(first: WilsonShares, second: WilsonShares) -> Limits:
    """Newcombe's interval of the first share less the second."""
    difference = first.value - second.value
    low = difference - np.hypot(first.value - first.low, second.high - second.value)
    high = difference + np.hypot(first.high - first.value, second.value - second.low)
    return Limits(np.maximum(low, -1)[()], np.minimum(high, 1)[()])


def share_ratio(
    count_1: Numbers, n_1: Numbers, count_2: Numbers, n_2: Numbers, level: float = 0.95, *, comparisons: int = 1
) -> Limits:
    """The interval of `(count_1 / n_1) / (count_2 / n_2)`, by recovering variances from Wilson's limits.

    It leaves out 1 exactly when `newcombe` leaves out 0. The upper end is infinite when the second share is 0.
    Source: Donner and Zou (2012), Stat. Methods Med. Res. 21, 347-359, the ratio of two parameters.
    """
    first = wilson_shares(count_1, n_1, level, comparisons=comparisons)
    second = wilson_shares(count_2, n_2, level, comparisons=comparisons)
    low = _ratio_end(first.value, first.low, second.value, second.high, side=-1)
    high = _ratio_end(first.value, first.high, second.value, second.low, side=1)
    return Limits(np.where(low > 0, low, 0.0)[()], np.where(np.isnan(high), np.inf, high)[()])


def _ratio_end(value_1: Floats, end_1: Floats, value_2: Floats, end_2: Floats, *, side: int) -> Floats:
    """One root of (value_1 - R value_2)^2 = (value_1 - end_1)^2 + R^2 (end_2 - value_2)^2."""
    product = value_1 * value_2
    spread = end_1 * end_2 * (2 * value_1 - end_1) * (2 * value_2 - end_2)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.maximum(product**2 - spread, 0))
        return np.asarray((product + side * root) / (end_2 * (2 * value_2 - end_2)))


def log_ratio(count_1: Numbers, n_1: Numbers, count_2: Numbers, n_2: Numbers, level: float = 0.95) -> Limits:
    """The interval of a ratio of shares on the log scale, with one half added to each number.

    For comparison with published tables. Near shares of 1 it is far too short (coverage 0.72 at shares of 0.99 in
    groups of 30 and 300), so that gaps use `share_ratio`. Source: Walter (1975), Biometrika 62, 371-374.
    """
    hits_1, sizes_1, hits_2, sizes_2 = (np.asarray(part, dtype=float) + 0.5 for part in (count_1, n_1, count_2, n_2))
    centre = np.log(hits_1 / sizes_1) - np.log(hits_2 / sizes_2)
    half = critical_value(level) * np.sqrt(1 / hits_1 - 1 / sizes_1 + 1 / hits_2 - 1 / sizes_2)
    return Limits(np.exp(centre - half)[()], np.exp(centre + half)[()])
