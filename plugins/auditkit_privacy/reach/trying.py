"""Trying every attack, and judging each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import NotApplicable, Text
from auditkit.statistics import Auc, delong
from auditkit_privacy.attacks import ATTACKS, Attack, Target
from auditkit_privacy.attacks.signals import signals_of
from auditkit_privacy.people.members import Members
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.choosing import FEWEST, owners_of
from auditkit_privacy.validity.chance import CHANCE, MOST_DEALT, MOST_PEOPLE_DEALT, permutation_p, upper_tail

Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Tried:
    """An attack that said something."""

    attack: Attack
    scores: Sides
    area: Auc | None
    """On all rows of which it says something; None of too few."""
    p_value: float | None
    """That members dealt out at random would be told apart as well."""


@dataclass(frozen=True)
class Attempts:
    """All attacks: those that said something, and why the others did not."""

    target: Target
    units: Sides | None
    tried: Mapping[str, Tried]
    refused: Mapping[str, tuple[Attack, Text]]

    @property
    def scores(self) -> dict[str, Sides]:
        """Attack -> what it says of each row."""
        return {name: one.scores for name, one in self.tried.items()}


def target_of(members: Members, shadow_models: int = 0, shadow_rows: int = 0) -> Target:
    """What attacks are told."""
    inside, outside = signals_of(members.members), signals_of(members.others)
    signals = {name: Sides(inside[name], outside[name]) for name in inside if name in outside}
    return Target(members.members, members.others, signals, shadow_models, shadow_rows)


def try_all(target: Target, units: Sides | None, *, level: float, rng: np.random.Generator) -> Attempts:
    """Every attack on the list, on the rows that take part.

    Args:
        target: what attacks are told.
        units: whose row each is; None: rows stand alone.
        level: the intervals' confidence.
        rng: how members are dealt out by chance.

    Raises:
        NotApplicable: the predictions allow none.
    """
    tried, refused = {}, {}
    for attack in ATTACKS:
        try:
            scores = attack.score(target)
        except NotApplicable as why:
            refused[attack.name] = attack, Text(msgid=why.message, params=dict(why.params))
            continue
        if scores is not None:
            tried[attack.name] = Tried(attack, scores, *judged(scores, units, level, rng))
    if not tried:
        raise NotApplicable("the predictions allow no attack on membership")
    return Attempts(target, units, tried, refused)


def judged(
    scores: Sides, units: Sides | None, level: float, rng: np.random.Generator
) -> tuple[Auc | None, float | None]:
    """An attack's area on all rows of which it says something, and the p-value of chance; None of too few."""
    if scores.fewer < FEWEST:
        return None, None
    places, member = scores.placed
    people = people_of(scores, units)
    area = delong(places, member, level=level, units=people)
    if people is None and len(places) > MOST_DEALT:
        return area, permutation_p(places, member, None, rng)  # nobody is dealt out, and no order matters
    order = np.lexsort((places, member))
    if people is None:
        return area, permutation_p(places[order], member[order], None, rng)
    owners = owners_of(people, len(places))
    if area is not None and int(owners.max()) >= MOST_PEOPLE_DEALT:
        return area, upper_tail(area.value - CHANCE, area.variance)
    return area, permutation_p(places[order], member[order], owners[order], rng)


def people_of(scores: Sides, units: Sides | None) -> Integers | None:
    """[r]: whose rows those are of which something is said, -1 of nobody known; None: rows stand alone."""
    if units is None:
        return None
    return np.asarray(units.joined[scores.ranked.said])


def by_person(scores: Sides, units: Sides | None) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """[p] the places of scores, and whether of a member; where rows share people, the mean scores of these."""
    people = people_of(scores, units)
    if people is None:
        return scores.placed
    values, member = scores.finite()
    owners = owners_of(people, len(values))
    sizes = np.bincount(owners)
    means = np.bincount(owners, values) / sizes
    inside = np.zeros(len(sizes), dtype=bool)
    inside[owners] = member
    return means, inside
