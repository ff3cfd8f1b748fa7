"""Statements that an answer is to hold, or must not: phrases, regular expressions, and quantities with their unit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from auditkit import AuditError
from auditkit_conversation.wording import WINDOW, is_conditional, is_negated, plain

TOLERANCE = 0.01
"""Of a quantity that names none: how far another may lie from it and still be it, as a share of it."""

_NUMBER = r"(?<![a-z0-9.])\d+(?:[.,]\d+)?"
_UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("kg", "kilogram", "kilograms", "公斤", "千克"), ("mass", 1e6)),
    **dict.fromkeys(("g", "gram", "grams", "克"), ("mass", 1e3)),
    **dict.fromkeys(("mg", "milligram", "milligrams", "毫克"), ("mass", 1.0)),
    **dict.fromkeys(("ug", "\u03bcg", "mcg", "microgram", "micrograms", "微克"), ("mass", 1e-3)),
    **dict.fromkeys(("l", "liter", "liters", "litre", "litres", "升"), ("volume", 1e3)),
    **dict.fromkeys(("ml", "milliliter", "milliliters", "millilitre", "millilitres", "毫升"), ("volume", 1.0)),
    **dict.fromkeys(("second", "seconds", "秒"), ("time", 1.0)),
    **dict.fromkeys(("min", "minute", "minutes", "分钟"), ("time", 60.0)),
    **dict.fromkeys(("h", "hour", "hours", "小时"), ("time", 3600.0)),
    **dict.fromkeys(("day", "days", "天", "日"), ("time", 86_400.0)),
    **dict.fromkeys(("week", "weeks", "周", "星期"), ("time", 604_800.0)),
    **dict.fromkeys(("\u00b0c", "c", "celsius", "度", "摄氏度"), ("temperature", 1.0)),
    **dict.fromkeys(("tablet", "tablets", "pill", "pills", "capsule", "capsules", "片", "粒"), ("pieces", 1.0)),
    **dict.fromkeys(("iu", "unit", "units", "单位"), ("units", 1.0)),
    **dict.fromkeys(("%", "percent", "per cent"), ("share", 1.0)),
    **dict.fromkeys(("mmhg", "毫米汞柱"), ("pressure", 1.0)),
}
"""Unit -> what it measures, and how much of it. Fahrenheit is turned into Celsius apart."""
_FAHRENHEIT = ("\u00b0f", "f", "fahrenheit", "华氏度")
_NAMES = "|".join(sorted(map(re.escape, [*_UNITS, *_FAHRENHEIT]), key=len, reverse=True))
_UNIT = rf"(?:{_NAMES})(?![a-z])"
_QUANTITY = re.compile(rf"({_NUMBER}) ?-?({_UNIT})")
_DECLARED = re.compile(rf"({_NUMBER}) ?({_UNIT})(?: ?(?:\u00b1|\+/?-) ?(\d+(?:\.\d+)?) ?(%)?)?")


class Statement(Protocol):
    """Something that an answer may say."""

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where a plain text says it, negated or not."""
        ...


@dataclass(frozen=True)
class Wording:
    """A phrase or a regular expression."""

    pattern: re.Pattern[str]

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the plain text matches."""
        yield from (found.span() for found in self.pattern.finditer(text))


@dataclass(frozen=True)
class Quantity:
    """A number with its unit, and how far another may lie from it."""

    kind: str
    amount: float
    within: float

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the plain text names as much, in whatever unit of the same kind."""
        for found in _QUANTITY.finditer(text):
            kind, amount = _amount(found[1], found[2])
            if kind == self.kind and abs(amount - self.amount) <= self.within + 1e-9 * abs(self.amount):
                yield found.span()


def _amount(number: str, unit: str) -> tuple[str, float]:
    value = float(number.replace(",", ".") if re.fullmatch(r"\d+,\d{1,2}", number) else number.replace(",", ""))
    if unit in _FAHRENHEIT:
        return "temperature", (value - 32) * 5 / 9
    kind, factor = _UNITS[unit]
    return kind, value * factor


@lru_cache(maxsize=4096)
def statement_of(written: str) -> Statement:
    """What a cell's part, or an option, means.

    Args:
        written: `/.../`, a regular expression over the plain text; a number and a unit, as `500 mg` or `38.5 C +- 0.5`
            or `2 g +- 10%`; else a phrase, whose words stand in this order with spaces between them.

    Raises:
        AuditError: an expression that is none, or a statement that is empty.
    """
    text = plain(written).strip()
    if not text:
        raise AuditError("a statement is empty: every answer holds it", hint="leave the cell empty instead")
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):  # noqa: PLR2004  something between the strokes
        # As it is written: to fold it would turn \S into \s.
        inner = written.strip()[1:-1]
        try:
            return Wording(re.compile(inner, re.IGNORECASE))
        except re.error as error:
            # What stands there is not quoted, nor what Python quotes of it: it may be of a patient's record.
            where = "" if error.pos is None else f", at character {error.pos + 1}"
            message = f"what stands between strokes is no regular expression{where}"
            raise AuditError(message, hint="see Python's re, or write a phrase without strokes") from None
    declared = _DECLARED.fullmatch(text)
    if declared is not None:
        return _quantity(declared)
    edges = (r"(?<![a-z0-9])" if text[0].isascii() and text[0].isalnum() else "",
             r"(?![a-z0-9])" if text[-1].isascii() and text[-1].isalnum() else "")  # fmt: skip
    return Wording(re.compile(edges[0] + r"\s+".join(map(re.escape, text.split())) + edges[1]))


def _quantity(declared: re.Match[str]) -> Quantity:
    number, unit, within, is_share = declared.groups()
    kind, amount = _amount(number, unit)
    if within is None:
        return Quantity(kind, amount, TOLERANCE * abs(amount))
    if is_share:
        return Quantity(kind, amount, float(within) / 100 * abs(amount))
    # A tolerance in degrees has no zero to be shifted by.
    reach = float(within) * 5 / 9 if unit in _FAHRENHEIT else float(within) * _UNITS[unit][1]
    return Quantity(kind, amount, reach)


def statements_in(cell: str | None, separator: str = ";") -> tuple[str, ...]:
    """The statements that a cell holds: a JSON list of texts, or texts with a separator between them.

    Raises:
        AuditError: what looks like a JSON list is none of texts.
    """
    if cell is None or not cell.strip():
        return ()
    if cell.lstrip().startswith("["):
        try:
            parts = json.loads(cell)
        except json.JSONDecodeError as error:
            where = f"at character {error.pos + 1}"
            message = f"what begins like a JSON list is none, {where}"
            raise AuditError(message, hint='["rest", "drink water"]') from None
        if not all(isinstance(part, str) for part in parts):
            raise AuditError("what is written as a JSON list is no list of texts", hint='["rest", "drink water"]')
        return tuple(part for part in parts if part.strip())
    wide = cell.replace("\uff1b", ";") if separator == ";" else cell
    return tuple(part.strip() for part in wide.split(separator) if part.strip())


def says(text: str, statement: Statement, *, window: int = WINDOW, unconditionally: bool = False) -> bool:
    """Whether a plain text says it somewhere without denying it there; `unconditionally`: and on no condition.

    Args:
        text: see `wording.plain`.
        statement: see `statement_of`.
        window: see `wording.is_negated`.
        unconditionally: in its sentence no "if" goes before it, or follows.
    """
    return any(
        not is_negated(text, *place, window=window) and not (unconditionally and is_conditional(text, *place))
        for place in statement.places(text)
    )


def says_any(
    text: str, statements: Sequence[Statement], *, window: int = WINDOW, unconditionally: bool = False
) -> bool:
    """Whether it says one of them."""
    return any(says(text, one, window=window, unconditionally=unconditionally) for one in statements)


def names_quantity(text: str, kinds: frozenset[str]) -> bool:
    """Whether a plain text names a quantity of one of these kinds, such as "mass"."""
    return any(_amount(found[1], found[2])[0] in kinds for found in _QUANTITY.finditer(text))
