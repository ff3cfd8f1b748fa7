"""Selective prediction: how wrong a model is about the rows that it is surest of, the others being left to people.

Rows are taken in the order of confidence. At a coverage c the model decides a share c of them; its selective risk is
the mean loss of these, its generalised risk their summed loss over all rows. Rows of equal confidence enter together,
and between two coverages a part of such rows is taken at random, so that the generalised risk is a straight line there.

Sources: Geifman and El-Yaniv (2017), NeurIPS 30 (risk and coverage, AURC); Geifman, Uziel and El-Yaniv (2019), ICLR
(excess AURC); Traub et al. (2024), NeurIPS 37, arXiv:2407.01032 (AUGRC).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units
from auditkit.statistics.intervals import critical_value, wilson
from auditkit.statistics.means import sum_of_squares

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Area:
    """An area under a curve of risk against coverage, between 0 and 1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RiskCoverage:
    """The curve: one point for each confidence that occurs, from the highest down; [k] each."""

    confidence: Floats
    coverage: Floats
    """The share of the rows whose confidence is at least so high; the last is 1."""
    generalised: Floats
    """Their summed loss over the sum of all weights."""

    @property
    def risk(self) -> Floats:
        """[k], the mean loss of the rows that are decided."""
        return self.generalised / self.coverage

    def threshold(self, coverage: float) -> float:
        """The highest confidence at which a share `coverage` of the rows, or more, is decided."""
        reached = np.flatnonzero(self.coverage >= coverage - _ROUNDING)
        return float(self.confidence[reached[0]])


@dataclass(frozen=True)
class Selective:
    """What a model gains by leaving the rows that it is least sure of to people."""

    curve: RiskCoverage
    aurc: Area
    """The mean selective risk over all coverages: the risk itself where confidence tells nothing."""
    excess_aurc: Area
    """What of it a perfect confidence, which puts all errors last, would save."""
    augrc: Area
    """The mean generalised risk: how often a wrong decision is made unnoticed; half the risk where it tells nothing."""


def risk_coverage(confidence: Floats, loss: Floats, *, weights: Floats | None = None) -> RiskCoverage:
    """The curve of a loss [n] between 0 and 1 by confidence [n]; needs a row of a weight above 0."""
    mass = np.ones(len(loss)) if weights is None else np.asarray(weights, dtype=float)
    return _curve(confidence, np.asarray(loss, dtype=float), mass / mass.sum())[0]


def selective(
    confidence: Floats,
    loss: Floats,
    *,
    level: float = 0.95,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> Selective | None:
    """The areas, each with an interval; None when there are no rows.

    The variance is that of the areas' influence functions, summed over units; the interval is Wilson's at the size that
    this variance is worth. How often it holds the truth stands in docs/reliability.md: too seldom where fewer than five
    rows or so are wrong.

    Args:
        confidence: [n], higher is surer; only its order counts.
        loss: [n], between 0 and 1, e.g. 1 where the decision is wrong.
        level: the confidence of the intervals.
        weights: [n], how much each row counts; rows of weight 0 are left out.
        units: [n], whom each row belongs to; -1: a unit of its own.
    """
    mass = np.ones(len(loss)) if weights is None else np.asarray(weights, dtype=float)
    kept = mass > 0
    if not kept.any():
        return None
    lost, shares = np.asarray(loss, dtype=float)[kept], mass[kept] / mass[kept].sum()
    owners = None if units is None else own_units(units[kept])
    curve, places = _curve(np.asarray(confidence)[kept], lost, shares)
    risk = float(curve.generalised[-1])
    parts = _Segments.of(curve)
    aurc, of_aurc = parts.aurc(lost, places)
    augrc, of_augrc = parts.augrc(lost, places)
    best = risk + (1 - risk) * np.log1p(-risk) if risk < 1 else 1.0
    # The best area's slope in the risk is -ln(1 - risk): beyond all bounds where every decision is wrong.
    of_excess = of_aurc + np.log1p(-min(risk, 1 - _ROUNDING)) * (lost - risk)
    spreads = [_Spread.of(one, shares, owners) for one in (of_aurc, of_excess, of_augrc)]
    return Selective(
        curve,
        spreads[0].wilson(aurc, level),
        spreads[1].wilson(max(aurc - best, 0.0), level),
        spreads[2].wilson(augrc, level),
    )


def _curve(confidence: Floats, loss: Floats, shares: Floats) -> tuple[RiskCoverage, Integers]:
    """The curve, and [n] the point at which each row enters."""
    levels, places = np.unique(-np.asarray(confidence, dtype=float), return_inverse=True)
    coverage = np.cumsum(np.bincount(places, shares, len(levels)))
    generalised = np.cumsum(np.bincount(places, shares * loss, len(levels)))
    # The last coverage is 1, and a sum of shares misses it by a rounding.
    return RiskCoverage(-levels, coverage / coverage[-1], generalised / coverage[-1]), places


@dataclass(frozen=True)
class _Segments:
    """The straight pieces of the generalised risk; [k] each."""

    start: Floats
    end: Floats
    slope: Floats
    height: Floats
    """Of the line at a coverage of 0."""
    before: Floats
    """The generalised risk where the piece begins."""

    @classmethod
    def of(cls, curve: RiskCoverage) -> _Segments:
        start = np.concatenate([[0.0], curve.coverage[:-1]])
        before = np.concatenate([[0.0], curve.generalised[:-1]])
        slope = (curve.generalised - before) / (curve.coverage - start)
        height = before - slope * start
        height[0] = 0.0
        return cls(start, curve.coverage, slope, height, before)

    @property
    def width(self) -> Floats:
        return self.end - self.start

    def aurc(self, loss: Floats, places: Integers) -> tuple[float, Floats]:
        """The area under g(c) / c, and [n] how far one row moves it."""
        begun = self.start > 0
        positive = np.where(begun, self.start, 1.0)
        log_ratio = np.where(begun, np.log(self.end / positive), 0.0)
        areas = self.slope * self.width + self.height * log_ratio
        value = float(areas.sum())
        # A row enters at a coverage u, anywhere within its piece, and counts 1 / c from there on: - ln u on average.
        mean_log = (self.end * np.log(self.end) - self.start * np.log(positive)) / self.width - 1
        # What all others lose by its entering: the integral of g / c^2 from u on.
        whole = np.where(begun, self.height * (1 / positive - 1 / self.end) + self.slope * log_ratio, 0.0)
        later = np.append(np.cumsum(whole[::-1])[::-1][1:], 0.0)
        inside = self.height * (log_ratio / self.width - 1 / self.end) + self.slope * (np.log(self.end) - mean_log)
        by_piece = areas / self.width - later - inside
        return value, by_piece[places] - value - mean_log[places] * loss

    def augrc(self, loss: Floats, places: Integers) -> tuple[float, Floats]:
        """The area under g(c), and [n] how far one row moves it."""
        middle = self.before + self.slope * self.width / 2
        value = float(np.dot(self.width, middle))
        return value, middle[places] + loss * (1 - (self.start + self.end) / 2)[places] - 2 * value


@dataclass(frozen=True)
class _Spread:
    """How uncertain an area is."""

    squares: float
    freedom: float
    size: float
    """As how many units of equal weight the units count."""

    @classmethod
    def of(cls, influence: Floats, shares: Floats, owners: Integers | None) -> _Spread:
        moved, heaviness = shares * influence, shares
        if owners is not None:
            _, places = np.unique(owners, return_inverse=True)
            moved, heaviness = (np.asarray(np.bincount(places, one), dtype=float) for one in (moved, heaviness))
        return cls(*sum_of_squares(moved, heaviness), 1 / float(np.dot(heaviness, heaviness)))

    def wilson(self, value: float, level: float) -> Area:
        size = self.size
        if self.squares > _ROUNDING**2 and 0 < value < 1 and self.freedom > _ROUNDING:
            size = value * (1 - value) / self.squares * (critical_value(level) / self._student(level)) ** 2
        low, high = wilson(value * size, size, level)
        return Area(value, min(float(low), value), max(float(high), value))

    def _student(self, level: float) -> float:
        from scipy import special

        return float(special.stdtrit(self.freedom, (1 + level) / 2))


def tellable(kept: Integers, *, fewest: int = 10) -> Flags:
    """[coverages]: at which of them the numbers of every group can be told, from the last, which is full, backwards.

    What is told at two coverages tells of the rows between them too; so neither a group's rows at one, nor what lies
    between it and the next larger one that is told, may be fewer than `fewest`, unless they are none.

    Args:
        kept: [coverages, groups], how many people are decided, from the smallest coverage to the full one.
        fewest: how many people a number must be about.
    """
    told = np.zeros(len(kept), dtype=bool)
    above = kept[-1]
    for place in range(len(kept) - 1, -1, -1):
        told[place] = not (_is_few(kept[place], fewest) | _is_few(above - kept[place], fewest)).any()
        if told[place]:
            above = kept[place]
    return told


def untold(kept: Integers, everyone: Integers, *, fewest: int = 10) -> Flags:
    """[groups]: which groups' errors cannot be told at one coverage beside those at the full one.

    Those of whom few are decided, or few are not; and as many of the smallest others as it takes that those left out,
    who are all less the others, are two groups or more and not few together.

    Args:
        kept: [groups], how many people are decided.
        everyone: [groups], how many there are.
        fewest: how many people a number must be about.
    """
    rest = everyone - kept
    left_out = _is_few(kept, fewest) | _is_few(rest, fewest)
    if not left_out.any():
        return left_out
    for place in np.argsort(everyone, kind="stable"):
        sums = np.array([kept[left_out].sum(), rest[left_out].sum()])
        if np.count_nonzero(left_out) > 1 and not _is_few(sums, fewest).any():
            break
        left_out[place] = True
    return left_out


def _is_few(people: Integers, fewest: int) -> Flags:
    return np.asarray((people > 0) & (people < fewest))
