"""The negative control: non-members who are called members at random, whom no attack may tell from the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Control, Text
from auditkit.statistics import Auc, count_false_alarms, delong
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.people.together import fitted
from auditkit_privacy.reach.choosing import owners_of
from auditkit_privacy.reach.ranked import canonical_order
from auditkit_privacy.reach.trying import Attempts, Tried
from auditkit_privacy.validity.chance import by_appearance

Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

DRAWS = 20
MOST_ROWS = 4_000
MOST_FITTED = 1_000
"""Rows a side when an attack that learns is fitted anew on members that are none."""
SURE = 1 - 1e-7
"""The confidence of the interval of a single draw whose failure is the instrument's and not chance's."""

_CHANCE = 0.5
_FEWEST = 40


@dataclass(frozen=True)
class Negative:
    """What came of members that are none."""

    alarms: int
    draws: int
    allowed: int
    worst: str
    """The attack that most often told them apart."""
    refitted: Auc | None
    """Of an attack that learns, fitted anew on members that are none; None: there is none, or too few rows."""
    refitted_passed: bool

    @property
    def passed(self) -> bool:
        """Whether the instrument says nothing where there is nothing."""
        return self.alarms <= self.allowed and self.refitted_passed

    def control(self) -> Control:
        """As the finding carries it."""
        observed = Text.of("{count} of {draws} ({attack})", count=self.alarms, draws=self.draws, attack=self.worst)
        if self.refitted is not None:
            observed = Text.of(
                "{count} of {draws} ({attack}); an attack that learns, fitted anew: {value} ({low} to {high})",
                count=self.alarms,
                draws=self.draws,
                attack=self.worst,
                value=self.refitted.value,
                low=self.refitted.low,
                high=self.refitted.high,
            )
        return Control(
            kind="clean",
            title=Text.of("Random halves of the non-members, one of them called members"),
            expected=Text.of(
                "no attack tells them apart: at most {allowed} of {draws} intervals leave out one half",
                allowed=self.allowed,
                draws=self.draws,
            ),
            observed=observed,
            passed=self.passed,
        )


def negative_control(case: Case[Any], attempts: Attempts) -> Negative | None:
    """Every attack on non-members of whom a random half is called members; None with too few of them."""
    others = len(attempts.target.others)
    if others < _FEWEST:
        return None
    order = _ordered(attempts)
    rng = case.rng("members that are none")
    if others > MOST_ROWS:
        order = order[np.sort(rng.permutation(others)[:MOST_ROWS])]
    units = None if attempts.units is None else attempts.units.outside[order]
    fakes = [_fake(len(order), units, rng) for _ in range(DRAWS)]
    counts, allowed = {}, 0
    for name, one in attempts.tried.items():
        lows = np.array([_low(one.scores.outside[order], fake, units, case.level) for fake in fakes])
        told = count_false_alarms(lows, level=case.level)
        counts[name], allowed = told.count, told.allowed
    worst = max(counts, key=lambda name: counts[name])
    refitted = _refitted(case, attempts, order, rng)
    passed = refitted is None or refitted[1]
    return Negative(counts[worst], DRAWS, allowed, worst, None if refitted is None else refitted[0], passed)


def _ordered(attempts: Attempts) -> Integers:
    """The others' rows as all attacks' scores alone order them."""
    members, others = len(attempts.target.members), len(attempts.target.others)
    ranked = [one.scores.ranked for one in attempts.tried.values()]
    # Of the canonical order the others are the first.
    return np.asarray(canonical_order(ranked, np.arange(members + others) < members)[:others] - members)


def _fake(rows: int, units: Integers | None, rng: np.random.Generator) -> Flags:
    """[n]: half of the rows, or of the people with all of their rows."""
    owners = by_appearance(owners_of(units, rows))
    people = int(owners.max()) + 1
    flags = np.zeros(people, dtype=bool)
    flags[rng.permutation(people)[: people // 2]] = True
    return np.asarray(flags[owners])


def _low(scores: npt.NDArray[Any], fake: Flags, units: Integers | None, level: float) -> float:
    """How far an interval leaves out one half; at most 0 when it does not."""
    said = ~np.isnan(scores)
    area = delong(scores[said], fake[said], level=level, units=None if units is None else units[said])
    return 0.0 if area is None else max(area.low - _CHANCE, _CHANCE - area.high)


def _refitted(
    case: Case[Any], attempts: Attempts, order: Integers, rng: np.random.Generator
) -> tuple[Auc, bool] | None:
    """An attack that learns, fitted with non-members in the place of members."""
    learns = next((one for one in attempts.tried.values() if one.attack.fit), None)
    if learns is None:
        return None
    others, units = attempts.target.others, attempts.units
    said = order[~np.isnan(learns.scores.outside[order])]
    fake = _fake(len(said), None if units is None else units.outside[said], rng)
    places = [np.sort(said[flags])[:MOST_FITTED] for flags in (fake, ~fake)]
    if min(map(len, places)) < _FEWEST // 2:
        return None
    found = _fitted_on(learns, others, places)
    values, member = found.finite()
    if not len(values) or member.all() or not member.any():
        return None
    owners = None
    if units is not None:
        owners = np.concatenate([units.outside[rows] for rows in places])[~np.isnan(found.joined)]
    area, sure = (delong(values, member, level=level, units=owners) for level in (case.level, SURE))
    if area is None or sure is None:
        return None
    return area, sure.low <= _CHANCE <= sure.high


def _fitted_on(learns: Tried, others: Case[Any], places: list[Integers]) -> Sides:
    found = fitted(learns.attack.fit, others, others, Sides(places[0], places[1]))
    return Sides(found.inside[places[0]], found.outside[places[1]])
