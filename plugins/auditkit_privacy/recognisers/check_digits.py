"""Check digits: the arithmetic by which a number proves that it was issued, or at least that it was copied rightly."""

from __future__ import annotations

from datetime import date

_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: every second digit from the right doubled and its digits added; the sum divides by 10."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0


def iban(compact: str) -> bool:
    """ISO 13616: the first four characters behind the others, letters as 10 to 35, the number 1 modulo 97."""
    return int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1


def nhs(digits: str) -> bool:
    """Ten digits: nine weighted 10 to 2; the tenth is 11 less the sum modulo 11, 11 being 0, and 10 never issued.

    Source: NHS Data Dictionary, NHS NUMBER.
    """
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check % 11 == int(digits[9]) if check != 10 else False  # noqa: PLR2004  it has no digit


def resident_id(number: str) -> bool:
    """GB 11643-1999: 17 digits with a date of birth, and a check sign by ISO 7064 MOD 11-2."""
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _RESIDENT_WEIGHTS, strict=False))
    return _EARLIEST <= born.year <= _LATEST and _RESIDENT_CHECKS[total % 11] == number[17]


_EARLIEST, _LATEST = 1900, 2100
