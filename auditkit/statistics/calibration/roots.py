"""Where a falling function is 0: scipy.optimize loads slowly, and nothing that measures may wait for it."""

from __future__ import annotations

from collections.abc import Callable

_EXACT = 1e-12


def falling_root(excess: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that falls from above 0 at `low` to below it at `high` is 0, by the Illinois method.

    Source: Dowell and Jarratt (1971), "A modified regula falsi method for computing the root of an equation", BIT 11.
    """
    above, below = excess(low), excess(high)
    last = 0.0
    while high - low > _EXACT:
        middle = (low * below - high * above) / (below - above)
        if not low < middle < high:
            return min(max(middle, low), high)  # one of the ends is as near as the numbers allow
        found = excess(middle)
        if found == 0:
            return middle
        if found > 0:
            # An end that stays twice running counts half, so that it moves too.
            below = below / 2 if last > 0 else below
            low, above = middle, found
        else:
            above = above / 2 if last < 0 else above
            high, below = middle, found
        last = found
    return (low + high) / 2
