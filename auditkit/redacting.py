"""Personal data taken out of texts that will be shown, by the recognisers that plugins offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from auditkit.errors import PluginError


@runtime_checkable
class Recogniser(Protocol):
    """Finds one kind of personal data in a text: what `auditkit_register_recognisers` offers."""

    @property
    def kind(self) -> str:
        """In words, e.g. "phone number": what a reader sees in its place."""

    def find(self, text: str) -> Iterable[Any]:
        """Every place where it stands: objects with `start` and `end`, counted in characters of the text."""


@dataclass(frozen=True)
class Personal:
    """Where something personal stands in a text; never what it says."""

    kind: str
    start: int
    end: int


def personal_in(text: str, recognisers: Sequence[Recogniser]) -> tuple[Personal, ...]:
    """What is personal in a text, in order, without overlaps; of places that overlap all, by the first one's kind.

    Args:
        text: to look at.
        recognisers: an earlier one says what kind it is where several claim the same signs.

    Raises:
        PluginError: a recogniser raises, or says a place that the text does not have.
    """
    found = sorted(_places(text, recognisers), key=lambda one: (one.start, one.end))
    joined: list[Personal] = []
    order = {recogniser.kind: place for place, recogniser in reversed(list(enumerate(recognisers)))}
    for one in found:
        if joined and one.start < joined[-1].end:
            before = joined.pop()
            kind = min(before.kind, one.kind, key=lambda kind: order[kind])
            joined.append(Personal(kind, before.start, max(before.end, one.end)))
        else:
            joined.append(one)
    return tuple(joined)


def redacted(text: str, personal: Iterable[Personal]) -> str:
    """The text with each of these places replaced by its kind in brackets."""
    parts, at = [], 0
    for one in personal:
        parts += [text[at : one.start], in_brackets(one)]
        at = one.end
    return "".join([*parts, text[at:]])


def in_brackets(one: Personal) -> str:
    """What stands in its place."""
    return f"[{one.kind}]"


def _places(text: str, recognisers: Sequence[Recogniser]) -> Iterator[Personal]:
    from auditkit.hosting.hooks import blamed_on

    for recogniser in recognisers:
        with blamed_on(f"recogniser '{recogniser.kind}'"):
            spans = [(int(span.start), int(span.end)) for span in recogniser.find(text)]
        for start, end in spans:
            if not 0 <= start < end <= len(text):
                raise PluginError(f"recogniser '{recogniser.kind}' says a place that the text does not have")
            yield Personal(recogniser.kind, start, end)
