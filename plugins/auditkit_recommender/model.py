"""The opened recommender: users in, the items that suit them best out, some users at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import ModelError, Rankings, Text, canonical_label
from auditkit_recommender.histories import SimilarItems
from auditkit_recommender.ranking import NOWHERE, NotANumberError, best

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditkit_recommender.ids import Ids
    from auditkit_recommender.scoring import Scorer
    from auditkit_recommender.seen import Seen

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

ColdUsers = Literal["refuse", "popularity", "model"]


@dataclass(frozen=True)
class Recommender:
    """Scores of some users for all items, less those that they had, cut to the best."""

    scorer: Scorer
    users: Ids
    items: Ids
    seen: Seen | None
    """None: there is no training table."""
    mask_seen: bool
    cold_users: ColdUsers
    depth: int
    at_once: int
    """Users that are scored together."""
    is_filled: bool = True
    """Whether it is always as many, so that a product of matrices does not depend on who else is asked about."""
    notes: tuple[Text, ...] = ()
    trusted: tuple[Text, ...] = ()
    device: str = "cpu"
    batch_size: int = 1 << 16
    _names: npt.NDArray[np.object_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # One more, so that the place -1 is None: no item.
        object.__setattr__(self, "_names", np.array([*self.items.names, None], dtype=object))

    @property
    def computing(self) -> Any:
        """How torch computes its scores, for the result; None: it does not."""
        return getattr(self.scorer, "computing", None)

    def predict(self, inputs: Any) -> Rankings:
        """The best items of each user, at most `depth`."""
        return self.ranked(inputs, self.depth)

    def ranked(self, inputs: Any, depth: int) -> Rankings:
        """The best items of each user, at most so many.

        Raises:
            ModelError: a user without history, where they are to be refused; scores that are no numbers.
        """
        names = self._given(inputs)
        rows, had, cold = self.known(names)
        if cold.any() and self.cold_users == "refuse":
            raise cold_refusal(names, rows, cold)
        width = min(depth, len(self.items))
        places = np.full((len(names), width), NOWHERE, dtype=np.int64)
        values = np.full((len(names), width), np.nan)
        for start in range(0, len(names), self.at_once):
            part = slice(start, start + self.at_once)
            found = self._scores(rows[part], had[part], cold[part])
            places[part], values[part] = self._best(found, width, names[part])
        return Rankings(names, self._names[places], values)

    @property
    def cannot(self) -> dict[str, str]:
        """Why it has not what other recommenders have."""
        if isinstance(self.scorer, SimilarItems):
            return {}
        return {"RanksHistories": "what it learnt of each user is in the model, and not what they had"}

    def histories(self, inputs: Any) -> list[tuple[str, ...]]:
        """[n]: the items that each user had in the training table, of those that the model knows, an item once."""
        if self.seen is None:
            return [()] * len(inputs)
        had = self.seen.places(self._given(inputs))
        rows, columns = self.seen.cells(had)
        found: list[list[str]] = [[] for _ in had]
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            found[row].append(str(self._names[column]))
        return [tuple(dict.fromkeys(items)) for items in found]

    def from_histories(self, inputs: Any, histories: Sequence[Sequence[str]]) -> Rankings:
        """The best items of each user, had they had these; what they had is not recommended again all the same.

        Raises:
            ModelError: the model does not rank by what somebody had.
        """
        if not isinstance(self.scorer, SimilarItems):
            raise ModelError("the model does not rank by what somebody had", hint=self.cannot["RanksHistories"])
        names = self._given(inputs)
        _, had, _ = self.known(names)
        width = min(self.depth, len(self.items))
        places = np.full((len(names), width), NOWHERE, dtype=np.int64)
        values = np.full((len(names), width), np.nan)
        for start in range(0, len(names), self.at_once):
            part = slice(start, start + self.at_once)
            found = self.scorer.of_items([self.items.places(items) for items in histories[part]])
            if self.mask_seen and self.seen is not None:
                found[self.seen.cells(had[part])] = -np.inf
            places[part], values[part] = self._best(found, width, names[part])
        return Rankings(names, self._names[places], values)

    @staticmethod
    def _given(inputs: Any) -> tuple[str, ...]:
        given = inputs["user"].to_numpy(dtype=object)
        return tuple(given) if set(map(type, given)) <= {str} else tuple(str(canonical_label(user)) for user in given)

    def known(self, names: Sequence[str]) -> tuple[Integers, Integers, Flags]:
        """For each user the row of the model, the place in the history, and whether one of them is missing."""
        rows = self.users.places(names)
        if self.seen is None:
            return rows, np.full(len(rows), NOWHERE), rows < 0
        had = self.seen.places(names)
        return rows, had, (rows < 0) | (had < 0)

    def _scores(self, rows: Integers, had: Integers, cold: Flags) -> Floats:
        """[users, items], in memory of its own; -inf: not recommended."""
        asked = np.zeros(self.at_once if self.is_filled else len(rows), dtype=np.int64)
        asked[: len(rows)] = np.maximum(rows, 0)
        found = self.scorer.scores(asked)[: len(rows)]
        if self.cold_users == "popularity" and self.seen is not None:
            found[cold] = self.seen.popularity
        else:
            found[rows < 0] = -np.inf
        if self.mask_seen and self.seen is not None:
            found[self.seen.cells(had)] = -np.inf
        return found

    def _best(self, found: Floats, width: int, names: tuple[str, ...]) -> tuple[Integers, Floats]:
        try:
            return best(found, width)
        except NotANumberError as error:
            raise ModelError(
                f"the model's scores of user '{names[error.row]}' are NaN or infinite",
                hint="its training went wrong: audit a model that was saved before that",
            ) from error


def cold_refusal(names: Sequence[str], rows: Integers, cold: Flags) -> ModelError:
    """What is said of users without history, where the spec does not say what to do with them."""
    places = np.flatnonzero(cold)
    strangers = int(np.count_nonzero(rows < 0))
    shown = ", ".join(f"'{names[place]}'" for place in places[:5]) + (", ..." if len(places) > 5 else "")  # noqa: PLR2004
    return ModelError(
        f"{len(places):,} of {len(names):,} users have no history ({shown}): {strangers:,} are not in the model, "
        f"{len(places) - strangers:,} have no interaction in the training table",
        hint='[model] cold_users = "popularity", as a shop would greet them; or "model", what the model says of those '
        "it has a row for, and nothing for the others",
    )
