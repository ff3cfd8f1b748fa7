"""Looking for the fewest words that flip a text's decision when they are taken out, by asking the model alone.

Words are ranked by how far the decided class falls without each, taken out in that order until the decision flips, and
put back one by one as far as it stays flipped. An upper bound: other words may be fewer.
Source: Martens and Provost (2014), MIS Quarterly 38, 73-99, explanations of document classification.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.perturbation import decided
from auditkit_explainability.attributing import Asker
from auditkit_explainability.pieces import Pieces, pieces_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_AT_ONCE = 1024


def fewest_words(case: Case[Any], rows: Integers, *, column: str, most: int) -> Floats:
    """[n]: how many words; infinite: up to `most` do not flip it; NaN: not among `rows`.

    Args:
        case: of texts.
        rows: which are asked about.
        column: that of the texts, where rows hold more.
        most: words that are taken out at most.
    """
    found = np.full(len(case), np.nan)
    if not len(rows):
        return found
    part = case.narrowed(np.asarray(rows, dtype=np.int64))
    pieces = pieces_of(part, column=column)
    asker = Asker(part, pieces)
    orders = _ranked(asker)
    best = [_cut(part, pieces, place, order[:most]) for place, order in enumerate(orders)]
    found[rows] = [np.inf if one is None else float(np.count_nonzero(one)) for one in best]
    return found


def _ranked(asker: Asker) -> list[Integers]:
    """Of each row its words, that without which the decided class falls furthest first."""
    counts = asker.counts
    rows = np.repeat(np.arange(len(counts)), counts)
    gone = [flags for count in counts.tolist() for flags in np.eye(count, dtype=bool)]
    scores = np.split(asker.scores(rows, gone), np.cumsum(counts)[:-1])
    return [np.argsort(np.round(one, 12), kind="stable") for one in scores]


def _cut(case: Case[Any], pieces: Pieces, row: int, order: Integers) -> Flags | None:
    """[p]: the words of one row that are taken out; None: none flip it."""
    count = len(pieces.names[row])
    tried = []
    for last in range(1, len(order) + 1):
        flags = np.zeros(count, dtype=bool)
        flags[order[:last]] = True
        tried.append(flags)
    flips = _flips(case, pieces, row, tried)
    first = next((place for place, one in enumerate(flips) if one), None)
    if first is None:
        return None
    gone = tried[first]
    for word in order[:first]:
        again = gone.copy()
        again[word] = False
        if _flips(case, pieces, row, [again])[0]:
            gone = again
    return gone


def _flips(case: Case[Any], pieces: Pieces, row: int, gone: list[Flags]) -> list[bool]:
    found: list[bool] = []
    for start in range(0, len(gone), _AT_ONCE):
        part = gone[start : start + _AT_ONCE]
        inputs = pieces.without(np.full(len(part), row), part)
        sound, flips = case.predict_sound(inputs, {"taken out": pieces.kind}), np.zeros(len(part), dtype=bool)
        # An answer that is none is no other decision.
        flips[sound.rows] = decided(case, sound.predictions) != case.decisions[row]
        found += flips.tolist()
    return found
