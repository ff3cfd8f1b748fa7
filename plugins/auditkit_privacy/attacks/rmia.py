"""How much surer the model is of a row than models that never saw it: calibrated loss, and the robust attack (RMIA).

Reference models are rows of an array; NaN where a model is none of a row's references, e.g. because it was trained on
it. A probability of 0 is a probability.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

OFFLINE = 0.3
"""How much of the mean of models that did not see a row is taken for that of models that did, where nothing was tuned:
the source's choice for CIFAR-10."""
GRID = tuple(round(0.1 * step, 1) for step in range(11))


def calibrated_loss(log_p: Floats, reference_log_p: Floats) -> Floats:
    """[n]: the references' mean loss less the model's: what is hard for everybody counts for nothing.

    Source: Watson, Guo, Cormode and Sablayrolles (2022), "On the importance of difficulty calibration in membership
    inference attacks", ICLR.

    Args:
        log_p: [n], the log of the true class's probability, or any number that is higher for what the model knows.
        reference_log_p: [r, n], the same of the references; NaN: it is none of this row's.
    """
    return np.asarray(log_p - mean_of_known(reference_log_p))


def offline_ratios(log_p: Floats, reference_p: Floats, *, share: float = OFFLINE) -> Floats:
    """[n]: the log of the model's probability over any model's, from references that never saw the row.

    That is the mean of models with the row and without, ((1 + a) out + (1 - a)) / 2: with the row it lies between the
    mean without it and 1. Source: Zarifzadeh, Liu and Shokri (2024), "Low-cost high-power membership inference
    attacks", ICML, section 3 and appendix B.

    Args:
        log_p: [n], the log of the true class's probability.
        reference_p: [r, n], that probability of the references; NaN: it is none of this row's.
        share: a.
    """
    out = mean_of_known(reference_p)
    with np.errstate(divide="ignore"):  # at a = 1 and a probability of 0 nothing is as sure as this model
        return np.asarray(log_p - np.log(((1 + share) * out + (1 - share)) / 2))


def online_ratios(log_p: Floats, reference_p: Floats, trained: Flags) -> Floats:
    """[n]: the same from references that saw the row and such that did not, half and half; NaN without one of either.

    Args:
        log_p: [n], the log of the true class's probability.
        reference_p: [r, n], that probability of the references.
        trained: [r, n], whether the reference was trained on the row.
    """
    inside, outside = (mean_of_known(np.where(which, reference_p, np.nan)) for which in (trained, ~trained))
    with np.errstate(divide="ignore"):
        return np.asarray(log_p - np.log((inside + outside) / 2))


def robust_scores(ratios: Floats, population: Floats, *, log_gamma: float = 0.0) -> Floats:
    """[n]: of how many rows of the population a row's ratio is at least gamma times theirs; NaN where it has none.

    Costs O((n + m) log m) and O(n + m) memory, where all pairs would be n m.

    Args:
        ratios: [n], logs, of `offline_ratios` or `online_ratios`.
        population: [m], logs of ratios of rows that are surely no members; NaN are left out.
        log_gamma: the log of gamma, 0 in the source's own code.
    """
    return _share(ratios, np.sort(population[~np.isnan(population)]), log_gamma)


def robust_scores_of_population(population: Floats, *, log_gamma: float = 0.0) -> Floats:
    """[m]: the same for the rows of the population themselves, each held against all the others but itself."""
    known = np.sort(population[~np.isnan(population)])
    if len(known) < 2:  # noqa: PLR2004  there is no other
        return np.full(len(population), np.nan)
    with_itself = _share(population, known, log_gamma) * len(known)
    itself = 1.0 if log_gamma <= 0 else 0.0
    return np.asarray((with_itself - itself) / (len(known) - 1))


def _share(ratios: Floats, known: Floats, log_gamma: float) -> Floats:
    if not len(known):
        return np.full(len(ratios), np.nan)
    below = np.searchsorted(known, ratios - log_gamma, side="right")
    return np.asarray(np.where(np.isnan(ratios), np.nan, below / len(known)))


def tuned_share(reference_p: Floats, trained: Flags) -> float:
    """Which `share` works best when each reference in turn is attacked as if it were the model, by the others.

    Who was in a reference's training is known; who was in the model's has no part. `OFFLINE` where that cannot be told.

    Args:
        reference_p: [r, n], the probability of the true class by each reference.
        trained: [r, n], whether the reference was trained on the row.
    """
    from auditkit.statistics import delong

    areas = np.zeros(len(GRID))
    for place in range(len(reference_p)):
        others = np.where(trained, np.nan, reference_p)
        others[place] = np.nan
        kept = ~np.isnan(others).all(axis=0)
        with np.errstate(divide="ignore"):
            log_p = np.log(np.maximum(reference_p[place, kept], np.finfo(float).tiny))
        for step, share in enumerate(GRID):
            ratios = offline_ratios(log_p, others[:, kept], share=share)
            found = delong(ratios, trained[place, kept])
            areas[step] += 0.5 if found is None else found.value
    return GRID[int(areas.argmax())] if np.ptp(areas) > 0 else OFFLINE


def mean_of_known(values: Floats) -> Floats:
    """[n]: the mean over axis 0 of what is not NaN; NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(values.shape[1], np.nan), where=count > 0))
