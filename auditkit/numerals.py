"""How numbers are written for people: one way in sentences, tables and pictures."""

from __future__ import annotations

from decimal import Decimal

_SMALLEST = 0.0005
"""The smallest that three decimals can show."""

_MINUS = "\N{MINUS SIGN}"


def number(value: float) -> str:
    """Three decimals, or none when it is whole; thousands apart; never a zero that is not one.

    JSON does not tell 1.0 from 1, so neither does this: a number reads the same before and after it was written.
    """
    if float(value).is_integer():
        return f"{int(value):,}".replace("-", _MINUS)
    if abs(value) < _SMALLEST:
        return "< 0.001" if value > 0 else f"> {_MINUS}0.001"
    return f"{value:,.3f}".replace("-", _MINUS)


def bound_number(value: float) -> str:
    """A bound as its author wrote it, with two decimals at least unless it is whole."""
    if float(value).is_integer():
        return number(value)
    decimals = f"{Decimal(repr(float(value))):,f}"
    return (decimals if len(decimals.partition(".")[2]) > 1 else f"{value:,.2f}").replace("-", _MINUS)
