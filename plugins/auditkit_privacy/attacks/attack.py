"""The seam between the check and its attacks: what an attack is told, what it says, and how it is listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, Text
from auditkit_privacy.attacks.budget import Budget
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.ranked import canonical_order

Floats = npt.NDArray[np.floating]
Level = Literal["P1", "P2", "P3"]


@dataclass(frozen=True)
class Target:
    """What an attack is told: the rows on both sides, and what the model says of them.

    Members are in the order of `members`, and so are all arrays of theirs; the same for the others.
    """

    members: Case[Any]
    """The training rows that take part."""
    others: Case[Any]
    """The audit rows that take part: people whom the model was not trained on."""
    signals: Mapping[str, Sides]
    """Numbers that the model's own answers give; which ones there are depends on the kind of prediction."""
    shadow_models: int = 0
    """How many models may be trained as this one was; 0: none."""
    shadow_rows: int = 0
    """How many rows they may be taught, all together; 0: as many as it takes."""

    @property
    def budget(self) -> Budget:
        """How many are trained, on how many rows each."""
        sizes = len(self.members), len(self.others)
        return Budget.of(*sizes, wanted=self.shadow_models, most_rows=self.shadow_rows)

    def sample(self, most: int, name: str) -> Sides:
        """Places of at most so many rows of each side, drawn at random where there are more."""
        places = []
        for side, case in (("inside", self.members), ("outside", self.others)):
            rows = np.arange(len(case), dtype=np.int64)
            if len(rows) > most:
                drawn = self.others.rng(f"sample for {name}, {side}").permutation(len(rows))[:most]
                rows = np.sort(getattr(self.ordered, side)[drawn]).astype(np.int64)
            places.append(rows)
        return Sides(places[0], places[1])

    @cached_property
    def ordered(self) -> Sides:
        """The rows of either side as their signals alone order them."""
        members, others = len(self.members), len(self.others)
        order = canonical_order(
            [one.ranked for one in self.signals.values()], np.arange(members + others) < members
        )  # the others first
        return Sides(order[others:], order[:others] - members)

    @cached_property
    def classes(self) -> Sides:
        """The true class of each row; 0 throughout where there are no classes."""
        if not hasattr(self.members.predictions, "classes"):
            return Sides(np.zeros(len(self.members), dtype=np.int64), np.zeros(len(self.others), dtype=np.int64))
        return Sides(self.members.targets.codes, self.others.targets.codes)


@dataclass(frozen=True)
class Attack:
    """One way to tell members from others."""

    name: str
    """As a measurement's `conditions = {"attack": ...}` name it."""
    level: Level
    needs: Text
    """What it needs beyond the level below, for the report."""
    source: str
    score: Callable[[Target], Sides | None]
    """A number a row on both sides, the higher the more like a member; NaN: nothing is said of the row. None: it is no
    attack on such predictions. Raises NotApplicable where it cannot be tried, which the report prints with the reason.
    What is costly goes through `case.compute`."""
    fit: str = ""
    """Of an attack that learns from the rows' inputs, its `together.Fit`: the negative control fits it anew."""


def by_signal(name: str, source: str) -> Attack:
    """The attack that reads one of the model's own signals, which is named as it is."""
    return Attack(
        name, "P1", Text.of("the model's answers to its training rows"), source, lambda it: it.signals.get(name)
    )
