"""A number followed through periods: its trend, and the worst period against all others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from auditkit.statistics.drawing import symmetric_root
from auditkit.statistics.intervals import critical_value

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Sign = Literal[-1, 0, 1]

DRAWS = 20_000
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Contrast:
    """A comparison of periods, with its interval."""

    value: float
    low: float
    high: float
    p_value: float
    """That there is no difference; of the worst period, that none differs."""
    place: int = -1
    """Of the worst period."""


@dataclass(frozen=True)
class PeriodNumbers:
    """One number of each period, and how much each unit moves each of them."""

    values: Floats
    """[periods]."""
    sizes: Floats
    """[periods], rows, or what they weigh."""
    moved: Floats
    """[units, periods]: what a unit adds to the number less its mean; the sum of squares is its variance."""
    people: Floats
    """[periods], how many units have rows in it."""
    least: Floats | None = None
    """[periods]: variances that are at least so, e.g. of a share of 0 or 1, whose rows tell of none."""

    @classmethod
    def of(
        cls,
        numbers: Floats,
        periods: Integers,
        count: int,
        *,
        weights: Floats | None = None,
        units: Integers | None = None,
        are_flags: bool = False,
    ) -> PeriodNumbers:
        """The mean of a number in each period.

        Args:
            numbers: [n], e.g. whether a decision is right, or what a row moves an area by, plus the area.
            periods: [n], from 0.
            count: how many periods there are; each has rows.
            weights: [n].
            units: [n], whose row it is: a unit may have rows in several periods.
            are_flags: whether numbers are 0 or 1.
        """
        mass = np.ones(len(numbers)) if weights is None else np.asarray(weights, dtype=float)
        total = np.asarray(np.bincount(periods, weights=mass, minlength=count), dtype=float)
        values = np.asarray(np.bincount(periods, weights=mass * numbers, minlength=count) / total, dtype=float)
        owners = np.arange(len(numbers)) if units is None else np.unique(units, return_inverse=True)[1]
        moves = mass * (numbers - values[periods]) / total[periods]
        moved = np.zeros((int(owners.max(initial=-1)) + 1, count))
        np.add.at(moved, (owners, periods), moves)
        least = None
        if are_flags:
            size = total**2 / np.bincount(periods, weights=mass**2, minlength=count)
            # Agresti and Caffo (2000), Am. Stat. 54, 280-288: one success and one failure more.
            shrunk = (values * size + 1) / (size + 2)
            least = shrunk * (1 - shrunk) / (size + 2)
        return cls(values, total, moved, _people(owners, periods, count), least)

    @cached_property
    def covariance(self) -> Floats:
        """[periods, periods], of the numbers: of whole units, with the correction for few of them."""
        scale = np.sqrt(np.where(self.people > 1, self.people / np.maximum(self.people - 1, 1), 1.0))
        found = np.asarray((self.moved * scale).T @ (self.moved * scale))
        if self.least is not None:
            lacking = np.maximum(self.least - np.diag(found), 0.0)
            found = found + np.diag(lacking)
        return found


def area_by_period(
    scores: Floats,
    positive: npt.NDArray[np.bool_],
    periods: Integers,
    count: int,
    *,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> PeriodNumbers:
    """The area under the ROC curve in each period, and how each unit moves it (DeLong's components).

    Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845; with units Obuchowski (1997), Biometrics
    53, 567-578.

    Args:
        scores: [n].
        positive: [n]; of either kind there are rows in each period.
        periods: [n], from 0.
        count: how many periods there are.
        weights: [n].
        units: [n], whose row it is.
    """
    mass = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=float)
    owners = np.arange(len(scores)) if units is None else np.unique(units, return_inverse=True)[1]
    values, moved = np.zeros(count), np.zeros((int(owners.max(initial=-1)) + 1, count))
    for period in range(count):
        rows = np.flatnonzero(periods == period)
        own, is_one, weight = scores[rows], positive[rows], mass[rows]
        beats = np.where(
            is_one, _below(own, own[~is_one], weight[~is_one]), 1 - _below(own, own[is_one], weight[is_one])
        )
        total = np.where(is_one, weight[is_one].sum(), weight[~is_one].sum())
        values[period] = float((weight * beats)[is_one].sum() / weight[is_one].sum())
        np.add.at(moved[:, period], owners[rows], weight * (beats - values[period]) / total)
    total = np.bincount(periods, weights=mass, minlength=count).astype(float)
    return PeriodNumbers(values, total, moved, _people(owners, periods, count))


def _people(owners: Integers, periods: Integers, count: int) -> Floats:
    """[periods]: how many units have rows in it."""
    pairs = np.unique(np.column_stack([owners, periods]), axis=0)
    return np.bincount(pairs[:, 1], minlength=count).astype(float)


def _below(scores: Floats, others: Floats, weights: Floats) -> Floats:
    """[n]: the weighted share of others with a lower score, ties half."""
    order = np.argsort(others, kind="stable")
    reached = np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum()
    ordered = others[order]
    left, right = (np.searchsorted(ordered, scores, side) for side in ("left", "right"))
    return np.asarray((reached[left] + reached[right]) / 2)


def trend_z(hits: Integers, sizes: Integers, times: Floats) -> float:
    """Cochran and Armitage's z of a linear trend in shares over times; 0 where nothing varies.

    Source: Armitage (1955), Biometrics 11, 375-386.
    """
    rows = sizes.sum()
    share = hits.sum() / rows
    centred = times - (times * sizes).sum() / rows
    spread = share * (1 - share) * (sizes * centred**2).sum()
    return float((centred * hits).sum() / np.sqrt(spread)) if spread > 0 else 0.0


def trend(found: PeriodNumbers, times: Floats, *, level: float = 0.95) -> Contrast | None:
    """The change from the first to the last time along the straight line that fits the periods best.

    Periods count by their rows. None where there are fewer than two times.
    """
    weights = found.sizes / found.sizes.sum()
    centred = times - (times * weights).sum()
    spread = float((weights * centred**2).sum())
    reach = float(times.max() - times.min()) if len(times) else 0.0
    if spread <= 0:
        return None
    factors = weights * centred / spread * reach
    value = float(factors @ found.values)
    error = float(np.sqrt(max(factors @ found.covariance @ factors, 0.0)))
    return _contrast(value, error, level)


def _contrast(value: float, error: float, level: float) -> Contrast:
    from scipy import special

    away = critical_value(level) * error
    p_value = float(2 * special.ndtr(-abs(value) / error)) if error > 0 else float(abs(value) < _ROUNDING)
    return Contrast(value, value - away, value + away, p_value)


def worst_period(found: PeriodNumbers, sign: Sign, *, rng: np.random.Generator, level: float = 0.95) -> Contrast | None:
    """How much worse the worst period is than all others together; None of fewer than two.

    All periods are compared at once (max-T): the intervals of all differences hold together, so that theirs of the
    largest does, whichever it is. Source: Hothorn, Bretz and Westfall (2008), Biom. J. 50, 346-363.

    Args:
        found: the numbers.
        sign: 1: high numbers are worse; -1: low ones; 0: whatever is far from the others.
        rng: where the joint distribution is drawn from.
        level: of the interval.
    """
    count = len(found.values)
    if count < 2:  # noqa: PLR2004  one has no others
        return None
    rest = found.sizes.sum() - found.sizes
    against = np.eye(count) - (np.ones((count, count)) - np.eye(count)) * found.sizes[None, :] / rest[:, None]
    differences = against @ found.values
    spread = against @ found.covariance @ against.T
    errors = np.sqrt(np.maximum(np.diag(spread), 0.0))
    drawn = _drawn(spread, errors, rng)
    away = float(np.quantile(np.abs(drawn).max(axis=1), level)) * errors
    if sign == 0:
        place = int(np.argmax(np.abs(differences)))
        low, high = np.abs(differences) - away, np.abs(differences) + away
        value = float(np.abs(differences[place]))
        low = np.maximum(low, 0.0)
    else:
        place = int(np.argmax(sign * differences))
        low, high = sign * differences - away, sign * differences + away
        value = float(sign * differences[place])
    scaled = np.divide(np.abs(differences), errors, out=np.zeros(count), where=errors > 0)
    p_value = (1 + np.count_nonzero(np.abs(drawn).max(axis=1) >= scaled.max())) / (1 + len(drawn))
    return Contrast(value, float(low.max()), float(high.max()), float(p_value), place)


def _drawn(spread: Floats, errors: Floats, rng: np.random.Generator) -> Floats:
    """[draws, periods]: standardised differences that are 0 in truth."""
    noise = rng.standard_normal((DRAWS, len(errors))) @ symmetric_root(spread)
    return np.asarray(np.divide(noise, errors, out=np.zeros_like(noise), where=errors > 0))
