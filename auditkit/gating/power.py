"""Before a release is there: the loss that a gate of so many rows would find, and how often an equal model passes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import Limits
from auditkit.statistics.paired import Pairs, paired_difference
from auditkit.statistics.paired_scores import paired_score_limits

Floats = npt.NDArray[np.floating]

POWER = 0.8
"""How often a loss of the size that is told would fail the gate."""
DISCORDANCE = 0.05
"""Of an equally good model's rows, how many are right where the baseline is wrong, or the other way round: stated, not
known. Two trainings of one network differ in about as many; a model that is much like the last one in fewer."""
RIGHT = 0.8
"""The share that the baseline is right about, which the interval hardly depends on."""
DEVIATION = 0.2
"""Of metrics that are means, the standard deviation of what one row changes: stated too."""

_REACH = 4.5
"""Standard deviations to both sides within which a count is looked at."""
_COUNTS = 101
_HALVINGS = 30


@dataclass(frozen=True)
class Power:
    """What a gate could see of one group."""

    found: float
    """The smallest loss that fails it in 80% of releases; 1 where not even the largest does."""
    passes: float
    """How often a model that is exactly as good passes, whose answers differ as is stated."""


def shares_power(
    rows: float, margin: float, alpha: float, *, discordance: float = DISCORDANCE, right: float = RIGHT
) -> Power:
    """Of a share on the same rows, by the very decision that the gate makes.

    The rows that one model alone has right are drawn from a trinomial distribution: half of the discordance to either
    side, and the loss to one. For each count on one side it is found from which count on the other the interval lies
    beyond the margin; the rest are binomial tails.

    Args:
        rows: pairs; may be an effective size.
        margin: how much worse the candidate may be.
        alpha: what may err at either end: the family's by the number of its comparisons.
        discordance: of an equal model.
        right: the baseline's share.
    """
    from scipy import special

    n = max(math.floor(rows + 1e-6), 1)
    gained, chances = _counts(n, discordance / 2)
    fewest = _fewest_lost(gained, n, margin, alpha, right=right, fails=True)
    too_many = _fewest_lost(gained, n, margin, alpha, right=right, fails=False)

    def more(least: Floats, lost: float) -> float:
        share = min(lost / (1 - discordance / 2), 1.0)
        tail = special.bdtrc(least - 1, (n - gained).astype(np.int64), share)
        return float(np.where(least <= 0, 1.0, np.where(least > n - gained, 0.0, tail)) @ chances)

    low, high = 0.0, 1 - discordance
    if more(fewest, discordance / 2 + high) < POWER:
        high = 1.0
    else:
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if more(fewest, discordance / 2 + middle) >= POWER else (middle, high)
    return Power(high, 1 - more(too_many, discordance / 2))


def _counts(n: int, share: float) -> tuple[Floats, Floats]:
    """Counts that a binomial number may have, and the chance of each, or of those around it."""
    from scipy import special

    middle, spread = n * share, math.sqrt(n * share * (1 - share))
    low, high = max(math.floor(middle - _REACH * spread - 1), 0), min(math.ceil(middle + _REACH * spread + 1), n)
    counts = np.unique(np.rint(np.linspace(low, high, min(high - low + 1, _COUNTS))))
    edges = np.floor((counts[1:] + counts[:-1]) / 2)
    return counts, np.diff(np.concatenate([[0.0], special.bdtr(edges, n, share), [1.0]]))


def _fewest_lost(gained: Floats, n: int, margin: float, alpha: float, *, right: float, fails: bool) -> Floats:
    """[counts]: from how many rows that the baseline alone has right on the gate fails, or no longer passes."""
    low, high = np.full(len(gained), -1.0), n - gained + 1
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        limits = _limits(gained, np.clip(middle, 0, n - gained), n, alpha, right)
        beyond = limits.high < -margin if fails else limits.low < -margin
        beyond = beyond | (middle > n - gained)
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return np.asarray(high)


def _limits(gained: Floats, lost: Floats, n: int, alpha: float, right: float) -> Limits:
    both = np.clip(right * n - lost, 0, n - gained - lost)
    pairs = Pairs(both, gained, lost, n - gained - lost - both)
    score, squared = paired_score_limits(pairs, 1 - 2 * alpha), paired_difference(pairs, 1 - 2 * alpha)
    return Limits(np.minimum(score.low, squared.low), np.maximum(score.high, squared.high))


def means_power(rows: float, margin: float, alpha: float, *, deviation: float = DEVIATION) -> Power:
    """Of a mean on the same rows, by the normal formula: margin + (z of alpha + z of the power) deviation / sqrt(n).

    Args:
        rows: pairs, or users; may be an effective size.
        margin: how much worse the candidate may be.
        alpha: what may err at either end.
        deviation: the standard deviation of what one row changes.
    """
    from scipy import special

    error = deviation / math.sqrt(max(rows, 1.0))
    z = float(-special.ndtri(alpha))
    return Power(margin + (z + float(special.ndtri(POWER))) * error, float(special.ndtr(margin / error - z)))
