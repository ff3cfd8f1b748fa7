"""Cases whose answer is known: a group of items that is ranked below all others without being liked less, and none."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Case, Rankings, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case

USERS, ITEMS, LISTED = 240, 40, 30
_AS_IT_IS = {"items": "kind", "remedy": "none"}
_GENTLE = "DetGreedy in turns to catalogue shares by kind"


def ranked_below(rng: np.random.Generator, *, by: float, users: int = USERS) -> Case[Any]:
    """Half of the items are fish, liked as the breads are; the recommender takes `by` off the score of each."""
    is_fish = np.arange(ITEMS) % 2 == 1
    liking = rng.normal(size=(users, ITEMS))
    scores = liking + rng.normal(0, 0.5, (users, ITEMS)) - by * is_fish
    names = np.array([f"item {place}" for place in range(ITEMS)], dtype=object)
    lists = names[np.argsort(-scores, axis=1)[:, :LISTED]]
    wanted = names[np.argsort(-(liking + rng.normal(0, 0.5, liking.shape)), axis=1)[:, :3]]
    who = tuple(f"user {user:05}" for user in range(users))
    kinds = {name: ("bread", "fish")[int(fish)] for name, fish in zip(names, is_fish, strict=True)}
    return toy_case(Rankings(who, lists), truth=Rankings(who, wanted), item_groups={"kind": kinds})


def _planted(rng: np.random.Generator) -> Case[Any]:
    return ranked_below(rng, by=1.5)


def _clean(rng: np.random.Generator) -> Case[Any]:
    # So many that no draw of half of them leaves a group less than nine tenths of its share.
    return ranked_below(rng, by=0.0, users=4 * USERS)


_OPTIONS: dict[str, Any] = {"candidates": LISTED, "shares": None, "relevant_from": None}
CONTROLS = (
    planted(
        "half of the items stand lower in every list than users' liking would have them",
        _planted,
        every(
            not_above("remedied_exposure_per_item_at_10_ratio", 0.5, conditions=_AS_IT_IS),
            above(
                "remedied_exposure_per_item_at_10_ratio",
                0.75,
                conditions={"items": "kind", "remedy": "DetGreedy to catalogue shares by kind"},
            ),
            above("remedied_lists_changed_at_10", 0.5, conditions={"remedy": _GENTLE}),
        ),
        **_OPTIONS,
    ),
    clean(
        "two kinds of items that are ranked alike: nothing is to be mended",
        _clean,
        every(
            above("remedied_exposure_per_item_at_10_ratio", 0.85, conditions=_AS_IT_IS),
            near("remedied_lists_changed_at_10", 0.0, conditions={"remedy": _GENTLE}),
        ),
        **_OPTIONS,
    ),
)
