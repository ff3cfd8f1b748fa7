"""Pairs made of prompts that people wrote: as they stand, and with words for who it is about, or others, swapped."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from auditkit import DataError
from auditkit.perturbation.editing import SWAP, edited
from auditkit.perturbation.lexicon import Attribute, read_terms
from auditkit_conversation.asked.templates import Asked, Phrases

_HINT = "a CSV file in UTF-8 with a column 'prompt', and 'id', 'language' and 'emergency' where they are known"


def rows_of_prompts(asked: Asked, path: Path) -> Iterator[dict[str, Any]]:
    """The rows of each prompt of a file that names somebody: two about different people, and two in other words.

    A prompt that names nobody, both sides at once, or what fits one side alone makes none.

    Raises:
        DataError: the file cannot be read, a contrast has no words to swap, or no prompt names anybody.
    """
    terms = [_attribute(one) for one in asked.contrasts]
    count = 0
    for number, row in enumerate(_read(path), start=1):
        name = (row.get("id") or "").strip() or f"prompt {number}"
        about = {"template": name, "language": row.get("language") or None, "emergency": row.get("emergency") or None}
        for place, attribute in enumerate(terms):
            for made in _of_prompt(row["prompt"], name, attribute, [*terms[:place], *terms[place + 1 :]], asked):
                count += 1
                yield {**about, **made}
    if not count:
        names = ", ".join(one.name for one in terms)
        raise DataError(f"no prompt of '{path.name}' says who somebody is: {names}", hint="templates with {person}")


def _of_prompt(
    text: str, name: str, attribute: Attribute, others: Sequence[Attribute], asked: Asked
) -> Iterator[dict[str, Any]]:
    found = attribute.found(text)
    sides = {one.side for one in found}
    if len(sides) != 1:
        return
    (side,) = sides
    drawn = np.random.default_rng
    made = edited(text, attribute, SWAP, lambda what: drawn([len(what), *text.encode()]), others)
    if made is None:
        return
    after = {one.side for one in attribute.found(made.protected)}
    if len(after) != 1 or after == {side}:
        return
    pair = f"{name}, {attribute.name}"
    yield {"prompt": text, "pair": pair, attribute.name: attribute.sides[side]}
    yield {"prompt": made.protected, "pair": pair, attribute.name: attribute.sides[after.pop()]}
    if asked.neutral is not None:
        one, other = asked.neutral.sides[:2]
        yield {"prompt": text, "pair": f"{pair}, neutral", "neutral": one}
        yield {"prompt": made.neutral, "pair": f"{pair}, neutral", "neutral": other}


def _attribute(phrases: Phrases) -> Attribute:
    """The words of a text that say it: those of auditkit's file of terms, or the phrases of the user's table."""
    if phrases.is_own:
        return Attribute(phrases.name, phrases.sides, phrases.lines)
    return read_terms()[phrases.name]


def _read(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeError, csv.Error) as error:
        raise DataError(f"'{path.name}' cannot be read: {type(error).__name__}", hint=_HINT) from None
    if not rows or "prompt" not in rows[0]:
        raise DataError(f"'{path.name}' has no rows with a column 'prompt'", hint=_HINT)
    return [row for row in rows if (row["prompt"] or "").strip()]
