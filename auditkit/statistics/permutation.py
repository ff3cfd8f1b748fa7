"""Tests of equal rates over groups, given how many rows and hits there are: no row is touched where none weighs more.

The hypothesis is that the hits fell on the rows whatever their group; then every way to deal them out is as likely.
Rows that weigh differently or share units: `unit_permutation`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.fisher import hypergeometric_tail

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Spread = Callable[[Floats], Floats]
"""From rates [..., groups] to how far apart they lie, [...]; larger is further."""

DEALS = 999
"""Random deals of a test. Its smallest p-value is 1 / (1 + DEALS); `tail_p` goes on below it."""

_ROUNDING = 1e-9
_NUMPY_LIMIT = 10**9
_EXACT_ENOUGH = 10**6
_FEW = 10
_TAIL = 0.1


@dataclass(frozen=True)
class PermutationTest:
    """How far apart the rates lie, and how often chance alone would put them as far."""

    statistic: float
    p_value: float
    """(1 + deals that lie as far apart) / (1 + deals), which holds its level exactly."""
    deals: int
    tail_p: float
    """The same where ten deals or more lie as far. Where fewer do, `p_value` knows no more than the number of deals,
    and no table of many tests could ever reject: then the far tail of the deals goes on (`continued`)."""


def widest(rates: Floats) -> Floats:
    """The largest rate less the smallest, over the last axis."""
    return np.asarray(rates.max(axis=-1) - rates.min(axis=-1))


def shortfall(rates: Floats) -> Floats:
    """1 less the smallest rate over the largest, over the last axis; 0 where all rates are 0."""
    highest = rates.max(axis=-1)
    return np.asarray(1 - np.divide(rates.min(axis=-1), highest, out=np.ones_like(highest), where=highest > 0))


def equal_rates_test(
    strata: Sequence[tuple[Integers, Integers]],
    *,
    rng: np.random.Generator,
    deals: int = DEALS,
    spread: Spread = widest,
) -> PermutationTest | None:
    """Test that groups have equal rates; None when in no stratum two groups have rows.

    The hits of each stratum are dealt out among its rows, which is a multivariate hypergeometric draw. With several
    strata the statistic is the largest of theirs (equalized odds: rows with the class, and those without).
    Where all rows are hits, or none, nothing can differ and p is 1.
    Source: Good (2005), Permutation, Parametric and Bootstrap Tests, chapter 3; p by Phipson and Smyth (2010).

    Args:
        strata: pairs of hits and sizes, [groups] each, whole numbers.
        rng: where the deals come from.
        deals: how many.
        spread: how far apart rates lie.
    """
    observed, dealt, seen = [], [], []
    for hits, sizes in strata:
        kept = sizes > 0
        if np.count_nonzero(kept) < 2:  # noqa: PLR2004  a gap lies between two
            continue
        inside = sizes[kept]
        seen.append(_chance_of(hits[kept], inside))
        observed.append(float(spread(hits[kept] / inside)))
        dealt.append(spread(deal_out(inside, int(hits.sum()), rng, deals=deals) / inside))
    return compare(max(observed), np.max(dealt, axis=0), least=min(seen)) if observed else None


def two_groups_p_value(hits: Integers, sizes: Integers) -> float:
    """The exact p-value of `equal_rates_test` for two groups, [2] each: what many deals would come to.

    Over all ways to deal out the hits, the share of those in which the rates lie as far apart. It equals Fisher's
    two-sided p for groups of one size; for others Fisher's orders tables by their probability, not by their difference.
    """
    (n, other), all_hits = (int(size) for size in sizes), int(hits.sum())
    rows = n + other
    if min(n, other) == 0:
        return 1.0
    # rate - other rate = (hits * rows - all hits * n) / (n * other): whole numbers, so that ties are exact.
    apart = abs(int(hits[0]) * rows - all_hits * n)
    if apart == 0:
        return 1.0
    most = -((-all_hits * n - apart) // rows)
    fewest = (all_hits * n - apart) // rows
    above = hypergeometric_tail(most, n, all_hits, rows)
    # As few hits is as many misses.
    below = hypergeometric_tail(n - fewest, n, rows - all_hits, rows) if fewest >= 0 else 0.0
    return min(float(above + below), 1.0)


def deal_out(sizes: Integers, hits: int, rng: np.random.Generator, *, deals: int = DEALS) -> Integers:
    """How many hits each group gets, [deals, groups], when they fall on the rows at random.

    Exact below a billion rows, which is as far as numpy goes. Above, each group in turn gets a binomial number where
    it has, or there are, fewer than a million rows, hits or misses, and else a normal one: chances are within a few
    thousandths of the exact ones.

    Args:
        sizes: [groups], rows.
        hits: how many there are of all rows.
        rng: where the deals come from.
        deals: how many.
    """
    if int(sizes.sum()) < _NUMPY_LIMIT:
        return np.asarray(rng.multivariate_hypergeometric(sizes, hits, size=deals, method="marginals"))
    dealt = np.zeros((deals, len(sizes)), dtype=np.int64)
    left = np.full(deals, hits, dtype=np.int64)
    rows = int(sizes.sum())
    # The smallest first: for the last, and largest, nothing is left to chance.
    for group in np.argsort(sizes, kind="stable"):
        size = int(sizes[group])
        dealt[:, group] = _of_many(left, rows, size, rng) if size < rows else left
        left -= dealt[:, group]
        rows -= size
    return dealt


def _of_many(hits: Integers, rows: int, size: int, rng: np.random.Generator) -> Integers:
    """A hypergeometric number for each of [deals] numbers of hits: how many fall on `size` of over 10^9 `rows`."""
    if rows < _NUMPY_LIMIT:
        return np.asarray(rng.hypergeometric(hits, rows - hits, size))
    share = size / rows
    if size < _EXACT_ENOUGH:
        drawn = rng.binomial(size, hits / rows)
    elif hits.max() < _EXACT_ENOUGH:
        drawn = rng.binomial(hits, share)
    elif (rows - hits).max() < _EXACT_ENOUGH:
        drawn = size - rng.binomial(rows - hits, share)
    else:
        spread = np.sqrt(hits * share * (1 - share) * ((rows - hits) / (rows - 1)))
        drawn = np.rint(rng.normal(hits * share, spread)).astype(np.int64)
    return np.clip(drawn, np.maximum(size - (rows - hits), 0), np.minimum(hits, size))


def compare(observed: float, dealt: Floats, *, least: float = 0.0) -> PermutationTest:
    """A test from what was observed and what deals gave: [deals].

    Ties count as far apart as the data are, also those that differ by a rounding error.

    Args:
        observed: the statistic; the larger, the farther from the hypothesis.
        dealt: the same of random deals. One that left nothing to compare (NaN) counts as far: p is rather too large.
        least: what p is at least, such as the chance of the one deal that was observed.
    """
    slack = _ROUNDING * max(1.0, abs(observed))
    as_far = int(np.count_nonzero(~(dealt < observed - slack)))
    p_value = (1 + as_far) / (1 + len(dealt))
    tail_p = p_value if as_far >= _FEW else max(min(continued(observed, dealt), p_value), min(least, p_value))
    return PermutationTest(observed, p_value, len(dealt), tail_p)


def continued(observed: float, dealt: Floats) -> float:
    """How often deals would lie as far, where hardly any does: the exponential tail of the farthest tenth.

    Statistics of deals come close to normal variables, and to maxima and root mean squares of such, which beyond any of
    their values fall faster than an exponential of the same mean excess: this is rather too large. One standard error
    is added to the mean excess, and nothing below 1 / (1 + deals)^2 is told, since so few deals know no more.
    Simulated with 999 deals of normal variables, ranges and root mean squares of them, it is at most .0001 in 5 of a
    million cases in which the hypothesis is true.
    Source: Knijnenburg et al. (2009), Bioinformatics 25, i161-i168, with a shape of 0 for the tail's.

    Args:
        observed: the statistic; on a scale on which it is like a normal variable, not its square.
        dealt: [deals]; of fewer than a hundred nothing follows, and it is 1.
    """
    known = np.sort(np.where(np.isnan(dealt), np.inf, dealt))[::-1]
    among = int(_TAIL * len(known))
    if among < _FEW or not np.isfinite(known[0]):
        return 1.0
    begins = known[among]
    excess = float(np.mean(known[:among] - begins)) * (1 + among**-0.5)
    if excess <= 0:
        return 1.0
    return float(max(among / len(known) * np.exp(-(observed - begins) / excess), (1 + len(known)) ** -2))


def _chance_of(hits: Integers, sizes: Integers) -> float:
    """How likely the hits are to fall as they did, of all ways: p is never less."""
    from scipy import special

    def log_choose(n: Any, k: Any) -> Any:
        return special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)

    return float(np.exp(np.sum(log_choose(sizes, hits)) - log_choose(sizes.sum(), hits.sum())))
