"""The strongest attack on each of several alternatives, chosen anew and judged on the same halves of the same people.

So each alternative faces an attacker who knows of it, and the differences are paired: the luck of a half is on both
sides of them. What is made of the halvings is made as `choosing` makes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics import delong, delong_difference, family_level
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.choosing import (
    FEWEST,
    SPLITS,
    Strongest,
    half_of_people,
    owners_of,
    people_by_side,
    thinned,
)
from auditkit_privacy.reach.ranked import canonical_order

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]
Part = tuple[float, float, float]
"""A value with the ends of its interval."""


@dataclass(frozen=True)
class Faced:
    """How far the strongest attack on one alternative reaches."""

    area: Part
    change: Part
    """The area less that of the first alternative; the intervals of all of them hold together."""
    chosen: Mapping[str, int]
    """How many of the choices fell on each attack."""

    @property
    def attack(self) -> str:
        """The attack that was chosen most often; of several the first."""
        return max(self.chosen, key=lambda name: self.chosen[name])

    @property
    def strongest(self) -> Strongest:
        """As the gates know it."""
        return Strongest(*self.area, 1.0, self.chosen)


def faced(
    signals: Mapping[str, Mapping[str, Sides]], *, units: Sides | None, level: float, rng: np.random.Generator
) -> dict[str, Faced] | None:
    """Alternative -> what the strongest attack on it reaches; None where a side has fewer than `FEWEST` rows.

    Args:
        signals: alternative -> attack -> a finite number a row; all are of the same rows.
        units: whose row each is, -1 for a row that stands alone; None: all do.
        level: the intervals' confidence.
        rng: where the halves come from.
    """
    first = next(iter(signals.values()))
    member = next(iter(first.values())).member
    if min(np.count_nonzero(member), np.count_nonzero(~member)) < FEWEST:
        return None
    owners = None if units is None else owners_of(units.joined, len(member))
    order = canonical_order([one.ranked for one in first.values()], member)
    people = people_by_side(order, member, owners)
    judge = _Judge(signals, member, owners, level)
    found: dict[str, list[tuple[Part, Part]]] = {name: [] for name in signals}
    changes: dict[str, list[tuple[Part, Part]]] = {name: [] for name in signals}
    for _ in range(SPLITS):
        half = half_of_people(people, owners, member, rng)
        judged = [judge.on(thinned(one, order, rng), ~one) for one in (half, ~half)]
        for name in signals:
            one, other = (part[name] for part in judged)
            found[name].append((one[0], other[0]))
            changes[name].append((one[1], other[1]))
    return {
        name: Faced(_median(found[name], 0.0), _median(changes[name], -1.0), judge.chosen[name]) for name in signals
    }


class _Judge:
    """Chooses an attack on each alternative on one half, and judges it on the other; counts what it chose."""

    def __init__(
        self, signals: Mapping[str, Mapping[str, Sides]], member: Flags, people: Integers | None, level: float
    ) -> None:
        self.member, self.people = member, people
        # Half of the chance of error, for the median over the halvings.
        self.level = (1 + level) / 2
        self.family = (1 + family_level(level, max(len(signals) - 1, 1))) / 2
        self.ranked = {
            name: {attack: one.ranked for attack, one in attacks.items()} for name, attacks in signals.items()
        }
        self.chosen = {name: dict.fromkeys(attacks, 0) for name, attacks in signals.items()}

    def on(self, seen: Integers, judged: Flags) -> dict[str, tuple[Part, Part]]:
        """Of each alternative the area on the half that is judged, and how far it is from the first's."""
        best = {}
        for name, attacks in self.ranked.items():
            attack = max(attacks, key=lambda one: attacks[one].area(self.member, seen))
            self.chosen[name][attack] += 1
            best[name] = attacks[attack].places[judged]
        member = self.member[judged]
        people = None if self.people is None else self.people[judged]
        base = next(iter(best.values()))
        return {
            name: (self._area(one, member, people), self._change(one, base, member, people))
            for name, one in best.items()
        }

    def _area(self, scores: Any, member: Flags, people: Integers | None) -> Part:
        area = delong(scores, member, level=self.level, units=people)
        assert area is not None  # noqa: S101  both sides have rows
        return area.value, area.low, area.high

    def _change(self, scores: Any, base: Any, member: Flags, people: Integers | None) -> Part:
        if np.array_equal(scores, base):
            return 0.0, 0.0, 0.0  # the same order of the same rows, whatever the rows
        change = delong_difference(scores, base, member, level=self.family, units=people)
        assert change is not None  # noqa: S101  same
        return change.value, change.low, change.high


def _median(halvings: Sequence[tuple[Part, Part]], least: float) -> Part:
    """The median over halvings of the mean of two halves, and of the ends of its interval by squaring and adding."""
    values, lows, highs = [], [], []
    for one, other in halvings:
        value = (one[0] + other[0]) / 2
        values.append(value)
        lows.append(value - np.hypot(one[0] - one[1], other[0] - other[1]) / 2)
        highs.append(value + np.hypot(one[2] - one[0], other[2] - other[0]) / 2)
    return float(np.median(values)), max(float(np.median(lows)), least), min(float(np.median(highs)), 1.0)
