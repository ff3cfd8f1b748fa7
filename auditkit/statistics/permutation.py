"""Tests of equal rates over groups, given how many rows and hits there are: no row is touched where none weighs more.

The hypothesis is that the hits fell on the rows whatever their group; then every way to deal them out is as likely.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import distinct_rows
from auditkit.statistics.fisher import hypergeometric_tail

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Spread = Callable[[Floats], Floats]
"""From rates [..., groups] to how far apart they lie, [...]; larger is further."""

DEALS = 999
"""Random deals of a test. Its smallest p-value is 1 / (1 + DEALS); below a level of .001 take 9,999."""

_ROUNDING = 1e-9
_NUMPY_LIMIT = 10**9
_EXACT_ENOUGH = 10**6
_CHUNK = 2**22
_MOST_MOVED = 50_000
_NORMAL = 200
_DRAW = 8
"""What one hypergeometric draw costs, in units moved to another group."""


@dataclass(frozen=True)
class PermutationTest:
    """How far apart the rates lie, and how often chance alone would put them as far."""

    statistic: float
    p_value: float
    """(1 + deals that lie as far apart) / (1 + deals), which holds its level exactly."""
    deals: int


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
    observed, dealt = [], []
    for hits, sizes in strata:
        kept = sizes > 0
        if np.count_nonzero(kept) < 2:  # noqa: PLR2004  a gap lies between two
            continue
        inside = sizes[kept]
        observed.append(float(spread(hits[kept] / inside)))
        dealt.append(spread(deal_out(inside, int(hits.sum()), rng, deals=deals) / inside))
    return _compare(max(observed), np.max(dealt, axis=0)) if observed else None


def equal_unit_rates_test(
    hits: Floats,
    sizes: Floats,
    groups: Integers,
    *,
    rng: np.random.Generator,
    deals: int = DEALS,
    spread: Spread = widest,
    times: Integers | None = None,
) -> PermutationTest | None:
    """The same for rows that have weights or share units: groups are dealt out among whole units.

    Every group keeps its number of units. None when fewer than two groups have rows in any stratum. Costs deals times
    units, or less: units that add the same are dealt together, and of over 50,000 that all differ the sums are drawn
    from the normal distribution with the same means and covariances, where every group has hits and misses of 200
    units. It supposes that a unit lies in one group (rows of one patient, compared by sex), and tests that the groups
    are alike in what their units add, weights included.

    Args:
        hits: [units, strata], the weight of the hits of each unit.
        sizes: [units, strata], the weight of all that is looked at.
        groups: [units], from 0; -1 leaves a unit out.
        rng: where the deals come from.
        deals: how many.
        spread: how far apart rates lie.
        times: [units], how many units add the same; None: each is one.
    """
    kept = (groups >= 0) & (sizes > 0).any(axis=1)
    _, owners = np.unique(groups[kept], return_inverse=True)
    columns = np.concatenate([hits[kept], sizes[kept]], axis=1).astype(float)
    often = np.ones(len(owners), dtype=np.int64) if times is None else times[kept]
    totals = np.stack([np.bincount(owners, column * often, owners.max(initial=0) + 1) for column in columns.T], axis=-1)
    observed = _largest_spread(totals[None].astype(float), spread)[0]
    if np.isnan(observed):
        return None
    found = [_largest_spread(part, spread) for part in _deal_units(columns, owners, often, deals, rng)]
    return _compare(float(observed), np.concatenate(found))


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


def _deal_units(
    columns: Floats, owners: Integers, often: Integers, deals: int, rng: np.random.Generator
) -> list[Floats]:
    """What each group adds up to, [some deals, groups, columns] each, when units are dealt out at random."""
    kinds, times = distinct_rows(columns, often)
    sizes = np.bincount(owners, often).astype(np.int64)
    units = int(sizes.sum())
    if _DRAW * len(kinds) * len(sizes) <= units:
        step = max(_CHUNK // (len(sizes) * len(kinds)), 1)
        return [_deal_kinds(sizes, times, min(step, deals - start), rng) @ kinds for start in range(0, deals, step)]
    if units > _MOST_MOVED and _sums_are_normal(columns, often, sizes):
        return [_deal_sums(columns, often, sizes, deals, rng)]
    each = np.repeat(columns, often, axis=0)
    found: list[Floats] = []
    step = max(_CHUNK // units, 1)
    starts = np.cumsum(sizes) - sizes
    for start in range(0, deals, step):
        some = min(step, deals - start)
        order = rng.permuted(np.broadcast_to(np.arange(units), (some, units)), axis=1)
        found.append(np.stack([np.add.reduceat(column[order], starts, axis=1) for column in each.T], axis=-1))
    return found


def _sums_are_normal(columns: Floats, often: Integers, sizes: Integers) -> bool:
    """Whether the smallest group gets hits, and misses, worth 200 units of equal weight in each stratum."""
    hits, rows = np.split(columns, 2, axis=1)
    parts = np.concatenate([hits, rows - hits], axis=1)
    parts = parts[:, parts.any(axis=0)]
    worth = (often @ parts) ** 2 / (often @ parts**2) * sizes.min() / sizes.sum()
    return bool(np.all(worth >= _NORMAL))


def _deal_sums(columns: Floats, often: Integers, sizes: Integers, deals: int, rng: np.random.Generator) -> Floats:
    """Sums over groups, [deals, groups, columns], with the moments of units dealt out, which are a finite population's.

    Source: Hajek (1960), Publ. Math. Inst. Hung. Acad. Sci. 5, 361-374, for the limit.
    """
    values, vectors = np.linalg.eigh(np.cov(columns.T, fweights=often).reshape(columns.shape[1], -1))
    noise = rng.normal(size=(deals, len(sizes), columns.shape[1])) * np.sqrt(sizes)[:, None]
    # What one group gets, the others lack.
    noise -= noise.sum(axis=1, keepdims=True) * (sizes / sizes.sum())[:, None]
    spread = (noise * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return np.asarray(sizes[:, None] * (often @ columns / sizes.sum()) + spread)


def _deal_kinds(sizes: Integers, times: Integers, deals: int, rng: np.random.Generator) -> Floats:
    """Random tables with fixed margins, [deals, groups, kinds]: how many units of each kind a group gets.

    Each cell is drawn given those before it. Source: Patefield (1981), Appl. Stat. 30, 91-97.
    """
    table = np.zeros((deals, len(sizes), len(times)))
    room = np.broadcast_to(sizes, (deals, len(sizes))).astype(np.int64)
    for kind, count in enumerate(times):
        left = np.full(deals, count, dtype=np.int64)
        open_rows = room.sum(axis=1)
        for group in range(len(sizes)):
            open_rows = open_rows - room[:, group]
            drawn = rng.hypergeometric(room[:, group], open_rows, left)
            table[:, group, kind] = drawn
            left = left - drawn
            room[:, group] -= drawn
    return table


def _largest_spread(totals: Floats, spread: Spread) -> Floats:
    """Over strata, [deals], of totals [deals, groups, hits and then sizes of each stratum]; NaN where none has two."""
    strata = totals.shape[-1] // 2
    found = np.full(len(totals), np.nan)
    for stratum in range(strata):
        hits, sizes = totals[..., stratum], totals[..., strata + stratum]
        present = sizes > 0
        rates = np.divide(hits, sizes, out=np.full(hits.shape, np.nan), where=present)
        # A group without rows in a stratum takes no part: it gets the rate of one that has some.
        some = np.take_along_axis(rates, present.argmax(axis=-1)[..., None], axis=-1)
        apart = spread(np.where(present, rates, some))
        found = np.fmax(found, np.where(present.sum(axis=-1) > 1, apart, np.nan))
    return found


def _compare(observed: float, dealt: Floats) -> PermutationTest:
    """Ties count as far apart as the data are, also those that differ by a rounding error."""
    # A deal that left no two groups to compare (NaN) counts too: p is rather too large than too small.
    as_far = int(np.count_nonzero(~(dealt < observed - _ROUNDING * max(1.0, abs(observed)))))
    return PermutationTest(observed, (1 + as_far) / (1 + len(dealt)), len(dealt))
