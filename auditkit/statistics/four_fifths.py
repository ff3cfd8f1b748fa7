"""The four-fifths rule: each group's selection rate against the most selected one's; its point rule and a test apart.

Source: Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D), and their questions and answers 18 to 24.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Shares
from auditkit.statistics.fisher import hypergeometric_tail
from auditkit.statistics.gaps import short_of_one
from auditkit.statistics.intervals import Limits, share_ratio
from auditkit.statistics.zscores import difference_z, two_sided

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

FLOOR = 0.8
_FEWEST_EXPECTED = 5
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Impact:
    """Each group against the most selected one, [groups] each. Of that one itself the ratio is 1."""

    highest: int
    """The place of the most selected group; of several the largest."""
    ratio: Floats
    limits: Limits
    """Of the ratio, at a level that holds for all pairs of groups, since the most selected one is found by looking."""
    is_below: Flags
    """The point rule: whether the ratio is under the floor, however few people it rests on."""
    p: Floats
    """Two-sided, of the same rate as the most selected group's: by the pooled z, or by Fisher's mid-p."""
    p_adjusted: Floats
    """`p` times the number of pairs of groups (Bonferroni), for the same reason."""
    is_exact: Flags
    """Whether Fisher's test made `p`, because fewer than 5 selections, or others, are expected in one of the two."""
    shortfall: Floats
    """How many more of the group would have been selected at the rate of the most selected one."""
    flips: Flags
    """Whether the point rule says something else once one selection goes from one of the two groups to the other."""


def four_fifths(shares: Shares, *, level: float = 0.95, floor: float = FLOOR) -> Impact | None:
    """Hold each group's selection rate to the most selected one's; None when nobody was selected.

    Rows that weigh differently or share units enter by their effective size, and the shortfall and the flip by people.

    Args:
        shares: the selection rates of the groups that take part, all with rows: leave out those that are too small.
        level: the confidence of the whole family of ratios.
        floor: what the point rule asks for.
    """
    highest = int(np.lexsort((shares.n, shares.value))[-1])
    best = float(shares.value[highest])
    if best == 0:
        return None
    groups = len(shares.value)
    pairs = max(groups * (groups - 1) // 2, 1)
    hits = shares.value * shares.size
    ratio = shares.value / best
    samples = (hits, shares.size), (hits[highest], shares.size[highest])
    low, high = share_ratio(*samples[0], *samples[1], level, comparisons=pairs)
    high = short_of_one(high, *samples, (1 - level) / pairs)
    p, is_exact = _compare(hits, shares.size, highest)
    return Impact(
        highest=highest,
        ratio=ratio,
        limits=Limits(np.minimum(low, ratio), np.maximum(high, ratio)),
        is_below=_is_below(ratio, floor),
        p=p,
        p_adjusted=np.minimum(p * pairs, 1.0),
        is_exact=is_exact,
        shortfall=(best - shares.value) * shares.n,
        flips=_flips(shares, highest, floor),
    )


def _compare(hits: Floats, sizes: Floats, highest: int) -> tuple[Floats, Flags]:
    """The p of each group against the highest, and whether it is Fisher's mid-p; 1 of the highest against itself."""
    other, rows = hits[highest], sizes[highest]
    chosen = (hits + other) / (sizes + rows)
    expected = np.minimum(sizes, rows) * np.minimum(chosen, 1 - chosen)
    is_exact = expected < _FEWEST_EXPECTED
    p = two_sided(difference_z(hits, sizes, other, rows))
    if is_exact.any():
        p[is_exact] = fisher_mid_p(hits[is_exact], sizes[is_exact], other, rows)
    p[highest] = 1.0
    is_exact[highest] = False
    return p, is_exact


def fisher_mid_p(hits_1: npt.ArrayLike, n_1: npt.ArrayLike, hits_2: npt.ArrayLike, n_2: npt.ArrayLike) -> Floats:
    """Fisher's exact test of two equal shares, twice its smaller tail, with half the weight of what was seen.

    Less strict than Fisher's own p, and near its level on average. Effective counts are rounded. Source: Lancaster
    (1961), J. Am. Stat. Assoc. 56, 223-234; Agresti (2013), Categorical Data Analysis, section 3.5.

    Args:
        hits_1: of the first sample, a number or an array; arrays broadcast against each other.
        n_1: its rows.
        hits_2: of the second sample.
        n_2: its rows.
    """
    k, n, other, rows = (np.rint(np.asarray(part, dtype=float)) for part in (hits_1, n_1, hits_2, n_2))
    at_least = hypergeometric_tail(k, n, k + other, n + rows)
    beyond = hypergeometric_tail(k + 1, n, k + other, n + rows)
    upper = (at_least + beyond) / 2
    return np.asarray(np.clip(2 * np.minimum(upper, 1 - upper), 0, 1))


def _is_below(ratio: Floats, floor: float) -> Flags:
    # 4/5 exactly is not under it, whatever the last digit of the quotient says.
    return np.asarray(ratio < floor - _ROUNDING)


def _flips(shares: Shares, highest: int, floor: float) -> Flags:
    """A group under the floor is given one of the highest's selections, and one above it gives one to the highest."""
    below = _is_below(shares.value / shares.value[highest], floor)
    step = np.where(below, 1.0, -1.0)
    moved = np.clip(shares.value + step / shares.n, 0, 1)
    other = np.clip(shares.value[highest] - step / shares.n[highest], 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(other > 0, moved / other, np.inf)
    flips = _is_below(ratio, floor) != below
    flips[highest] = False
    return np.asarray(flips)
