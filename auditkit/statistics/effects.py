"""How far shares lie apart on scales other than their own: each a rising function of a share, with Wilson's limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Shares
from auditkit.statistics.gaps import Gap
from auditkit.statistics.intervals import Limits, wilson_shares
from auditkit.statistics.mover import widest_between
from auditkit.statistics.zscores import cohens_h

Floats = npt.NDArray[np.floating]


def widest_on_scale(shares: Shares, scale: Callable[[Floats], Floats], *, level: float = 0.95) -> Gap:
    """The widest difference between groups of a rising function of their shares; needs two groups with rows.

    Wilson's limits are carried over to the scale, at a level that holds for all pairs, and joined by MOVER.

    Args:
        shares: of the groups that take part.
        scale: from shares in [0, 1] to finite numbers; rising.
        level: the confidence of the whole family.
    """
    groups = len(shares.value)
    comparisons = groups * (groups - 1) // 2
    found = wilson_shares(shares.value * shares.size, shares.size, level, comparisons=comparisons)
    return widest_between(scale(shares.value), Limits(scale(found.low), scale(found.high)))


def widest_effect(shares: Shares, *, level: float = 0.95) -> Gap:
    """Cohen's h between the two groups that lie furthest apart."""
    return widest_on_scale(shares, lambda value: cohens_h(value, 0.0), level=level)
