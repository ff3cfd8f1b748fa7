"""How large chance alone can make the residuals: what the intervals of calibration errors rest on.

A calibration error is the size of the mean residuals, smoothed or binned, and by the triangle inequality it lies no
further from the true one than the size of their noise. (For the smooth one: both sizes, L and the true L0, fall as the
kernel widens, and differ by at most the noise N. At the fixed points v = L(v) and v0 = L0(v0), if v > v0 then
v <= L0(v) + N(v) <= v0 + N(v); if v < v0 then v0 <= L0(v) <= v + N(v).) So the value, give or take a quantile of the
noise's size, holds the truth at least as often as the level says. It does so also where the truth is 0, at the edge of
what a size can be, where resampling the value itself fails.
There, too, 0 is left out only when calibrated probabilities would seldom show as much.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics import critical_value
from auditkit.statistics.calibration import Deposit
from auditkit_calibration.questions import Question

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Size = Callable[[Floats], Any]
"""From sums by place [draws, places] to their size [draws]."""

_BLOCK = 250


@dataclass(frozen=True)
class Effort:
    """How finely the noise is looked at."""

    draws: int
    """At least so many; more where the level leaves few draws beyond its quantile."""
    beyond: int
    """At least so many draws lie beyond the quantile."""
    pools: int
    """More units than these are pooled, each with a random sign: that keeps the noise's covariance in expectation."""

    def draws_at(self, level: float) -> int:
        """How many draws."""
        return max(self.draws, math.ceil(self.beyond / (1 - level)))


def noise_bound(
    question: Question, deposit: Deposit, size: Size, *, level: float, rng: np.random.Generator, effort: Effort
) -> float:
    """The size that the noise in the sums by place stays below with probability `level`.

    By a Gaussian multiplier bootstrap over units: each unit's part, less its share of the total, is multiplied by a
    standard normal number. Source: Chernozhukov, Chetverikov & Kato (2013), Ann. Stat. 41, 2786-2819.
    """
    sizes = noise_sizes(question, deposit, size, level=level, rng=rng, effort=effort)
    return float(np.quantile(sizes, level, method="higher"))


def noise_sizes(
    question: Question, deposit: Deposit, size: Size, *, level: float, rng: np.random.Generator, effort: Effort
) -> Floats:
    """[draws]: the size of the noise in the sums by place, in each of as many draws as the level needs.

    The multipliers are drawn before all else: two questions of the same rows and units meet the same ones where their
    generators draw the same.
    """
    total = deposit.totals(question.residuals)
    noise = _noise(question, deposit, question.residuals, total, level=level, rng=rng, effort=effort)
    return np.concatenate([np.asarray(size(block)) for block in noise])


def chance_bound(
    question: Question, deposit: Deposit, size: Size, *, level: float, rng: np.random.Generator, effort: Effort
) -> float:
    """The same, for rows that are independent and whose probabilities p are true: each scatters by p (1 - p).

    Bins and stretches with few rows and rare events mostly show no event, and then too little scatter; this knows it.
    """
    alone = replace(question, owners=np.arange(len(question)))
    scatter = question.shares * np.sqrt(question.scores * (1 - question.scores))
    noise = _noise(alone, deposit, scatter, np.zeros(deposit.width), level=level, rng=rng, effort=effort)
    return _quantile(noise, size, level)


def _quantile(blocks: Iterator[Floats], size: Size, level: float) -> float:
    sizes = np.concatenate([np.asarray(size(block)) for block in blocks])
    return float(np.quantile(sizes, level, method="higher"))


def _noise(
    question: Question,
    deposit: Deposit,
    residuals: Floats,
    centre: Floats,
    *,
    level: float,
    rng: np.random.Generator,
    effort: Effort,
) -> Iterator[Floats]:
    masses = np.bincount(question.owners, question.shares)
    count, effective = len(masses), 1 / float(np.dot(masses, masses))
    owners, signs = _pooled(count, effort.pools, rng)
    owner, sign = owners[question.owners], signs[question.owners]
    pooled = int(owners.max()) + 1
    parts = deposit.totals_by_owner(sign * residuals, owner, pooled)
    weights = np.bincount(owner, sign * question.shares, minlength=pooled)
    spread = math.sqrt(count / max(count - 1, 1))
    # What did not happen among n rows may yet happen in z^2 of n: without this, rows that all turned out alike would
    # leave no doubt at all. It is the z^2 / n that Wilson's interval reaches when it has seen 0 hits.
    unseen = critical_value(level) / effective * deposit.totals(question.shares)
    draws = effort.draws_at(level)
    for start in range(0, draws, _BLOCK):
        rows = min(_BLOCK, draws - start)
        normal = rng.standard_normal((rows, pooled))
        centred = normal @ parts - np.outer(normal @ weights, centre)
        yield np.asarray(spread * centred + np.outer(rng.standard_normal(rows), unseen))


def _pooled(count: int, pools: int, rng: np.random.Generator) -> tuple[Integers, Floats]:
    """Each unit's pool and sign; each is alone, with the sign +, when there are few enough."""
    if count <= pools:
        return np.arange(count), np.ones(count)
    return rng.integers(0, pools, count), rng.choice([-1.0, 1.0], count)
