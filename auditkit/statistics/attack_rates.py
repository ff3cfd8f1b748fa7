"""How well a score tells members from others, where the threshold is never judged on the rows that chose it.

Members are the rows with `positive`, as in a ROC curve. Rates at a low share of false alarms come with what the number
of non-members can resolve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import clopper_pearson, newcombe
from auditkit.statistics.roc import Roc, roc

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

SPLITS = 10
"""Halvings, of which the median counts: one alone would depend on its draw."""
_MOST_OVER = 2.0
"""How many times the nominal rate the rate of false alarms may really be, for a threshold to be called sound."""
_ONE_SIDED = 0.90
"""A two-sided interval of 90% ends where a one-sided bound of 95% does."""


@dataclass(frozen=True)
class Resolution:
    """What a number of negative rows can say of a rate of false alarms."""

    fpr: float
    """The nominal rate."""
    negatives: int
    upper: float
    """Of a threshold with this rate, rounded down to whole rows: the one-sided 95% bound of what it really is."""

    @property
    def can_be_told(self) -> bool:
        """Whether the rate is at least one row: below that, no threshold with false alarms has it."""
        return self.negatives * self.fpr >= 1 - 1e-9

    @property
    def is_sound(self) -> bool:
        """Whether the true rate is at most twice the nominal one, with 95% confidence."""
        return self.can_be_told and self.upper <= _MOST_OVER * self.fpr


def resolution(fpr: float, negatives: int) -> Resolution:
    """What `negatives` rows can say of a false positive rate of `fpr`, by Clopper and Pearson's bound."""
    seen = int(np.floor(fpr * negatives + 1e-9))
    upper = float(clopper_pearson(seen, negatives, _ONE_SIDED).high) if negatives else 1.0
    return Resolution(fpr, negatives, upper)


def negatives_needed(fpr: float) -> int:
    """The fewest negative rows with which a false positive rate of `fpr` is sound: about 3.9 / fpr.

    Of a few larger numbers it is not, where the count steps to the next whole row. `resolution` tells.
    """
    count = 1
    while True:
        low, high = int(np.ceil(count / fpr - 1e-6)), int(np.ceil((count + 1) / fpr - 1e-6))
        if resolution(fpr, high - 1).is_sound:
            while low < high - 1:
                middle = (low + high - 1) // 2
                low, high = (low, middle + 1) if resolution(fpr, middle).is_sound else (middle + 1, high)
            return low
        count += 1


@dataclass(frozen=True)
class TprAtFpr:
    """The share of members that an attack finds while it accuses a given share of the others."""

    fpr: float
    """The nominal share of false alarms."""
    value: float
    """The median over halvings: the threshold has the nominal rate on one half, and the share is of the other's."""
    low: float
    """With `high`, an interval of the share at exactly the nominal rate: exact for any distribution of scores."""
    high: float
    fpr_seen: float
    """The median over halvings of the false alarms on the half that is judged."""
    members: int
    resolution: Resolution
    method: str = "order statistics and clopper-pearson"


def tpr_at_fpr(
    scores: Floats,
    positive: Flags,
    fpr: float,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    splits: int = SPLITS,
) -> TprAtFpr | None:
    """How many members are found at a false positive rate; None without members, or without others.

    The interval counts that the threshold is uncertain too: with half of what may go wrong, the threshold of the
    nominal rate lies between two of the non-members' scores (a binomial count lies above it); with the other half, the
    shares of the members above those two lie in Clopper and Pearson's intervals. Ties make it longer, never shorter.

    Args:
        scores: [n], no NaN; higher speaks for membership.
        positive: [n], whether the row is a member.
        fpr: between 0 and 1.
        rng: which rows are in which half.
        level: the interval's confidence.
        splits: how many halvings.
    """
    scores = np.asarray(scores)
    curve = roc(scores, positive)
    if curve is None:
        return None
    found, seen = [], []
    for chosen, judged in halves(positive, rng, splits):
        on = roc(scores[chosen], positive[chosen])
        threshold = on.thresholds[on.place_at(fpr)] if on else np.inf
        accepted = scores[judged] >= threshold
        of = positive[judged]
        found.append(float(accepted[of].mean()))
        seen.append(float(accepted[~of].mean()))
    # A single row of a class cannot be halved: it is judged with the threshold of all.
    value = float(np.median(found)) if found else curve.tpr_at(fpr)
    low, high = _tpr_limits(curve, np.sort(scores[~positive]), np.sort(scores[positive]), fpr, level)
    return TprAtFpr(
        fpr,
        value,
        min(low, value),
        max(high, value),
        float(np.median(seen)) if seen else float(curve.fpr[curve.place_at(fpr)]),
        curve.positives,
        resolution(fpr, curve.negatives),
    )


def _tpr_limits(curve: Roc, others: Floats, members: Floats, fpr: float, level: float) -> tuple[float, float]:
    """Limits of the share of members above the true threshold, from the order statistics that hold it."""
    from scipy import stats

    n, error = curve.negatives, (1 - level) / 4
    # So few above it that the rate is at most nominal; so many that it is at least nominal: each up to the error.
    few = int(stats.binom.ppf(error, n, fpr))
    strict = others[n - few] if few > 0 else np.inf
    many = int(stats.binom.isf(error, n, fpr)) + 1
    lenient = others[n - many] if many <= n else -np.inf
    above = len(members) - np.searchsorted(members, strict, side="right")
    from_there = len(members) - np.searchsorted(members, lenient, side="left")
    low = clopper_pearson(above, len(members), 1 - 2 * error).low
    high = clopper_pearson(from_there, len(members), 1 - 2 * error).high
    return float(low), float(high)


@dataclass(frozen=True)
class Advantage:
    """The largest distance between the shares of members and of others that one threshold accepts."""

    value: float
    """The median over halvings: threshold and direction are chosen on one half, and judged on the other; at least 0."""
    low: float
    """The median of the halvings' lower limits, each at half the error: Meinshausen, Meier and Buehlmann (2009)."""
    high: float
    """Of all rows: the largest distance that is seen, and both samples' bands beside it."""
    in_sample: float
    """The largest distance that is seen: Kolmogorov's, which is above 0 for scores that say nothing."""
    method: str = "halves below, dvoretzky-kiefer-wolfowitz above"

    @property
    def balanced_accuracy(self) -> float:
        """How often a guess is right, of as many members as others."""
        return (1 + self.value) / 2


def advantage(
    scores: Floats, positive: Flags, *, rng: np.random.Generator, level: float = 0.95, splits: int = SPLITS
) -> Advantage | None:
    """Membership advantage, max |TPR - FPR|; None with fewer than two members or two others.

    The maximum over thresholds is biased upwards, and has no interval of its own. Below, a threshold that was chosen
    elsewhere has no more than the best one; above, both distribution functions lie in bands whatever they are.
    Sources: Yeom and others (2018), CSF, definition 4, for the advantage; Massart (1990), Ann. Probab. 18, 1269-1283,
    for the bands; Newcombe (1998), Stat. Med. 17, 873-890, method 10, for a halving's interval.

    Args:
        scores: [n], no NaN; higher speaks for membership.
        positive: [n], whether the row is a member.
        rng: which rows are in which half.
        level: the interval's confidence.
        splits: how many halvings.
    """
    scores = np.asarray(scores)
    curve = roc(scores, positive)
    if curve is None or min(curve.positives, curve.negatives) < 2:  # noqa: PLR2004  nothing to halve
        return None
    seen = float(np.abs(curve.tpr - curve.fpr).max())
    values, lows = [], []
    for chosen, judged in halves(positive, rng, splits):
        on = roc(scores[chosen], positive[chosen])
        assert on is not None  # noqa: S101  each half has rows of both classes
        best = int(np.abs(on.tpr - on.fpr).argmax())
        accepted = scores[judged] >= on.thresholds[best]
        if on.tpr[best] < on.fpr[best]:
            accepted = ~accepted
        of = positive[judged]
        counts = np.count_nonzero(accepted & of), np.count_nonzero(of)
        others = np.count_nonzero(accepted & ~of), np.count_nonzero(~of)
        values.append(counts[0] / counts[1] - others[0] / others[1])
        lows.append(float(newcombe(*counts, *others, 1 - (1 - level) / 2).low))
    error = (1 - level) / 2
    bands = sum(float(np.sqrt(np.log(4 / error) / (2 * n))) for n in (curve.positives, curve.negatives))
    value = max(float(np.median(values)), 0.0)
    return Advantage(value, min(max(float(np.median(lows)), 0.0), value), min(max(seen, value) + bands, 1.0), seen)


@dataclass(frozen=True)
class TopPrecision:
    """The share of members among the rows with the highest scores."""

    value: float
    low: float
    high: float
    accused: int
    """Rows with the highest scores: the wanted share, and whatever ties with the last of them."""
    base: float
    """The share of members among all rows, which guessing has."""
    method: str = "clopper-pearson"


def top_precision(scores: Floats, positive: Flags, *, share: float = 0.01, level: float = 0.95) -> TopPrecision | None:
    """How right an attacker is who accuses only those of whom the score is surest; None without members or others.

    Args:
        scores: [n], no NaN; higher speaks for membership.
        positive: [n], whether the row is a member.
        share: of all rows; at least one row is accused.
        level: the interval's confidence.
    """
    curve = roc(scores, positive)
    if curve is None:
        return None
    accused = curve.true_positives + curve.false_positives
    place = int(np.searchsorted(accused, max(1, int(np.ceil(share * len(scores) - 1e-9)))))
    hits, n = int(curve.true_positives[place]), int(accused[place])
    limits = clopper_pearson(hits, n, level)
    return TopPrecision(hits / n, float(limits.low), float(limits.high), n, curve.positives / len(scores))


def halves(
    positive: Flags, rng: np.random.Generator, splits: int
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Pairs of places, a half of the members and a half of the others in each; none where a class has one row."""
    classes = np.flatnonzero(positive), np.flatnonzero(~positive)
    if min(map(len, classes)) < 2:  # noqa: PLR2004  one row has no halves
        return
    for _ in range(splits):
        dealt = [rng.permutation(places) for places in classes]
        chosen, judged = ([part[: len(part) // 2] for part in dealt], [part[len(part) // 2 :] for part in dealt])
        yield np.concatenate(chosen), np.concatenate(judged)
