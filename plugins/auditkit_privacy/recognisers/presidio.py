"""presidio's pattern recognisers, by the names of their entities: numbers of persons in more countries.

They run as patterns and check digits alone, without presidio's engine and its language model, so that a spec says what
is looked for and not the machine. What needs a word beside it to be believed scores below 0.5 there, and is not taken.
Source: presidio-analyzer (Microsoft, MIT), `PatternRecognizer`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from auditkit import AuditError, needs_extra
from auditkit_privacy.recognisers.batch import Batch
from auditkit_privacy.recognisers.recogniser import Span

ENOUGH = 0.5
"""presidio's score of what the form alone makes likely; a check digit that agrees scores 1."""

OWN = {
    "CREDIT_CARD": "payment card",
    "EMAIL_ADDRESS": "e-mail address",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP address",
    "MAC_ADDRESS": "MAC address",
    "PHONE_NUMBER": "phone number",
    "UK_NHS": "NHS number",
    "US_SSN": "US social security number",
}
"""Entities that auditkit looks for by itself, under another name."""
NOBODY = ("DATE_TIME", "URL", "UUID")
"""Entities that name no person; that for addresses on the web asks the network, too."""

_MARKS = re.compile(r"[\s.\-/]")


@dataclass(frozen=True)
class PresidioRecogniser:
    """Finds one entity with one recogniser of presidio."""

    kind: str
    recogniser: Any

    def find_all(self, batch: Batch) -> Iterator[tuple[int, Span]]:
        """The number of a text, and a span in it."""
        for number, text in enumerate(batch.texts):
            for found in self.recogniser.analyze(text, [self.kind]):
                if found.score >= ENOUGH:
                    yield number, Span(self.kind, found.start, found.end)


def value(text: str) -> str:
    """Two spellings of one number have one value: without spaces, points, hyphens and strokes."""
    return _MARKS.sub("", text).casefold()


def refuse_own(entities: Sequence[str]) -> None:
    """Refuse what need not be asked of presidio, without importing it.

    Raises:
        AuditError: an entity that is looked for anyhow, that names no person, or that stands twice.
    """
    for name in entities:
        if name in OWN:
            raise AuditError(
                f"option 'presidio' names '{name}', which is looked for anyhow, as '{OWN[name]}'",
                hint=f"leave '{name}' out",
            )
        if name in NOBODY:
            raise AuditError(f"option 'presidio' names '{name}', which names no person", hint=f"leave '{name}' out")
        if list(entities).count(name) > 1:
            raise AuditError(f"option 'presidio' names '{name}' twice", hint="write it once")


@functools.lru_cache(maxsize=4)
def presidio_recognisers(entities: tuple[str, ...]) -> tuple[PresidioRecogniser, ...]:
    """One for each entity, in their order; in each language that presidio has one for.

    Raises:
        AuditError: an entity that no pattern recogniser of the presidio that is installed finds.
        PluginError: presidio is not installed.
    """
    known = _known()
    for name in entities:
        if name not in known:
            offered = sorted(set(known) - set(OWN) - set(NOBODY))
            raise AuditError(f"presidio has no pattern recogniser for '{name}'", hint=f"it has: {', '.join(offered)}")
    return tuple(PresidioRecogniser(name, one) for name in entities for one in known[name])


@functools.lru_cache(maxsize=1)
def _known() -> dict[str, list[Any]]:
    """Entity to its pattern recognisers; each has a default for all that it is made of."""
    with needs_extra("privacy"):
        from presidio_analyzer import PatternRecognizer, predefined_recognizers
    found: dict[str, list[Any]] = {}
    for _, kind in sorted(vars(predefined_recognizers).items()):
        if isinstance(kind, type) and issubclass(kind, PatternRecognizer) and kind is not PatternRecognizer:
            one = kind()
            for name in one.supported_entities:
                found.setdefault(name, []).append(one)
    return found
