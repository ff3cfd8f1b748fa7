"""What a model is given to go on from, and what its training data have there: the two parts of each row."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Texts
from auditkit_privacy.memory.closeness import spaced
from auditkit_privacy.people.rows_seen import table_of

Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

LONGEST = 200
"""Characters that are to be reproduced, about 50 tokens of English: the length that Carlini et al. (2023) look at."""
SHORTEST = 20
"""Characters below which a text is too short for its reproduction to say anything."""
CONDITIONS = {"asked": "to go on from a training row"}

_NEAR_THE_MIDDLE = 20
_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Passages:
    """Rows cut in two: [n] each."""

    given: list[str]
    """What comes first: the prompt; of rows without an answer of their own, the first half of the text."""
    hidden: list[str]
    """What follows in the data, `LONGEST` characters of it at most; empty where nobody knows."""
    are_prompts: bool
    """Whether what is given is the rows' own input, and not a part of it."""


def passages_of(case: Case[Texts]) -> Passages:
    """The rows of a case, cut in two.

    Raises:
        NotApplicable: what the rows hold is no text in one column.
    """
    texts = inputs_of(case)
    if case.has_truth:
        known, references = case.truth_known, case.truth.texts
        hidden = [cut(one) if is_known else "" for one, is_known in zip(references, known, strict=True)]
        return Passages(texts, hidden, are_prompts=True)
    halves = [halved(text) for text in texts]
    return Passages([first for first, _ in halves], [cut(second) for _, second in halves], are_prompts=False)


def inputs_of(case: Case[Texts]) -> list[str]:
    """[n]: what the rows give the model, as texts.

    Raises:
        NotApplicable: it is no text in one column.
    """
    frame = table_of(case)
    cells = None if frame is None or len(frame.columns) != 1 else list(frame.iloc[:, 0])
    if cells is None or not all(isinstance(cell, str) for cell in cells):
        raise NotApplicable("the rows are not texts in one column, to go on from")
    return cells


def halved(text: str) -> tuple[str, str]:
    """A text cut near its middle, at a space where there is one; the space stays with what follows."""
    middle = len(text) // 2
    space = _SPACE.search(text, middle, middle + _NEAR_THE_MIDDLE)
    place = space.start() if space else middle
    return text[:place], text[place:]


def cut(text: str) -> str:
    """As much of a text as is to be reproduced; not a part of a word where it has spaces."""
    if len(text) <= LONGEST:
        return text
    head, space, _ = text[:LONGEST].rpartition(" ")
    return head if space and len(head) > LONGEST // 2 else text[:LONGEST]


def are_long_enough(case: Case[Texts]) -> Flags:
    """[n]: of which rows something is hidden that is long enough to say anything, and something given."""
    parts = passages_of(case)
    pairs = zip(parts.given, parts.hidden, strict=True)
    least = 1 if parts.are_prompts else SHORTEST
    return np.array(
        [len(spaced(given)) >= least and len(spaced(hidden)) >= SHORTEST for given, hidden in pairs], dtype=bool
    )


def drawn_by_content(case: Case[Texts], *, seed: int) -> Integers:
    """[n]: each text's place in an order that what it holds decides, with a seed; -1 of a row that repeats another.

    The order of a file has no part in it, nor how often a text is there.
    """
    parts = passages_of(case)
    digests = [
        hashlib.sha256(f"{seed}\0{given}\0{hidden}".encode("utf-8", "surrogatepass")).digest()
        for given, hidden in zip(parts.given, parts.hidden, strict=True)
    ]
    first = {digest: row for row, digest in reversed(list(enumerate(digests)))}
    places = np.full(len(digests), -1, dtype=np.int64)
    places[[first[digest] for digest in sorted(first)]] = np.arange(len(first))
    return places


def answers_to(case: Case[Texts], parts: Passages, *, most: int) -> Texts:
    """[n]: what the model writes after what it is given, decoded as the audit decodes.

    Audit rows that are prompts were asked before. Of the training rows all are where they are no more than are looked
    at, and of more those alone that are.
    """
    import pandas as pd

    if parts.are_prompts and (case.split == "audit" or len(case.training) <= most):
        return case.predictions
    given: Any = case.inputs if parts.are_prompts else pd.Series(parts.given, dtype=object)
    return case.predict(given, CONDITIONS)
