"""A recommender that follows one item, and its twin that listens to all alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, Rankings, clean, planted
from auditkit.testing import above, every, not_above, toy_case, with_model

_USERS, _ITEMS, _HAD, _LISTED = 120, 40, 4, 5
_WEIGHT = 6.0
"""How much more the one item counts than another."""


@dataclass(frozen=True)
class Neighbours:
    """Each item recommends those around it on a ring; one of them loudly."""

    had: tuple[tuple[int, ...], ...]
    loud: int | None
    """None: all alike."""

    def histories(self, inputs: Any) -> list[tuple[str, ...]]:
        """What each user had."""
        return [tuple(f"item {one}" for one in self.had[user]) for user in self._users(inputs)]

    def from_histories(self, inputs: Any, histories: Sequence[Sequence[str]]) -> Rankings:
        """The best items by the neighbours of these."""
        owners = self._users(inputs)
        lists = [
            self._list(user, [int(item.split()[1]) for item in items])
            for user, items in zip(owners, histories, strict=True)
        ]
        names = tuple(f"user {user}" for user in owners)
        return Rankings(names, np.array(lists, dtype=object).reshape(len(names), _LISTED))

    def predict(self, inputs: Any) -> Rankings:
        """By what everybody had."""
        return self.from_histories(inputs, self.histories(inputs))

    @staticmethod
    def _users(inputs: Any) -> list[int]:
        return [int(str(user).split()[1]) for user in inputs["user"]]

    def _list(self, user: int, items: list[int]) -> list[str]:
        scores = np.linspace(1e-3, 0, _ITEMS)
        for item in items:
            for away in range(1, _LISTED + 1):
                scores[(item + 7 * away) % _ITEMS] += (_WEIGHT if item == self.loud else 1.0) / away
        scores[list(self.had[user])] = -np.inf
        return [f"item {place}" for place in np.argsort(-scores, kind="stable")[:_LISTED]]


def of_neighbours(*, loud: int | None) -> Any:
    """Users who had four of forty items each, and a model of their neighbours."""
    return partial(_of_neighbours, loud=loud)


def _of_neighbours(draw: np.random.Generator, *, loud: int | None) -> Case[Any]:
    import pandas as pd

    had = []
    for user in range(_USERS):
        own = draw.choice(_ITEMS, size=_HAD, replace=False)
        if user % 2 and 0 not in own:
            own[0] = 0
        had.append(tuple(int(one) for one in own))
    users = pd.DataFrame({"user": [f"user {user}" for user in range(_USERS)]})
    model = Neighbours(tuple(had), loud)
    said = model.predict(users)
    sex = ["F" if user % 3 else "M" for user in range(_USERS)]
    return with_model(toy_case(said, truth=said, groups={"sex": sex}, inputs=users, min_group_size=10), model)


HISTORY_CONTROLS = (
    planted(
        "a recommender that follows one item which half of the users had",
        of_neighbours(loud=0),
        above("history_item_excess", 0.1),
    ),
    clean(
        "its twin, to which every item counts alike",
        of_neighbours(loud=None),
        every(not_above("history_item_excess", 0.15), not_above("history_list_change", 0.7)),
    ),
)
