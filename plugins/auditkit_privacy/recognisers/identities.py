"""Numbers that states and health services give to persons."""

from __future__ import annotations

import re

from auditkit_privacy.recognisers.batch import numbers_from
from auditkit_privacy.recognisers.check_digits import nhs, resident_id
from auditkit_privacy.recognisers.recogniser import NO_PERSON, Recogniser, digits_of, numbers_of, said_before

_SSN = re.compile(
    r"(?<![0-9A-Za-z.\-])(?!000|666|9)[0-9]{3}([ .\-]?)(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![0-9A-Za-z]|[.\-][0-9])"
)
_SAYS_SSN = re.compile(r"(?:\bssns?\b|social security)[^\n0-9]{0,16}$", re.IGNORECASE)
_NEVER_ISSUED = frozenset({"078051120", "219099999", "123456789"})
"""Printed in advertisements, or in every example."""

_RESIDENT = re.compile(
    r"(?<![0-9A-Za-z.])(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)[0-9]{4}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]"
    r"[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
)
"""By province (GB/T 2260), with a date of birth in the middle."""

_NHS = re.compile(r"(?<![0-9A-Za-z.\-])[0-9]{3}([ \-]?)[0-9]{3}\1[0-9]{4}(?![0-9A-Za-z]|[.\-][0-9])")
_SAYS_NHS = re.compile(r"\bnhs\b[^\n0-9]{0,16}$", re.IGNORECASE)


def _is_ssn(match: re.Match[str]) -> bool:
    if digits_of(match[0]) in _NEVER_ISSUED:
        return False
    # Nine digits without hyphens number everything.
    return said_before(match, _SAYS_SSN) or (match[1] == "-" and not said_before(match, NO_PERSON))


def _is_nhs(match: re.Match[str]) -> bool:
    number = digits_of(match[0])
    if len(set(number)) == 1 or not nhs(number):
        return False
    # One number in eleven passes: without spaces, or as phone numbers are written, a word must say what it is.
    return said_before(match, _SAYS_NHS) or (match[1] == " " and not said_before(match, NO_PERSON))


RECOGNISERS = (
    Recogniser(
        "Chinese resident ID",
        numbers_of(17),
        numbers_from(17, (17, 18)),
        _RESIDENT,
        lambda match: resident_id(match[0].upper()),
        digits_of,
    ),
    Recogniser("US social security number", numbers_of(9), numbers_from(9, (9,)), _SSN, _is_ssn, digits_of),
    Recogniser("NHS number", numbers_of(10), numbers_from(10, (10,)), _NHS, _is_nhs, digits_of),
)
