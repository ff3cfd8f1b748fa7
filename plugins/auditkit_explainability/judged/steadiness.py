"""How far an attribution moves when the input, or the answer, moves a little.

Sources: Yeh et al. (2019), On the (in)fidelity and sensitivity of explanations, NeurIPS (max-sensitivity); Agarwal et
al. (2022), Rethinking stability for attribution-based explanations, arXiv 2203.06877 (relative stability).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

LEAST = 1e-4
"""What is divided by at the least, of Agarwal et al. 2022: `epsilon_min`."""


def max_sensitivity(own: Floats, others: Floats) -> float:
    """The largest distance of an attribution from those of neighbours, as a part of its own length; NaN of all 0.

    Args:
        own: [p], of the row.
        others: [k, p], of its neighbours.
    """
    length = float(np.linalg.norm(own))
    if not length:
        return float("nan")
    return float(np.linalg.norm(others - own, axis=1).max() / length)


def relative_stability(own: Floats, others: Floats, moved: Floats, same: Flags, *, least: float = LEAST) -> float:
    """The largest relative change of an attribution for how far something else moved; NaN without a neighbour.

    Relative input stability where `moved` is the relative change of the input, output stability where it is the
    distance between the outputs before any softmax.

    Args:
        own: [p], of the row.
        others: [k, p], of its neighbours.
        moved: [k], how far the neighbours lie away.
        same: [k], whether the model decides a neighbour as it does the row: the others do not count.
        least: what is divided by at the least.
    """
    if not same.any():
        return float("nan")
    changed = np.linalg.norm(relative_change(own, others, least=least), axis=1)
    return float((changed / np.maximum(moved, least))[same].max())


def relative_change(own: Floats, others: Floats, *, least: float = LEAST) -> Floats:
    """[k, p]: the change of each number as a part of the number, which counts as `least` where it is smaller.

    Args:
        own: [p].
        others: [k, p].
        least: in the units of the numbers.
    """
    return np.asarray((others - own) / np.where(np.abs(own) < least, np.where(own < 0, -least, least), own))
