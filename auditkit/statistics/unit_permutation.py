"""Tests of equal rates and means over whole units, for rows that have weights or share units, and for any numbers.

Groups are dealt out among units, and what is compared is measured in its own standard errors. So the test is exact
where the units of all groups are alike, and for many units it holds its level also where they are not: where groups
have the same rate, and units of other sizes, weights or spread (Janssen 1997; Chung and Romano 2013).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import distinct_rows, own_units
from auditkit.statistics.drawing import symmetric_root
from auditkit.statistics.permutation import DEALS, PermutationTest, compare

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_ROUNDING = 1e-12
_CHUNK = 2**22
_MOST_MOVED = 50_000
_NORMAL = 200
_DRAW = 8
"""What one hypergeometric draw costs, in units moved to another group."""


def equal_unit_rates_test(
    hits: Floats,
    sizes: Floats,
    groups: Integers,
    *,
    rng: np.random.Generator,
    deals: int = DEALS,
    times: Integers | None = None,
) -> PermutationTest | None:
    """Test that groups have equal rates, of rows that have weights or share units; None without two groups to compare.

    Every group keeps its number of units. The statistic is the root mean square of the groups' distances from their
    common rate, each in standard errors of its rate over units (of two groups Welch's |t|); of several strata the
    largest. To each group's variance goes that of one average unit, so that few units without a hit are not certain.
    Costs deals times units, or less: units that add the same are dealt together, and of over 50,000 that all differ the
    sums are drawn from the normal distribution with the same means and covariances, where every group has hits and
    misses of 200 units. It supposes that a unit lies in one group (rows of one patient, compared by sex).
    Sources: Pauly, Brunner and Konietschke (2015), J. R. Stat. Soc. B 77, 461-473; Chung and Romano (2013), Ann. Stat.
    41, 484-507; Janssen (1997), Stat. Probab. Lett. 36, 9-21.

    Args:
        hits: [units, strata], the weight of the hits of each unit.
        sizes: [units, strata], the weight of all that is looked at.
        groups: [units], from 0; -1 leaves a unit out.
        rng: where the deals come from.
        deals: how many.
        times: [units], how many units add the same; None: each is one.
    """
    often = np.ones(len(groups), dtype=np.int64) if times is None else times
    found = _tests(hits[:, None], sizes[:, None], groups, often, rng, deals)
    return None if found is None else found[0]


def equal_means_test(
    scores: Floats,
    groups: Integers,
    *,
    weights: Floats | None = None,
    units: Integers | None = None,
    rng: np.random.Generator,
    deals: int = DEALS,
) -> list[PermutationTest] | None:
    """Test that groups have equal means, for each of several numbers of the same rows; None without two groups.

    Welch's test with its reference dealt out: his F supposes normal means, and of skewed numbers in small groups of
    unlike sizes rejects equal means too often. Statistic and sources as of `equal_unit_rates_test`.

    Args:
        scores: [n, numbers], each of which has a test of its own, from the same deals.
        groups: [n], the group of each row; -1 leaves it out.
        weights: [n], how much each row counts; rows of weight 0 are left out.
        units: [n], whom each row belongs to; -1: a unit of its own. A unit with rows in two groups is two.
        rng: where the deals come from.
        deals: how many.
    """
    kept = groups >= 0 if weights is None else (groups >= 0) & (weights > 0)
    inside = groups[kept].astype(np.int64)
    if len(np.unique(inside)) < 2:  # noqa: PLR2004  a comparison is between two
        return None
    mass = np.ones(len(inside)) if weights is None else np.asarray(weights, dtype=float)[kept]
    # A mean far from 0, beside its spread, would be lost in squares.
    away = scores[kept] - np.average(scores[kept], axis=0, weights=mass)
    scale = np.abs(away).max(axis=0, initial=0.0)
    parts = mass[:, None] * away / np.where(scale > 0, scale, 1.0)
    if units is not None:
        own = own_units(units[kept])
        pairs, whose = np.unique(inside * (own.max(initial=0) + 1) + own, return_inverse=True)
        inside = pairs // (own.max(initial=0) + 1)
        columns = [np.bincount(whose.ravel(), weights=one, minlength=len(pairs)) for one in (mass, *parts.T)]
        mass, parts = columns[0], np.column_stack(columns[1:])
    sizes, often = np.broadcast_to(mass[:, None, None], (*parts.shape, 1)), np.ones(len(inside), dtype=np.int64)
    return _tests(parts[:, :, None], sizes, inside, often, rng, deals)


def _tests(
    hits: Floats, sizes: Floats, groups: Integers, often: Integers, rng: np.random.Generator, deals: int
) -> list[PermutationTest] | None:
    """One test for each of several numbers, [units, numbers, strata], from the same deals."""
    kept = (groups >= 0) & (sizes > 0).any(axis=(1, 2))
    _, owners = np.unique(groups[kept], return_inverse=True)
    often, shape = often[kept], hits.shape[1:]
    units = np.bincount(owners, often).astype(np.int64)
    if len(units) < 2:  # noqa: PLR2004  a comparison is between two
        return None
    columns = int(np.prod(shape))
    base = np.concatenate([part[kept].reshape(len(owners), columns) for part in (hits, sizes)], axis=1).astype(float)
    all_columns = _with_squares(base)
    one_unit = _average_unit(all_columns, often)
    sums = [np.bincount(owners, column * often, len(units)) for column in all_columns.T]
    totals = np.stack(sums, axis=-1).astype(float)
    observed = _in_errors(totals[None], units, one_unit, shape)[0]
    if np.isnan(observed).any():
        return None
    parts = [_in_errors(part, units, one_unit, shape) for part in _deal_units(base, owners, often, deals, rng)]
    least = 1 / unit_ways(units)
    dealt = np.concatenate(parts)
    return [compare(float(seen), column, least=least) for seen, column in zip(observed, dealt.T, strict=True)]


def _with_squares(base: Floats) -> Floats:
    """[units, 5 columns each]: hits and sizes, and the products that their variance is made of."""
    hits, sizes = np.split(base, 2, axis=1)
    return np.concatenate([hits, sizes, hits**2, hits * sizes, sizes**2], axis=1)


def _average_unit(columns: Floats, often: Integers) -> Floats:
    """Of each column of hits, how far a unit lies from the rate of all, squared and averaged."""
    hits, sizes, *_ = np.split(columns, 5, axis=1)
    looked_at, there = often @ sizes, np.maximum(often @ (sizes > 0), 1)
    rate = often @ hits / np.where(looked_at > 0, looked_at, 1.0)
    squares = often @ (hits - rate * sizes) ** 2 / there
    return np.asarray(np.where(squares > _ROUNDING * (often @ sizes**2 / there), squares, 0.0))


def _in_errors(totals: Floats, units: Integers, one_unit: Floats, shape: tuple[int, ...]) -> Floats:
    """[deals, numbers]: the largest over strata of the groups' distances in standard errors; NaN where none has two.

    Args:
        totals: [deals, groups, columns], sums of `_with_squares`.
        units: [groups], how many are dealt to each.
        one_unit: [numbers x strata].
        shape: numbers, strata.
    """
    hits, sizes, squares, products, masses = np.split(totals, 5, axis=2)
    present = sizes > 0
    whole = np.where(present, sizes, 1.0)
    rate = hits / whole
    spread = np.maximum(squares - 2 * rate * products + rate**2 * masses, 0.0) + one_unit
    few = (units / np.maximum(units - 1, 1))[:, None]
    known = present & (one_unit > 0)
    weight = np.where(known, whole**2 / np.where(known, spread * few, 1.0), 0.0)
    total = weight.sum(axis=1, keepdims=True)
    centre = (weight * rate).sum(axis=1, keepdims=True) / np.where(total > 0, total, 1.0)
    groups = present.sum(axis=1)
    found = np.sqrt((weight * (rate - centre) ** 2).sum(axis=1) / np.maximum(groups - 1, 1))
    found = np.where(groups > 1, found, np.nan)
    return np.asarray(np.fmax.reduce(found.reshape(-1, *shape), axis=2))


def unit_ways(units: Integers) -> float:
    """In how many ways the units can be dealt to groups of these sizes; infinite beyond what a float holds."""
    from scipy import special

    with np.errstate(over="ignore"):
        return float(np.exp(special.gammaln(units.sum() + 1.0) - special.gammaln(units + 1.0).sum()))


def _deal_units(
    base: Floats, owners: Integers, often: Integers, deals: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """What each group adds up to, [some deals, groups, columns] each, when units are dealt out at random."""
    kinds, times = distinct_rows(base, often)
    sizes = np.bincount(owners, often).astype(np.int64)
    units = int(sizes.sum())
    if _DRAW * len(kinds) * len(sizes) <= units:
        step = max(_CHUNK // (len(sizes) * len(kinds)), 1)
        added = _with_squares(kinds)
        yield from (_deal_kinds(sizes, times, min(step, deals - start), rng) @ added for start in range(0, deals, step))
        return
    columns = _with_squares(base)
    if units > _MOST_MOVED and _sums_are_normal(base, often, sizes):
        yield _deal_sums(columns, often, sizes, deals, rng)
        return
    each = np.repeat(columns, often, axis=0)
    step = max(_CHUNK // units, 1)
    starts = np.cumsum(sizes) - sizes
    for start in range(0, deals, step):
        some = min(step, deals - start)
        order = rng.permuted(np.broadcast_to(np.arange(units), (some, units)), axis=1)
        yield np.stack([_sums(column, order, starts, sizes) for column in each.T], axis=-1)


def _sums(column: Floats, order: Integers, starts: Integers, sizes: Integers) -> Floats:
    if np.all(column == column[0]):
        return np.broadcast_to(column[0] * sizes, (len(order), len(sizes)))
    return np.asarray(np.add.reduceat(column[order], starts, axis=1))


def _sums_are_normal(columns: Floats, often: Integers, sizes: Integers) -> bool:
    """Whether the smallest group gets hits, and misses, worth 200 units of equal weight in each stratum."""
    hits, rows = np.split(columns, 2, axis=1)
    parts = np.abs(np.concatenate([hits, rows - hits], axis=1))
    parts = parts[:, parts.any(axis=0)]
    worth = (often @ parts) ** 2 / (often @ parts**2) * sizes.min() / sizes.sum()
    return bool(np.all(worth >= _NORMAL))


def _deal_sums(columns: Floats, often: Integers, sizes: Integers, deals: int, rng: np.random.Generator) -> Floats:
    """Sums over groups, [deals, groups, columns], with the moments of units dealt out, which are a finite population's.

    Source: Hajek (1960), Publ. Math. Inst. Hung. Acad. Sci. 5, 361-374, for the limit.
    """
    root = symmetric_root(np.cov(columns.T, fweights=often).reshape(columns.shape[1], -1))
    noise = rng.normal(size=(deals, len(sizes), columns.shape[1])) * np.sqrt(sizes)[:, None]
    # What one group gets, the others lack.
    noise -= noise.sum(axis=1, keepdims=True) * (sizes / sizes.sum())[:, None]
    return np.asarray(sizes[:, None] * (often @ columns / sizes.sum()) + noise @ root)


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
