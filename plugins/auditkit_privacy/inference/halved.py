"""Areas of two halves of the people, each told of by what was learnt from the other, as one number with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics import Auc, AucDifference, delong, delong_difference
from auditkit_privacy.validity.chance import by_appearance

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Halved:
    """The mean of two halves' areas, or differences of areas."""

    value: float
    low: float
    high: float
    method: str


def area_of_halves(scores: Floats, has: Flags, half: Integers, units: Integers | None, level: float) -> Halved | None:
    """The mean area under the ROC; None where a half lacks those who have it, or who have it not.

    Either half's interval is DeLong's: given what was learnt elsewhere, its people are independent. The two are not
    independent of each other: of answers, lists or vectors that tell nothing both say how alike the halves happen to
    be, the same number twice, and the mean is as uncertain as one of them. The ends are therefore the means of the
    halves' ends, which is wide enough however the two depend on each other (Cauchy and Schwarz), and up to 1.4 times
    too wide where the scores tell much.

    Args:
        scores: [n], compared within a half alone.
        has: [n], whom the scores should rank above the others.
        half: [n], 0 or 1.
        units: [n], whose row it is, -1 of nobody known; None: rows stand alone.
        level: the interval's confidence.
    """
    return _mean([delong(scores[rows], has[rows], **_how(rows, units, level)) for rows in _rows(half)])


def gain_of_halves(
    scores: tuple[Floats, Floats], has: Flags, half: Integers, units: Integers | None, level: float
) -> Halved | None:
    """The mean of the differences of the areas of two scores, [n] each, in either half; see `area_of_halves`."""
    one, two = scores
    found = [delong_difference(one[rows], two[rows], has[rows], **_how(rows, units, level)) for rows in _rows(half)]
    return _mean(found)


def dealt_halves(owners: Integers, codes: Integers, order: Integers, rng: np.random.Generator) -> Integers:
    """[n]: the half of each row, 0 or 1: a person's rows in one, and of those who have a value half in either.

    Args:
        owners: [n], whose row it is, a person of nobody known being one of their own.
        codes: [n], the value of each row; a person's is that of the first of their rows.
        order: [n], the rows in an order that what they hold decides, and not their file.
        rng: deals people out.
    """
    people = by_appearance(owners[order])
    first = np.unique(people, return_index=True)[1]
    values = by_appearance(codes[order][first])
    dealt = np.lexsort((rng.permutation(len(first)), values))
    side = np.empty(len(first), dtype=np.int64)
    side[dealt] = np.arange(len(first)) % 2
    half = np.empty(len(owners), dtype=np.int64)
    half[order] = side[people]
    return half


def _rows(half: Integers) -> tuple[Integers, Integers]:
    return np.flatnonzero(half == 0), np.flatnonzero(half == 1)


def _how(rows: Integers, units: Integers | None, level: float) -> dict[str, Any]:
    return {"level": level, "units": None if units is None else units[rows]}


def _mean(found: list[Auc | None] | list[AucDifference | None]) -> Halved | None:
    one, two = found
    if one is None or two is None:
        return None
    low, value, high = ((getattr(one, name) + getattr(two, name)) / 2 for name in ("low", "value", "high"))
    method = f"{max(one.method, two.method, key=len)}, mean of two halves, as wide as one"
    return Halved(value, min(low, value), max(high, value), method)
