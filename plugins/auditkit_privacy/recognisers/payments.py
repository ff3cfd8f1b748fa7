"""Bank accounts and payment cards."""

from __future__ import annotations

import re

from auditkit_privacy.recognisers.batch import iban_heads, numbers_from
from auditkit_privacy.recognisers.check_digits import iban, luhn
from auditkit_privacy.recognisers.recogniser import (
    NO_PERSON,
    Recogniser,
    anywhere,
    digits_of,
    numbers_of,
    said_before,
)

_LENGTHS = dict(
    re.findall(
        r"([A-Z]{2})([0-9]{2})",
        """
        AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18
        FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20
        LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24
        SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
        """,
    )
)
"""Characters of an IBAN by country: SWIFT's registry of ISO 13616."""

_STARTS_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[ \-]?[A-Z0-9]{4}")
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,28}|(?:[ \-][A-Z0-9]{4}){2,7}(?:[ \-][A-Z0-9]{1,3})?)"
    r"(?![A-Za-z0-9])"
)
_CARD = re.compile(
    r"(?<![0-9A-Za-z.\-])(?:[0-9]{14,19}|[0-9]{4}([ \-])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}"
    r"|[0-9]{4}([ \-])[0-9]{6}\2[0-9]{4,5})"
    r"(?![0-9A-Za-z]|[.\-][0-9])"
)
_ISSUERS = re.compile(
    r"4[0-9]{15}$|4[0-9]{18}$|(?:5[1-5]|50|6[0-9]|5[6-9])[0-9]{14}$|2(?:2[2-9]|[3-6]|7[01]|720)[0-9]*$"
    r"|3[47][0-9]{13}$|3(?:0[0-5]|[689][0-9])[0-9]{11}$|35(?:2[89]|[3-8])[0-9]*$|62[0-9]{14,17}$"
)
"""Which numbers issuers of cards begin with, at the lengths that they use (ISO/IEC 7812-1)."""
_LONG = 16


def _compact(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _is_iban(match: re.Match[str]) -> bool:
    compact = _compact(match[0])
    return _LENGTHS.get(compact[:2]) == str(len(compact)) and iban(compact)


def _is_card(match: re.Match[str]) -> bool:
    number = digits_of(match[0])
    if number[0] == "2" and len(number) != _LONG:
        return False
    return (
        _ISSUERS.match(number) is not None
        and len(set(number)) > 1
        and luhn(number)
        and not said_before(match, NO_PERSON)
    )


RECOGNISERS = (
    Recogniser("IBAN", anywhere(_STARTS_IBAN), iban_heads, _IBAN, _is_iban, _compact),
    Recogniser("payment card", numbers_of(14), numbers_from(14, range(14, 20)), _CARD, _is_card, digits_of),
)
