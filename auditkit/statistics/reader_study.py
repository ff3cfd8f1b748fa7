"""A model against several readers of the same cases, for readers and cases that were not in the study too.

The multi-reader method of Obuchowski and Rockette in the form of Hillis: readers differ in skill, cases in difficulty,
and all read the same cases. What is compared is any number that can be told without one case after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.intervals import Limits

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

_STILL = 1e-15


@dataclass(frozen=True)
class Merit:
    """A figure of merit of one reader, or of the model, and what it would be without each case."""

    value: float
    left_out: Floats
    """[n]: without that case, or without that unit's; of each reader the same cases, in the same order."""


@dataclass(frozen=True)
class PanelDifference:
    """The model's figure less the readers' mean, or the readers' in a second way less that in the first."""

    value: float
    se: float
    low: float
    high: float
    df: float
    model: float
    """Of the model, or the mean of the readers in the second way."""
    readers: float
    """The mean of the readers; in the first way, if there are two."""
    level: float

    def p_value(self, margin: float = 0.0) -> float:
        """Of no difference, two-sided; with a margin above 0, one-sided, of a model that is worse by it or more."""
        from scipy import stats

        if self.se == 0:
            return float(self.value + margin <= 0 if margin else self.value == 0)
        t = (self.value + margin) / self.se
        return float(stats.t.sf(t, self.df) if margin else 2 * stats.t.sf(abs(t), self.df))


@dataclass(frozen=True)
class Interchange:
    """How much more often two readers agree than the model and a reader do; at or below 0 it is as good as one more."""

    value: float
    low: float
    high: float
    among_readers: float
    with_model: float
    cases: int
    """Cases that two readers or more have read, and that the model has answered."""


def share_merit(right: Flags, among: Flags, units: Integers | None = None) -> Merit | None:
    """A share, such as sensitivity; None where the cases that count are fewer than two, or all of one unit.

    Args:
        right: [n], whether the case was read as it should be.
        among: [n], whether it counts: the diseased for sensitivity, the others for specificity.
        units: [n]: whose case it is; then people are left out, with all of their cases, and not cases.
    """
    at = np.arange(len(right)) if units is None else np.unique(units, return_inverse=True)[1]
    counted, hits = np.bincount(at, among), np.bincount(at, right & among)
    if np.count_nonzero(counted) < 2:  # noqa: PLR2004  without one there would be none
        return None
    total, count = float(hits.sum()), float(counted.sum())
    return Merit(total / count, np.asarray((total - hits) / (count - counted)))


def auc_merit(scores: Floats, positive: Flags) -> Merit | None:
    """The area under the ROC curve; None where a class has fewer than two cases. Ties count half.

    Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, for the parts of each case.
    """
    ones, noughts = int(np.count_nonzero(positive)), int(np.count_nonzero(~positive))
    if min(ones, noughts) < 2:  # noqa: PLR2004  without one case a class would be empty
        return None
    part = np.empty(len(scores))
    part[positive] = _beaten(scores[positive], scores[~positive])
    part[~positive] = 1 - _beaten(scores[~positive], scores[positive])
    value = float(part[positive].mean())
    size = np.where(positive, ones, noughts)
    return Merit(value, (size * value - part) / (size - 1))


def model_against_readers(model: Merit, readers: Sequence[Merit], *, level: float = 0.95) -> PanelDifference:
    """The model's figure of merit less the readers' mean, with an interval for other readers and other cases.

    The covariance of two readers' differences from the model is that of the jackknife over cases; what readers differ
    in themselves is their mean square. Degrees of freedom are Hillis'.
    Sources: Obuchowski and Rockette (1995), Commun. Stat. Simul. Comput. 24, 285-308; Hillis (2007), Stat. Med. 26,
    596-619; for one modality against a fixed reader, Chakraborty (2017), Observer Performance Methods for Diagnostic
    Imaging, chapter 22.

    Args:
        model: of the model.
        readers: of each reader, two or more, over the same cases.
        level: of the interval.

    Raises:
        ValueError: fewer than two readers, or merits over other cases.
    """
    return readers_twice(readers, [model] * len(readers), level=level)


def readers_twice(before: Sequence[Merit], after: Sequence[Merit], *, level: float = 0.95) -> PanelDifference:
    """The readers' mean in a second way of reading less that in a first, e.g. with a model's help and without it.

    With readers and cases both taken at random, as above: what a reader gains is compared between readers.
    Sources: as above; Chakraborty (2017), the same book, chapter 10.

    Args:
        before: of each reader in the first way, two or more, over the same cases.
        after: of the same readers, in the same order, in the second; its mean is `model` of what is returned.
        level: of the interval.

    Raises:
        ValueError: fewer than two readers, not as many in both ways, or merits over other cases.
    """
    from scipy import stats

    count = len(before)
    if count < 2:  # noqa: PLR2004  how readers differ is seen between two
        raise ValueError("the multi-reader method needs two readers or more")
    if len(after) != count:
        raise ValueError(f"{count} readers read in the first way and {len(after)} in the second")
    if any(len(reader.left_out) != len(after[0].left_out) for reader in (*before, *after)):
        raise ValueError("all figures of merit must leave out the same cases")
    differences = np.array([then.value - now.value for now, then in zip(before, after, strict=True)])
    left_out = np.stack([then.left_out - now.left_out for now, then in zip(before, after, strict=True)])
    n = left_out.shape[1]
    covariances = np.cov(left_out) * (n - 1) ** 2 / n
    between = float(covariances[~np.eye(count, dtype=bool)].mean())
    square = float(differences.var(ddof=1))
    spread = square + max(count * between, 0.0)
    df = (count - 1) * (spread / square) ** 2 if square > _STILL else np.inf
    se = float(np.sqrt(spread / count))
    value = float(differences.mean())
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * se
    mean = float(np.mean([reader.value for reader in before]))
    return PanelDifference(value, se, value - reach, value + reach, float(df), mean + value, mean, level)


def interchange(
    model: Integers,
    readings: Integers,
    *,
    level: float = 0.95,
    units: Integers | None = None,
) -> Interchange | None:
    """Whether the model could take a reader's place: the index of individual equivalence; None of fewer than two cases.

    Source: Obuchowski, Subhas and Schoenhagen (2014), Radiology 272, 631-633 (the index), with the variance of a mean
    over cases instead of a bootstrap.

    Args:
        model: [n], the class that the model says; below 0: none.
        readings: [n, readers], the class that each reader says; below 0: not read.
        level: of the interval.
        units: [n]: whose case it is; cases of one person are not independent.
    """
    read = readings >= 0
    number = read.sum(axis=1)
    at = (number > 1) & (model >= 0)
    if np.count_nonzero(at) < 2:  # noqa: PLR2004  no variance of one case
        return None
    said, there, many = readings[at], read[at], number[at].astype(float)
    same_as_model = ((said == model[at][:, None]) & there).sum(axis=1) / many
    pairs = sum(
        ((said == said[:, [one]]) & there & there[:, [one]]).sum(axis=1) - there[:, one] for one in range(said.shape[1])
    )
    among = np.asarray(pairs) / (many * (many - 1))
    excess = among - same_as_model
    value = float(among.mean()) - float(same_as_model.mean())
    limits = _mean_limits(excess, value, level, None if units is None else units[at])
    return Interchange(
        value, float(limits.low), float(limits.high), float(among.mean()), float(same_as_model.mean()), len(excess)
    )


def _beaten(scores: Floats, others: Floats) -> Floats:
    """[m]: the share of the others that each score is above, ties half."""
    order = np.sort(others)
    below = np.searchsorted(order, scores, side="left")
    return np.asarray((below + np.searchsorted(order, scores, side="right")) / (2 * len(others)))


def _mean_limits(values: Floats, mean: float, level: float, units: Integers | None) -> Limits:
    from scipy import stats

    rest = values - mean
    sums = rest if units is None else np.bincount(np.unique(units, return_inverse=True)[1], rest)
    groups = len(sums)
    if groups == 1:
        return Limits(-1.0, 1.0)
    se = np.sqrt(sums @ sums * groups / (groups - 1)) / len(values)
    reach = stats.t.ppf(0.5 + level / 2, groups - 1) * se
    return Limits(max(mean - reach, -1.0), min(mean + reach, 1.0))
