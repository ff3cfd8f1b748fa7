"""Net benefit: what deciding by a model is worth beside treating everybody and treating nobody.

At a threshold probability t somebody is treated whose risk is t or more, so that t / (1 - t) false alarms are taken to
weigh as much as one case found. In units of cases found per person:

    net benefit = cases found / rows - false alarms / rows * t / (1 - t)

Source: Vickers and Elkin (2006), Med. Decis. Making 26, 565-574; of a stated prevalence: Vickers, van Calster and
Steyerberg (2016), BMJ 352, i6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import RATES, OutcomeTable, code_outcomes, count_outcomes
from auditkit.statistics.intervals import Limits, family_level
from auditkit.statistics.mover import combined
from auditkit.statistics.ratios import bounded_mean

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Benefit:
    """A net benefit, or a difference of two."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class NetBenefit:
    """The net benefit of a model at one threshold, and of what needs no model."""

    threshold: float
    model: Benefit
    treat_all: float
    """Of treating everybody; treating nobody has net benefit 0."""
    gain: Benefit
    """Of the model beyond the better of these two."""
    n: int


def net_benefit(
    scores: Floats,
    positive: Flags,
    threshold: float,
    *,
    prevalence: float | None = None,
    level: float = 0.95,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> NetBenefit | None:
    """The net benefit at one threshold; None when there are no rows, or with a prevalence none of a class.

    A row adds 1, -t / (1 - t) or 0: a number between two bounds, of whose mean the interval is Wilson's at the size
    that its variance is worth. With a stated prevalence it is made of sensitivity and false positive rate, which are
    independent, and the interval is Zou and Donner's. The gain is the smaller of the gains over treating everybody and
    nobody, each of whose intervals holds at Bonferroni's level, so that it holds whichever is the better.

    Args:
        scores: [n], probabilities; a row is treated at or above the threshold.
        positive: [n], whether the row is a case.
        threshold: above 0 and below 1.
        prevalence: the share of cases where the model is to be used; None: that of the rows.
        level: the confidence.
        weights: [n], how much each row counts.
        units: [n], whom each row belongs to; -1: a unit of its own.
    """
    treated, weighs = np.asarray(scores) >= threshold, threshold / (1 - threshold)
    levels = (level, family_level(level, 2), family_level(level, 2))
    if prevalence is None:
        found = _of_rows(treated, positive, weighs, levels, weights=weights, units=units)
    else:
        found = _of_rates(treated, positive, weighs, levels, prevalence, weights=weights, units=units)
    if found is None:
        return None
    model, over_none, over_all = found
    least = min(over_none.value, over_all.value)
    gain = Benefit(least, min(over_none.low, over_all.low), min(over_none.high, over_all.high))
    counted = len(treated) if weights is None else int(np.count_nonzero(weights))
    return NetBenefit(threshold, model, model.value - over_all.value, gain, counted)


Three = tuple[Benefit, Benefit, Benefit]
"""Of the model, of it over treating nobody, and of it over treating everybody."""


def _of_rows(
    treated: Flags,
    positive: Flags,
    weighs: float,
    levels: Sequence[float],
    *,
    weights: Floats | None,
    units: Integers | None,
) -> Three | None:
    worth = np.where(positive, 1.0, -weighs)
    ends = (
        (treated * worth, weighs, 1.0),
        (treated * worth, weighs, 1.0),
        (np.where(treated, 0.0, -worth), 1.0, weighs),
    )
    found = [_mean(*one, level=level, weights=weights, units=units) for one, level in zip(ends, levels, strict=True)]
    model, over_none, over_all = found
    if model is None or over_none is None or over_all is None:
        return None
    return model, over_none, over_all


def _of_rates(
    treated: Flags,
    positive: Flags,
    weighs: float,
    levels: Sequence[float],
    prevalence: float,
    *,
    weights: Floats | None,
    units: Integers | None,
) -> Three | None:
    codes, everybody = code_outcomes(treated, positive), np.zeros(len(treated), dtype=np.int64)
    table = count_outcomes(everybody, codes, group_count=1, weights=weights, units=units)
    free = (1 - prevalence) * weighs
    found = []
    for level, offset in zip(levels, (0.0, 0.0, free - prevalence), strict=True):
        value, limits = _shares(table, level)
        if not np.isfinite(value).all():
            return None
        found.append(_combination(value, limits, (prevalence, -free), offset))
    return found[0], found[1], found[2]


def _mean(
    worth: Floats, down: float, up: float, *, level: float, weights: Floats | None, units: Integers | None
) -> Benefit | None:
    """The mean of numbers between -down and up."""
    width = down + up
    found = bounded_mean((worth + down) / width, level=level, weights=weights, units=units)
    if found is None or found.limits is None:
        return None
    low, high = (float(end) * width - down for end in found.limits)
    value = found.value * width - down
    return Benefit(value, min(low, value), max(high, value))


def _shares(table: OutcomeTable, level: float) -> tuple[Floats, Limits]:
    """Sensitivity and false positive rate, with their limits."""
    found = [table.shares(RATES[name], level=level) for name in ("true_positive_rate", "false_positive_rate")]
    limits = [one.limits(level) for one in found]
    return np.array([one.value[0] for one in found]), Limits(
        np.array([one.low[0] for one in limits]), np.array([one.high[0] for one in limits])
    )


def _combination(value: Floats, limits: Limits, weights: tuple[float, float], offset: float) -> Benefit:
    low, high = combined(value, limits, weights)
    total = float(np.dot(weights, value)) + offset
    return Benefit(total, min(float(low) + offset, total), max(float(high) + offset, total))
