"""The bootstrap on counts and on whole units: it touches no row, and so costs the same for a hundred and for 10^8 rows.

Not for the widest gap of three or more groups: no percentile of a maximum's replicates holds it. See `gaps`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import distinct_rows
from auditkit.statistics.intervals import Limits, critical_value

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Numbers = npt.NDArray[Any]
Statistic = Callable[[Numbers], Floats]
"""From counts [replicates, groups, cells] to one number each, [replicates]; not finite where a denominator is 0."""

REPLICATES = 2000
"""The fewest for an interval of 95%; the tails of one of 99.9% want 10,000."""

_CHUNK_BYTES = 128 * 2**20
_TOLERATED = 0.01
_PICK = 32
"""How many units can be picked while one binomial number is drawn."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Bootstrap:
    """What a statistic was on the replicates, and the intervals that follow."""

    value: float
    """Of the data themselves."""
    replicates: Floats
    """[kept], in the order drawn; the finite ones alone."""
    dropped: int
    """How many replicates had no value, for a denominator of 0."""
    acceleration: float = 0.0
    """How fast the standard error changes with the truth, by the jackknife; 0 for a mean of a symmetric variable."""

    @property
    def unstable(self) -> bool:
        """Whether so many replicates have no value (over 1%) that an interval of the others says too little."""
        return self.dropped > _TOLERATED * (self.dropped + len(self.replicates))

    @property
    def error(self) -> float:
        """The standard error: the replicates' standard deviation; NaN of fewer than two."""
        return float(np.std(self.replicates, ddof=1)) if len(self.replicates) > 1 else float("nan")

    def percentile(self, level: float = 0.95) -> Limits:
        """The middle `level` of the replicates. Source: Efron and Tibshirani (1993), chapter 13."""
        return self._quantiles((1 - level) / 2, (1 + level) / 2)

    def basic(self, level: float = 0.95) -> Limits:
        """The percentile interval, mirrored about the value. Source: Davison and Hinkley (1997), section 5.2.1."""
        low, high = self.percentile(level)
        return Limits(2 * self.value - high, 2 * self.value - low)

    def bca(self, level: float = 0.95) -> Limits:
        """The bias-corrected and accelerated interval, for a smooth statistic and 2,000 replicates or more.

        The share of replicates below the value counts ties half, and is (k + 1) / (B + 2), so that it is never 0 or 1.
        Source: Efron (1987), J. Am. Stat. Assoc. 82, 171-185.
        """
        from scipy import special

        near = _ROUNDING * max(1.0, abs(self.value))
        below = np.count_nonzero(self.replicates < self.value - near)
        ties = np.count_nonzero(np.abs(self.replicates - self.value) <= near)
        bias = float(special.ndtri((below + ties / 2 + 1) / (len(self.replicates) + 2)))
        ends = bias + np.array([-1, 1]) * critical_value(level)
        stretch = 1 - self.acceleration * ends
        # Beyond a stretch of 0 the formula turns round: the end is then the outermost replicate.
        moved = np.where(stretch > 0, bias + ends / np.where(stretch > 0, stretch, 1), np.sign(ends) * np.inf)
        low, high = special.ndtr(moved)
        return self._quantiles(float(low), float(high))

    def _quantiles(self, low: float, high: float) -> Limits:
        if len(self.replicates) == 0:
            return Limits(float("nan"), float("nan"))
        ends = np.quantile(self.replicates, [low, high])
        return Limits(float(ends[0]), float(ends[1]))


def summarise(value: float, replicates: Floats, *, acceleration: float = 0.0) -> Bootstrap:
    """What to keep of a statistic's replicates, [replicates]: those without a value (NaN or infinite) are counted."""
    finite = np.isfinite(replicates)
    kept = np.asarray(replicates[finite], dtype=float)
    return Bootstrap(float(value), kept, int(np.count_nonzero(~finite)), acceleration)


def bootstrap_counts(
    counts: Integers, statistic: Statistic, *, rng: np.random.Generator, replicates: int = REPLICATES
) -> Bootstrap:
    """The bootstrap of a function of cell counts, for rows that are independent and weigh the same.

    Args:
        counts: [groups, cells], how many rows of each group lie in each cell; groups keep their sizes.
        statistic: from counts [any, groups, cells] to values [any].
        rng: where the replicates come from.
        replicates: how many.
    """
    values = [
        _values(statistic, resample_counts(counts, chunk, rng))
        for chunk in _chunks(replicates, counts.size * counts.itemsize)
    ]
    value = float(_values(statistic, counts[None])[0])
    return summarise(value, np.concatenate(values), acceleration=_acceleration(counts, statistic))


def bootstrap_clusters(
    cells: Numbers,
    statistic: Statistic,
    *,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
    strata: Integers | None = None,
) -> Bootstrap:
    """The bootstrap of a function of totals over units, for rows that share a unit or have weights.

    Args:
        cells: [clusters, cells], what each unit adds to each cell: counts, or sums of weights.
        statistic: from totals [any, strata, cells] to values [any]; one stratum when there are none.
        rng: where the replicates come from.
        replicates: how many.
        strata: [clusters], from 0: each keeps its number of units. None: all are one stratum.
    """
    count = 1 if strata is None else int(strata.max(initial=0)) + 1
    size = count * cells.shape[1] * 8
    values = [_values(statistic, resample_clusters(cells, chunk, rng, strata)) for chunk in _chunks(replicates, size)]
    kinds = [_kinds(part) for part in _divide(cells, strata)]
    totals = np.stack([times @ patterns for patterns, times in kinds])
    value = float(_values(statistic, totals[None])[0])
    return summarise(value, np.concatenate(values), acceleration=_cluster_acceleration(totals, kinds, statistic))


def resample_counts(counts: Integers, replicates: int, rng: np.random.Generator) -> Integers:
    """Counts as they would be if each group's rows were drawn again with replacement: [replicates, groups, cells].

    One multinomial draw a group, which has the distribution of drawing rows one by one; groups keep their sizes, and
    those without rows stay without. Memory: 8 bytes times replicates, groups and cells.

    Args:
        counts: [groups, cells], not negative.
        replicates: how many.
        rng: where they come from.
    """
    sizes = counts.sum(axis=1)
    shares = counts / np.maximum(sizes, 1)[:, None]
    # numpy gives what is left to the last cell, where a rounding error of the sum would end up: let it be the largest,
    # so that no empty cell is ever filled.
    largest = counts.argmax(axis=1)
    order = np.argsort(np.arange(counts.shape[1])[None] == largest[:, None], axis=1, kind="stable")
    drawn = rng.multinomial(sizes, np.take_along_axis(shares, order, axis=1), size=(replicates, len(counts)))
    back = np.argsort(order, axis=1)
    return np.take_along_axis(drawn, back[None], axis=2)


def resample_clusters(
    cells: Numbers, replicates: int, rng: np.random.Generator, strata: Integers | None = None
) -> Numbers:
    """Totals over units that are drawn again, whole, with replacement: [replicates, strata, cells].

    Units that add the same are one kind, and how often each kind is drawn is multinomial, so that a million units of a
    row or two cost what their few kinds cost; units that all differ are picked one by one. Whole numbers stay whole,
    and exact below 2^53. It works in chunks of 128 MiB beside what it returns.
    Source: Davison and Hinkley (1997), Bootstrap Methods, section 3.8, the first strategy.

    Args:
        cells: [clusters, cells], what each unit adds to each cell: counts, or sums of weights.
        replicates: how many.
        rng: where they come from.
        strata: [clusters], from 0, e.g. the unit's group: each keeps its number of units. None: all are one stratum.
    """
    parts = _divide(cells, strata)
    totals = np.zeros((replicates, len(parts), cells.shape[1]))
    for place, part in enumerate(parts):
        if len(part) == 0:
            continue
        patterns, times = _kinds(part)
        start = 0
        for chunk in _chunks(replicates, 8 * len(times) if _drawn_by_kind(times) else 32 * len(part)):
            totals[start : start + chunk, place] = _draw_kinds(times, chunk, rng) @ patterns.astype(float)
            start += chunk
    return totals.astype(np.int64) if np.issubdtype(cells.dtype, np.integer) else totals


def _values(statistic: Statistic, counts: Numbers) -> Floats:
    # A denominator of 0 is looked for, and counted, in what comes back.
    with np.errstate(divide="ignore", invalid="ignore"):
        return statistic(counts)


def _divide(cells: Numbers, strata: Integers | None) -> list[Numbers]:
    if strata is None:
        return [cells]
    return [cells[strata == stratum] for stratum in range(int(strata.max(initial=0)) + 1)]


def _kinds(cells: Numbers) -> tuple[Numbers, Integers]:
    """The distinct rows, and how often each occurs; the most frequent last, where numpy puts what is left."""
    patterns, times = distinct_rows(cells)
    order = np.argsort(times, kind="stable")
    return patterns[order], times[order]


def _draw_kinds(times: Integers, replicates: int, rng: np.random.Generator) -> Floats:
    """How often each kind is among as many units drawn again, [replicates, kinds]; whichever way is quicker."""
    units, kinds = int(times.sum()), len(times)
    if _drawn_by_kind(times):
        return rng.multinomial(units, times / units, size=replicates).astype(float)
    kind_of = np.repeat(np.arange(kinds), times)
    picked = kind_of[rng.integers(0, units, (replicates, units))] + kinds * np.arange(replicates)[:, None]
    return np.bincount(picked.ravel(), minlength=replicates * kinds).reshape(replicates, kinds).astype(float)


def _drawn_by_kind(times: Integers) -> bool:
    return bool(times.sum() > _PICK * len(times))


def _chunks(replicates: int, size: int) -> Iterator[int]:
    """How many replicates, of so many bytes each, to make at a time."""
    most = max(_CHUNK_BYTES // max(size, 1), 1)
    for start in range(0, replicates, most):
        yield min(most, replicates - start)


def _acceleration(counts: Integers, statistic: Statistic) -> float:
    """By leaving out one row at a time; rows of one cell leave the same, so that there is one value for each cell."""
    groups, cells = np.nonzero(counts)
    left: list[Floats] = []
    start = 0
    for chunk in _chunks(len(groups), counts.size * 8):
        part = slice(start, start + chunk)
        without = np.repeat(counts[None], chunk, axis=0)
        without[np.arange(chunk), groups[part], cells[part]] -= 1
        left.append(_values(statistic, without))
        start += chunk
    values = np.concatenate(left) if left else np.zeros(0)
    times = counts[groups, cells]
    return _skewness([(values[groups == group], times[groups == group]) for group in range(len(counts))])


def _cluster_acceleration(totals: Numbers, kinds: list[tuple[Numbers, Integers]], statistic: Statistic) -> float:
    samples: list[tuple[Floats, Integers]] = []
    for stratum, (patterns, times) in enumerate(kinds):
        values: list[Floats] = [np.zeros(0)]
        start = 0
        for chunk in _chunks(len(patterns), totals.size * 8):
            without = np.repeat(totals[None], chunk, axis=0)
            without[:, stratum] -= patterns[start : start + chunk]
            values.append(_values(statistic, without))
            start += chunk
        samples.append((np.concatenate(values), times))
    return _skewness(samples)


def _skewness(samples: list[tuple[Floats, Integers]]) -> float:
    """A sixth of the skewness of the jackknife's influence values, over several samples.

    Source: Davison and Hinkley (1997), equation 5.36.

    Args:
        samples: the statistic with one unit left out, and how many units leave it so; one pair for each sample.
    """
    cubes = squares = 0.0
    for values, times in samples:
        known = np.isfinite(values)
        left, often = values[known], times[known]
        if often.sum() < 2:  # noqa: PLR2004  a sample of one has no influence that could be seen
            continue
        n = float(times.sum())
        influence = (n - 1) * (np.dot(often, left) / often.sum() - left)
        squares += float(np.dot(often, influence**2)) / n**2
        cubes += float(np.dot(often, influence**3)) / n**3
    return cubes / (6 * squares**1.5) if squares > _ROUNDING**2 else 0.0
