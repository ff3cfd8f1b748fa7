"""How well each user's recommendations meet what they went for, from the rows that a bundle keeps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit.case import Case
from auditkit.predictions import Rankings
from auditkit.statistics import served

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


def ranking_scores(case: Case[Rankings], gain: str, relevant_from: float | None) -> tuple[dict[str, Floats], Flags]:
    """Metric -> [users], and which users have a relevant item: the others have no score.

    As `performance.ranking` defines them: gains over log2(1 + rank), down to the depth, by those of the best list.

    Args:
        case: rankings with a truth.
        gain: "binary", or "rating".
        relevant_from: the lowest rating that is relevant; None: every item of the user's own.
    """
    truth = case.truth
    found = served(
        case.predictions.items,
        truth.items,
        truth.worth("rating" if gain == "rating" else "binary", relevant_from),
        case.depth,
    )
    return found.scores(), found.relevant > 0
