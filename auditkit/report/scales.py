"""Axes: from numbers to places in a drawing, with round ends and round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS = 5
_TWO_DECADES = 0.01


def place(value: float) -> str:
    """A length in a drawing, to a tenth of a unit."""
    return f"{value:.1f}"


@dataclass(frozen=True)
class Scale:
    """A straight axis from `low` to `high`, drawn from `left` to `right`."""

    low: float
    high: float
    left: float
    right: float
    whole: bool = False
    """Whether it counts things, so that no tick lies between two of them."""

    @classmethod
    def around(cls, values: Iterable[float], *, left: float, right: float, whole: bool = False) -> Scale:
        """An axis that begins at 0, unless something lies below, and ends at a round number at or above all values.

        Where all values are 0, nothing tells how long it should be, and it is a fifth long.
        """
        known = list(values)
        top, bottom = max([0.0, *known]), min([0.0, *known])
        step = _step(max(top - bottom, 1e-9) if top > bottom else 1.0, whole=whole)
        low, high = math.floor(bottom / step + 1e-9) * step, math.ceil(top / step - 1e-9) * step or step
        return cls(low, high, left, right, whole)

    def at(self, value: float) -> float:
        """Where a value lies."""
        share = (value - self.low) / (self.high - self.low)
        return self.left + (self.right - self.left) * min(max(share, 0.0), 1.0)

    def ticks(self) -> list[tuple[str, str]]:
        """Place and label of round numbers along the axis."""
        step = _step(self.high - self.low, whole=self.whole)
        count = round((self.high - self.low) / step)
        values = [self.low + step * place for place in range(count + 1)]
        decimals = max(0, -math.floor(math.log10(step) + 1e-9) + (1 if _needs_another(step) else 0))
        return [
            (place(self.at(value)), f"{value:,.{min(decimals, 6)}f}".replace("-", "\N{MINUS SIGN}")) for value in values
        ]


@dataclass(frozen=True)
class LogScale:
    """An axis of shares by their logarithms, from a round share `low` to 1."""

    low: float
    left: float
    right: float

    @classmethod
    def around(cls, shares: Iterable[float], *, left: float, right: float) -> LogScale:
        """An axis from the next round share at or below all of these; of none, or of 1 alone, from a tenth."""
        least = min([0.1, *shares])
        power = 10.0 ** math.floor(math.log10(least) + 1e-9)
        return cls(next(power * first for first in (5.0, 2.0, 1.0) if power * first <= least * (1 + 1e-9)), left, right)

    def at(self, share: float) -> float:
        """Where a share lies."""
        along = 1 - math.log10(share) / math.log10(self.low)
        return self.left + (self.right - self.left) * min(max(along, 0.0), 1.0)

    def ticks(self) -> list[tuple[str, str]]:
        """Place and label of round shares, in per cent: every 1, 2 and 5 of up to two decades, else the decades."""
        decades = range(math.floor(math.log10(self.low) + 1e-9), 1)
        firsts = (1.0, 2.0, 5.0) if self.low > _TWO_DECADES * (1 - 1e-9) else (1.0,)
        shares = [first * 10.0**power for power in decades for first in firsts]
        return [(place(self.at(one)), f"{100 * one:g}%") for one in shares if self.low * (1 - 1e-9) <= one <= 1]


def _step(span: float, *, whole: bool = False) -> float:
    """A round step that divides the span into about five."""
    rough = max(span / _TICKS, 1.0) if whole else span / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    steps = (one * power for one in _STEPS)
    return next(one for one in steps if one >= rough * (1 - 1e-9) and (not whole or one.is_integer()))


def _needs_another(step: float) -> bool:
    """Whether the step has two digits, as 0.25 has."""
    first = step / 10.0 ** math.floor(math.log10(step) + 1e-9)
    return not math.isclose(first, round(first))
