"""How much of the catalogue lists show, and how unevenly attention falls on its items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Rankings, Text
from auditkit.statistics import JointSums, code_items, gini, shannon_entropy
from auditkit_fairness.rankings.exposed import attention_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_ROUNDING = 1e-9
"""Of a number: what moves it less moves it not at all, and then nothing is known of other users."""


def of_catalogue(
    case: Case[Rankings], kept: Flags, about: dict[str, Any], given: list[float] | None = None
) -> Iterator[Measurement]:
    """Coverage, Shannon entropy, and the Gini coefficient by both conventions; items that nobody sees count.

    `given` [depth] is the attention to each rank; None: it falls with the logarithm.
    """
    depth = case.depth
    (items,) = code_items(case.predictions.items[kept, :depth])
    size = max(case.settings.item_groups[0][3], int(items.max(initial=-1)) + 1)
    names = [
        f"{name}_at_{depth}"
        for name in ("catalogue_coverage", "recommendation_entropy", "exposure_gini_plain", "exposure_gini_corrected")
    ]
    asked: dict[str, Any] = {"n": int(np.count_nonzero(kept)), "better": "target"}
    if not (items >= 0).any():
        for name in names:
            yield Measurement(metric=name, value=None, undefined=Text.of("nothing is recommended"), **asked)
        return
    yield Measurement(metric=names[0], value=(int(items.max()) + 1) / size, exact=True, **asked)
    mass = np.ones(len(items)) if about["weights"] is None else about["weights"]
    method = "delta method over " + ("rows" if about["units"] is None else "units")

    def told(name: str, value: float, error: float, most: float, factor: float = 1.0) -> Measurement:
        interval = None
        if error > _ROUNDING * max(value, _ROUNDING):
            half = sums.critical(case.level) * error
            low, high = (float(np.clip(factor * (value + turn * half), 0.0, most)) for turn in (-1, 1))
            interval = Interval(low=low, high=max(high, factor * value), level=case.level, method=method)
        return Measurement(metric=name, value=factor * value, interval=interval, **asked)

    received, weight = received_by(items, size, mass, attention_of(case, given))
    counts, once = received_by(items, size, mass, np.ones(depth))
    entropy, value = shannon_entropy(counts), gini(received)
    moved = np.column_stack(
        [moved_by(items, slope_of_entropy(counts), once), moved_by(items, slope_of_gini(received), weight)]
    )
    sums = JointSums.of(moved, **about)
    errors = np.sqrt(np.diag(sums.covariance))
    yield told(names[1], entropy, float(errors[0]), float(np.log2(max(size, 1))))
    yield told(names[2], value, float(errors[1]), 1.0)
    yield told(names[3], value, float(errors[1]), 1.0, size / (size - 1) if size > 1 else 1.0)


def received_by(items: Integers, size: int, mass: Floats, given: Floats) -> tuple[Floats, Floats]:
    """[size], the attention to each item, of what is given [depth] to each rank; and [n, k], what each place gives."""
    there = items >= 0
    weight = np.where(there, given[: items.shape[1]], 0.0)
    return np.bincount(items[there], (weight * mass[:, None])[there], size).astype(float), weight


def moved_by(items: Integers, slope: Floats, weight: Floats) -> Floats:
    """[n]: how a number moves with each list, by how it moves with each item's part."""
    return np.asarray((np.where(items >= 0, slope[items], 0.0) * weight).sum(axis=1))


def slope_of_gini(received: Floats) -> Floats:
    """[items]: how the coefficient moves with one item's attention, by its place among all."""
    size = len(received)
    _, which, alike = np.unique(received, return_inverse=True, return_counts=True)
    place = (np.cumsum(alike) - (alike - 1) / 2)[which]
    return np.asarray(((2 * place - size - 1) / size - gini(received)) / received.sum())


def slope_of_entropy(counts: Floats) -> Floats:
    """[items]: how the entropy moves with one more recommendation; 0 of an item that has none."""
    total = counts.sum()
    with np.errstate(divide="ignore"):
        surprise = np.where(counts > 0, -np.log2(counts / total), 0.0)
    return np.asarray(np.where(counts > 0, surprise - shannon_entropy(counts), 0.0) / total)
