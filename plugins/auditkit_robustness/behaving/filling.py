"""Filling the slots: every filling where there are few, so many drawn at random where there are more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import Case
from auditkit_robustness.behaving.reading import NEGATION, Behaviour, Lexicon, Template, Test, negation_of

MOST_VARIED = 10
"""Words of a slot that are held against each other within one case, of an invariance test."""


@dataclass(frozen=True)
class Filled:
    """One case of a test: sentences that are asked about together."""

    template: int
    """Its place in the test."""
    sentences: tuple[str, ...]
    """MFT: one. DIR, or INV with a changed text: before and after. INV of a slot: one for each of its words."""
    parts: Mapping[str, str]
    """Slot -> the part of its lexicon that the word is from; of slots whose lexicon has parts."""


@dataclass(frozen=True)
class Filling:
    """All cases of one test that are asked about."""

    test: Test
    cases: tuple[Filled, ...]
    possible: int
    """How many cases the templates have words for."""


def fillings(case: Case[Any], behaviour: Behaviour, most_cases: int) -> list[Filling]:
    """The cases of each test; what is drawn follows from the seed, the test's name and the template."""
    return [_filling(case, behaviour.lexicons, test, most_cases) for test in behaviour.tests]


def _filling(case: Case[Any], lexicons: Mapping[str, Lexicon], test: Test, most_cases: int) -> Filling:
    sizes = [
        math.prod(len(lexicons[slot].words) for slot in template.slots if slot != test.vary)
        for template in test.templates
    ]
    found: list[Filled] = []
    for place, (template, share) in enumerate(zip(test.templates, _shared(sizes, most_cases), strict=True)):
        rng = case.rng(f"fillings of {test.name}: {template.text}")
        found += _of_template(test, place, lexicons, share, rng)
    return Filling(test, tuple(found), sum(sizes))


def _shared(sizes: list[int], most: int) -> list[int]:
    """How many cases of each template: as even as their numbers allow, at least one each."""
    shares, left = [0] * len(sizes), max(most, len(sizes))
    order = sorted(range(len(sizes)), key=lambda place: sizes[place])
    for done, place in enumerate(order):
        shares[place] = min(sizes[place], left // (len(sizes) - done))
        left -= shares[place]
    return shares


def _of_template(
    test: Test, place: int, lexicons: Mapping[str, Lexicon], share: int, rng: np.random.Generator
) -> Iterator[Filled]:
    template = test.templates[place]
    slots = [slot for slot in template.slots if slot != test.vary]
    shape = [len(lexicons[slot].words) for slot in slots]
    varied = _drawn(len(lexicons[test.vary].words), MOST_VARIED, rng) if test.vary else []
    for number in _drawn(math.prod(shape), share, rng):
        chosen = _digits(number, shape)
        words = {slot: lexicons[slot].words[at] for slot, at in zip(slots, chosen, strict=True)}
        parts = {
            slot: lexicons[slot].parts[at] for slot, at in zip(slots, chosen, strict=True) if lexicons[slot].is_parted
        }
        each = [{**words, test.vary: lexicons[test.vary].words[at]} for at in varied] or [words]
        sentences = [one for filled in each for one in _sentences(test, template, filled)]
        yield Filled(place, tuple(sentences), parts)


def _sentences(test: Test, template: Template, words: Mapping[str, str]) -> Iterator[str]:
    text = template.text.format_map(words)
    yield text
    if template.changed is not None:
        is_built_in = template.changed == NEGATION
        yield negation_of(text, test.name) if is_built_in else template.changed.format_map(words)


def _drawn(total: int, most: int, rng: np.random.Generator) -> list[int]:
    """At most so many of the numbers below `total`, each once, in order."""
    if total <= most:
        return list(range(total))
    found: set[int] = set()
    # There may be more fillings than a list could hold: single ones are drawn, and again where one came twice.
    while len(found) < most:
        found.add(int(rng.integers(total)) if total < 1 << 62 else int(rng.random() * total))
    return sorted(found)


def _digits(number: int, shape: list[int]) -> list[int]:
    digits = []
    for size in reversed(shape):
        number, digit = divmod(number, size)
        digits.append(digit)
    return digits[::-1]
