"""How well each user's recommendations meet what they went for, from the rows that a bundle keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.case import Case
from auditkit.errors import NotApplicable
from auditkit.predictions import Rankings

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
    truth, depth = case.truth, case.depth
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    rows = [
        _user(shown[:depth], _worth(truth, user, gain, relevant_from), discounts)
        for user, shown in enumerate(case.predictions.items)
    ]
    table = np.array(rows, dtype=float).reshape(len(rows), 6)
    names = ("ndcg", "recall", "precision", "hit_rate", "reciprocal_rank")
    return {name: table[:, place] for place, name in enumerate(names)}, table[:, 5] > 0


def _worth(truth: Rankings, user: int, gain: str, relevant_from: float | None) -> dict[str, float]:
    """What each of a user's own items is worth, where it is worth something."""
    items = truth.items[user]
    if truth.scores is None:
        if gain == "rating" or relevant_from is not None:
            raise NotApplicable("the interactions have no ratings")
        return {item: 1.0 for item in items if item is not None}
    chosen = {
        item: float(rating)
        for item, rating in zip(items, truth.scores[user], strict=True)
        if item is not None and (relevant_from is None or rating >= relevant_from)
    }
    return {
        item: rating if gain == "rating" else 1.0 for item, rating in chosen.items() if gain != "rating" or rating > 0
    }


def _user(shown: npt.NDArray[Any], worth: dict[str, float], discounts: Floats) -> tuple[float, ...]:
    if not worth:
        return (0.0,) * 6
    gains = np.array([worth.get(item, 0.0) if item is not None else 0.0 for item in shown])
    best = np.sort(list(worth.values()))[::-1][: len(discounts)]
    hits = np.flatnonzero(gains > 0)
    ndcg = min(float(gains @ discounts[: len(gains)]) / float(best @ discounts[: len(best)]), 1.0)
    first = 1 / (1 + hits[0]) if len(hits) else 0.0
    return ndcg, len(hits) / len(worth), len(hits) / len(discounts), float(len(hits) > 0), first, float(len(worth))
