"""Whether what rows are given has to do with their group, given strata: a chi-square whose null is dealt out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units
from auditkit.statistics.permutation import DEALS, PermutationTest, compare

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_FEWEST_DEALS = 99
_WORK = 5_000_000
"""Units dealt out by one test; of more than 5,000 units the deals grow fewer."""


def chi_square(tables: Floats) -> Floats:
    """Pearson's statistic of tables [..., groups, classes], added over strata: [deals] of [deals, strata, ...]."""
    rows, columns = tables.sum(axis=-1, keepdims=True), tables.sum(axis=-2, keepdims=True)
    total = columns.sum(axis=-1, keepdims=True)
    expected = np.divide(rows * columns, total, out=np.zeros(tables.shape), where=total > 0)
    squares = np.divide((tables - expected) ** 2, expected, out=np.zeros(tables.shape), where=expected > 0)
    return np.asarray(squares.sum(axis=(-3, -2, -1)))


def independence_test(tables: Integers, *, rng: np.random.Generator, deals: int = DEALS) -> PermutationTest | None:
    """Test that in no stratum a row's class has to do with its group; None where no stratum has two of both.

    Tables with the same margins are drawn as if the classes fell on the rows of a stratum at random, and the statistic
    is the chi-square of all strata added. Source: Agresti (2013), Categorical Data Analysis, section 16.5; p by Phipson
    and Smyth (2010); tables by scipy.stats.random_table.

    Args:
        tables: [strata, groups, classes], counts.
        rng: where the deals come from.
        deals: how many.
    """
    from scipy import stats

    strata = []
    for table in tables:
        kept = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
        if min(kept.shape) > 1:
            strata.append(kept)
    if not strata:
        return None
    found = sum(float(chi_square(one[None].astype(float))) for one in strata)
    dealt = np.zeros(deals)
    for one in strata:
        drawn = stats.random_table(one.sum(axis=1), one.sum(axis=0)).rvs(size=deals, random_state=rng)
        dealt += chi_square(drawn[:, None].astype(float))
    return _compare(found, dealt, float(np.prod([_chance_of(one) for one in strata])))


@dataclass(frozen=True)
class GroupedRows:
    """Rows that share units or have weights, [n] each; all are looked at."""

    groups: Integers
    classes: Integers
    strata: Integers
    weights: Floats | None = None
    units: Integers | None = None
    """Whose row it is; -1: its own."""


def unit_independence_test(
    rows: GroupedRows, shape: tuple[int, int, int], *, rng: np.random.Generator, deals: int = DEALS
) -> PermutationTest | None:
    """The same for rows that share units or have weights: groups are dealt out among whole units.

    They are dealt among units that have as many rows in each stratum, so that what the strata explain stays where it
    is. Where few units are alike in that, little can be found. A unit with rows in two groups is two.

    Args:
        rows: the rows.
        shape: how many strata, groups and classes there are.
        rng: where the deals come from.
        deals: how many; fewer are made of more than 5,000 units.
    """
    strata, groups, classes = shape
    own = np.arange(len(rows.groups)) if rows.units is None else own_units(rows.units)
    _, first, owners = np.unique(own * groups + rows.groups, return_index=True, return_inverse=True)
    owned = rows.groups[first]
    cells = rows.strata * groups * classes + rows.classes
    size = strata * groups * classes

    def of(unit_groups: Integers) -> float:
        places = cells + unit_groups[owners] * classes
        return float(chi_square(np.bincount(places, rows.weights, size).astype(float).reshape(1, *shape))[0])

    patterns = np.bincount(owners * strata + rows.strata, minlength=len(owned) * strata).reshape(-1, strata)
    alike = np.unique(patterns, axis=0, return_inverse=True)[1].ravel() if strata > 1 else np.zeros(len(owned))
    order = np.argsort(alike, kind="stable")
    if np.unique(np.column_stack([alike, owned]), axis=0).shape[0] == len(np.unique(alike)):
        return None
    made = int(np.clip(_WORK // len(owned), _FEWEST_DEALS, deals))
    dealt = np.empty(made)
    for deal in range(made):
        moved = np.empty_like(owned)
        moved[order] = owned[np.argsort(alike + rng.random(len(alike)))]
        dealt[deal] = of(moved)
    return _compare(of(owned), dealt)


def _compare(observed: float, dealt: Floats, least: float = 0.0) -> PermutationTest:
    """On the scale of the root, whose far tail is like a normal variable's."""
    found = compare(float(np.sqrt(observed)), np.sqrt(dealt), least=least)
    return replace(found, statistic=observed)


def _chance_of(table: Integers) -> float:
    """How likely a table with these margins is to be this one: p is never less."""
    from scipy import special

    log = [special.gammaln(part + 1.0).sum() for part in (table.sum(axis=1), table.sum(axis=0), table.sum(), table)]
    return float(np.exp(log[0] + log[1] - log[2] - log[3]))
