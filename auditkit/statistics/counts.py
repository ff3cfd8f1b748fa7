"""From rows to shares: outcomes counted by group, with the size that each share's uncertainty rests on."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import Limits, clopper_pearson, family_level, wilson

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]


_NARROW = 2**12
_WIDE = 2**31
_MOST_COUNTED = 2**20


class Outcome(IntEnum):
    """What became of one row: twice its target (no, yes, missing) plus its decision (no, yes)."""

    TRUE_NEGATIVE = 0
    FALSE_POSITIVE = 1
    FALSE_NEGATIVE = 2
    TRUE_POSITIVE = 3
    UNKNOWN_NEGATIVE = 4
    UNKNOWN_POSITIVE = 5


@dataclass(frozen=True)
class Rate:
    """A share of outcomes: those that count, among those that are looked at."""

    hits: tuple[Outcome, ...]
    among: tuple[Outcome, ...]


_NEGATIVES = (Outcome.TRUE_NEGATIVE, Outcome.FALSE_POSITIVE)
_POSITIVES = (Outcome.FALSE_NEGATIVE, Outcome.TRUE_POSITIVE)
_LABELLED_AND_SELECTED = (Outcome.FALSE_POSITIVE, Outcome.TRUE_POSITIVE)

RATES = {
    "selection_rate": Rate((*_LABELLED_AND_SELECTED, Outcome.UNKNOWN_POSITIVE), tuple(Outcome)),
    "accuracy": Rate((Outcome.TRUE_NEGATIVE, Outcome.TRUE_POSITIVE), (*_NEGATIVES, *_POSITIVES)),
    "true_positive_rate": Rate((Outcome.TRUE_POSITIVE,), _POSITIVES),
    "false_positive_rate": Rate((Outcome.FALSE_POSITIVE,), _NEGATIVES),
    "false_negative_rate": Rate((Outcome.FALSE_NEGATIVE,), _POSITIVES),
    "precision": Rate((Outcome.TRUE_POSITIVE,), _LABELLED_AND_SELECTED),
}
"""The rates of a yes-or-no decision, by fairlearn's names. Only the selection rate looks at rows without a target."""


EVERYBODY = Rate((), tuple(Outcome))
"""All rows of a group, whatever became of them."""


@dataclass(frozen=True)
class Shares:
    """One share for each group."""

    value: Floats
    """[groups]; NaN where no row is looked at."""
    n: Integers
    """[groups], rows looked at."""
    size: Floats
    """[groups], how many independent, equally weighted rows would tell as much: `n` when the rows are that."""
    is_effective: bool = False
    """Whether weights or shared units made `size` differ from `n`."""

    def take(self, groups: Integers | Flags) -> Shares:
        """The shares of some of the groups."""
        return Shares(self.value[groups], self.n[groups], self.size[groups], self.is_effective)

    def limits(self, level: float = 0.95) -> Limits:
        """Wilson's interval of each share, [groups]; it always holds the share."""
        low, high = wilson(self.value * self.size, self.size, level)
        # The detour over counts of effective size costs the last digit.
        return Limits(np.minimum(low, self.value), np.maximum(high, self.value))

    def limits_together(self, comparisons: int, level: float = 0.95) -> Limits:
        """Clopper and Pearson's interval of each share, [groups], at Bonferroni's level: they hold all at once.

        Wilson's is too short out there: at the level of one of 40 intervals its low end is above a share of 0.002 in 6%
        of samples of 30 rows, in place of 0.06%. Source: Korn and Graubard (1998), for effective sizes.
        """
        low, high = clopper_pearson(self.value * self.size, self.size, family_level(level, comparisons))
        return Limits(np.minimum(low, self.value), np.maximum(high, self.value))

    @property
    def method(self) -> str:
        """How `limits` are made, in words."""
        return "wilson, effective size" if self.is_effective else "wilson"


@dataclass(frozen=True)
class Clusters:
    """The weight of each outcome within each unit of each group; of a great many units, those that are alike as one."""

    groups: Integers
    """[clusters], the group that the cluster lies in."""
    rows: Integers
    """[clusters, 6], counts by outcome."""
    masses: Floats
    """[clusters, 6], sums of weights by outcome."""
    times: Integers | None = None
    """[clusters], how many units are like it; None: each is one unit."""

    def totals(self, rate: Rate) -> UnitTotals:
        """What each cluster adds to a rate."""
        hits, among = list(rate.hits), list(rate.among)
        counted, looked_at = self.masses[:, hits].sum(axis=1), self.masses[:, among].sum(axis=1)
        return UnitTotals(
            counted, looked_at, self.rows[:, hits].sum(axis=1), self.rows[:, among].sum(axis=1), self.times
        )

    def people(self, rate: Rate, group_count: int) -> Integers:
        """[groups], how many units have a row that the rate looks at."""
        looked_at = self.rows[:, list(rate.among)].any(axis=1)
        if self.times is None:
            return np.bincount(self.groups[looked_at], minlength=group_count)
        return np.bincount(self.groups[looked_at], self.times[looked_at], group_count).astype(np.int64)


@dataclass(frozen=True)
class UnitTotals:
    """What each unit adds to a rate, [units] each: weights and rows, of the hits and of all that are looked at."""

    counted: Floats
    looked_at: Floats
    hits: Integers
    n: Integers
    times: Integers | None = None
    """How many units add the same; None: each is one."""

    def take(self, units: Integers) -> UnitTotals:
        """Some of the units, by their places; of those that are alike, one for each time that its place is named."""
        return UnitTotals(self.counted[units], self.looked_at[units], self.hits[units], self.n[units])

    def shares(self, groups: Integers, group_count: int, *, level: float = 0.95) -> Shares:
        """The rate in each group, with the variance of a ratio of totals over units (Taylor linearisation).

        Args:
            groups: [units], the group that each lies in.
            group_count: how many groups there are.
            level: the confidence of the intervals to come; of a family, `family_level`.
        """
        return shares_of_sums(self.sums(groups, group_count), level=level)

    def sums(self, groups: Integers, group_count: int) -> Floats:
        """[8, groups]: what `shares_of_sums` makes shares of; those of several groupings may be stacked."""
        return np.stack([np.bincount(groups, weights=one, minlength=group_count) for one in self._columns])

    @functools.cached_property
    def _columns(self) -> tuple[Floats, ...]:
        """[units] each."""
        counted, looked_at = self.counted.astype(float), self.looked_at.astype(float)
        products = counted, looked_at, counted**2, counted * looked_at, looked_at**2
        columns = self.n.astype(float), self.hits.astype(float), *products, (looked_at > 0).astype(float)
        return columns if self.times is None else tuple(column * self.times for column in columns)


def shares_of_sums(sums: Floats, *, level: float = 0.95) -> Shares:
    """The shares of groups, [..., groups], from `UnitTotals.sums`, [8, ..., groups]."""
    n, hits, counted, mass, squares, products, masses, units = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(hits == n, 1.0, np.where(hits == 0, 0.0, counted / mass))
        value = np.where(n > 0, value, np.nan)
        # The squares of what each unit adds beyond the rate: (counted - rate looked_at)^2.
        variance = np.maximum(squares - 2 * value * products + value**2 * masses, 0) / mass**2
        kish = mass**2 / masses
    whole = n.astype(np.int64)
    size = effective_size(value, whole, units=units, variance=variance, kish=kish, level=level)
    return Shares(value, whole, size, is_effective=True)


@dataclass(frozen=True)
class OutcomeTable:
    """How often each outcome occurs in each group."""

    rows: Integers
    """[groups, 6], in the order of `Outcome`."""
    clusters: Clusters | None = None
    """None: every row is a unit of its own, and all weigh the same."""

    def shares(self, rate: Rate, *, level: float = 0.95) -> Shares:
        """The rate in each group, with the size that an interval of this level may rest on."""
        if self.clusters is not None:
            return self.clusters.totals(rate).shares(self.clusters.groups, len(self.rows), level=level)
        hits = self.rows[:, list(rate.hits)].sum(axis=1)
        n = self.rows[:, list(rate.among)].sum(axis=1)
        with np.errstate(invalid="ignore"):
            return Shares(hits / n, n, n.astype(float))

    def people(self, rate: Rate) -> Integers:
        """[groups], how many units the rate looks at: its rows, where each is a unit of its own."""
        if self.clusters is not None:
            return self.clusters.people(rate, len(self.rows))
        return np.asarray(self.rows[:, list(rate.among)].sum(axis=1))


def rate_values(counts: Integers, rates: Sequence[Rate]) -> Floats:
    """Rates without their intervals, e.g. of a bootstrap's replicates: [rates, ...]; NaN where no row is looked at.

    Args:
        counts: [..., 6], in the order of `Outcome`; exact up to 2^53.
        rates: which.
    """
    parts = [[float(outcome in part) for outcome in Outcome] for rate in rates for part in (rate.hits, rate.among)]
    sums = np.asarray(parts) @ counts.reshape(-1, len(Outcome)).T.astype(float)
    with np.errstate(invalid="ignore"):
        return np.asarray((sums[::2] / sums[1::2]).reshape(len(rates), *counts.shape[:-1]))


def code_outcomes(decided: Flags, wanted: Flags | None = None, known: Flags | None = None) -> Integers:
    """The `Outcome` of each row, as a number.

    Args:
        decided: [n], whether the row was given the class.
        wanted: [n], whether its target is the class; None: there are no targets.
        known: [n], whether it has a target; None: all rows have one.
    """
    missing = np.int8(Outcome.UNKNOWN_NEGATIVE)
    if wanted is None:
        return missing + decided.astype(np.int8)
    targets = 2 * wanted.astype(np.int8)
    if known is not None:
        targets = np.where(known, targets, missing)
    return np.asarray(targets + decided.astype(np.int8))


def count_outcomes(
    groups: Integers,
    outcomes: Integers,
    *,
    group_count: int,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> OutcomeTable:
    """Count outcomes by group, in time linear in the rows when there are no units.

    Args:
        groups: [n], the group of each row; -1 leaves it out.
        outcomes: [n], as `code_outcomes` gives them.
        group_count: how many groups there are; some may have no rows.
        weights: [n], not negative; rows of weight 0 are left out.
        units: [n], whom each row belongs to, e.g. the patient; -1: a unit of its own.
    """
    kept = groups >= 0 if weights is None else (groups >= 0) & (weights > 0)
    kinds = len(Outcome)
    inside, codes = groups[kept].astype(np.int64), outcomes[kept]
    rows = np.bincount(inside * kinds + codes, minlength=group_count * kinds).reshape(group_count, kinds)
    own = None if weights is None else weights[kept]
    if own is not None and own.size and np.all(own == own[0]):
        own = None  # equal weights say nothing
    members = None if units is None else _cluster(inside, units[kept])
    if members is None and own is None:
        return OutcomeTable(rows)
    places = np.arange(len(inside)) if members is None else members
    clusters = int(places.max(initial=-1)) + 1
    cells, shape = places * kinds + codes, (clusters, kinds)
    counts = np.bincount(cells, minlength=clusters * kinds).reshape(shape)
    masses = counts if own is None else np.bincount(cells, weights=own, minlength=clusters * kinds).reshape(shape)
    owners = np.empty(clusters, dtype=np.int64)
    owners[places] = inside
    return OutcomeTable(rows, Clusters(owners, counts, masses.astype(float)))


def _cluster(groups: Integers, units: Integers) -> Integers | None:
    """The number of each row's (group, unit) pair; None when every row is a unit of its own."""
    separate = own_units(units)
    _, places = np.unique(groups * (separate.max(initial=0) + 1) + separate, return_inverse=True)
    return None if places.max(initial=-1) + 1 == len(places) else places


def own_units(units: Integers) -> Integers:
    """The same units, where each row without one (-1) becomes a unit of its own."""
    alone = units < 0
    numbered = units.astype(np.int64, copy=True)
    numbered[alone] = units.max(initial=-1) + 1 + np.arange(np.count_nonzero(alone))
    return numbered


def telling(weights: Floats | None, units: Integers | None, kept: Flags) -> tuple[Floats | None, Integers | None]:
    """Weights and units as they are, or None where they say nothing of the rows that are kept.

    Equal weights say nothing, nor do units that have one row each: what is made of the rows is then to be the same as
    without them, in the last digit too.

    Args:
        weights: [n], not negative.
        units: [n], whom each row belongs to; -1: a unit of its own.
        kept: [n], the rows that are looked at, all of a weight above 0.
    """
    if weights is not None and kept.any() and np.all(weights[kept] == weights[kept][0]):
        weights = None
    if units is not None:
        named = units[kept & (units >= 0)]
        units = units if len(np.unique(named)) < len(named) else None
    return weights, units


def distinct_rows(table: npt.NDArray[Any], counts: Integers | None = None) -> tuple[npt.NDArray[Any], Integers]:
    """The rows of a table [n, columns] that differ, and how often each occurs; no order is promised.

    As `numpy.unique(axis=0)` gives them, in a tenth of its time: column by column, whole numbers without sorting.

    Args:
        table: the rows.
        counts: [n], how often each of them counts, 1 or more; None: once.
    """
    codes: Integers = np.zeros(len(table), dtype=np.int64)
    width = 1
    for column in table.T:
        places, values = _places(column)
        codes, width = codes * values + places, width * values
        if width > _WIDE:
            codes, width = _places(codes)
    if width > _MOST_COUNTED:
        codes, width = _places(codes)
    times, one = np.bincount(codes, counts, width).astype(np.int64, copy=False), np.zeros(width, dtype=np.int64)
    one[codes] = np.arange(len(table))
    return table[one[times > 0]], times[times > 0]


def _places(column: npt.NDArray[Any]) -> tuple[Integers, int]:
    """Numbers below some width, as small as is quick, that are equal where the values are; and the width."""
    if len(column) == 0:
        return np.zeros(0, dtype=np.int64), 1
    if np.issubdtype(column.dtype, np.integer):
        lowest, highest = int(column.min()), int(column.max())
        if highest - lowest < _NARROW:
            return (column - lowest).astype(np.int64), highest - lowest + 1
    _, places = np.unique(column, return_inverse=True)
    return places.astype(np.int64), int(places.max()) + 1


def effective_size(
    value: Floats, n: Integers, *, units: Floats, variance: Floats, kish: Floats, level: float = 0.95
) -> Floats:
    """How many independent rows would give a share this variance; never more than `n`.

    Few units make the variance itself uncertain, so the size shrinks by the squared ratio of Student's quantiles.
    Where the variance says nothing (a share of 0 or 1, one unit), it is Kish's size over the units' weights.
    Source: Korn and Graubard (1998), Surv. Methodol. 24, 193-201.

    Args:
        value: the shares.
        n: rows looked at.
        units: how many units they belong to.
        variance: of the share, without a correction for the number of units.
        kish: (sum of the units' weights)^2 / (sum of their squares).
        level: the confidence of the interval, whose quantiles are Student's.
    """
    from scipy import special

    with np.errstate(divide="ignore", invalid="ignore"):
        independent = value * (1 - value) / (n - 1)
        design = variance * units / (units - 1) / independent
        middle = (1 + level) / 2
        # As many degrees of freedom as units of equal weight would have: a single heavy unit decides the variance.
        student = special.stdtrit(n - 1, middle) / special.stdtrit(np.minimum(kish, units) - 1, middle)
        size = np.minimum(n / design, n) * student**2
        # A design effect this small is a rounding error: the units agree so well that they say nothing of each other.
        is_settled = (units > 1) & (design > 1e-9)  # noqa: PLR2004
    return np.where(n > 0, np.minimum(np.where(is_settled, size, kish), n), 0.0)
