"""How often an attack tells an attribute, with the model and without, of members and of others: with intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from auditkit.statistics import (
    ExcessRisk,
    Limits,
    Pairs,
    count_pairs,
    excess_risk,
    mean,
    newcombe,
    paired_difference,
    share_of_totals,
)

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]


HALVED = "wilson, mean of two halves, as wide as one"


@dataclass(frozen=True)
class Rate:
    """A share of rows, with its interval and the number of independent rows that would tell as much."""

    value: float
    n: int
    size: float
    low: float
    high: float

    @property
    def hits(self) -> float:
        """So many of the independent rows."""
        return self.value * self.size


def rate_of_halves(hits: Flags, half: Integers, units: Integers | None, level: float) -> Rate:
    """The same of two halves, [n], either told of by what was learnt from the other, with an interval as wide as one's.

    Where nothing can be told both halves say by how much they happen to be alike, so that the ends are the means of the
    halves' ends, as those of `area_of_halves` are. What is not the interval is that of all rows.
    """
    whole = rate(hits, units, level)
    parts = [rate(hits[of], None if units is None else units[of], level) for of in _rows(half)]
    low, high = (sum(getattr(part, end) * part.n for part in parts) / whole.n for end in ("low", "high"))
    return replace(whole, low=min(low, whole.value), high=max(high, whole.value))


@dataclass(frozen=True)
class Gain:
    """By how much one attack succeeds more often than another, on the same rows."""

    value: float
    n: int
    low: float
    high: float
    method: str


def rate(hits: Flags, units: Integers | None, level: float) -> Rate:
    """The share of rows, [n], of which something holds; people's rows count as theirs."""
    share = share_of_totals(hits.astype(np.int64), np.ones(len(hits), dtype=np.int64), level=level, units=units)
    limits = share.limits(level)
    value = float(share.value[0])
    low, high = float(np.ravel(limits[0])[0]), float(np.ravel(limits[1])[0])
    return Rate(value, len(hits), float(share.size[0]), min(low, value), max(high, value))


def gain(hits: Flags, without: Flags, units: Integers | None, level: float) -> Gain:
    """What an attack adds to what is told without the model, row by row.

    Of rows that stand alone the interval is Newcombe's for pairs. Where people have several rows it is Student's over
    people, widened to Newcombe's of as many pairs as there are people: few people who agree say little of others.

    Args:
        hits: [n], whether the attack tells the attribute of the row.
        without: [n], whether the baseline does.
        units: [n], whose row it is, -1 of nobody known; None: rows stand alone.
        level: the interval's confidence.
    """
    pairs = count_pairs(hits, without)
    value = float(hits.mean() - without.mean())
    if units is None:
        found = paired_difference(pairs, level)
        return _gain(value, len(hits), found, "newcombe, paired")
    people = len(np.unique(units[units >= 0])) + int(np.count_nonzero(units < 0))
    part = people / len(hits)
    both, first, second, neither = (
        np.asarray(count, dtype=float) * part for count in (pairs.both, pairs.first, pairs.second, pairs.neither)
    )
    as_people = Pairs(both=both, first=first, second=second, neither=neither)
    found = paired_difference(as_people, level)
    over = mean(hits.astype(float) - without, level=level, units=units)
    if over is not None and over.limits is not None:
        found = Limits(min(found.low, over.limits.low), max(found.high, over.limits.high))
    return _gain(value, len(hits), found, "student over people, widened to newcombe, paired")


def _gain(value: float, n: int, found: Limits, method: str) -> Gain:
    return Gain(value, n, max(min(float(found.low), value), -1.0), min(max(float(found.high), value), 1.0), method)


def rate_gain_of_halves(hits: Flags, without: Flags, half: Integers, units: Integers | None, level: float) -> Gain:
    """The same of two halves, [n], with an interval as wide as one's: see `rate_of_halves`."""
    parts = [gain(hits[of], without[of], None if units is None else units[of], level) for of in _rows(half)]
    value = float(hits.mean() - without.mean())
    low, high = (sum(getattr(part, end) * part.n for part in parts) / len(hits) for end in ("low", "high"))
    return Gain(
        value, len(hits), min(low, value), max(high, value), f"{parts[0].method}, mean of two halves, as wide as one"
    )


def _rows(half: Integers) -> list[Integers]:
    """Where the rows of either half are; a half of nobody is none."""
    return [rows for rows in (np.flatnonzero(half == one) for one in (0, 1)) if len(rows)]


def risk(inside: Rate, outside: Rate, level: float) -> ExcessRisk | None:
    """Of what the attack does not tell of others, the part that it tells of members; None: it tells it of everybody."""
    return excess_risk(inside.hits, inside.size, outside.hits, outside.size, level)


def apart(inside: Rate, outside: Rate, level: float) -> Limits:
    """The interval of the difference of two rates of different people."""
    return newcombe(inside.hits, inside.size, outside.hits, outside.size, level)
