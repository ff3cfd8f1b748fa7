"""What recommendations make of popular items, and how much of a catalogue so many users see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]


def long_tail(counts: Integers, head: float) -> Flags:
    """[items]: which belong to the long tail: all but the most popular ones that together have a share of the uses.

    The head holds the fewest items that have at least `head` of all; items as popular as its last belong to it too, so
    that no order among equals decides. Source: Abdollahpouri, Burke and Mobasher (2017), RecSys, 42-46.

    Args:
        counts: [items], how often each was used; 0 too.
        head: between 0 and 1.
    """
    most = np.sort(counts)[::-1]
    place = int(np.searchsorted(np.cumsum(most), head * most.sum() * (1 - 1e-12)))
    return np.asarray(counts < max(int(most[min(place, len(most) - 1)]), 1)) if len(most) else np.zeros(0, dtype=bool)


def novelty_of(counts: Integers, users: int) -> Floats:
    """[items]: -log2 of the share of users who had each; one that nobody had is as new as one that a single user had.

    The mean over a list is MIUF. Source: Zhou et al. (2010), PNAS 107, 4511-4515, as mean inverse user frequency.
    """
    return np.asarray(-np.log2(np.maximum(counts, 1) / users))


def shannon_entropy(counts: npt.ArrayLike) -> float:
    """In bits, of the shares that counts are of their sum; NaN where there are none. Source: Shannon (1948)."""
    told = np.asarray(counts, dtype=float)
    if told.sum() <= 0:
        return float("nan")
    shares = told[told > 0] / told.sum()
    return float(-(shares @ np.log2(shares))) + 0.0


@dataclass(frozen=True)
class Seen:
    """How many different items so many users see, and its standard error; NaN of one user."""

    value: float
    error: float


def distinct_seen(lists: Integers, items: int, users: int, *, units: Integers | None = None) -> Seen:
    """How many different items the lists of `users` users hold on average, drawn from these without replacement.

    By Hurlbert's formula, of which the jackknife leaves out one unit's users at a time, linearly: with at most half of
    the users it is a symmetric statistic whose jackknife is too wide rather than too narrow. Sources: Hurlbert (1971),
    Ecology 52, 577-586; Efron and Stein (1981), Ann. Stat. 9, 586-596.

    Args:
        lists: [n, k], items as numbers; -1: none. None stands twice on a list.
        items: how many there are.
        users: at most n.
        units: [n], whose list each is, from 0; None: each is another's.
    """
    from scipy import special

    count = len(lists)
    shown = lists >= 0
    often = np.bincount(lists[shown], minlength=items)

    def missed(all_lists: float, with_item: Integers) -> Floats:
        """C(n - c, m) / C(n, m), by log gammas."""
        left = all_lists - with_item
        logs = (
            special.gammaln(np.maximum(left, 0) + 1) - special.gammaln(np.maximum(left - users, 0) + 1)
            - special.gammaln(all_lists + 1) + special.gammaln(all_lists - users + 1)
        )  # fmt: skip
        return np.where(left < users, 0.0, np.exp(logs))

    value = float(np.sum(1 - missed(count, often)[often > 0]))
    if count <= users:
        return Seen(value, float("nan"))
    # Without one list its items are on one list less, and all others on as many of one less.
    apart = missed(count - 1, often) - missed(count - 1, np.maximum(often - 1, 0))
    lost = np.where(shown, apart[lists], 0.0).sum(axis=1)
    lost = lost - lost.mean()
    if units is not None:
        lost = np.bincount(units, lost)
    size = len(lost)
    return Seen(value, float(np.sqrt((size - 1) / size * (lost @ lost))) if size > 1 else float("nan"))
