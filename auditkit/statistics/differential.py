"""Differential fairness: how many times as likely any decision is for one group as for another, as a logarithm.

Source: Foulds, Islam, Keya and Pan (2020), An intersectional definition of fairness, ICDE, 1918-1921.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.bootstrap import REPLICATES, resample_clusters, resample_counts
from auditkit.statistics.intervals import critical_value

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class DifferentialFairness:
    """The largest log ratio of the chances of a decision between two groups; 0: all decisions are as likely."""

    value: float
    low: float
    high: float
    decision: int
    """The class whose chances are the most unlike."""
    lowest: int
    """The group in which it is the least likely."""
    highest: int


@dataclass(frozen=True)
class UnitCounts:
    """Rows that share units."""

    counts: Integers
    """[units, classes]"""
    groups: Integers
    """[units], from 0."""


def smoothed_logs(counts: Integers) -> Floats:
    """Ln of the chances of each class, [..., groups, classes] of counts: one row is added, in equal parts to all."""
    part = 1 / counts.shape[-1]
    return np.asarray(np.log(counts + part) - np.log(counts.sum(axis=-1, keepdims=True) + 1))


def differential_fairness(
    counts: Integers,
    *,
    rng: np.random.Generator,
    units: UnitCounts | None = None,
    level: float = 0.95,
    replicates: int = REPLICATES,
) -> DifferentialFairness:
    """The smoothed empirical epsilon, with an interval that holds for all pairs of groups and all classes at once.

    A maximum has no interval from its own replicates. Each log ratio has a standard error instead, and all have one
    multiple of it: the level's quantile of the bootstrap's largest error in standard errors, and never less than the
    normal one. The standard error is the bootstrap's or the multinomial's, whichever is larger, since a class that
    nobody of a group was given never varies in replicates.

    Args:
        counts: [groups, classes], rows; two groups or more, each with rows.
        rng: where the replicates come from.
        units: the same rows by whole units, which are then drawn again in the place of rows.
        level: the confidence.
        replicates: how many.
    """
    logs = smoothed_logs(counts)
    if units is None:
        drawn: Any = resample_counts(counts, replicates, rng)
    else:
        drawn = resample_clusters(units.counts, replicates, rng, units.groups)
    errors = smoothed_logs(drawn) - logs
    chances = np.exp(logs)
    sampling = (1 - chances) / (chances * (counts.sum(axis=1, keepdims=True) + 1))
    spread = np.maximum(errors.var(axis=0), sampling)
    largest = np.zeros(len(errors))
    for group in range(len(logs) - 1):
        apart = np.abs(errors[:, group + 1 :] - errors[:, group, None])
        largest = np.maximum(largest, (apart / np.sqrt(spread[group + 1 :] + spread[group])).max(axis=(1, 2)))
    times = max(float(np.quantile(largest, level)), critical_value(level))
    first, second = np.triu_indices(len(logs), k=1)
    ratios = np.abs(logs[first] - logs[second])
    arms = times * np.sqrt(spread[first] + spread[second])
    lowest, highest = logs.argmin(axis=0), logs.argmax(axis=0)
    decision = int(np.argmax(logs.max(axis=0) - logs.min(axis=0)))
    return DifferentialFairness(
        float(ratios.max()),
        max(float((ratios - arms).max()), 0.0),
        float((ratios + arms).max()),
        decision,
        int(lowest[decision]),
        int(highest[decision]),
    )
