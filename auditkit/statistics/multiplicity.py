"""Many tests at once: p-values adjusted so that a family of them errs no more often than one test may.

A p-value of NaN is of a test that could not be made: it stays NaN, and does not count in its family.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

_ROUNDING = 1e-12


def holm(p_values: npt.ArrayLike) -> Floats:
    """Holm's adjusted p-values: at most the level is the chance of any false rejection, however the tests depend.

    For families that decide. Source: Holm (1979), Scand. J. Stat. 6, 65-70.

    Args:
        p_values: [tests].

    Raises:
        ValueError: a p-value is not between 0 and 1.
    """
    return _of_known(p_values, _holm)


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Benjamini and Hochberg's adjusted p-values: of what is rejected at most the level's share is expected false.

    For tests that are independent, or depend positively, in lists to explore. Source: Benjamini and Hochberg (1995), J.
    R. Stat. Soc. B 57, 289-300.

    Args:
        p_values: [tests].

    Raises:
        ValueError: a p-value is not between 0 and 1.
    """
    return _of_known(p_values, lambda p: _step_up(p, 1.0))


def benjamini_yekutieli(p_values: npt.ArrayLike) -> Floats:
    """The same however the tests depend, at the price of a factor 1 + 1/2 + ... + 1/tests.

    Source: Benjamini and Yekutieli (2001), Ann. Stat. 29, 1165-1188.

    Args:
        p_values: [tests].

    Raises:
        ValueError: a p-value is not between 0 and 1.
    """
    return _of_known(p_values, lambda p: _step_up(p, float((1 / np.arange(1, len(p) + 1)).sum())))


def max_t(observed: npt.ArrayLike, null: npt.ArrayLike, *, step_down: bool = True) -> Floats:
    """Adjusted p-values of statistics whose joint distribution is drawn: Westfall and Young's max-T.

    At most the level is the chance of any false rejection, and how the tests depend is used, not feared: two tests that
    always agree cost as much as one. What is observed counts as one of the draws, so that no p-value is 0, and the
    level holds for any number of draws. Statistics must be comparable between the tests, e.g. standardised.
    Source: Westfall and Young (1993), Resampling-Based Multiple Testing, algorithms 2.5 (single step), 2.8 (step-down).

    Args:
        observed: [tests], the larger the farther from the null hypothesis; NaN: no such test.
        null: [draws, tests], the same statistics where every null hypothesis holds, drawn together. NaN in a draw is
            taken for the smallest of statistics.
        step_down: compare each statistic only with the tests that are not farther out: as honest, and never weaker.

    Raises:
        ValueError: the draws are not of these tests.
    """
    seen, drawn = np.asarray(observed, dtype=float), np.asarray(null, dtype=float)
    if seen.ndim != 1 or drawn.ndim != 2 or drawn.shape[1] != len(seen):  # noqa: PLR2004  a table
        raise ValueError(f"draws of shape {drawn.shape} are not of {seen.shape} tests")
    adjusted = np.full(len(seen), np.nan)
    order = np.flatnonzero(~np.isnan(seen))
    order = order[np.argsort(-seen[order], kind="stable")]
    if not len(order):
        return adjusted
    inside = np.where(np.isnan(drawn[:, order]), -np.inf, drawn[:, order])
    largest = np.maximum.accumulate(inside[:, ::-1], axis=1)[:, ::-1]
    if not step_down:
        largest = largest[:, :1]
    # A tie that rounding breaks would make a p-value too small.
    slack = _ROUNDING * np.maximum(np.abs(seen[order]), 1)
    beaten = np.count_nonzero(largest >= seen[order] - slack, axis=0)
    adjusted[order] = np.maximum.accumulate((1 + beaten) / (1 + len(drawn)))
    return adjusted


def _of_known(p_values: npt.ArrayLike, adjust: Callable[[Floats], Floats]) -> Floats:
    given = np.asarray(p_values, dtype=float)
    known = ~np.isnan(given)
    if given.ndim != 1 or ((given[known] < 0) | (given[known] > 1)).any():
        raise ValueError("p-values are a list of numbers between 0 and 1")
    adjusted = np.full(len(given), np.nan)
    adjusted[known] = adjust(given[known])
    return adjusted


def _holm(p: Floats) -> Floats:
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))), 1)
    return adjusted


def _step_up(p: Floats, price: float) -> Floats:
    order = np.argsort(-p, kind="stable")
    ranks = len(p) - np.arange(len(p))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(p[order] * price * len(p) / ranks), 1)
    return adjusted
