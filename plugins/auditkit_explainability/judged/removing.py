"""Pieces taken away, or put back, in the order of an attribution: deletion, insertion, and ERASER's two numbers.

Sources: Petsiuk, Das and Saenko (2018), RISE, BMVC (deletion and insertion); DeYoung et al. (2020), ERASER, ACL
(comprehensiveness and sufficiency, as the mean over shares of the pieces).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Of a row's pieces: those of ERASER."""
CURVE = (0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75)
"""Where the curves of deletion and insertion are looked at, beside their two ends; they hold all of `SHARES`."""


def order_of(values: Floats, rng: np.random.Generator) -> Integers:
    """[p]: places of pieces, the one that speaks the most for the answer first; equals in an order by chance.

    By the signed value and not by its size: a piece that speaks against the answer comes last. By size, an attribution
    with all signs turned would do as well as the right one.

    Args:
        values: [p], finite.
        rng: decides between equals, so that the first words of a text are not taken first.
    """
    return np.lexsort((rng.random(len(values)), -np.asarray(values, dtype=float)))


def dealt(values: Floats, order: Integers) -> Floats:
    """[p]: the same numbers given to other pieces, the largest to the first of `order`: a random attribution.

    Its numbers are as large and as uneven as the attribution's own, and know nothing of the row.
    """
    made = np.empty(len(values))
    made[order] = np.sort(np.asarray(values, dtype=float))[::-1]
    return made


def first_of(order: Integers, share: float) -> Flags:
    """[p]: whether a piece is among the first `share` of the order; at least one piece is.

    A share of 1/100 of 20 words is one word: ERASER rounds up too, since nothing taken away tells nothing.
    """
    chosen = np.zeros(len(order), dtype=bool)
    # What floating point makes of 0.05 * 20 must not count as more than 1.
    chosen[order[: max(1, int(np.ceil(share * len(order) - 1e-9)))]] = True
    return chosen


def area(shares: Sequence[float], scores: Floats) -> float:
    """The area under a curve from share 0 to share 1, by trapezoids: the mean score on the way.

    Args:
        shares: [k], rising from 0 to 1.
        scores: [k], of the answer there.
    """
    return float(np.trapezoid(scores, shares))


def comprehensiveness(whole: float, without: Floats) -> float:
    """How far the score falls when the first pieces are taken away, the mean over shares; higher is better.

    Args:
        whole: the score of the row as it is.
        without: [shares], without the first pieces.
    """
    return float(np.mean(whole - np.asarray(without)))


def sufficiency(whole: float, alone: Floats) -> float:
    """How far the score falls when only the first pieces stay, the mean over shares; lower is better.

    Args:
        whole: the score of the row as it is.
        alone: [shares], of the first pieces alone.
    """
    return float(np.mean(whole - np.asarray(alone)))
