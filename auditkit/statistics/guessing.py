"""Which canaries were put into the training data: guesses about the surest of them, and the epsilon that they show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from auditkit.statistics.epsilon import one_run_epsilon
from auditkit.statistics.intervals import clopper_pearson

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

FEWEST_CANARIES = 20
"""Of fewer than these not even an attacker who is always right would show an epsilon above 2."""
_SHARES = (8, 4, 2)


@dataclass(frozen=True)
class Plan:
    """How many guesses are made: that the canaries with the highest scores are in, and those with the lowest out."""

    ins: int
    outs: int

    @property
    def guesses(self) -> int:
        """How many of either kind."""
        return self.ins + self.outs


@dataclass(frozen=True)
class Guessed:
    """What one plan of guesses came to."""

    plan: Plan
    right: int
    low: float
    """The lower bound of epsilon, at the level that all plans share."""
    high: float
    """What the same guesses would show of more canaries at most: the log odds of the upper limit of the share right.

    Where all are right no finite end exists; it is then that of one wrong guess.
    """


@dataclass(frozen=True)
class OneRun:
    """The lower bound of epsilon that a training run with canaries shows."""

    epsilon: float
    """The best bound of all plans; they hold together at the level."""
    high: float
    """The largest of the plans' upper ends."""
    best: Guessed
    tried: tuple[Guessed, ...]
    largest: float
    """The largest bound that so many canaries can show, when every guess is right."""


def guess_plans(canaries: int) -> tuple[Plan, ...]:
    """The plans that are tried, fixed by the number of canaries alone: an eighth, a quarter and a half of them.

    Each is tried as guesses that a canary is in, that it is out, and of both kinds; and all canaries, one half in.
    """
    plans = [Plan(canaries // 2, canaries - canaries // 2)]
    for share in _SHARES:
        count = canaries // share
        plans += [Plan(count, 0), Plan(0, count), Plan(count // 2, count - count // 2)]
    return tuple(dict.fromkeys(plan for plan in plans if plan.guesses))


def one_run(scores: Floats, included: Flags, *, delta: float = 0.0, level: float = 0.95) -> OneRun:
    """The bound that a fixed list of plans shows, at a level that is shared among them (Bonferroni).

    Valid where each canary was included by a fair coin of its own, and the scores know of the coins through the model
    alone. Ties go to the canary that comes first, in which no coin had a part. Source of the bound, which wants a
    number of guesses that was fixed before: Steinke, Nasr and Jagielski (2023), NeurIPS, theorem 5.2.

    Args:
        scores: [m], no NaN; higher speaks for having been included.
        included: [m], what the coins said.
        delta: of the (epsilon, delta) that is bounded.
        level: the confidence of the bound.

    Raises:
        ValueError: there are fewer than two canaries, or a score is NaN.
    """
    count = len(scores)
    if count < 2 or np.isnan(scores).any():  # noqa: PLR2004  one half in, one half out
        raise ValueError("at least two canaries with a score each are wanted")
    plans = guess_plans(count)
    each = 1 - (1 - level) / len(plans)
    ranked = np.asarray(included, dtype=bool)[np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")]
    tried = tuple(_guessed(ranked, plan, delta=delta, level=each) for plan in plans)
    best = max(tried, key=lambda one: one.low)
    largest = largest_bound(count, delta=delta, level=level)
    return OneRun(best.low, max(one.high for one in tried), best, tried, largest)


@cache
def largest_bound(canaries: int, *, delta: float = 0.0, level: float = 0.95) -> float:
    """The largest bound that so many canaries can show: every guess of the best plan is right."""
    plans = guess_plans(canaries)
    each = 1 - (1 - level) / len(plans)
    sizes = {plan.guesses for plan in plans}
    return max(one_run_epsilon(canaries, size, size, delta=delta, level=each) for size in sizes)


def _guessed(ranked: Flags, plan: Plan, *, delta: float, level: float) -> Guessed:
    outs = ranked[len(ranked) - plan.outs :]
    right = int(np.count_nonzero(ranked[: plan.ins])) + int(np.count_nonzero(~outs))
    low = one_run_epsilon(len(ranked), plan.guesses, right, delta=delta, level=level)
    # Two-sided limits of `1 - 2 * error` end where one-sided ones of `error` do.
    counted = min(right, plan.guesses - 1)
    most = float(clopper_pearson(counted, plan.guesses, 1 - 2 * (1 - level)).high)
    return Guessed(plan, right, low, max(float(np.log(most) - np.log1p(-most)), low, 0.0))
