"""E-mail addresses and phone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from auditkit_privacy.recognisers.batch import holding, numbers_behind, numbers_from
from auditkit_privacy.recognisers.recogniser import (
    BEFORE,
    NO_PERSON,
    Recogniser,
    anywhere,
    digits_of,
    numbers_of,
    said_before,
)

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9_%+\-](?:[A-Za-z0-9._%+\-]{0,62}[A-Za-z0-9_%+\-])?"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.){1,8}(?:xn--[A-Za-z0-9\-]{2,59}|[A-Za-z]{2,24})(?![A-Za-z0-9\-])"
)
"""Of RFC 5321 what people use: no quoted local part, and a domain of letters or in its coded form (RFC 3492)."""

_END = r"(?![0-9A-Za-z]|[.\-/][0-9])"
_OWN_FORM = re.compile(
    r"""(?<![0-9A-Za-z+.\-/])(?:
        \+[1-9](?:[ .\-()]{0,2}[0-9]){6,14}                                          # E.164: at most 15 digits
      | (?:\([2-9][0-9]{2}\)[ ]?|[2-9][0-9]{2}[.\-])[2-9][0-9]{2}[.\-][0-9]{4}       # North America
      | 1[3-9][0-9]{9} | 1[3-9][0-9]([ \-])[0-9]{4}\1[0-9]{4}                        # Chinese mobile numbers
    )"""
    + _END,
    re.VERBOSE,
)
_ANY_FORM = re.compile(r"(?<![0-9A-Za-z+.\-/])\(?0?[0-9]{1,5}\)?(?:[ .\-]{0,2}[0-9]){5,12}" + _END)
_SAYS_PHONE = re.compile(
    r"(?:\btel(?:ephone)?|\bphone|\bmobile|\bcell(?:phone)?|\bcall(?:ed|ing)?|\bfax|\bpager|\bwhatsapp|\btext"
    r"|电话|手机|联系方式|座机|致电|传真)[^\n0-9+]{0,16}[ (+0-9]{0,3}$",
    re.IGNORECASE,
)
_PARTS = (
    "tel",
    "phone",
    "mob",
    "cell",
    "call",
    "fax",
    "page",
    "app",
    "text",
    "电话",
    "手机",
    "联系方式",
    "座机",
    "致电",
    "传真",
)
"""A part of each of these words, without letters that have a second small form, such as i, whose other has no dot."""
_MAY_SAY = re.compile("|".join(_PARTS), re.IGNORECASE)
_HOME = re.compile(r"^\+(?:1|86)")
_FEWEST, _MOST = 7, 15
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}[.\-/ ]?[01][0-9][.\-/ ]?[0-3][0-9](?![0-9])"
    r"|[0-3]?[0-9][.\-/][01]?[0-9][.\-/](?:19|20)?[0-9]{2}(?![0-9])"
)


def _could_be(match: re.Match[str]) -> bool:
    number = digits_of(match[0])
    return _FEWEST <= len(number) <= _MOST and len(set(number)) > 1


def _is_written_as_phone(match: re.Match[str]) -> bool:
    return _could_be(match) and not said_before(match, NO_PERSON)


def _is_called_phone(match: re.Match[str]) -> bool:
    return _could_be(match) and said_before(match, _SAYS_PHONE) and not _DATE.match(match[0])


def _value(text: str) -> str:
    """The digits, without the codes of North America and China, which are left out at home."""
    return digits_of(_HOME.sub("", text))


def _near_the_word(text: str) -> Iterable[slice]:
    """Numbers behind what may be a word that calls them so: others are not looked at twice."""
    return (place for place in numbers_of(_FEWEST)(text) if _MAY_SAY.search(text, *_before(place)))


def _before(place: slice) -> tuple[int, int]:
    return max(0, place.start - BEFORE), place.stop


RECOGNISERS = (
    Recogniser("e-mail address", anywhere(re.compile("@")), holding("@"), _EMAIL, lambda _: True),
    Recogniser("phone number", numbers_of(_FEWEST), numbers_from(10, (11,)), _OWN_FORM, _is_written_as_phone, _value),
    Recogniser(
        "phone number",
        _near_the_word,
        numbers_behind(_PARTS, BEFORE, range(_FEWEST, _MOST + 1)),
        _ANY_FORM,
        _is_called_phone,
        _value,
    ),
)
