"""Canonical JSON (RFC 8785) of what most documents hold: it is what is signed and digested, many times in an audit."""

from __future__ import annotations

import re
from collections.abc import Callable
from json.encoder import encode_basestring as quoted
from math import inf
from typing import Any

_BEYOND_PLANE_0 = re.compile("[\U00010000-\U0010ffff]")
_MOST = 2**53 - 1
"""The largest whole number that every reader of JSON keeps."""
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e16
"""Between them Python and ECMAScript write a number that is not whole alike: the fewest digits that mean it."""


class _OddError(Exception):
    """A value that is not plain."""


def written(value: Any) -> bytes | None:
    """The RFC 8785 bytes of plain values, several times as fast as `rfc8785`; None: they are not plain, or have none.

    Plain are texts, true, false and null, numbers that are no extremes, and lists and dictionaries of those, whose keys
    and texts hold no character above U+FFFF. The others are left to `rfc8785`, to write or to refuse.
    """
    parts: list[str] = []
    try:
        _write(value, parts.append)
        text = "".join(parts)
        # Keys are in the order of UTF-16, which is that of code points up to U+FFFF.
        return None if _BEYOND_PLANE_0.search(text) else text.encode()
    except (_OddError, UnicodeEncodeError, TypeError, RecursionError):
        return None


def _write(value: Any, say: Callable[[str], None]) -> None:
    kind = type(value)
    if kind is str:
        say(quoted(value))
    elif kind is dict:
        comma = "{"
        for key in sorted(value):
            say(comma)
            say(quoted(key))
            say(":")
            _write(value[key], say)
            comma = ","
        say("}" if value else "{}")
    elif kind is list or kind is tuple:
        comma = "["
        for one in value:
            say(comma)
            _write(one, say)
            comma = ","
        say("]" if value else "[]")
    else:
        say(_CONSTANTS[value] if value is None or kind is bool else _number(value, kind))


_CONSTANTS = {None: "null", True: "true", False: "false"}


def _number(value: Any, kind: type) -> str:
    if kind is int and -_MOST <= value <= _MOST:
        return repr(value)
    if kind is float and -inf < value < inf:
        if value.is_integer():
            if abs(value) <= _MOST:
                return repr(int(value))
        elif _LEAST_PLAIN <= abs(value) < _MOST_PLAIN:
            return repr(value)
        else:
            return _small(value)
    raise _OddError


def _small(value: float) -> str:
    """A number that is not whole, nearer to nothing than 1e-4: ECMAScript writes digits down to 1e-6."""
    import rfc8785

    return rfc8785.dumps(value).decode()
