"""Which rows a model is asked to go on from: members and others that are told apart by nothing but the training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from auditkit import Case, Text, Texts
from auditkit_privacy.memory.passages import are_long_enough, drawn_by_content
from auditkit_privacy.people.members import Members
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.validity.blind import Blind, blind_baseline
from auditkit_privacy.validity.gates import Gates

FEWEST = 10
"""Members, and others, below which nothing is said."""

TOO_SHORT = "what is to be reproduced is shorter than 20 characters, or not there"
REPEATED = "the same text as another row of its side"
NOT_DRAWN = "not drawn: so many are looked at a side at most"


@dataclass(frozen=True)
class MemoryRows:
    """The rows on both sides that a model is asked to go on from, and why others are not."""

    members: Members
    blind: Blind
    most: int

    @classmethod
    def of(cls, case: Case[Texts], most: int) -> Self:
        """At most so many rows a side, drawn by what they hold, and held against a classifier without the model.

        Raises:
            NotApplicable: there are no training rows, or what the rows hold is no text in one column.
        """
        found = Members.of(case)
        reasons = (TOO_SHORT, REPEATED, NOT_DRAWN)
        sides, counts = [], []
        for side in (found.members, found.others):
            chosen, left = _chosen(side, most)
            sides.append(chosen)
            counts.append(left)
        left_out = {**found.left_out, **{reason: (counts[0][at], counts[1][at]) for at, reason in enumerate(reasons)}}
        members = replace(found, members=sides[0], others=sides[1], left_out=left_out)
        rows = Sides(np.arange(len(sides[0])), np.arange(len(sides[1])))
        rng = case.rng("blind deals")
        blind = blind_baseline(sides[0], sides[1], rows, members.units(), level=case.level, rng=rng)
        return cls(members, blind, most)

    @property
    def inside(self) -> Case[Any]:
        """The members."""
        return self.members.members

    @property
    def outside(self) -> Case[Any]:
        """The others."""
        return self.members.others

    @property
    def gates(self) -> Gates:
        """What membership prints of the same questions."""
        return Gates(self.members, self.blind, None, None, is_control=True)

    @property
    def why_not(self) -> Text | None:
        """Why no difference between the sides can be judged; None: it can."""
        if min(len(self.inside), len(self.outside)) < FEWEST:
            return Text.of("fewer than {count} members or others are left to go on from", count=FEWEST)
        if self.blind.area is None or not self.members.twins_seen:
            return Text.of("nobody could look whether members and others differ without the model")
        if self.blind.tells:
            return Text.of(
                "confounded: a classifier that never sees the model tells members from others (area {value}, {low} to "
                "{high}), so that a difference says nothing of the model",
                value=self.blind.area.value,
                low=self.blind.area.low,
                high=self.blind.area.high,
            )
        return None


def _chosen(case: Case[Any], most: int) -> tuple[Case[Any], tuple[int, int, int]]:
    """The rows of one side, and how many are too short, repeat another, or were not drawn."""
    long = _places(case.compute(are_long_enough))
    apart = case.narrowed(long)
    order = apart.compute(drawn_by_content, seed=case.settings.seed)
    first = order >= 0
    kept = _places(first & (order < most))
    counts = (len(case) - len(long), int(np.count_nonzero(~first)), int(np.count_nonzero(first)) - len(kept))
    return apart.narrowed(kept), counts


def _places(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    return np.flatnonzero(flags).astype(np.int64)
