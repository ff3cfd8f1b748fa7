"""Text that came from elsewhere, made fit for Markdown: it reads as it is written, and marks nothing up."""

from __future__ import annotations

import re

from auditkit_exports.plain import plain

_MARKS = re.compile(r"[\\`*_\[\]<>|~&$@#]|(?<=:)/|(?<=www)\.", re.IGNORECASE)
"""What begins markup inside a line, a formula, a mention, and what GitHub makes links of on its own."""

_REFERENCE = re.compile(r"\\([@#])")
_CELL = 300


def shown(text: str, longest: int = _CELL) -> str:
    """A text that Markdown shows as it is: no markup, no link, nobody called by name.

    GitHub makes links of `@name` and `#12` in what is left after Markdown; a comment parts the sign from the name.
    """
    return _REFERENCE.sub(r"\\\1<!-- -->", _MARKS.sub(r"\\\g<0>", plain(text, longest)))
