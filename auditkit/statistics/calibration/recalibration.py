"""Cox's recalibration: which line, on the scale of log odds, would make the probabilities true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import Limits, critical_value

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

SURE = 1
ALIKE = 2
ONE_SCORE = 3
SEPARATED = 4
"""Why there is no line: all scores are 0 or 1, all rows came out alike, there is one score, or scores separate them."""

_MOST_PROFILED = 2_000
"""Rows above which Wald's interval and the profile's are the same for any purpose, and the profile costs."""
_STEPS = 60
_CERTAIN = 40.0
"""Log odds at which a chance is 0 or 1 to the last digit."""
_NEAR = 1e-10


@dataclass(frozen=True)
class Coefficient:
    """A number of the line, with its interval."""

    value: float
    limits: Limits


@dataclass(frozen=True)
class Recalibration:
    """log odds = a + b logit(score), fitted to what came true."""

    intercept: Coefficient
    """a where b is held at 1: how much log odds are off on average. 0 is calibrated, below 0 scores are too high."""
    slope: Coefficient
    """b. 1 is calibrated; below 1 scores are too extreme, above 1 too timid."""
    beside: float
    """a beside that slope."""
    statistic: float
    """Of the test that a is 0 and b is 1: a chi-square of 2 degrees of freedom."""
    p_value: float
    method: str
    """'likelihood ratio', or 'robust wald' where rows weigh unlike or share units."""
    n: int
    left_out: int
    """Rows with a score of 0 or 1, whose log odds are infinite."""


def recalibration(
    scores: Floats,
    came_true: Flags,
    *,
    level: float = 0.95,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> Recalibration | int:
    """Fit intercept and slope by maximum likelihood; or say why there is no line: one of the constants above.

    Intervals are of the profile likelihood to 2,000 rows, and Wald's above. With weights or units the likelihood is
    none: the fit is weighted, and intervals and test are Wald's with the sandwich of the units' scores.
    Sources: Cox (1958), Biometrika 45, 562-565; Steyerberg (2019), Clinical Prediction Models, section 15.3; the
    sandwich, Binder (1983), Int. Stat. Rev. 51, 279-292.

    Args:
        scores: [n], between 0 and 1.
        came_true: [n].
        level: the intervals' confidence.
        weights: [n], above 0; None: all the same.
        units: [n], whose row it is, from 0 without a gap; None: each stands for itself.
    """
    from scipy import special

    inside = (scores > 0) & (scores < 1)
    if not inside.any():
        return SURE
    logits, hits = special.logit(scores[inside]), came_true[inside].astype(float)
    why = _no_line(logits, hits > 0)
    if why:
        return why
    mass = np.ones(len(logits)) if weights is None else weights[inside] / weights[inside].mean()
    rows = _Rows(np.column_stack([np.ones(len(logits)), logits]), hits, mass)
    line, alone = rows.fit(np.array([0.0, 1.0])), rows.fit(np.array([0.0, 1.0]), held=1)
    left_out = int(np.count_nonzero(~inside))
    if weights is None and units is None:
        statistic = max(2 * (rows.likelihood(line) - rows.likelihood(np.array([0.0, 1.0]))), 0.0)
        parts = _profiled if len(logits) <= _MOST_PROFILED else _wald
        intercept, slope = parts(rows, alone, level, 0), parts(rows, line, level, 1)
        method = "likelihood ratio"
    else:
        owners = np.arange(len(logits)) if units is None else units[inside]
        spread = rows.sandwich(line, owners)
        off = line - np.array([0.0, 1.0])
        statistic = float(off @ np.linalg.solve(spread, off))
        half = critical_value(level)
        error = float(np.sqrt(rows.sandwich(alone, owners, only=0)[0, 0])), float(np.sqrt(spread[1, 1]))
        intercept = _around(alone[0], half * error[0])
        slope = _around(line[1], half * error[1])
        method = "robust wald"
    p_value = float(special.chdtrc(2, statistic))
    return Recalibration(intercept, slope, float(line[0]), statistic, p_value, method, len(logits), left_out)


def line_of(
    logits: Floats, came_true: Flags, *, weights: Floats | None = None, held: bool = False
) -> tuple[float, float] | None:
    """Intercept and slope alone, by maximum likelihood; None where there is no such line, as `recalibration` says.

    Args:
        logits: [n], finite.
        came_true: [n].
        weights: [n], above 0; None: all the same.
        held: whether the slope is held at 1.
    """
    if _no_line(logits, came_true):
        return None
    mass = np.ones(len(logits)) if weights is None else weights / weights.mean()
    rows = _Rows(np.column_stack([np.ones(len(logits)), logits]), came_true.astype(float), mass)
    intercept, slope = rows.fit(np.array([0.0, 1.0]), held=1 if held else None)
    return float(intercept), float(slope)


def _no_line(logits: Floats, hits: Flags) -> int:
    if hits.all() or not hits.any():
        return ALIKE
    if np.ptp(logits) == 0:
        return ONE_SCORE
    no, yes = logits[~hits], logits[hits]
    # One place that both share, and all else on either side of it, separates them too.
    return SEPARATED if no.max() <= yes.min() or yes.max() <= no.min() else 0


@dataclass(frozen=True)
class _Rows:
    """A constant and the log odds of each row, what came true, and how much it counts."""

    design: Floats
    hits: Floats
    mass: Floats

    def likelihood(self, line: Floats) -> float:
        """The log likelihood."""
        odds = self.design @ line
        return float(self.mass @ (self.hits * odds - np.logaddexp(0, odds)))

    def fit(self, start: Floats, held: int | None = None) -> Floats:
        """The line of the greatest likelihood, by Newton's steps, halved where they overshoot; one part may be held."""
        free = [place for place in (0, 1) if place != held]
        line, best = start.astype(float), self.likelihood(start)
        for _ in range(_STEPS):
            scores, information = self.slopes(line)
            if held == 1 and not information[0, 0] > 0:
                return self.beside(line[1])
            step = np.zeros(2)
            step[free] = np.linalg.solve(information[np.ix_(free, free)], scores.sum(axis=0)[free])
            for halving in range(_STEPS):
                tried = line + step / 2**halving
                found = self.likelihood(tried)
                if found >= best - _NEAR * abs(best):
                    break
            line, best = tried, found
            if np.abs(step).max() < _NEAR:
                break
        return line

    def beside(self, slope: float) -> Floats:
        """The best intercept beside a slope so steep that every chance is 0 or 1 where Newton stands.

        What the intercept's score leaves falls as it rises, so that its zero is found by halving.
        """
        from scipy import special

        odds = slope * self.design[:, 1]
        low, high = -float(odds.max()) - _CERTAIN, -float(odds.min()) + _CERTAIN
        for _ in range(_STEPS):
            middle = (low + high) / 2
            is_low = float(self.mass @ (self.hits - special.expit(middle + odds))) > 0
            low, high = (middle, high) if is_low else (low, middle)
        return np.array([(low + high) / 2, slope])

    def slopes(self, line: Floats) -> tuple[Floats, Floats]:
        """Each row's derivative of the log likelihood, [n, 2], and the information, [2, 2]."""
        from scipy import special

        chance = special.expit(self.design @ line)
        scores = (self.mass * (self.hits - chance))[:, np.newaxis] * self.design
        return scores, (self.design * (self.mass * chance * (1 - chance))[:, np.newaxis]).T @ self.design

    def sandwich(self, line: Floats, owners: Integers, only: int | None = None) -> Floats:
        """The covariance of the line's parts, with the squares of units' scores between two inverse informations."""
        scores, information = self.slopes(line)
        kept = [0, 1] if only is None else [only]
        sums = np.column_stack([np.bincount(owners, scores[:, place]) for place in kept])
        count = len(np.unique(owners))
        bread = np.linalg.inv(information[np.ix_(kept, kept)])
        return np.asarray(bread @ (sums.T @ sums) @ bread * count / max(count - 1, 1))


def _wald(rows: _Rows, line: Floats, level: float, place: int) -> Coefficient:
    information = rows.slopes(line)[1]
    # The intercept is fitted alone, the slope beside an intercept of its own.
    variance = 1 / information[0, 0] if place == 0 else np.linalg.inv(information)[1, 1]
    return _around(line[place], critical_value(level) * float(np.sqrt(variance)))


def _around(value: float, half: float) -> Coefficient:
    return Coefficient(float(value), Limits(float(value - half), float(value + half)))


def _profiled(rows: _Rows, line: Floats, level: float, place: int) -> Coefficient:
    """Where the log likelihood, greatest over the other part, is as far below its maximum as the level allows."""
    wald = _wald(rows, line, level, place)
    drop = critical_value(level) ** 2 / 2
    best = rows.likelihood(line)
    ends = []
    for end in wald.limits:
        step = end - wald.value
        inner, outer = wald.value, end
        while best - _greatest(rows, line, outer, place) < drop and abs(outer - wald.value) < _FARTHEST * abs(step):
            inner, outer = outer, outer + step
        for _ in range(_HALVINGS):
            middle = (inner + outer) / 2
            inside = best - _greatest(rows, line, middle, place) < drop
            inner, outer = (middle, outer) if inside else (inner, middle)
        ends.append(outer)
    return Coefficient(wald.value, Limits(float(ends[0]), float(ends[1])))


def _greatest(rows: _Rows, line: Floats, value: float, place: int) -> float:
    held = line.copy()
    held[place] = value
    # The intercept's likelihood is that beside a slope of 1.
    return rows.likelihood(rows.fit(held, held=1) if place == 1 else held)


_FARTHEST = 50.0
_HALVINGS = 30
