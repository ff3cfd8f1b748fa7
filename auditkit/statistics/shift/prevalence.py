"""How common classes are among rows whose truth nobody knows, from a model's decisions and what it confuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Numbers = npt.NDArray[Any]

WORST_CONDITION = 20.0
"""Beyond it a model tells its classes apart so little that decisions say next to nothing of how common they are."""


@dataclass(frozen=True)
class Prevalence:
    """The share of each class, estimated, and how far it is from the reference's."""

    shares: Floats
    """[classes]."""
    difference: Floats
    """[classes], less the reference's."""
    error: Floats
    """[classes], the standard error of the difference."""


def shares_from_decisions(
    confusion: Numbers, decided: Numbers, *, sizes: tuple[float, float] | None = None
) -> Prevalence | None:
    """Black-box shift estimation: solve `P(decision | class) q = P(decision)` for q.

    It holds where within a class the rows are as they were, and only how common classes are has changed. For two
    classes it is Rogan and Gladen's estimate. Sources: Lipton, Wang and Smola (2018), ICML, section 3; Rogan and Gladen
    (1978), Am. J. Epidemiol. 107, 71-76; the standard error by the delta method, as theirs.

    Args:
        confusion: [classes, classes], rows of the reference, or what they weigh, by class and by decision.
        decided: [classes], rows that are decided for each class, of the others.
        sizes: as how many independent rows the reference and the others are worth; None: as many as there are.

    Returns:
        None where the model's decisions tell too little, or the reference lacks a class.
    """
    of_class = confusion.sum(axis=1)
    if (of_class == 0).any() or decided.sum() == 0:
        return None
    rates = (confusion / of_class[:, None]).T
    if np.linalg.cond(rates) > WORST_CONDITION:
        return None
    n, m = sizes or (float(confusion.sum()), float(decided.sum()))
    before, now = of_class / of_class.sum(), decided / decided.sum()
    inverse = np.linalg.inv(rates)
    shares = inverse @ now
    spread = (np.diag(now) - np.outer(now, now)) / m
    for place, share in enumerate(shares):
        rate = rates[:, place]
        spread += share**2 * (np.diag(rate) - np.outer(rate, rate)) / (before[place] * n)
    variance = np.diag(inverse @ spread @ inverse.T) + before * (1 - before) / n
    return Prevalence(shares, shares - before, np.sqrt(np.maximum(variance, 0.0)))
