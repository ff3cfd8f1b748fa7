"""How much two models differ on one metric, with an interval for any error that is allowed: paired, or apart."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from auditkit.gating.quantities import Scored
from auditkit.statistics.auc import delong, delong_difference
from auditkit.statistics.bootstrap import Bootstrap, bootstrap_clusters
from auditkit.statistics.counts import own_units, telling
from auditkit.statistics.intervals import Limits
from auditkit.statistics.means import mean, sum_of_squares
from auditkit.statistics.paired import Pairs, mcnemar, paired_difference
from auditkit.statistics.paired_scores import effective_pairs, paired_score_limits
from auditkit.statistics.ratios import bounded_mean, positive_ratio, share_of_totals

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

REPLICATES = 5000
"""Of the bootstrap: the tails of a family of ten still hold 25 of them."""
MOST_DRAWN = 20_000
"""Units up to which they are drawn again; the mean of more is normal enough, and its error is had at once."""
_FEWEST_CHANGED = 5
"""Units that differ from which on the bootstrap sees how much they can."""
_FEWEST_OF_A_CLASS = 10
"""Whose ranks an area would give away."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Estimate:
    """The candidate's metric less the baseline's."""

    new: float
    old: float
    n: int
    """Rows in its denominator; of a comparison apart, of the smaller side."""
    people: int | None
    """Units that they belong to; None: each row stands for itself."""
    method: str
    limits: Callable[[float], Limits]
    """From the error that is allowed at either end to the ends."""
    p_value: float | None = None
    """Of no difference, two-sided; None: there is no test of it but the interval."""
    test: str = ""

    @property
    def value(self) -> float:
        """The difference."""
        return self.new - self.old

    @property
    def error(self) -> float:
        """About a standard error: what a 90% interval is wide, by what a normal one would be."""
        low, high = self.limits(_TENTH / 2)
        return float(high - low) / (2 * _HALF)


_TENTH = 0.1
_HALF = 1.6448536269514722


class Rows(NamedTuple):
    """Who the rows of a comparison are."""

    weights: Floats | None
    units: Integers | None

    def take(self, rows: npt.NDArray[Any]) -> Rows:
        """Some of them."""
        return Rows(*(None if part is None else part[rows] for part in self))

    def looked_at(self, counted: Flags) -> tuple[Flags, Rows]:
        """Which rows count, and whose they are: without weights and units that say nothing of them."""
        kept = counted if self.weights is None else counted & (self.weights > 0)
        return kept, Rows(*telling(self.weights, self.units, kept)).take(kept)


def paired_estimate(new: Scored, old: Scored, rows: Rows, rng: np.random.Generator) -> Estimate | None:
    """Two models on the same rows; None where the metric has no value for one of them.

    Shares: Tango's score interval, widened to Newcombe's, which errs less where few pairs disagree. Areas: DeLong's.
    All else: the bootstrap of whole units (BCa, with Student's quantiles for few units), and of more than 20,000 units
    Student's over their influence.

    Args:
        new: what the candidate did on each row.
        old: what the baseline did on the same rows.
        rows: their weights and units.
        rng: of the bootstrap.
    """
    kept, rows = rows.looked_at(new.counted & old.counted)
    new, old = new.take(kept), old.take(kept)
    if not len(new.top):
        return None
    if new.kind == "area":
        return _paired_areas(new, old, rows)
    if new.kind == "share":
        return _paired_shares(new, old, rows)
    return _paired_means(new, old, rows, rng)


def _paired_shares(new: Scored, old: Scored, rows: Rows) -> Estimate:
    first, second = new.top > 0, old.top > 0
    mass = np.ones(len(first)) if rows.weights is None else rows.weights

    @functools.cache
    def limits(alpha: float) -> Limits:
        level = 1 - 2 * alpha
        pairs = effective_pairs(first, second, weights=rows.weights, units=rows.units, level=level)
        score, squared = paired_score_limits(pairs, level), paired_difference(pairs, level)
        return Limits(min(float(score.low), float(squared.low)), max(float(score.high), float(squared.high)))

    plain = rows.weights is None and rows.units is None
    p = float(mcnemar(_counted(first, second))) if plain else None
    method = "tango and newcombe, paired" + ("" if plain else ", effective size")
    one, two = (float(np.dot(mass, part)) / float(mass.sum()) for part in (first, second))
    return Estimate(one, two, len(first), _people(rows), method, limits, p, "mcnemar, exact" if plain else "")


def _counted(first: Flags, second: Flags) -> Pairs:
    quarters = (first & second, first & ~second, ~first & second, ~first & ~second)
    return Pairs(*(int(np.count_nonzero(part)) for part in quarters))


def _paired_areas(new: Scored, old: Scored, rows: Rows) -> Estimate | None:
    positive = new.bottom > 0
    if min(np.count_nonzero(positive), np.count_nonzero(~positive)) < _FEWEST_OF_A_CLASS:
        return None
    about: dict[str, Any] = {"weights": rows.weights, "units": rows.units}
    found = delong_difference(new.top, old.top, positive, **about)
    if found is None:
        return None

    @functools.cache
    def limits(alpha: float) -> Limits:
        again = delong_difference(new.top, old.top, positive, level=1 - 2 * alpha, **about)
        assert again is not None  # noqa: S101  the same rows
        return Limits(again.low, again.high)

    one, two = found.first.value, found.second.value
    return Estimate(one, two, len(positive), _people(rows), f"{found.method}, paired", limits, found.p_value, "delong")


def _paired_means(new: Scored, old: Scored, rows: Rows, rng: np.random.Generator) -> Estimate | None:
    mass = np.ones(len(new.top)) if rows.weights is None else rows.weights
    columns = [mass * part for part in (new.top, new.bottom, old.top, old.bottom)]
    places = np.arange(len(mass)) if rows.units is None else np.unique(own_units(rows.units), return_inverse=True)[1]
    cells = np.column_stack([_summed(places, column) for column in columns])
    totals = cells.sum(axis=0)
    if totals[1] <= 0 or totals[3] <= 0:
        return None
    one, two = (float(_value(new.kind, totals[part], totals[part + 1])) for part in (0, 2))
    heaviness = _summed(places, mass)
    units = len(heaviness)
    squares, freedom = sum_of_squares(_influence(new.kind, cells, totals, (one, two)), heaviness)
    reach = _reach(new, old, cells)
    if units <= MOST_DRAWN:
        drawn = bootstrap_clusters(
            cells, lambda sums: _difference(new.kind, sums[:, 0]), rng=rng, replicates=REPLICATES
        )
        limits = _drawn(drawn, freedom, units, reach)
        method = "bootstrap, bca, paired" + ("" if rows.units is None else " by unit")
    else:
        limits = _student(one - two, float(np.sqrt(squares)), freedom)
        method = "student, paired" + ("" if rows.units is None else " by unit")
    return Estimate(one, two, int(np.count_nonzero(new.bottom + old.bottom)), _people(rows), method, limits)


def _summed(places: Integers, column: Floats) -> Floats:
    return np.asarray(np.bincount(places, weights=column), dtype=float)


def _value(kind: str, top: Any, bottom: Any) -> Any:
    ratio = top / bottom
    return np.sqrt(ratio) if kind == "root" else ratio


def _difference(kind: str, sums: Floats) -> Floats:
    return np.asarray(_value(kind, sums[:, 0], sums[:, 1]) - _value(kind, sums[:, 2], sums[:, 3]))


def _influence(kind: str, cells: Floats, totals: Floats, ends: tuple[float, ...]) -> Floats:
    """[units], how much each unit pulls on the difference (delta method)."""
    pulls = []
    for part, value in zip((0, 2), ends, strict=True):
        ratio = totals[part] / totals[part + 1]
        pull = (cells[:, part] - ratio * cells[:, part + 1]) / totals[part + 1]
        pulls.append(pull / (2 * value) if kind == "root" and value > 0 else pull)
    return np.asarray(pulls[0] - pulls[1])


def _reach(new: Scored, old: Scored, cells: Floats) -> float | None:
    """The most by which one more unit could change, where too few differ for the bootstrap to know; else None."""
    changed = np.any(np.abs(cells[:, :2] - cells[:, 2:]) > _ROUNDING, axis=1)
    if np.count_nonzero(changed) >= _FEWEST_CHANGED:
        return None
    if new.most is not None:
        return new.most
    largest = float(max(np.abs(new.top).max(), np.abs(old.top).max()))
    return float(np.sqrt(largest)) if new.kind == "root" else largest


def _drawn(drawn: Bootstrap, freedom: float, units: int, reach: float | None) -> Callable[[float], Limits]:
    """BCa's ends; few units are allowed for as Student's interval does, and by the normal one's bias.

    Source: Hesterberg (2015), Am. Stat. 69, 371-386, the expanded percentile interval.
    """
    from scipy import special

    @functools.cache
    def limits(alpha: float) -> Limits:
        if drawn.unstable or freedom <= 0:
            return Limits(-np.inf, np.inf)
        tail = float(special.ndtr(special.stdtrit(freedom, alpha) * np.sqrt(units / (units - 1))))
        low, high = drawn.bca(1 - 2 * tail)
        if reach is not None:
            # Nobody of so many changed: by the rule of three, few more than that share of all do.
            rare = reach * (1 - alpha ** (1 / units))
            low, high = min(low, drawn.value - rare), max(high, drawn.value + rare)
        return Limits(min(low, drawn.value), max(high, drawn.value))

    return limits


def _student(value: float, error: float, freedom: float) -> Callable[[float], Limits]:
    from scipy import special

    @functools.cache
    def limits(alpha: float) -> Limits:
        half = float(-special.stdtrit(freedom, alpha)) * error
        return Limits(value - half, value + half)

    return limits


def apart_estimate(new: Scored, rows_new: Rows, old: Scored, rows_old: Rows) -> Estimate | None:
    """Two models on different rows: each one's own interval, squared and added; None where one has no value.

    Sources: Newcombe (1998), Stat. Med. 17, 873-890, method 10; Zou and Donner (2008), Stat. Med. 27, 1693-1702.
    """
    one, two = _Alone.of(new, rows_new), _Alone.of(old, rows_old)
    first, second = one.at(_TENTH), two.at(_TENTH)
    if first is None or second is None:
        return None

    @functools.cache
    def limits(alpha: float) -> Limits:
        ours, theirs = one.at(2 * alpha), two.at(2 * alpha)
        assert ours is not None  # noqa: S101  the same rows
        assert theirs is not None  # noqa: S101  same
        return squared_and_added(ours, theirs)

    smaller = min((one, two), key=lambda side: side.n)
    return Estimate(first.value, second.value, smaller.n, smaller.people, "newcombe and mover, two samples", limits)


class Ends(NamedTuple):
    """A number and its interval."""

    value: float
    low: float
    high: float


def squared_and_added(one: Ends, two: Ends) -> Limits:
    """The interval of the first less the second, of independent samples."""
    gap = one.value - two.value
    return Limits(
        gap - float(np.hypot(one.value - one.low, two.high - two.value)),
        gap + float(np.hypot(one.high - one.value, two.value - two.low)),
    )


@dataclass(frozen=True)
class _Alone:
    """One model's metric on its own rows."""

    scored: Scored
    rows: Rows

    @classmethod
    def of(cls, scored: Scored, rows: Rows) -> _Alone:
        kept, rows = rows.looked_at(scored.counted)
        return cls(scored.take(kept), rows)

    @property
    def n(self) -> int:
        return int(np.count_nonzero(self.scored.bottom)) if self.scored.kind == "ratio" else len(self.scored.top)

    @property
    def people(self) -> int | None:
        return _people(self.rows)

    def at(self, error: float) -> Ends | None:
        """The number with the interval that errs so often, both ends together; None: it has none."""
        about: dict[str, Any] = {"level": 1 - error, "weights": self.rows.weights, "units": self.rows.units}
        top, bottom, kind = self.scored.top, self.scored.bottom, self.scored.kind
        if self.n == 0:
            return None
        if kind == "area":
            positive = bottom > 0
            few = min(np.count_nonzero(positive), np.count_nonzero(~positive)) < _FEWEST_OF_A_CLASS
            area = None if few else delong(top, positive, **about)
            return None if area is None else Ends(area.value, area.low, area.high)
        if kind in {"share", "ratio"}:
            shares = share_of_totals(top.astype(np.int64), bottom.astype(np.int64), **about)
            low, high = shares.limits(1 - error)
            return Ends(float(shares.value[0]), float(low[0]), float(high[0]))
        if kind == "root":
            found = positive_ratio(top, bottom, **about)
        else:
            found = bounded_mean(top, **about) if self.scored.most == 1 else mean(top, **about)
        if found is None or found.limits is None:
            return None
        value, low, high = found.value, float(found.limits.low), float(found.limits.high)
        if kind == "root":
            value, low, high = (float(np.sqrt(end)) for end in (value, low, high))
        return Ends(value, low, high)


def _people(rows: Rows) -> int | None:
    return None if rows.units is None else len(np.unique(own_units(rows.units)))
