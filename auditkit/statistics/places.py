"""The places that scores have in order: found once, by a sort, and then counted wherever they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer]

_ROOM = 4
"""Places a row up to which empty ones cost less than a sort that leaves them out."""
_FEW = 1_000


def places_of(scores: npt.NDArray[Any]) -> tuple[Integers, int]:
    """The place of each score in ascending order, [n] from 0, equal scores sharing one, and a number above them all.

    Whole numbers from 0 on that are not much larger than there are rows are places already: nobody may have some of
    them, and nothing is sorted. A sort costs O(n log n), and what is counted by places afterwards O(n).

    Args:
        scores: [n], finite.
    """
    if scores.dtype.kind in "iu" and len(scores) and scores.min() >= 0:
        most = int(scores.max())
        if most < _ROOM * len(scores) + _FEW:
            return scores, most + 1
    known, places = np.unique(scores, return_inverse=True)
    return places, len(known)
