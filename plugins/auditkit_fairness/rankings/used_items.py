"""What items were used in the training interactions, and what each user's list makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Rankings
from auditkit.statistics import code_items, long_tail, novelty_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ListUses:
    """One number a user; what stands there for a user without a list means nothing."""

    lengths: Integers
    """Items recommended."""
    uses: Floats
    """The mean uses of these."""
    tail: Floats
    """The share of the long tail among them."""
    novelty: Floats
    """Their mean novelty, in bits."""
    own: Floats
    """The mean uses of what the user had; 0 of one who had nothing."""


@dataclass(frozen=True)
class UsedItems:
    """The items of a catalogue by number, with how many had each in the training interactions."""

    counts: Integers
    """[items]."""
    is_tail: Flags
    """[items]."""
    users: int
    """Who had anything."""
    lists: Integers
    """[n, depth], the items that each user is recommended; -1: none."""
    had: Integers
    """[n, m], those that each had before; -1: none."""
    size: int
    """Items there are: of the table of items, or else of those that anybody had, went for or was recommended."""

    @classmethod
    def of(cls, case: Case[Rankings], head: float) -> UsedItems:
        """Count the training interactions of a case.

        Raises:
            NotApplicable: the spec names none, or none has a user.
        """
        import pandas as pd

        before = case.training.truth
        if before.items.size == 0:
            raise NotApplicable("the training interactions are of no user")
        tables = [before.items, case.predictions.items[:, : case.depth]]
        if case.has_truth:
            tables.append(case.truth.items)
        used, lists, *_ = coded = in_order_of_names(tables)
        known = 1 + max(int(one.max(initial=-1)) for one in coded)
        size = max(case.settings.item_groups[0][3], known) if case.settings.item_groups else known
        counts = np.bincount(used[used >= 0], minlength=size)
        places = pd.Index(before.users).get_indexer(pd.Index(case.predictions.users))
        own = np.vstack([used, np.full((1, used.shape[1]), -1)])[places]
        users = int(np.count_nonzero((used >= 0).any(axis=1)))
        return cls(counts, long_tail(counts, head), users, lists, own, size)

    @property
    def most_novelty(self) -> float:
        """Of an item that one user had; 1 where nothing can be new."""
        return float(np.log2(self.users)) or 1.0

    @property
    def tail_size(self) -> int:
        """Items of the long tail."""
        return int(np.count_nonzero(self.is_tail))

    @property
    def tail_shown(self) -> int:
        """Those of them on any list."""
        shown = np.unique(self.lists[self.lists >= 0])
        return int(np.count_nonzero(self.is_tail[shown]))

    def of_lists(self) -> ListUses:
        """What each user's list makes of it."""
        novelty = novelty_of(self.counts, self.users)
        lengths = np.count_nonzero(self.lists >= 0, axis=1)
        counts, tail = self.counts.astype(float), self.is_tail.astype(float)
        uses, shares, new = (_means(one, self.lists) for one in (counts, tail, novelty))
        return ListUses(lengths, uses, shares, new, _means(counts, self.had))


def _means(of_item: Floats, items: Integers) -> Floats:
    """[n]: the mean over the items of each row; 0 of none."""
    there = items >= 0
    summed = np.where(there, np.append(of_item, 0.0)[items], 0.0).sum(axis=1)
    return np.asarray(summed / np.maximum(there.sum(axis=1), 1))


def in_order_of_names(tables: Sequence[npt.NDArray[np.object_]]) -> list[Integers]:
    """Item names as numbers, by alphabet, so that none depends on the order of the users; -1 for None."""
    codes = code_items(*tables)
    names = np.full(1 + max(int(one.max(initial=-1)) for one in codes), "", dtype=object)
    for one, table in zip(codes, tables, strict=True):
        names[one[one >= 0]] = table[one >= 0]
    places = np.full(len(names) + 1, -1)
    places[np.argsort(names.astype(str), kind="stable")] = np.arange(len(names))
    return [places[one] for one in codes]
