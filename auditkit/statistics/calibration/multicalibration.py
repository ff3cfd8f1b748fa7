"""Whether probabilities are true in many overlapping segments at once: cumulative errors with max-T by Monte Carlo.

Source of the error: Guy et al. (2025), "Measuring multi-calibration", arXiv:2506.11251, whose p-value is the smallest
of all segments' and so alarms on most models that are calibrated. Here all segments are looked at in the same drawn
worlds, so that the chance of any false alarm is the level, however the segments overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.calibration.worlds import DRAWS
from auditkit.statistics.counts import own_units
from auditkit.statistics.multiplicity import max_t

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

LEAST_VARIANCE = 5.0
"""Rows' variances p (1 - p) that a segment's scatter counts at least, as of 5 expected events.

One event where next to none was expected would else lie many standard errors out, and every other segment would have to
lie as far to be seen. The level holds for any such floor, and a segment where many such events come is seen with it.
"""

_LEAST_PART = 25
_BITS = 18
"""Of a probability, where rows count alike: sums of a million rows then stay within 32 bits."""
_MORE_BITS = 36
"""Of a weight, or of a unit's part, in 64 bits."""
_AT_ONCE = 1 << 19
"""Residuals that are drawn together: with their sums they fit a processor's cache."""


@dataclass(frozen=True)
class Partition:
    """Segments that share no row, such as the groups of an attribute."""

    codes: Integers
    """[n], the segment of each row; -1: none of them."""
    count: int


@dataclass(frozen=True)
class SegmentedRows:
    """Probabilities and outcomes of rows, and the segments that they lie in."""

    scores: Floats
    """[n], probabilities."""
    came_true: Flags
    """[n]"""
    partitions: Sequence[Partition]
    """Each segment has a row; the segments of all partitions in a row are numbered from 0."""
    weights: Floats | None = None
    """[n], above 0; None: all rows count alike."""
    units: Integers | None = None
    """[n], whose rows they are; -1: a unit of its own. None: each row is one."""


@dataclass(frozen=True)
class Multicalibration:
    """The cumulative error of each segment, and what chance alone makes of the largest."""

    spread: Floats
    """[segments], ECCE-R: the cumulative error of the segment's rows, as a share of them."""
    scatter: Floats
    """[segments], what it is divided by: the standard deviation of the sum of the segment's residuals where the
    probabilities are true, as a share of its rows, `LEAST_VARIANCE` at least."""
    excess: Floats
    """[segments], 1 or more: how many times the scatter the residuals as they are would make. Where probabilities are
    far off, so is the scatter that they promise."""
    p: Floats
    """[segments], adjusted by max-T, step-down: at most the level is the chance that a segment whose probabilities are
    true has a smaller one."""
    factor: Floats
    """[segments], what its spread counts by: the root of its share of the rows, and of how much the outcomes of all
    rows vary against its own (at least a twenty-fifth as much). Of rows that count alike and are units of their own it
    is the scatter of all rows over the segment's."""
    overall: float
    """The scatter of all rows together."""
    n: Integers
    """[segments], rows."""
    largest: Floats
    """[draws], the largest of all standardised errors in each world where the probabilities are true."""

    @property
    def standardised(self) -> Floats:
        """[segments], the spread in units of the scatter."""
        return self.spread / self.scatter

    def critical(self, level: float = 0.95) -> float:
        """How large the largest standardised error is seldom by chance alone."""
        return float(np.quantile(self.largest, level, method="higher"))

    def error(self, segments: Flags | None = None, *, level: float = 0.95) -> tuple[float, float, float]:
        """The multicalibration error of some of the segments, or of all, and bounds between which the true one lies.

        It is the largest spread times its factor, so that the noise of small segments is not the largest. Its bounds
        hold for all segments at once: by the triangle inequality no spread is further from the true one than its noise
        spreads.
        """
        chosen = np.ones(len(self.spread), dtype=bool) if segments is None else segments
        spread, factor = self.spread[chosen], self.factor[chosen]
        noise = self.critical(level) * (self.excess * self.scatter)[chosen]
        value = float((spread * factor).max())
        low = max(float(((spread - noise) * factor).max()), 0.0)
        high = float((np.minimum(spread + noise, 1.0) * factor).max())
        return value, min(low, value), max(high, value)


def multicalibration(rows: SegmentedRows, *, rng: np.random.Generator, draws: int = DRAWS) -> Multicalibration:
    """The cumulative error of every segment, with p adjusted for all of them.

    Where each row is a unit of its own, outcomes are drawn from the probabilities: exact for any number of rows. Where
    rows share units nothing says how their outcomes hang together; each unit's residuals then keep or change their sign
    together (a wild bootstrap), which holds its level over many units.

    Args:
        rows: the segments, with one row each or more.
        rng: where the drawn worlds come from.
        draws: how many of them.

    Raises:
        ValueError: there is no segment, or one without rows.
    """
    sorted_rows = _Sorted.of(rows)
    kinds = [_Lined.of(sorted_rows, partition) for partition in rows.partitions]
    if not kinds:
        raise ValueError("there are no segments")
    n = np.concatenate([kind.n for kind in kinds])
    mass = np.concatenate([kind.sums(sorted_rows.mass) for kind in kinds])
    promised = np.concatenate([kind.sums(sorted_rows.mass**2 * sorted_rows.variance) for kind in kinds])
    as_they_are = np.concatenate([kind.variance_of(sorted_rows) for kind in kinds])
    # Of rows that weigh differently the floor is that of as many rows of their mean square.
    squares = np.concatenate([kind.sums(sorted_rows.mass**2) for kind in kinds]) / n
    variance = np.maximum(promised, LEAST_VARIANCE * squares)
    if rows.units is not None:
        variance = np.maximum(variance, as_they_are)
    shares = mass / sorted_rows.mass.sum()
    mean_variance = np.concatenate([kind.sums(sorted_rows.mass * sorted_rows.variance) for kind in kinds]) / mass
    of_all = float(np.average(sorted_rows.variance, weights=sorted_rows.mass))
    unit = sorted_rows.unit
    seen = np.concatenate([kind.spreads(sorted_rows.seen[np.newaxis])[0] for kind in kinds]) / unit
    drawn = []
    for block in sorted_rows.worlds(rng, draws):
        is_small = block.dtype == np.int32
        given = paired(block) if is_small else block
        of_kinds = [kind.spreads_of_pairs(given) if is_small else kind.spreads(given) for kind in kinds]
        drawn.append(np.concatenate(of_kinds, axis=1))
    finely = np.concatenate([kind.spreads(sorted_rows.finely[np.newaxis])[0] for kind in kinds]) / (1 << _MORE_BITS)
    null = np.concatenate(drawn)[:draws] / (unit * np.sqrt(variance))
    return Multicalibration(
        spread=finely / mass,
        scatter=np.sqrt(variance) / mass,
        excess=np.sqrt(np.maximum(as_they_are / variance, 1.0)),
        p=max_t(seen / np.sqrt(variance), null),
        factor=np.sqrt(shares * _ratio(of_all, np.maximum(mean_variance, of_all / _LEAST_PART))),
        overall=sorted_rows.scatter,
        n=n,
        largest=null.max(axis=1),
    )


def _ratio(part: float, wholes: Floats) -> Floats:
    """Of sure answers alone nothing varies, and they count alike."""
    return np.divide(part, wholes, out=np.ones(len(wholes)), where=wholes > 0)


@dataclass(frozen=True)
class _Sorted:
    """All rows by score, with residuals in whole numbers: sums are exact, in whatever order they are made."""

    order: Integers
    scores: Floats
    outcomes: Flags
    mass: Floats
    """[n], the largest is 1."""
    owners: Integers | None
    """[n], units numbered from 0; None: each row is one."""

    @classmethod
    def of(cls, rows: SegmentedRows) -> _Sorted:
        order = _order(rows)
        mass = np.ones(len(order)) if rows.weights is None else np.asarray(rows.weights, dtype=float)[order]
        owners = None
        if rows.units is not None:
            owners = np.unique(own_units(rows.units[order]), return_inverse=True)[1].ravel()
        scores = np.asarray(rows.scores, dtype=float)[order]
        return cls(order, scores, rows.came_true[order], mass / mass.max(initial=0.0), owners)

    @property
    def variance(self) -> Floats:
        """[n], of an outcome."""
        return np.asarray(self.scores * (1 - self.scores))

    @property
    def scatter(self) -> float:
        """The standard deviation of the mean residual of all rows."""
        squares = float(np.dot(self.mass**2, self.variance))
        if self.owners is not None:
            squares = max(squares, float((np.bincount(self.owners, self.residuals) ** 2).sum()))
        floor = LEAST_VARIANCE * float(np.mean(self.mass**2))
        return float(np.sqrt(max(squares, floor)) / self.mass.sum())

    @property
    def residuals(self) -> Floats:
        """[n], times the mass."""
        return np.asarray(self.mass * (self.outcomes - self.scores))

    @property
    def _is_plain(self) -> bool:
        return self.owners is None and bool((self.mass == 1).all())

    @property
    def unit(self) -> float:
        """What 1 is in whole numbers."""
        return float(1 << (_BITS if self._is_plain else _MORE_BITS))

    @property
    def _parts(self) -> tuple[Integers, Integers]:
        """[n] each: what an event counts, and what is expected."""
        kind = np.int32 if self._is_plain else np.int64
        return (
            np.rint(self.mass * self.unit).astype(kind),
            np.rint(self.mass * self.scores * self.unit).astype(kind),
        )

    @property
    def seen(self) -> Integers:
        """[n], the residuals as they are: in 64 bits, since their sum may be as large as all rows'."""
        event, expected = self._parts
        return np.asarray(self.outcomes * event.astype(np.int64) - expected)

    @property
    def finely(self) -> Integers:
        """[n], the same in more bits: for what is told, where no drawn world needs to be met to the last digit."""
        return np.rint(self.residuals * (1 << _MORE_BITS)).astype(np.int64)

    def worlds(self, rng: np.random.Generator, draws: int) -> Iterator[Integers]:
        """[some draws, n]: residuals of worlds in which the probabilities are true, an even number at once."""
        size = 2 * max(_AT_ONCE // len(self.scores), 1)
        event, expected = self._parts
        seen = self.seen
        chance = self.scores.astype(np.float32)
        for start in range(0, draws, size):
            left = draws - start
            shape = (min(size, left + left % 2), len(self.scores))
            if self.owners is None:
                comes = rng.random(shape, dtype=np.float32) < chance
                block = np.multiply(comes, event)
                block -= expected
                yield block
            else:
                signs = rng.integers(0, 2, (shape[0], int(self.owners.max()) + 1), dtype=np.int8) * 2 - 1
                yield signs[:, self.owners] * seen


def _order(rows: SegmentedRows) -> Integers:
    """By score; rows of one score by what else they are, so that it does not matter in which order they come."""
    order = np.argsort(rows.scores, kind="stable")
    ordered = rows.scores[order]
    if not (ordered[1:] == ordered[:-1]).any():
        return order
    weights = () if rows.weights is None else (rows.weights,)
    return np.lexsort((*weights, *(one.codes for one in rows.partitions), rows.scores))


@dataclass(frozen=True)
class _Lined:
    """A partition's rows, segment after segment and by score within each."""

    rows: Integers
    """[rows inside], places among the sorted rows."""
    starts: Integers
    """[segments], where each begins."""
    ends: Integers | None
    """[ends of scores], the last row of each score in each segment; None: every row is one."""
    end_starts: Integers
    """[segments], where each begins among these."""
    owners: Integers

    @classmethod
    def of(cls, all_rows: _Sorted, partition: Partition) -> _Lined:
        codes = partition.codes[all_rows.order]
        inside = np.flatnonzero(codes >= 0)
        # Few codes, and rows that are in order already: a stable sort by code alone is all that is needed.
        lined = inside[np.argsort(codes[inside], kind="stable")]
        segment, scores = codes[lined], all_rows.scores[lined]
        n = np.bincount(segment, minlength=partition.count)
        if not len(lined) or n.min() == 0:
            raise ValueError("a segment has no rows")
        is_end = np.append((scores[1:] != scores[:-1]) | (segment[1:] != segment[:-1]), np.True_)
        ends = np.flatnonzero(is_end)
        starts = np.concatenate([[0], np.cumsum(n)])
        end_starts = np.searchsorted(ends, starts)
        has_ties = len(ends) < len(lined)
        return cls(
            lined.astype(np.intp), starts, ends if has_ties else None, end_starts if has_ties else starts, segment
        )

    @property
    def n(self) -> Integers:
        return np.diff(self.starts)

    def sums(self, values: Floats) -> Floats:
        """[segments], of values [n] of the sorted rows."""
        return np.asarray(np.add.reduceat(values[self.rows], self.starts[:-1]))

    def variance_of(self, all_rows: _Sorted) -> Floats:
        """[segments], the sum of the squared residuals; of rows that share units, of their units' if that is more."""
        residuals = all_rows.residuals
        squares = self.sums(residuals**2)
        if all_rows.owners is None:
            return squares
        units = int(all_rows.owners.max()) + 1
        pairs, places = np.unique(self.owners * units + all_rows.owners[self.rows], return_inverse=True)
        by_unit = np.bincount(places.ravel(), residuals[self.rows]) ** 2
        return np.maximum(squares, np.bincount(pairs // units, by_unit, len(self.n)))

    def spreads(self, residuals: Integers) -> Floats:
        """[draws, segments], from the lowest to the highest sum, of residuals [draws, n] of the sorted rows."""
        return self._spreads(*self._sums(residuals))

    def spreads_of_pairs(self, residuals: Integers) -> Floats:
        """[2 draws, segments], the same of numbers that hold two draws each: see `paired`."""
        sums, begins = self._sums(residuals)
        found = [self._spreads(*ends) for ends in zip(unpaired(sums), unpaired(begins), strict=True)]
        return np.stack(found, axis=1).reshape(-1, len(self.n))

    def _sums(self, residuals: Integers) -> tuple[Integers, Integers]:
        """Sums at the ends of scores, which run on from segment to segment; and the sum where each segment begins."""
        sums = np.take(residuals, self.rows, axis=1)
        np.cumsum(sums, axis=1, out=sums)
        begins = np.zeros((len(sums), len(self.n)), dtype=sums.dtype)
        begins[:, 1:] = sums[:, self.starts[1:-1] - 1]
        return sums if self.ends is None else np.take(sums, self.ends, axis=1), begins

    def _spreads(self, sums: Integers, begins: Integers) -> Floats:
        places = self.end_starts[:-1]
        highest = np.maximum(np.maximum.reduceat(sums, places, axis=1), begins)
        lowest = np.minimum(np.minimum.reduceat(sums, places, axis=1), begins)
        return np.asarray(highest.astype(float) - lowest)


def paired(numbers: Integers) -> Integers:
    """[draws / 2, n] of 64 bits, from an even number of draws [draws, n] of 32 bits: summed at the cost of one."""
    return np.asarray(numbers[::2] + (numbers[1::2].astype(np.int64) << 32))


def unpaired(numbers: Integers) -> tuple[Integers, Integers]:
    """The even and the odd draws again, or their sums; what is given is overwritten."""
    lower = numbers.astype(np.int32)
    numbers -= lower
    numbers >>= 32
    return lower, numbers


def detectable_drift(
    critical: float, *, rng: np.random.Generator, power: float = 0.8, steps: int = 256, draws: int = 1000
) -> float:
    """The drift, in standard errors of the mean residual, at which a segment's spread is beyond `critical` so often.

    By simulation of Brownian motion with a drift. A segment whose probabilities are all off by so many times its
    scatter is found with this power.

    Args:
        critical: of the standardised error, as `Multicalibration.critical` says.
        rng: where the simulated walks come from.
        power: how often.
        steps: of a walk.
        draws: how many walks.
    """
    walks = np.cumsum(rng.standard_normal((draws, steps)), axis=1) / np.sqrt(steps)
    time = np.arange(1, steps + 1) / steps
    low, high = 0.0, critical + 4.0
    for _ in range(10):
        middle = (low + high) / 2
        drifted = walks + middle * time
        spread = np.maximum(drifted.max(axis=1), 0.0) - np.minimum(drifted.min(axis=1), 0.0)
        low, high = (low, middle) if np.mean(spread >= critical) >= power else (middle, high)
    return high
