"""The thin space between Chinese and Latin letters or figures, which browsers set and WeasyPrint 70 does not."""

from __future__ import annotations

import re

THIN_SPACE = "\N{THIN SPACE}"

_CHINESE, _LATIN = "\u3400-\u4dbf\u4e00-\u9fff", "A-Za-z0-9\u00c0-\u024f\u0370-\u03ff"
_WITHIN = re.compile(f"(?<=[{_CHINESE}])(?=[{_LATIN}])|(?<=[{_LATIN}%])(?=[{_CHINESE}])")
_TAG = re.compile(r"(<[^>]*>)")
_INLINE = re.compile(r"</?(?:a|b|bdi|code|em|i|span|strong)\b")
_UNSET = re.compile(r"<(?:style|title|svg)\b")


def parted(page: str) -> str:
    """A page with a thin space where the two scripts meet, in one text or in two that inline elements part.

    What `text-autospace: normal` does (CSS Text 4, 8.4), with an eighth of an em there and about a fifth here.
    """
    pieces = _TAG.split(page)
    before, is_set = "", True
    for place, piece in enumerate(pieces):
        if place % 2:
            is_set = not _UNSET.match(piece) and (is_set or piece.startswith("</"))
            before = before if _INLINE.match(piece) else ""
        elif piece and is_set:
            said = _WITHIN.sub(THIN_SPACE, piece)
            pieces[place] = THIN_SPACE + said if _WITHIN.search(before + said[0]) else said
            before = piece[-1]
    return "".join(pieces)
