"""Of models that find entities: which one of a row's is explained, and how surely it is found in a text that changed.

Li, Monroe and Jurafsky (2016), Understanding neural networks through representation erasure, arXiv:1612.08220: what is
erased here is a word, and what is looked at how sure the model is of the label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, TokenLabels
from auditkit.perturbation import marks

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Place = tuple[int, int]


def drawn_entities(case: Case[Any], said: TokenLabels) -> Integers:
    """[n]: which of each row's entities is explained, drawn by what the row holds; -1: the model found none in it."""
    draws = (case.rng(f"entity {mark}") for mark in marks(case.inputs))
    chosen = [int(rng.integers(len(row))) if row else -1 for rng, row in zip(draws, said.spans, strict=True)]
    return np.array(chosen, dtype=np.int64)


def entity_scores(said: TokenLabels, labels: Sequence[str], places: Sequence[Sequence[Place]]) -> Floats:
    """[m]: the mean over an entity's words of the score of what is found there with its label; 0 where nothing is.

    Args:
        said: of m texts, in which each word is where it was.
        labels: [m], of the entity that is looked for.
        places: [m], from where to where each of its words goes.
    """
    return np.array([_found(*one) for one in zip(said.spans, labels, places, strict=True)], dtype=np.float64)


def _found(spans: Sequence[tuple[int, int, str, float]], label: str, words: Sequence[Place]) -> float:
    own = [(start, end, score) for start, end, name, score in spans if name == label]
    best = [
        max((score for start, end, score in own if start < word[1] and word[0] < end), default=0.0) for word in words
    ]
    return float(np.mean(best)) if best else 0.0
