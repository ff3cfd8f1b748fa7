"""Addresses of machines, which name the person before them: IP, MAC, and credentials in a URL."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from auditkit_privacy.recognisers.batch import dotted_or_colons, hex_pairs, holding
from auditkit_privacy.recognisers.recogniser import Recogniser, anywhere, said_before

_V4 = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IP = re.compile(
    rf"(?<![0-9A-Za-z.:]){_V4}(?:\.{_V4}){{3}}(?![0-9A-Za-z]|\.[0-9])"
    r"|(?<![0-9A-Za-z:.])(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{3,39}(?:\.[0-9]{1,3}){0,3}(?:%[0-9A-Za-z]+)?"
    r"(?![0-9A-Za-z:]|\.[0-9])"
)
_NUMBERED = re.compile(
    r"(?:\bv(?:er(?:sion|\.)?)?|\bsection|\bbuild|\brelease|\boid|\buid|§|版本|第)[ :.#]*$", re.IGNORECASE
)

_MAC = re.compile(
    r"(?<![0-9A-Za-z:\-.])(?:[0-9A-Fa-f]{2}([:\-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![0-9A-Za-z]|[:\-.][0-9A-Fa-f])"
)
_NOBODY = ({"0"}, {"f"})

_CREDENTIALS = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.\-]{1,20}://[^\s/:@?#]{1,64}:[^\s/@?#]{1,128}@[^\s/?#]{1,255}"
)


def _is_address(match: re.Match[str]) -> bool:
    """An address of some machine: no version number, no time of day, and not the machine itself or nobody."""
    text = match[0].partition("%")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or said_before(match, _NUMBERED))


def _is_mac(match: re.Match[str]) -> bool:
    signs = {sign for sign in match[0].lower() if sign.isalnum()}
    # Digits alone with hyphens or points are dates, codes and doses.
    return signs not in _NOBODY and (match[1] == ":" or bool(signs & set("abcdef")))


_MAY_BE_IP = re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|::|(?:[0-9A-Fa-f]{1,4}:){6}")
_MAY_BE_MAC = re.compile(r"[0-9A-Fa-f]{2}[:\-][0-9A-Fa-f]{2}[:\-][0-9A-Fa-f]{2}[:\-]|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.")
_FEWEST = 4
"""Colons, hyphens or points of them all."""


def _may_be_mac(text: str) -> Iterable[slice]:
    marks = max(text.count(":"), text.count("-"), 2 * text.count("."))
    return anywhere(_MAY_BE_MAC)(text) if marks >= _FEWEST else ()


RECOGNISERS = (
    Recogniser("IP address", anywhere(_MAY_BE_IP), dotted_or_colons, _IP, _is_address),
    Recogniser("MAC address", _may_be_mac, hex_pairs, _MAC, _is_mac),
    Recogniser("credentials in a URL", anywhere(re.compile("://")), holding("://"), _CREDENTIALS, lambda _: True),
)
