"""Lower bounds of a differential-privacy epsilon, from what attacks guess rightly, and what Gaussian privacy implies.

A bound is one only where the experiment was randomised: who is in the training data was decided by coin flips, each row
for itself. Of any other split the same number is an effect size, and says nothing of a claimed epsilon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.attack_rates import halves
from auditkit.statistics.intervals import clopper_pearson
from auditkit.statistics.roc import roc

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

_HALVINGS = 60
_MOST = 64.0
"""An epsilon beyond which a bound is not looked for: e^64 to 1 is no privacy at all."""


def one_run_epsilon(canaries: int, guesses: int, right: int, *, delta: float = 0.0, level: float = 0.95) -> float:
    """The largest epsilon that one training run with `canaries` coin flips rejects; 0 when it rejects none.

    How many guesses are made must not depend on the scores. With delta 0 and all guesses right it is the logit of
    (1 - level)^(1 / guesses). Source: Steinke, Nasr and Jagielski (2023), NeurIPS, theorem 5.2.

    Args:
        canaries: rows of which each was put into the training data by a fair coin.
        guesses: of how many of them it was guessed whether they are in; the attack may abstain from the others.
        right: guesses that are right.
        delta: of the (epsilon, delta) that is bounded.
        level: the confidence of the bound.
    """
    from scipy import special

    if not 0 <= right <= guesses <= canaries:
        raise ValueError(f"{right} right of {guesses} guesses about {canaries} canaries")
    error = 1 - level
    if guesses == 0 or one_run_p_value(canaries, guesses, right, epsilon=0.0, delta=delta) > error:
        return 0.0
    if delta == 0:
        # P[Bin(r, q) >= v] is the regularised incomplete beta function of q, whose inverse needs no search.
        share = special.betaincinv(right, guesses - right + 1, error)
        return min(float(np.log(share) - np.log1p(-share)), _MOST)
    low, high = 0.0, _MOST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rejects = one_run_p_value(canaries, guesses, right, epsilon=middle, delta=delta) <= error
        low, high = (middle, high) if rejects else (low, middle)
    return low


def one_run_p_value(canaries: int, guesses: int, right: int, *, epsilon: float, delta: float) -> float:
    """How often an (epsilon, delta)-private training would let as many guesses be right, at most."""
    from scipy import special, stats

    share = float(special.expit(epsilon))
    # P[at least v - i right], i = 0, 1, ..., v.
    tail = stats.binom.sf(np.arange(right, -1, -1) - 1, guesses, share)
    steepest = float(((tail[1:] - tail[0]) / np.arange(1, right + 1)).max(initial=0.0))
    return min(1.0, float(tail[0]) + 2 * canaries * delta * steepest)


@dataclass(frozen=True)
class TwoWorlds:
    """A lower bound of epsilon from the scores of rows that were in the training data, and of rows that were not."""

    epsilon: float
    """The median over halvings; 0: no epsilon is rejected."""
    halvings: tuple[float, ...]
    method: str = "clopper-pearson, thresholds chosen on the other half"


def two_world_epsilon(
    scores: Floats,
    positive: Flags,
    *,
    rng: np.random.Generator,
    delta: float = 0.0,
    level: float = 0.95,
    splits: int = 11,
) -> TwoWorlds | None:
    """ln((TPR - delta) / FPR) at the threshold that another half chose; None with fewer than two rows of a class.

    Scores must be independent: of rows of which each was inserted in a model of its own, or with so many others that
    they hardly touch each other. Each halving's bound has half the error, so that their median holds.
    Sources: Jagielski, Ullman and Oprea (2020), NeurIPS; Nasr and others (2021), IEEE S&P, for both kinds of threshold;
    Meinshausen, Meier and Buehlmann (2009), JASA 104, 1671-1681, for the median.

    Args:
        scores: [n], no NaN; higher speaks for membership.
        positive: [n], whether the row was in.
        rng: which rows are in which half.
        delta: of the (epsilon, delta) that is bounded.
        level: the confidence of the bound.
        splits: how many halvings.
    """
    inner = 1 - (1 - level) / 2
    found = []
    for chosen, judged in halves(positive, rng, splits):
        on = roc(scores[chosen], positive[chosen])
        assert on is not None  # noqa: S101  each half has rows of both classes
        hull = on.hull()
        tp, fp = hull.true_positives, hull.false_positives
        accusing = _bounds(tp, on.positives, fp, on.negatives, delta, inner)
        clearing = _bounds(on.negatives - fp, on.negatives, on.positives - tp, on.positives, delta, inner)
        threshold = hull.thresholds[int(np.maximum(accusing, clearing).argmax())]
        clears = clearing.max() > accusing.max()
        accepted, of = scores[judged] >= threshold, positive[judged]
        (hits, members), (alarms, others) = (
            (int(np.count_nonzero(accepted & part)), int(np.count_nonzero(part))) for part in (of, ~of)
        )
        rates = (others - alarms, others, members - hits, members) if clears else (hits, members, alarms, others)
        found.append(float(_bounds(*rates, delta, inner)))
    return TwoWorlds(float(np.median(found)), tuple(found)) if found else None


def epsilon_of_rates(
    hits: int, members: int, alarms: int, others: int, *, delta: float = 0.0, level: float = 0.95
) -> float:
    """The lower bound of epsilon at a threshold that was fixed before: ln((low of TPR - delta) / high of FPR), or 0.

    Each of the two limits is Clopper and Pearson's with half the error.
    """
    return float(_bounds(hits, members, alarms, others, delta, level))


def _bounds(
    hits: npt.ArrayLike, members: int, alarms: npt.ArrayLike, others: int, delta: float, level: float
) -> Floats:
    # Two-sided limits of `level` end where one-sided ones of half the error do.
    low = np.asarray(clopper_pearson(hits, members, level).low) - delta
    high = np.asarray(clopper_pearson(alarms, others, level).high)
    return np.asarray(np.maximum(np.log(np.maximum(low, np.finfo(float).tiny) / high), 0.0))


def gaussian_delta(mu: float, epsilon: float) -> float:
    """The delta of a mechanism that is mu-Gaussian private, at an epsilon.

    Phi(mu/2 - epsilon/mu) - e^epsilon Phi(-mu/2 - epsilon/mu). Source: Dong, Roth and Su (2022), J. R. Stat. Soc. B 84,
    3-54, corollary 1.
    """
    from scipy import special

    if mu == 0:
        return 0.0
    first = special.log_ndtr(mu / 2 - epsilon / mu)
    second = epsilon + special.log_ndtr(-mu / 2 - epsilon / mu)
    # In logarithms: e^epsilon overflows where the product with its tail is tiny.
    return float(np.exp(first) * -np.expm1(min(second - first, 0.0)))


def gaussian_epsilon(mu: float, delta: float) -> float:
    """The epsilon of a mechanism that is mu-Gaussian private, at a delta in (0, 1); 0 when none is needed."""
    from scipy import optimize

    if gaussian_delta(mu, 0.0) <= delta:
        return 0.0
    most = 1.0
    while gaussian_delta(mu, most) > delta:
        most *= 2
    return float(optimize.brentq(lambda epsilon: gaussian_delta(mu, epsilon) - delta, 0.0, most, xtol=1e-12))


def gaussian_mu(tpr: float, fpr: float) -> float:
    """The mu of the Gaussian privacy on whose trade-off curve an attack with these rates lies; at least 0."""
    from scipy import special

    return max(float(special.ndtri(tpr) - special.ndtri(fpr)), 0.0)
