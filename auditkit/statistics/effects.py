"""How far shares lie apart on scales other than their own: each a rising function of a share, with Wilson's limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Shares
from auditkit.statistics.gaps import Gap, largest_sure
from auditkit.statistics.intervals import Limits, wilson_shares
from auditkit.statistics.mover import widest_between
from auditkit.statistics.zscores import cohens_h

Floats = npt.NDArray[np.floating]


def widest_on_scale(shares: Shares, scale: Callable[[Floats], Floats], *, level: float = 0.95) -> Gap:
    """The widest difference between groups of a rising function of their shares; needs two groups with rows.

    Wilson's limits are carried over to the scale, at a level that holds for all pairs, and joined by MOVER. Groups are
    told apart only where Fisher's exact test at the same level agrees, as in `widest_difference`.

    Args:
        shares: of the groups that take part.
        scale: from shares in [0, 1] to finite numbers; rising.
        level: the confidence of the whole family.
    """
    groups = len(shares.value)
    comparisons = groups * (groups - 1) // 2
    hits = shares.value * shares.size
    found = wilson_shares(hits, shares.size, level, comparisons=comparisons)
    first, second = np.triu_indices(groups, k=1)
    one, two = ((hits[places], shares.size[places]) for places in (first, second))

    def largest(claims: Floats) -> float:
        return float(largest_sure(claims, one, two, (1 - level) / comparisons))

    return widest_between(scale(shares.value), Limits(scale(found.low), scale(found.high)), largest=largest)


def widest_effect(shares: Shares, *, level: float = 0.95) -> Gap:
    """Cohen's h between the two groups that lie furthest apart."""
    return widest_on_scale(shares, lambda value: cohens_h(value, 0.0), level=level)
