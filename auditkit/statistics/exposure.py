"""How attention to lists falls on groups of items, held against what users went for: sums over users, with intervals.

One user's list gives attention to all groups at once, so that the groups' sums go together: intervals rest on how they
vary from user to user, or from unit to unit, and on how they vary with each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units
from auditkit.statistics.drawing import symmetric_root
from auditkit.statistics.gaps import Gap
from auditkit.statistics.intervals import Limits, critical_value

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_DRAWS = 999
_ROUNDING = 1e-20
"""Of the variance of a logarithm: what varies less does not vary, and then nothing is known of it."""
_MOST = 700.0
"""Beyond which an exponential is infinite."""


Attention = Literal["logarithmic", "rbp", "uniform"]
"""How attention falls with the rank."""


def attention(
    depth: int, by: Attention = "logarithmic", *, patience: float = 0.8, cut: int | None = None
) -> npt.NDArray[np.float64]:
    """[depth]: the attention to each rank.

    Sources: 1 / log2(1 + rank), as in DCG, Singh and Joachims (2018), KDD, 2219-2228; patience^(rank - 1), how likely
    somebody comes so far down who goes on from any rank with that chance, Moffat and Zobel (2008), ACM Trans. Inf.
    Syst. 27, 2:1-27 (rank-biased precision, RBP); or 1 for each.

    Args:
        depth: how deep the lists are looked at.
        by: logarithmic, rbp or uniform.
        patience: of RBP.
        cut: the last rank that gets any; None: all do.
    """
    ranks = np.arange(1, depth + 1)
    found = {"logarithmic": 1 / np.log2(1 + ranks), "rbp": patience ** (ranks - 1.0), "uniform": np.ones(depth)}[by]
    return np.asarray(np.where(ranks <= (depth if cut is None else cut), found, 0.0))


@dataclass(frozen=True)
class JointSums:
    """Sums over users of several numbers, and how they vary together from unit to unit."""

    totals: Floats
    """[columns]."""
    covariance: Floats
    """[columns, columns], of the totals; NaN where there is one unit."""
    count: int
    """Units."""
    freedom: float | None = None
    """Student's degrees of freedom; None: so many units that the normal law serves."""

    @classmethod
    def of(
        cls,
        columns: Floats,
        *,
        weights: Floats | None = None,
        units: Integers | None = None,
        shared: SharedSpread | None = None,
    ) -> JointSums:
        """The sums of `columns` [n, columns].

        The number of units is taken as given: the totals vary as the average of as many units times their number.
        `shared` adds how much they would vary with other providers of what the columns count.
        """
        mass = np.ones(len(columns)) if weights is None else np.asarray(weights, dtype=float)
        weighed = columns * mass[:, None]
        if units is not None:
            _, places = np.unique(own_units(units), return_inverse=True)
            weighed = np.column_stack([np.bincount(places.ravel(), one) for one in weighed.T])
        count = len(weighed)
        totals = weighed.sum(axis=0)
        spread = weighed - totals / max(count, 1)
        factor = count / (count - 1) if count > 1 else np.nan
        covariance = spread.T @ spread * factor
        if shared is None:
            return cls(totals, covariance, count)
        return cls(totals, covariance + shared.covariance, count, float(min(count, shared.providers) - 1))

    def turned(self, turn: Floats) -> JointSums:
        """The sums of linear combinations of the columns, `turn` [combinations, columns]."""
        return JointSums(turn @ self.totals, turn @ self.covariance @ turn.T, self.count, self.freedom)

    def critical(self, level: float, *, comparisons: int = 1) -> float:
        """How many standard errors an interval reaches to either side."""
        from scipy import special

        if self.freedom is None:
            return critical_value(level, comparisons)
        return float(special.stdtrit(self.freedom, 1 - (1 - level) / (2 * comparisons)))


@dataclass(frozen=True)
class SharedSpread:
    """How much more totals vary because units share what each provider brought: the second way of two-way clusters."""

    covariance: Floats
    """[columns, columns], to be added to that over units; never negative."""
    providers: int
    """The fewest that stand behind a column that is compared."""

    @classmethod
    def of(cls, by_provider: Floats, within: Floats, *, providers: int) -> SharedSpread:
        """The covariance over providers less that over cells of one unit and one provider, where this is above 0.

        It holds for ratios of the totals, which do not change when all are multiplied. Simulated coverage of a 95%
        interval for the ratio of two groups of 4, 6 and 12 providers each, whose goods differ in how they are liked:
        0.98, 0.97 and 0.91, where one over users alone has 0.25. Sources: Cameron, Gelbach and Miller (2011), J. Bus.
        Econ. Stat. 29, 238-249; Owen (2007), Ann. Appl. Stat. 1, 386-411, for lists and ratings.

        Args:
            by_provider: [all providers, columns], the totals of each.
            within: [columns, columns], the sum over units and providers of the products of what one adds in the other.
            providers: the fewest that stand behind a column.
        """
        count = len(by_provider)
        spread = by_provider - by_provider.mean(axis=0)
        more = spread.T @ spread * count / max(count - 1, 1) - within
        sizes, turns = np.linalg.eigh((more + more.T) / 2)
        return cls((turns * np.maximum(sizes, 0)) @ turns.T, providers)


@dataclass(frozen=True)
class Ratios:
    """Totals by other totals, group by group, with the covariance of their logarithms."""

    value: Floats
    """[groups]; NaN where there is nothing to divide by."""
    log_covariance: Floats
    """[groups, groups], of the values' logarithms."""
    sums: JointSums

    @classmethod
    def of(cls, sums: JointSums, groups: int) -> Ratios:
        """The first `groups` totals by the next ones (delta method)."""
        above, below = sums.totals[:groups], sums.totals[groups : 2 * groups]
        with np.errstate(divide="ignore", invalid="ignore"):
            value = above / below
            turn = np.hstack([np.diag(1 / above), np.diag(-1 / below)])
            logs = _through(turn, sums.covariance[: 2 * groups, : 2 * groups])
        return cls(value, logs, sums)

    def limits(self, level: float) -> Limits:
        """The interval of each value alone, [groups] each, on the log scale."""
        with np.errstate(invalid="ignore", over="ignore"):
            half = np.minimum(self.sums.critical(level) * np.sqrt(_known(np.diag(self.log_covariance))), _MOST)
            return Limits(self.value * np.exp(-half), self.value * np.exp(half))

    def smallest_by_largest(self, groups: Flags, level: float) -> Gap:
        """The smallest value by the largest, with an interval that holds for all pairs of these groups at once."""
        value, (first, second), half = self._pairs(groups, level)
        with np.errstate(invalid="ignore"):  # of two groups that nobody sees
            apart = np.abs(value[first] - value[second])
        lowest, highest = int(np.argmin(value)), int(np.argmax(value))
        ratio = float(np.exp(value[lowest] - value[highest]))
        if not np.isfinite(half).all():
            return Gap(ratio, np.nan, np.nan, lowest, highest)
        low = float(np.exp(-min(float(np.max(apart + half)), _MOST)))
        high = float(np.exp(-max(0.0, float(np.max(apart - half)))))
        return Gap(ratio, min(low, ratio), max(high, ratio), lowest, highest)

    def _pairs(self, groups: Flags, level: float) -> tuple[Floats, tuple[Integers, Integers], Floats]:
        kept = np.flatnonzero(groups)
        first, second = np.triu_indices(len(kept), k=1)
        covariance = self.log_covariance[np.ix_(kept, kept)]
        with np.errstate(divide="ignore", invalid="ignore"):  # of a group that nobody sees
            value = np.log(self.value)[kept]
            spread = np.diag(covariance)[first] + np.diag(covariance)[second] - 2 * covariance[first, second]
        half = self.sums.critical(level, comparisons=len(first)) * np.sqrt(_known(spread))
        return value, (first, second), half


def _known(variance: Floats) -> Floats:
    """NaN for a variance that is none: where all units are alike, nothing says how much others could differ."""
    return np.where(variance > _ROUNDING, variance, np.nan)


def _through(turn: Floats, covariance: Floats) -> Floats:
    """The covariance of linear combinations; infinite where a combination is."""
    finite = np.where(np.isfinite(turn), turn, 0.0)
    found = finite @ covariance @ finite.T
    unknown = ~np.isfinite(turn).all(axis=1)
    found[unknown, :] = np.nan
    found[:, unknown] = np.nan
    return np.asarray(found)


@dataclass(frozen=True)
class AttentionFairness:
    """One less how far the groups' attention lies from a target."""

    value: float
    low: float
    high: float


def attention_fairness(
    sums: JointSums, groups: int, *, level: float, rng: np.random.Generator, target: Floats | None = None
) -> AttentionFairness:
    """1 less the Jensen-Shannon divergence, in bits, between shares of attention and a target: 1 is as it should be.

    The root of the divergence is a distance, so that what is seen lies from what is true by no more than the sampling
    noise of both distributions, whose quantile is drawn from the normal law of the sums: the interval is wide rather
    than wrong near 1, where a bootstrap of the divergence would never reach it. Sources: Sapiezynski et al. (2019), WWW
    Companion; Raj and Ekstrand (2022), SIGIR, AWRF; Endres and Schindelin (2003), IEEE Trans. Inf. Theory 49, 1858-60.

    Args:
        sums: of the groups' attention, then of what users went for in each.
        groups: how many.
        level: the confidence.
        rng: where the noise comes from.
        target: [groups], shares that attention should have; None: those of what users went for.
    """
    seen, wanted = _shares(sums.totals[:groups]), target
    if wanted is None:
        wanted = _shares(sums.totals[groups : 2 * groups])
    value = float(js_divergence(seen, wanted))
    drawn = drawn_totals(sums, rng)
    noise = _noise(drawn[:, :groups], seen)
    if target is None:
        noise += _noise(drawn[:, groups : 2 * groups], wanted)
    reach = float(np.quantile(noise, level, method="higher"))
    if not reach > _ROUNDING:
        return AttentionFairness(1 - value, float("nan"), float("nan"))
    least, most = max(np.sqrt(value) - reach, 0.0) ** 2, min((np.sqrt(value) + reach) ** 2, 1.0)
    return AttentionFairness(1 - value, 1 - most, 1 - least)


def drawn_totals(sums: JointSums, rng: np.random.Generator) -> Floats:
    """[draws, columns]: totals as other users would give them, by the normal law, or by Student's of few providers.

    NaN of one user, of whom nobody knows how much others would differ.
    """
    if not np.isfinite(sums.covariance).all():
        return np.full((_DRAWS, len(sums.totals)), np.nan)
    noise = rng.standard_normal((_DRAWS, len(sums.totals))) @ symmetric_root(sums.covariance)
    if sums.freedom is not None:
        noise *= np.sqrt(sums.freedom / rng.chisquare(max(sums.freedom, 1e-9), (_DRAWS, 1)))
    return np.asarray(sums.totals + noise)


def _noise(drawn: Floats, about: Floats) -> Floats:
    """[draws]: how far shares of drawn totals lie off; 1, the most there is, of a draw without any."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = _shares(np.maximum(drawn, 0))
    known = np.asarray(np.isfinite(shares).all(axis=-1))
    apart = np.sqrt(js_divergence(np.where(known[:, None], shares, about), about))
    return np.where(known, apart, 1.0) if known.any() else np.full(len(drawn), np.nan)


def _shares(totals: Floats) -> Floats:
    return np.asarray(totals / totals.sum(axis=-1, keepdims=True))


def js_divergence(one: Floats, other: Floats) -> Floats:
    """The Jensen-Shannon divergence in bits between distributions over the last axis: 0 to 1. Source: Lin (1991)."""
    middle = (one + other) / 2
    return np.clip((kl_divergence(one, middle) + kl_divergence(other, middle)) / 2, 0.0, 1.0)


def kl_divergence(one: Floats, other: Floats) -> Floats:
    """The Kullback-Leibler divergence in bits over the last axis; `other` is above 0 where `one` is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(one > 0, one * np.log2(one / other), 0.0)
    return np.asarray(parts.sum(axis=-1))


def gini(counts: Floats, *, corrected: bool = False) -> float:
    """How unevenly counts fall on items, items without any counted too: 0 is evenly; NaN where there are none.

    Plain, it is half the mean difference between two items by the mean, and at most (n - 1) / n; corrected, that by
    this bound. Source: Gini (1912); Glasser (1962), J. Am. Stat. Assoc. 57, 648-654, for n / (n - 1).
    """
    size, total = len(counts), float(np.sum(counts))
    if size == 0 or total <= 0:
        return float("nan")
    rank = np.arange(1, size + 1)
    plain = float(np.dot(2 * rank - size - 1, np.sort(counts)) / (size * total))
    return plain * size / (size - 1) if corrected and size > 1 else plain
