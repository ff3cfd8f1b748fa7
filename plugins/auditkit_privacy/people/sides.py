"""An array for the members and one for the others: what attacks say, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit_privacy.reach.ranked import Ranked

Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sides:
    """An array for the members and one for the others, a row each."""

    inside: Array
    outside: Array

    @property
    def joined(self) -> Array:
        """[m + n]: the members first."""
        return np.concatenate([self.inside, self.outside])

    @property
    def member(self) -> Flags:
        """[m + n]: whether of a member."""
        return np.arange(len(self.inside) + len(self.outside)) < len(self.inside)

    @cached_property
    def ranked(self) -> Ranked:
        """The numbers as places in order, sorted once."""
        return Ranked.of(self.joined.astype(np.float64, copy=False))

    @property
    def placed(self) -> tuple[Array, Flags]:
        """[r] places and whether of a member, of the rows of which something is said: `finite`, where order is all."""
        said = self.ranked.said
        return self.ranked.places[said], self.member[said]

    @property
    def fewer(self) -> int:
        """How many rows the smaller side has of which something is said."""
        sides = (side.astype(np.float64, copy=False) for side in (self.inside, self.outside))
        return min(len(side) - int(np.count_nonzero(np.isnan(side))) for side in sides)

    def finite(self) -> tuple[Array, Flags]:
        """[r] values and whether of a member, of the rows of which something is said."""
        scores = self.joined.astype(np.float64)
        kept = ~np.isnan(scores)
        return scores[kept], self.member[kept]

    def where(self, flags: Flags) -> Sides:
        """The same with NaN for rows of which the flag, [m + n], is not set."""
        kept = np.where(flags, self.joined.astype(np.float64), np.nan)
        return Sides(kept[: len(self.inside)], kept[len(self.inside) :])
