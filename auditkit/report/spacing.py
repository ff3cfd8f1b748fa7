"""One space between Chinese and what is written in Latin letters or digits, none between Chinese and Chinese.

As the W3C's Requirements for Chinese Text Layout (CLREQ 3.2.2) have it. A translator does not know what a parameter
will be: `{what}的分数` is filled with `胸痛` in one report, and with `age` in another.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from auditkit.document import show

_PLACE = re.compile(r"( ?)\{(\w+)(?::(\w+))?\}( ?)")
_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile("[A-Za-z0-9\u00c0-\u024f\u0370-\u03ff]")


def fill_spaced(pattern: str, params: Mapping[str, str | float]) -> str:
    """Put the parameters where their names stand, with the space that they want beside Chinese."""
    said, at = "", 0
    for start, end, (before, name, style, after) in _places(pattern):
        if name not in params:
            continue
        value = show(params[name], style)
        said += pattern[at:start]
        said += _between(said[-1:], before, value[:1]) + value
        following = pattern[end : end + 1]
        # What follows is a parameter of its own, and decides its own side.
        said += after if following == "{" else _between(value[-1:], after, following)
        at = end
    return said + pattern[at:]


@functools.lru_cache(maxsize=4096)
def _places(pattern: str) -> tuple[tuple[int, int, tuple[str, str, str | None, str]], ...]:
    """Where the names begin and end, with the spaces around them; and those spaces, the name and its style."""
    return tuple((one.start(), one.end(), one.groups()) for one in _PLACE.finditer(pattern))  # type: ignore[misc]


@functools.lru_cache(maxsize=4096)
def _between(left: str, written: str, right: str) -> str:
    """The space between two characters; as the translator wrote it where neither rule is about them."""
    chinese = bool(_CHINESE.match(left)), bool(_CHINESE.match(right))
    if all(chinese):
        return ""
    if any(chinese) and (_LATIN.match(right) if chinese[0] else _LATIN.match(left)):
        return " "
    return written
