"""What each user had before: the items that are not recommended again, and whom nothing is known of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditkit import History
    from auditkit_recommender.ids import Ids

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Seen:
    """The training interactions in the model's own numbering of items."""

    users: Ids
    """Of the training table."""
    sizes: Integers
    """[users]: interactions of each, with items that the model does not know too."""
    starts: Integers
    """[users + 1]"""
    columns: Integers
    """User i had the model's items `columns[starts[i]:starts[i + 1]]`."""
    popularity: Floats
    """[items]: how many training interactions each of the model's items has; -inf for none."""

    @classmethod
    def of(cls, history: History, items: Ids) -> Seen:
        """The history, where items that the model does not know are left out."""
        from auditkit_recommender.ids import Ids

        columns = items.places(history.items)[history.codes] if len(history.codes) else history.codes
        owners = np.repeat(np.arange(len(history.users)), np.diff(history.starts))
        known = columns >= 0
        counts = np.bincount(owners[known], minlength=len(history.users))
        popularity = np.bincount(columns[known], minlength=len(items)).astype(np.float32)
        popularity[popularity == 0] = -np.inf
        return cls(
            users=Ids("users", history.users),
            sizes=np.diff(history.starts),
            starts=np.concatenate([[0], np.cumsum(counts)]),
            columns=columns[known],
            popularity=popularity,
        )

    def places(self, names: Sequence[str]) -> Integers:
        """[names]: where each user stands here; -1: without a training interaction."""
        places = self.users.places(names)
        if len(self.users) == 0:
            return places
        return np.where((places >= 0) & (self.sizes[places] > 0), places, -1)

    def cells(self, places: Integers) -> tuple[Integers, Integers]:
        """Rows and columns of what the users at these places had; -1 had nothing."""
        rows = np.flatnonzero(places >= 0)
        starts = self.starts[places[rows]]
        sizes = self.starts[places[rows] + 1] - starts
        offsets = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return np.repeat(rows, sizes), self.columns[np.repeat(starts, sizes) + offsets]
