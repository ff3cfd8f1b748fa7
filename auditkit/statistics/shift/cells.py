"""A column of two samples in cells: the population stability index with its own null, and Pearson's chi squared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import critical_value
from auditkit.statistics.permutation import DEALS, PermutationTest, compare

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_HALF_A_ROW = 0.5
_MOST_DEALT = 5_000
"""Units of a sample that are dealt out anew: of more, the asymptotic null is near enough."""
_FAR = 3
"""Times what chance makes of an index, from which on the delta method has a say in where its interval begins."""


@dataclass(frozen=True)
class CellShares:
    """How the rows of one sample fall into cells."""

    shares: Floats
    """[cells], that sum to 1."""
    rows: int
    size: float
    """As how many independent rows of equal weight they are worth: Rao and Scott's first-order correction."""
    is_plain: bool
    """Whether rows stand alone and weigh the same."""
    worst_size: float | None = None
    """The same for the share below the end of a cell, the worst of them: what neighbours in a unit share adds up; None:
    as `size`."""
    of_units: Floats | None = None
    """[units, cells]: what each unit has in each cell; None: of a plain sample, and of one of too many units."""

    @property
    def counts(self) -> Integers:
        """[cells], of a plain sample."""
        return np.rint(self.shares * self.rows).astype(np.int64)


def count_cells(
    codes: Integers, cells: int, *, weights: Floats | None = None, units: Integers | None = None
) -> CellShares:
    """The share of each cell, and what the sample is worth.

    With weights or units the size is that of a plain sample whose chi squared has the same mean.
    Source: Rao and Scott (1981), J. Am. Stat. Assoc. 76, 221-230, section 4.

    Args:
        codes: [n], the cell of each row; -1 is left out.
        cells: how many there are.
        weights: [n], not negative.
        units: [n], whose row it is; rows of one unit are not independent.

    Raises:
        ValueError: no row is left.
    """
    kept = codes >= 0 if weights is None else (codes >= 0) & (weights > 0)
    codes = codes[kept]
    if len(codes) == 0:
        raise ValueError("no row lies in a cell")
    mass = np.ones(len(codes)) if weights is None else np.asarray(weights[kept], dtype=float)
    total = np.bincount(codes, weights=mass, minlength=cells)
    shares = total / total.sum()
    is_plain = units is None and bool((mass == mass[0]).all())
    if is_plain:
        return CellShares(shares, len(codes), float(len(codes)), is_plain=True)
    owners = np.arange(len(codes)) if units is None else np.unique(units[kept], return_inverse=True)[1]
    count = int(owners.max()) + 1
    sums: Floats = (
        np.bincount(owners * cells + codes, weights=mass, minlength=count * cells).reshape(count, cells) * 1.0
    )
    size = min(_worth(sums, mass.sum(), shares), float(len(codes)))
    return CellShares(
        shares,
        len(codes),
        size,
        is_plain=False,
        worst_size=_worst(sums, len(codes)),
        of_units=sums if count <= _MOST_DEALT else None,
    )


def _worth(sums: Floats, total: float, shares: Floats) -> float:
    scores = (sums - sums.sum(axis=1, keepdims=True) * shares) / total
    used = shares > 0
    spread = float(((scores[:, used] ** 2).sum(axis=0) / shares[used]).sum())
    if spread <= 0:
        return float(len(sums))
    return float((np.count_nonzero(used) - 1) / spread)


def _worst(sums: Floats, rows: int) -> float:
    below, total = np.cumsum(sums, axis=1)[:, :-1], sums.sum()
    shares = below.sum(axis=0) / total
    inside = (shares > 0) & (shares < 1)
    if not inside.any():
        return float(min(len(sums), rows))
    scores = (below - sums.sum(axis=1, keepdims=True) * shares)[:, inside] / total
    spread = (scores**2).sum(axis=0)
    worth = (shares * (1 - shares))[inside] / np.maximum(spread, 1e-300)
    return float(min(worth.min(), rows))


def deciles(values: Floats, *, weights: Floats | None = None, cells: int = 10) -> Floats:
    """Where cells of equal mass begin: at most `cells - 1` numbers that rise; fewer where values are tied.

    Args:
        values: [n], finite.
        weights: [n].
        cells: how many there are to be.
    """
    order = np.argsort(values, kind="stable")
    mass = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)[order]
    reached = np.cumsum(mass) / mass.sum()
    places = np.searchsorted(reached, np.arange(1, cells) / cells - 1e-12)
    cuts = np.unique(values[order][np.minimum(places, len(values) - 1)])
    # A cell is (low, high]: one that would begin at the largest value holds nothing.
    return np.asarray(cuts[cuts < values.max()], dtype=float)


def stability_index(expected: Floats, actual: Floats) -> Floats:
    """The population stability index of shares [..., cells]: sum of (a - e) ln(a / e).

    It is Jeffreys' divergence of two histograms: Jeffreys (1946), Proc. R. Soc. A 186, 453-461; as a measure of
    stability Siddiqi (2006), Credit Risk Scorecards. Shares of 0 give infinity: see `stability` for a floor.
    """
    return np.asarray(((actual - expected) * np.log(actual / expected)).sum(axis=-1))


@dataclass(frozen=True)
class Stability:
    """The index of one column, and what chance alone makes of it."""

    value: float
    low: float
    high: float
    by_chance: float
    """What it is on average where nothing has changed: (1 / n + 1 / m) (cells - 1)."""
    chance_95: float
    """What it exceeds once in twenty where nothing has changed."""
    p_value: float
    """From its asymptotic null, (1 / n + 1 / m) times chi squared of cells - 1 degrees of freedom."""


def stability(reference: CellShares, audit: CellShares, *, level: float = 0.95) -> Stability:
    """The index of a column with its interval and its null; a cell without rows counts as half a row.

    Near 0 the index over 1 / n + 1 / m is a non-central chi squared, whose centre is the true index over the same: the
    interval inverts it, and so begins above 0 exactly where the test rejects. Far from 0 the delta method is added, and
    the wider of both holds. Source of the null: Yurdakul and Naranjo (2020), J. Risk Model Valid. 14(4).

    Args:
        reference: the population.
        audit: the rows that are compared with it, in the same cells.
        level: of the interval.
    """
    from scipy import special

    used = (reference.shares + audit.shares) > 0
    freedom = max(int(np.count_nonzero(used)) - 1, 1)
    noise = 1 / reference.size + 1 / audit.size
    e, a = (_floored(one.shares[used], one.rows) for one in (reference, audit))
    value = float(stability_index(e, a))
    scaled, tail = value / noise, (1 - level) / 2
    low = _centre(scaled, freedom, 1 - tail) * noise
    # An index that is smaller than most that chance makes says no more than one that is not.
    high = _centre(max(scaled, float(special.chdtri(freedom, 0.5))), freedom, tail) * noise
    middle = value - noise * freedom
    error = critical_value(level) * _delta_error(e, a, reference.size, audit.size)
    if low > _FAR * noise * freedom:
        low = min(low, middle - error)
    return Stability(
        value=value,
        low=max(low, 0.0),
        high=max(high, middle + error, value),
        by_chance=noise * freedom,
        chance_95=float(noise * special.chdtri(freedom, 0.05)),
        p_value=float(special.chdtrc(freedom, scaled)),
    )


def _floored(shares: Floats, rows: int) -> Floats:
    return np.maximum(shares, _HALF_A_ROW / rows)


def _centre(value: float, freedom: int, below: float) -> float:
    """The non-centrality at which chi squared is below `value` with this chance; 0 where none is so."""
    from scipy import special

    if float(special.chndtr(value, freedom, 0.0)) <= below:
        return 0.0
    near, far = 0.0, 4 * value + 100.0
    for _ in range(80):
        middle = (near + far) / 2
        if float(special.chndtr(value, freedom, middle)) > below:
            near = middle
        else:
            far = middle
    return (near + far) / 2


def _delta_error(e: Floats, a: Floats, n: float, m: float) -> float:
    of_a, of_e = np.log(a / e) + 1 - e / a, np.log(e / a) + 1 - a / e
    spread = [float((p * g**2).sum() - (p * g).sum() ** 2) / size for p, g, size in ((a, of_a, m), (e, of_e, n))]
    return float(np.sqrt(max(sum(spread), 0.0)))


def stability_test(
    reference: CellShares, audit: CellShares, *, rng: np.random.Generator, deals: int = DEALS
) -> PermutationTest | None:
    """Deal the rows of both samples out anew, or whole units; None where there are too many of these.

    Rows that stand alone and weigh the same are a multivariate hypergeometric draw.
    """

    def index(e: Floats, a: Floats) -> Floats:
        return np.asarray(np.sqrt(stability_index(_floored(e, reference.rows), _floored(a, audit.rows))))

    return _dealt(reference, audit, index, rng, deals)


def chi_squared_test(
    reference: CellShares, audit: CellShares, *, rng: np.random.Generator, deals: int = DEALS
) -> float:
    """The p-value of Pearson's test that two samples have equal shares.

    By dealing rows out anew, or whole units, which is exact for sparse cells too; of many units Rao and Scott's.
    """
    from scipy import special

    def chi(e: Floats, a: Floats) -> Floats:
        pooled = (e * reference.size + a * audit.size) / (reference.size + audit.size)
        squared = np.divide((a - e) ** 2, pooled, out=np.zeros_like(a + e), where=pooled > 0).sum(axis=-1)
        return np.asarray(np.sqrt(squared / (1 / reference.size + 1 / audit.size)))

    found = _dealt(reference, audit, chi, rng, deals)
    if found is not None:
        return found.tail_p
    freedom = max(int(np.count_nonzero((reference.shares + audit.shares) > 0)) - 1, 1)
    return float(special.chdtrc(freedom, float(chi(reference.shares, audit.shares)) ** 2))


def _dealt(
    reference: CellShares, audit: CellShares, statistic: Any, rng: np.random.Generator, deals: int
) -> PermutationTest | None:
    if not (reference.is_plain and audit.is_plain):
        return _dealt_units(reference, audit, statistic, rng, deals)
    used = (reference.shares + audit.shares) > 0
    both = reference.counts[used] + audit.counts[used]
    drawn = rng.multivariate_hypergeometric(both, audit.rows, size=deals, method="marginals")
    null = statistic((both - drawn) / reference.rows, drawn / audit.rows)
    return compare(float(statistic(reference.shares[used], audit.shares[used])), null)


def _dealt_units(
    reference: CellShares, audit: CellShares, statistic: Any, rng: np.random.Generator, deals: int
) -> PermutationTest | None:
    parts = [_units_of(one) for one in (reference, audit)]
    if parts[0] is None or parts[1] is None:
        return None
    used = (reference.shares + audit.shares) > 0
    everybody = np.concatenate([parts[0], parts[1]])[:, used]
    of_audit = len(parts[1])
    null = np.empty(deals)
    for deal in range(deals):
        mine = rng.permutation(len(everybody))[:of_audit]
        a = everybody[mine].sum(axis=0)
        e = everybody.sum(axis=0) - a
        null[deal] = statistic(np.maximum(e, 0.0) / e.sum(), a / a.sum())
    return compare(float(statistic(reference.shares[used], audit.shares[used])), null)


def _units_of(sample: CellShares) -> Floats | None:
    """[units, cells]: of a plain sample every row is a unit."""
    if not sample.is_plain:
        return sample.of_units
    if sample.rows > _MOST_DEALT:
        return None
    return np.repeat(np.eye(len(sample.shares)), sample.counts, axis=0)
