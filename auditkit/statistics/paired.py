"""Two shares of the same rows: two models on one test set, or an input and its counterfactual twin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import Limits, Numbers, wilson_shares

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """How often two yes-or-no answers about a row agree; numbers, or arrays of one shape."""

    both: Numbers
    """Both are yes."""
    first: Numbers
    """The first alone."""
    second: Numbers
    """The second alone."""
    neither: Numbers
    """Both are no."""


def count_pairs(first: Flags, second: Flags) -> Pairs:
    """Count two answers, [n] each, about the same rows."""
    quarters = (first & second, first & ~second, ~first & second, ~first & ~second)
    return Pairs(*(int(np.count_nonzero(part)) for part in quarters))


def paired_difference(pairs: Pairs, level: float = 0.95) -> Limits:
    """The interval of the first share less the second, of the same rows; NaN of no rows.

    Newcombe's squaring and adding of Wilson's limits, with the correlation of the answers taken off. It is for
    independent pairs: rows that share a unit want `bootstrap_clusters`.
    Source: Newcombe (1998), Stat. Med. 17, 2635-2650, method 10.
    """
    both, first, second, neither = _cells(pairs)
    rows = both + first + second + neither
    one, two = wilson_shares(both + first, rows, level), wilson_shares(both + second, rows, level)
    phi = _correlation(both, first, second, neither)
    difference = one.value - two.value
    down, up = (one.value - one.low, one.high - one.value), (two.value - two.low, two.high - two.value)
    with np.errstate(invalid="ignore"):
        low = difference - np.sqrt(down[0] ** 2 - 2 * phi * down[0] * up[1] + up[1] ** 2)
        high = difference + np.sqrt(down[1] ** 2 - 2 * phi * down[1] * up[0] + up[0] ** 2)
    return Limits(np.maximum(low, -1)[()], np.minimum(high, 1)[()])


def mcnemar(pairs: Pairs) -> Floats:
    """The exact p-value of equal shares: of the pairs that disagree, how many lean one way, against a coin.

    Twice the smaller tail; 1 where no pair disagrees. Source: McNemar (1947), Psychometrika 12, 153-157.
    """
    from scipy import special

    _, first, second, _ = _cells(pairs)
    disagreeing = first + second
    tail = special.bdtr(np.minimum(first, second), np.maximum(disagreeing, 1).astype(np.int64), 0.5)
    return np.asarray(np.where(disagreeing > 0, np.minimum(2 * tail, 1.0), 1.0))


def _cells(pairs: Pairs) -> tuple[Floats, Floats, Floats, Floats]:
    both, first, second, neither = np.broadcast_arrays(
        *(np.asarray(part, dtype=float) for part in (pairs.both, pairs.first, pairs.second, pairs.neither))
    )
    return both, first, second, neither


def _correlation(both: Floats, first: Floats, second: Floats, neither: Floats) -> Floats:
    """Phi, with a continuity correction where it is above 0; 0 where one answer is always the same."""
    lean = both * neither - first * second
    lean = np.where(lean > 0, np.maximum(lean - (both + first + second + neither) / 2, 0), lean)
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    return np.asarray(np.divide(lean, np.sqrt(margins), out=np.zeros_like(lean), where=margins > 0))
