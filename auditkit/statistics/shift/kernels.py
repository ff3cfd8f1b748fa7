"""Whole rows of two samples compared through one Gram matrix: the maximum mean discrepancy, and a classifier.

The matrix is made once; every permutation only deals the rows out anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.auc import area_limits
from auditkit.statistics.permutation import PermutationTest, compare

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

FOLDS = 5
RIDGE = 1.0
"""Beside the diagonal of the Gram matrix, which is 1."""
_PIECE = 100
_ALIKE = 1e-12


@dataclass(frozen=True)
class Discrepancy:
    """The squared maximum mean discrepancy, unbiased, so that it is about 0 where nothing has changed."""

    value: float
    low: float
    high: float
    test: PermutationTest


@dataclass(frozen=True)
class Telling:
    """How well a classifier tells the rows of two samples apart that it has not learnt from."""

    value: float
    """The area under the ROC curve, the mean over folds; 0.5 is guessing."""
    low: float
    high: float
    test: PermutationTest


def gaussian_gram(features: Floats) -> Floats:
    """[n, n]: exp(-d^2 / (2 s^2)) of rows [n, d], where s is the median distance of two different rows.

    Source: Gretton et al. (2012), J. Mach. Learn. Res. 13, 723-773, section 8, for the median.
    """
    squares = (features**2).sum(axis=1)
    apart = np.maximum(squares[:, None] + squares[None, :] - 2 * features @ features.T, 0.0)
    pairs = apart[np.triu_indices(len(features), 1)]
    different = pairs[pairs > 1e-12 * max(float(squares.max(initial=0.0)), 1e-300)]
    width = float(np.median(different)) if len(different) else 1.0
    gram = np.exp(-apart / (2 * width))
    np.fill_diagonal(gram, 1.0)
    return np.asarray(gram)


def mmd_squared(gram: Floats, first: Flags) -> Floats:
    """[deals]: the unbiased estimate for each deal of the rows, [n, deals] or [n]: whether it is of the first sample.

    Source: Gretton et al. (2012), equation 3.
    """
    one = np.atleast_2d(np.asarray(first, dtype=float).T).T
    inner = gram.copy()
    np.fill_diagonal(inner, 0.0)
    other = 1 - one
    m, n = one.sum(axis=0), other.sum(axis=0)
    to_one, to_other = inner @ one, inner @ other
    within = (one * to_one).sum(axis=0) / (m * (m - 1)) + (other * to_other).sum(axis=0) / (n * (n - 1))
    return np.asarray(within - 2 * (one * to_other).sum(axis=0) / (m * n))


def discrepancy(
    gram: Floats,
    first: Flags,
    *,
    rng: np.random.Generator,
    units: Integers | None = None,
    level: float = 0.95,
    deals: int = 499,
) -> Discrepancy:
    """The squared discrepancy of two samples, its permutation test, and an interval.

    The discrepancy is a distance, so that its estimate strays from the truth at most by the distance of the two
    empirical means from theirs, which a multiplier bootstrap on the same matrix tells: as wide as that is the interval
    of the distance, and its square is told. Whole units are dealt out, and multiplied.

    Args:
        gram: [n, n], positive semi-definite.
        first: [n], whether a row is of the first sample; at least two of either.
        rng: where deals and multipliers come from.
        units: [n], whose row it is; of a unit all rows are in one sample.
        level: of the interval.
        deals: how many.
    """
    owners = np.arange(len(first)) if units is None else np.unique(units, return_inverse=True)[1]
    value = float(mmd_squared(gram, first)[0])
    dealt = mmd_squared(gram, _deals(first, owners, rng, deals))
    size = np.where(first, 1 / first.sum(), -1 / (~first).sum())
    plain = float(np.sqrt(max(size @ gram @ size, 0.0)))
    strays = float(np.quantile(_strays(gram, first, owners, rng, deals), level))
    return Discrepancy(
        value,
        low=min(max(plain - strays, 0.0) ** 2, value),
        high=max((plain + strays) ** 2, value),
        test=compare(value, dealt),
    )


def _deals(first: Flags, owners: Integers, rng: np.random.Generator, deals: int) -> Flags:
    """[n, deals]: the units dealt out anew, as many to either sample as before; with two rows at least in each."""
    label = np.zeros(int(owners.max()) + 1, dtype=bool)
    label[owners] = first
    drawn = np.stack([rng.permutation(label) for _ in range(deals)], axis=1)[owners]
    sound = (drawn.sum(axis=0) > 1) & ((~drawn).sum(axis=0) > 1)
    return np.asarray(drawn[:, sound])


def _strays(gram: Floats, first: Flags, owners: Integers, rng: np.random.Generator, draws: int) -> Floats:
    """[draws]: how far the empirical means lie from the true ones, as multipliers imitate it."""
    found = []
    for start in range(0, draws, _PIECE):
        times = rng.standard_normal((int(owners.max()) + 1, min(_PIECE, draws - start)))[owners]
        for sample in (first, ~first):
            times[sample] = (times[sample] - times[sample].mean(axis=0)) / sample.sum()
        found.append((times * (gram @ times)).sum(axis=0))
    return np.asarray(np.sqrt(np.maximum(np.concatenate(found), 0.0)))


def tell_samples_apart(
    gram: Floats,
    first: Flags,
    *,
    rng: np.random.Generator,
    units: Integers | None = None,
    level: float = 0.95,
    deals: int = 199,
) -> Telling | None:
    """A classifier two-sample test: kernel ridge regression on the labels of the samples, cross-validated.

    Only the labels differ between two permutations, so that one factorisation a fold serves them all. Sources:
    Lopez-Paz and Oquab (2017), "Revisiting classifier two-sample tests", ICLR; the interval of a cross-validated area
    LeDell, Petersen and van der Laan (2015), Electron. J. Stat. 9, 1583-1607, on its logit.

    Args:
        gram: [n, n].
        first: [n], whether a row is of the first sample.
        rng: where folds and deals come from.
        units: [n], whose row it is: a unit is in one fold.
        level: of the interval.
        deals: how many.

    Returns:
        None where there are fewer than ten units of a sample.
    """
    owners = np.arange(len(first)) if units is None else np.unique(units, return_inverse=True)[1]
    label = np.zeros(int(owners.max()) + 1, dtype=bool)
    label[owners] = first
    if min(label.sum(), (~label).sum()) < 2 * FOLDS:
        return None
    of_unit = np.zeros(len(label), dtype=np.int64)
    for side in (label, ~label):
        of_unit[rng.permutation(np.flatnonzero(side))] = np.arange(side.sum()) % FOLDS
    folds = of_unit[owners]
    labels = np.column_stack([first, _deals(first, owners, rng, deals)])
    scores = _scores(gram, labels.astype(float), folds)
    alike = np.argmax(gram > 1 - _ALIKE, axis=1)
    areas, influence = _areas(scores, labels, folds, alike)
    value, test = float(areas[0]), compare(float(areas[0]), areas[1:])
    variance = float((np.bincount(owners, weights=influence) ** 2).sum())
    (low, high), _ = area_limits(value, variance, (float(label.sum()), float((~label).sum())), level)
    # Folds learn from each other's rows, which the influence does not know and the deals do; and a classifier that has
    # learnt nothing lies a little below guessing, where no truth does.
    if test.tail_p > (1 - level) / 2:
        low = min(low, 0.5)
    return Telling(value, min(low, value), max(high, value, 0.5), test)


def _scores(gram: Floats, labels: Floats, folds: Integers) -> Floats:
    scores = np.zeros_like(labels)
    for fold in range(FOLDS):
        learns, judged = folds != fold, folds == fold
        taught = labels[learns] - labels[learns].mean(axis=0)
        inner = gram[np.ix_(learns, learns)] + RIDGE * np.eye(int(learns.sum()))
        weights = np.linalg.solve(inner, gram[np.ix_(learns, judged)])
        scores[judged] = weights.T @ taught
    return scores


def _areas(scores: Floats, labels: Flags, folds: Integers, alike: Integers) -> tuple[Floats, Floats]:
    """[deals]: the mean area over folds; [n]: how each row moves the first one."""
    found, influence = [], np.zeros(len(labels))
    for fold in range(FOLDS):
        rows = np.flatnonzero(folds == fold)
        mine = labels[rows]
        m, n = mine.sum(axis=0), (~mine).sum(axis=0)
        ranks = _middle_ranks(scores[rows], np.unique(alike[rows], return_inverse=True)[1])
        there = (m > 0) & (n > 0)
        area = ((ranks * mine).sum(axis=0) - m * (m - 1) / 2) / np.where(there, m * n, 1)
        found.append(np.where(there, area, np.nan))
        if there[0]:
            influence[rows] = _influence(ranks[:, 0], mine[:, 0], float(area[0])) / FOLDS
    return np.nanmean(found, axis=0), influence


def _middle_ranks(scores: Floats, alike: Integers) -> Floats:
    """[n, deals], from 0: rows that hold the same have the same score in every deal, and share the mean of ranks."""
    order = np.argsort(np.round(scores, 12), axis=0, kind="stable")
    ranks = np.empty(scores.shape)
    np.put_along_axis(ranks, order, np.arange(len(scores), dtype=float)[:, None], axis=0)
    if len(alike) == int(alike.max()) + 1:
        return ranks
    total = np.zeros((int(alike.max()) + 1, scores.shape[1]))
    np.add.at(total, alike, ranks)
    return np.asarray((total / np.bincount(alike)[:, None])[alike])


def _influence(ranks: Floats, positive: Flags, area: float) -> Floats:
    """[n]: the share of the other sample's rows that each beats, less the area, over the rows of its own."""
    own = np.empty(len(ranks))
    for side in (positive, ~positive):
        here = ranks[side]
        ordered = np.sort(here)
        own[side] = (np.searchsorted(ordered, here, "left") + np.searchsorted(ordered, here, "right") - 1) / 2
    others = np.where(positive, (~positive).sum(), positive.sum())
    beats = (ranks - own) / others
    mine = np.where(positive, positive.sum(), (~positive).sum())
    return np.asarray(np.where(positive, beats - area, 1 - beats - area) / mine)
