"""How far the attention that groups of items get lies from what they should get: losses, unevenness, inequity.

All are lengths of a vector that is 0 where all is as it should be. An estimate of such a length is too long, by the
length of the noise, and a bootstrap of it never comes near 0. So the intervals rest on the triangle inequality: what is
seen is no further from what is true than the noise is long, whose quantile is drawn. They are wide rather than wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.exposure import JointSums, drawn_totals
from auditkit.statistics.intervals import Limits

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_ROUNDING = 1e-10


@dataclass(frozen=True)
class Length:
    """The length of a vector, with an interval; its ends are NaN where nothing is known of the noise."""

    value: float
    limits: Limits


def _length(seen: Floats, drawn: Floats, level: float, *, order: int = 2, by: float = 1.0) -> Length:
    """The norm of `seen` [k], held against the noise in `drawn` [draws, k]; both divided by `by`."""
    value = float(np.linalg.norm(seen, ord=order)) / by
    noise = np.linalg.norm(drawn - seen, ord=order, axis=-1) / by
    known = np.isfinite(noise)
    # A draw in which nothing is left to divide by lies as far off as can be.
    reach = float(np.quantile(np.where(known, noise, np.inf), level, method="higher")) if known.any() else 0.0
    if reach <= _ROUNDING or not np.isfinite(reach):
        return Length(value, Limits(float("nan"), float("nan")))
    return Length(value, Limits(max(value - reach, 0.0), value + reach))


def target_exposure(relevant: Integers, others: Integers, given: Floats) -> tuple[Floats, Floats]:
    """What attention each relevant item of a user should get, and each other one: [users] each.

    The relevant items share the first ranks, as many as they are, and the others share the ranks below, down to a
    depth: the policy that is fair to items of one worth. Source: Diaz et al. (2020), CIKM, 275-284.

    Args:
        relevant: [users], how many items are relevant.
        others: [users], how many are not, and can be recommended.
        given: [depth], the attention to each rank.
    """
    sums = np.concatenate([[0.0], np.cumsum(given)])
    first = sums[np.minimum(relevant, len(given))]
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(relevant > 0, first / relevant, 0.0)
        rest = np.where(others > 0, (sums[-1] - first) / others, 0.0)
    return own, rest


@dataclass(frozen=True)
class ExpectedExposure:
    """The mean attention to groups and its target: the loss is the disparity less 2 x relevance, plus a constant."""

    loss: Length
    """The squared distance from the target."""
    disparity: float
    """The squared length of the attention: large where few groups get all."""
    disparity_error: float
    relevance: float
    """Its product with the target: large where those get it who should."""
    relevance_error: float


def expected_exposure(sums: JointSums, groups: int, *, level: float, rng: np.random.Generator) -> ExpectedExposure:
    """Diaz's expected exposure of groups of items, over users: EE-L, EE-D and EE-R.

    Source: Diaz et al. (2020), CIKM, 275-284, by group; Raj and Ekstrand (2022), SIGIR, 726-736.

    Args:
        sums: of the attention to each group, then of its target, then of 1: the number of users.
        groups: how many.
        level: the confidence.
        rng: where the noise comes from.
    """
    total = sums.totals[-1]
    seen, target = (sums.totals[start : start + groups] / total for start in (0, groups))
    drawn = drawn_totals(sums, rng)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = (drawn[:, :groups] - drawn[:, groups : 2 * groups]) / drawn[:, -1:]
    distance = _length(seen - target, moved, level)
    loss = Length(distance.value**2, Limits(distance.limits.low**2, distance.limits.high**2))

    def error(of_seen: Floats, of_target: Floats, value: float) -> float:
        slope = np.concatenate([of_seen, of_target, [-2 * value]]) / total
        return float(np.sqrt(max(slope @ sums.covariance @ slope, 0.0)))

    disparity, relevance = float(seen @ seen), float(seen @ target)
    none = np.zeros(groups)
    return ExpectedExposure(
        loss, disparity, error(2 * seen, none, disparity), relevance, error(target, seen, relevance)
    )


def unevenness(sums: JointSums, groups: int, *, level: float, rng: np.random.Generator) -> Length | None:
    """The standard deviation of the groups' rates by their mean: RSP and REO; None where the rates are 0.

    Source: Zhu, Wang and Caverlee (2020), SIGIR, 449-458; the deviation is by the number of groups.

    Args:
        sums: of the parts of each group, then of its wholes.
        groups: how many.
        level: the confidence.
        rng: where the noise comes from.
    """

    def relative(totals: Floats) -> Floats:
        rates = np.maximum(totals[..., :groups], 0) / totals[..., groups : 2 * groups]
        return np.asarray(rates / rates.mean(axis=-1, keepdims=True) - 1)

    if not sums.totals[:groups].any():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = relative(drawn_totals(sums, rng))
    return _length(relative(sums.totals), drawn, level, by=float(np.sqrt(groups)))


def attention_inequity(sums: JointSums, groups: int, *, level: float, rng: np.random.Generator) -> Length:
    """The sum over groups of how far their share of attention lies from their share of merit: 0 to 2.

    Source: Biega, Gummadi and Weikum (2018), SIGIR, 405-414, with both normalised to shares.

    Args:
        sums: of the attention to each group, then of its merit.
        groups: how many.
        level: the confidence.
        rng: where the noise comes from.
    """

    def apart(totals: Floats) -> Floats:
        parts = (np.maximum(totals[..., start : start + groups], 0) for start in (0, groups))
        one, other = (part / part.sum(axis=-1, keepdims=True) for part in parts)
        return np.asarray(one - other)

    with np.errstate(divide="ignore", invalid="ignore"):
        found = _length(apart(sums.totals), apart(drawn_totals(sums, rng)), level, order=1)
    return Length(found.value, Limits(found.limits.low, min(found.limits.high, 2.0)))
