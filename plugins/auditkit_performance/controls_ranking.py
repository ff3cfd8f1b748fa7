"""Known cases for `performance.ranking`: lists upside down, and lists that put what users went for first."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Case, Rankings, clean, planted

_USERS, _ITEMS = 200, 10


def _case(rng: np.random.Generator, *, first: bool) -> Case[Rankings]:
    from auditkit.testing import toy_case

    lists = np.array([[f"item {place}" for place in rng.permutation(40)[:_ITEMS]] for _ in range(_USERS)], dtype=object)
    own = lists[:, :2] if first else lists[:, -2:]
    users = tuple(f"user {place}" for place in range(_USERS))
    return toy_case(Rankings(users, lists), truth=Rankings(users, own))


def _upside_down(rng: np.random.Generator) -> Case[Rankings]:
    return _case(rng, first=False)


def _in_order(rng: np.random.Generator) -> Case[Rankings]:
    return _case(rng, first=True)


def _ndcg(readings: Any) -> float:
    (found,) = [m for m in readings.measurements if m.metric == f"ndcg_at_{_ITEMS}"]
    return float(found.value)


def _low(readings: Any) -> bool:
    return _ndcg(readings) < 0.4  # noqa: PLR2004  ranks 9 and 10 of 10: 0.363


def _full(readings: Any) -> bool:
    return _ndcg(readings) > 1 - 1e-9


CONTROLS = (
    planted("lists that put last what users went for", _upside_down, _low, gain="binary", relevant_from=None),
    clean("lists that put first what users went for", _in_order, _full, gain="binary", relevant_from=None),
)
