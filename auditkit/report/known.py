"""What a control expected and saw, in words: metrics by their names for people, and no number twice."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit.document import Text
from auditkit.report.wording import SENTENCE_LIMIT, Wording

MOST_VALUES = 3
"""Of one metric, beside which the others are counted."""
_JOINED = "{one}; {other}"
_VALUES = ("{value} ({low} to {high})", "{value}")


def told_of(text: Text, wording: Wording) -> str:
    """The text of a control as a page shows it."""
    if text.msgid == _JOINED:
        parts = list(_parts(text))
        told = list(dict.fromkeys(told_of(part, wording) for part in parts))
        more = len(told) - MOST_VALUES
        if more > 0 and all(part.msgid in _VALUES for part in parts):
            shown = wording.clauses(told[:MOST_VALUES])
            return wording.say("{labels}, and {count} more", labels=shown, count=more)
        return wording.clauses(told)
    params = {name: _shown(name, value, wording) for name, value in text.params.items()}
    return wording.text(Text(msgid=text.msgid, params=params), part=SENTENCE_LIMIT)


def _parts(text: Text) -> Iterator[Text]:
    """Texts that were joined, one by one."""
    if text.msgid != _JOINED:
        yield text
        return
    for name in ("one", "other"):
        value = text.params[name]
        yield from _parts(value if isinstance(value, Text) else Text.of("{name}", name=value))


def _shown(name: str, value: Text | str | float, wording: Wording) -> str | float:
    if isinstance(value, Text):
        return told_of(value, wording)
    return wording.metric(value) if name == "metric" and isinstance(value, str) else value
