"""Personal data in texts: patterns with rules and check digits, one idea a module; no model, no network.

`scan` and `scan_all` are all that a check needs; `presidio` has the numbers of more countries, for who asks for them.
What is found is a span and a kind; whoever looks at the text there must not print it.

`recogniser` is what each of them is: a pattern, a rule, and words for or against. What they look for: `contacts`,
`identities` of persons, `payments`, `network` addresses, `secret_keys`; and `in_print`, which is only taken out of what
is printed. `check_digits` is their arithmetic, and `batch` finds where in many texts each kind can stand at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditkit_privacy.recognisers import contacts, identities, network, payments, secret_keys
from auditkit_privacy.recognisers.batch import Batch
from auditkit_privacy.recognisers.presidio import PresidioRecogniser, presidio_recognisers, refuse_own, value
from auditkit_privacy.recognisers.recogniser import Recogniser, Span

RECOGNISERS: tuple[Recogniser, ...] = (
    *secret_keys.RECOGNISERS,
    *network.RECOGNISERS[::-1],
    *identities.RECOGNISERS,
    *payments.RECOGNISERS,
    *contacts.RECOGNISERS,
)
"""Where two claim the same signs, the earlier one has them: credentials before the address in them."""

KINDS = tuple(dict.fromkeys(recogniser.kind for recogniser in RECOGNISERS))

_VALUES = {recogniser.kind: recogniser.value for recogniser in RECOGNISERS}


def scan(text: str) -> list[Span]:
    """What is personal in a text, without overlaps, in order."""
    found: list[Span] = []
    for recogniser in RECOGNISERS:
        for span in recogniser.find(text):
            if all(span.end <= other.start or other.end <= span.start for other in found):
                found.append(span)
    return sorted(found, key=lambda span: span.start)


_AT_ONCE = 1_000_000
"""Characters that are looked at together, at some 30 bytes each."""


def scan_all(texts: Sequence[str], presidio: Sequence[str] = ()) -> Iterator[list[Span]]:
    """What is personal in each text, as `scan` finds it, at a fraction of the cost.

    Args:
        texts: to look at.
        presidio: entities that presidio's pattern recognisers are to look for besides, where nothing else was found.
    """
    recognisers: list[Recogniser | PresidioRecogniser] = list(RECOGNISERS)
    if presidio:
        recognisers += presidio_recognisers(tuple(presidio))
    start, signs = 0, 0
    for end, text in enumerate(texts, 1):
        signs += len(text)
        if signs >= _AT_ONCE or end == len(texts):
            yield from _scan(Batch(texts[start:end]), recognisers)
            start, signs = end, 0


def _scan(batch: Batch, recognisers: Sequence[Recogniser | PresidioRecogniser]) -> Iterator[list[Span]]:
    found: list[list[Span]] = [[] for _ in batch.texts]
    for recogniser in recognisers:
        for number, span in recogniser.find_all(batch):
            if all(span.end <= other.start or other.end <= span.start for other in found[number]):
                found[number].append(span)
    return (sorted(spans, key=lambda span: span.start) for spans in found)


def value_of(span: Span, text: str) -> tuple[str, str]:
    """The kind and what it says, however it was spelt: to compare with, and never to be kept or printed."""
    return span.kind, _VALUES.get(span.kind, value)(text[span.start : span.end])


__all__ = ["KINDS", "RECOGNISERS", "Span", "refuse_own", "scan", "scan_all", "value_of"]
