"""How differently groups are given several classes: the total variation distance, with limits for all pairs at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit.statistics.gaps import Gap, difference_limits
from auditkit.statistics.intervals import critical_value, newcombe

Floats = npt.NDArray[np.floating]


def total_variation(one: Floats, other: Floats) -> Floats:
    """Half the sum of the absolute differences of two lists of shares, [...] of [..., classes]; from 0 to 1.

    It is the largest difference that any set of classes has: of the rows of one group as many more are given them.
    """
    return np.asarray(np.abs(one - other).sum(axis=-1) / 2)


def widest_variation(shares: Floats, sizes: Floats, *, level: float = 0.95) -> Gap:
    """The largest total variation distance of any two groups, with an interval that holds for all pairs.

    Where groups are equal the distance of samples is above 0 all the same, so no bootstrap of it holds. The distance is
    the difference in the share of the best of all 2^(classes - 1) - 1 ways to divide the classes in two. Each has
    Newcombe's interval at Bonferroni's level for all of them and all pairs. The low end is that of the way that the
    sample prefers, where Fisher's exact test agrees; the high end is the smaller of what single classes can add up to,
    and of the distance and the longest upper arm that Newcombe's interval can have, z / 2 sqrt(1 / n + 1 / m).

    Args:
        shares: [groups, classes], each row of which adds up to 1; two groups or more.
        sizes: [groups], as how many independent rows each group counts.
        level: the confidence for all pairs at once.
    """
    first, second = np.triu_indices(len(shares), k=1)
    classes = shares.shape[1]
    ways = 2 ** min(classes - 1, 900) - 1
    family = max(len(first) * ways, 1)
    one, other, n, m = shares[first], shares[second], sizes[first], sizes[second]
    apart = total_variation(one, other)
    preferred = one > other
    pairs = np.stack([np.where(preferred, part, 0.0).sum(axis=1) for part in (one, other)], axis=-1)
    low, _ = difference_limits(np.clip(pairs, 0, 1), np.stack([n, m], axis=-1), level=level, families=family)
    counts = (one * n[:, None], n[:, None], other * m[:, None], m[:, None])
    ends = newcombe(*counts, level, comparisons=family)
    added = np.minimum(np.maximum(ends.high, 0).sum(axis=1), np.maximum(-ends.low, 0).sum(axis=1))
    arm = critical_value(level, family) / 2 * np.sqrt(1 / n + 1 / m)
    high = np.minimum(np.minimum(added, apart + arm), 1.0)
    widest = int(np.argmax(apart))
    value = float(apart[widest])
    return Gap(
        value, min(float(low.max()), value), max(float(high.max()), value), int(first[widest]), int(second[widest])
    )
