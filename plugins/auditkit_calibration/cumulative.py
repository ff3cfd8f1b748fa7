"""The cumulative calibration error of a question: the bounds between which it lies, and what chance makes of it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from auditkit.statistics.calibration import Kinds, cumulative_error, range_p
from auditkit_calibration.estimates import Estimate
from auditkit_calibration.questions import Question

Floats = npt.NDArray[np.floating]

BROWNIAN = "range of brownian motion"
"""The method of its intervals."""
_ENOUGH = 1e-9


def cumulative_estimate(question: Question, *, level: float) -> Estimate:
    """ECCE-R, give or take what noise ranges over; of people with several rows the noise is theirs.

    Args:
        question: with rows.
        level: the bounds' confidence.
    """
    found = cumulative_error(question.scores, question.came_true, weights=question.shares)
    if found is None:
        return Estimate(0.0, 0.0, 1.0)
    by_person = np.bincount(question.owners, question.residuals)
    seen = (float(np.sqrt((sums**2).sum())) for sums in (by_person, question.residuals))
    # An error there may be changes how far outcomes scatter: the larger of what is said and what is seen.
    reach = _range_point(level) * max(found.scatter, *seen)
    # What never happened may yet: of n people without an event, 3 / n may be the truth (the rule of three, at 95%).
    unseen = -math.log(1 - level) / max(len(by_person), 1)
    return Estimate(found.spread, max(found.spread - reach, 0.0), min(found.spread + reach + unseen, 1.0))


def cumulative_spreads(kinds: Kinds, residuals: Floats) -> Floats:
    """[draws]: ECCE-R of residuals [draws, k] of kinds of rows; sums are looked at where a probability ends."""
    order = np.argsort(kinds.chances, kind="stable")
    ends = np.append(np.diff(kinds.chances[order]) > 0, True)
    sums = np.cumsum(residuals[:, order], axis=1)[:, ends]
    return np.asarray(np.maximum(sums.max(axis=1), 0.0) - np.minimum(sums.min(axis=1), 0.0))


def _range_point(level: float) -> float:
    """What the range of Brownian motion stays below with this probability."""
    low, high = 0.0, 20.0
    while high - low > _ENOUGH:
        middle = (low + high) / 2
        low, high = (middle, high) if range_p(middle) > 1 - level else (low, middle)
    return high
