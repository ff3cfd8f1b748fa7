"""Every attack on every attribute, run once on both sides and kept as numbers a row, for a replay has no inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit_privacy.inference.guessing import guess
from auditkit_privacy.inference.known import outputs_of_both
from auditkit_privacy.inference.tried_values import choose, likelihoods
from auditkit_privacy.people.features import Features
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.people.together import case_of, named_rows, one_thread
from auditkit_privacy.validity.blind import folds_of, hashed_words, order_of_content, units_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

IMPUTED, OUTPUTS, TRIED, STRONGEST = "without the model", "outputs", "values tried", "strongest"
HALVES = 2
MOST_ROWS = 2_000
"""Rows a side that are learnt from and told of."""
MOST_PICTURES = 400
"""The same where rows hold pictures, which have to be decoded."""


@dataclass(frozen=True)
class Guesses:
    """What was guessed of the attribute of each row that takes part, and what it is."""

    attribute: str
    names: tuple[str, ...]
    codes: Sides
    """The true value, a place in `names`; -1 where it is not known."""
    likely: dict[str, Sides]
    """Attack -> [n, names] on either side: how likely each value is; NaN where the attack could not be tried."""
    halves: Sides
    """Which half of the people each row is in, 0 or 1: either is told of by what was learnt from the other."""

    def hits(self, attack: str) -> Sides:
        """Whether the value that an attack finds likeliest is the true one; NaN where nothing is known of it."""
        return Sides(*(_hits(getattr(self.likely[attack], side), getattr(self.codes, side)) for side in _SIDES))

    def was_tried(self, attack: str) -> bool:
        """Whether an attack said anything."""
        return attack in self.likely and bool(np.isfinite(self.likely[attack].inside).any())


_SIDES = ("inside", "outside")


def _hits(likely: Floats, codes: Integers) -> Floats:
    if not likely.size:
        return np.full(len(codes), np.nan)
    said = np.isfinite(likely).all(axis=1) & (codes >= 0)
    return np.where(said, np.argmax(np.nan_to_num(likely), axis=1) == codes, np.nan)


def guesses(inside: Case[Any], outside: Case[Any], chosen: Sides) -> Iterator[Guesses]:
    """For each attribute what all attacks say of the chosen rows.

    Args:
        inside: the members, or without training rows those of the audit.
        outside: the others; none of them without training rows.
        chosen: places on both sides.
    """
    one, two = inside.narrowed(chosen.inside), outside.narrowed(chosen.outside)
    halves = Sides(
        one.compute(half_of_insiders, others=named_rows(two)),
        two.compute(half_of_outsiders, members=named_rows(one)) if len(two) else np.zeros(0, dtype=np.int64),
    )
    for attribute in inside.groups:
        names = names_of(one, two, attribute)
        codes = Sides(*(codes_of(case, attribute, names) for case in (one, two)))
        likely = {}
        for attack in attacks_on(inside, attribute):
            about: dict[str, Any] = {"attribute": attribute, "attack": attack}
            likely[attack] = Sides(
                _columns(one, of_insiders, len(names), others=named_rows(two), **about),
                _columns(two, of_outsiders, len(names), members=named_rows(one), **about),
            )
        yield Guesses(attribute, names, codes, likely, halves)


def attacks_on(case: Case[Any], attribute: str) -> tuple[str, ...]:
    """The baseline, and what can be tried: values can where the spec says which input column carries the attribute."""
    is_asked = attribute in dict(case.settings.protected_inputs) and not case.settings.recorded
    return (IMPUTED, OUTPUTS, TRIED, STRONGEST) if is_asked else (IMPUTED, OUTPUTS)


def names_of(one: Case[Any], two: Case[Any], attribute: str) -> tuple[str, ...]:
    """The values that occur on either side, those of the first side first."""
    found: dict[str, None] = {}
    for case in (one, two):
        codes = case.groups.get(attribute)
        if codes is not None:
            found |= dict.fromkeys(name for name, n in zip(codes.vocabulary, codes.counts(), strict=True) if n)
    return tuple(found)


def codes_of(case: Case[Any], attribute: str, names: tuple[str, ...]) -> Integers:
    """[n]: the value of each row as a place in `names`; -1 where there is none."""
    codes = case.groups.get(attribute)
    if codes is None:
        return np.full(len(case), -1, dtype=np.int64)
    place = {name: value for value, name in enumerate(names)}
    return np.array([*(place.get(name, -1) for name in codes.vocabulary), -1], dtype=np.int64)[codes.codes]


def _columns(case: Case[Any], function: Any, count: int, **about: Any) -> Floats:
    """[n, count]: a column at a time, of two values the second alone: the evidence keeps one number a row."""
    if not len(case) or count < HALVES:
        return np.full((len(case), count), np.nan)
    if count == HALVES:
        second = case.compute(function, value=1, **about)
        return np.column_stack([1 - second, second])
    return np.column_stack([case.compute(function, value=value, **about) for value in range(count)])


def of_insiders(case: Case[Any], *, attribute: str, attack: str, value: int, others: list[Any]) -> Floats:
    """[m]: how likely one attack finds one value of an attribute, of the members."""
    other = case_of(case, others)
    return np.asarray(other.compute(everything, members=named_rows(case))["inside"][attribute][attack][:, value])


def of_outsiders(case: Case[Any], *, attribute: str, attack: str, value: int, members: list[Any]) -> Floats:
    """[n]: the same of the others."""
    return np.asarray(case.compute(everything, members=members)["outside"][attribute][attack][:, value])


def half_of_insiders(case: Case[Any], *, others: list[Any]) -> Integers:
    """[m]: which half of the people each of the members is in, 0 or 1."""
    return _halves(case, case_of(case, others))[: len(case)]


def half_of_outsiders(case: Case[Any], *, members: list[Any]) -> Integers:
    """[n]: the same of the others."""
    return _halves(case_of(case, members), case)[-len(case) :]


def _halves(inside: Case[Any], outside: Case[Any]) -> Integers:
    member = np.arange(len(inside) + len(outside)) < len(inside)
    order = order_of_content(inside, outside)
    return folds_of(units_of(inside, outside), member, order, outside.rng("halves of people"), HALVES)


def holds_pictures(case: Case[Any]) -> Floats:
    """[n]: in every row 1 where rows hold pictures, and 0 where they do not."""
    first = case.narrowed(slice(0, 1)).inputs
    pictured = len(case) > 0 and any(hasattr(cell, "sha256") for cell in np.asarray(first, dtype=object).ravel())
    return np.full(len(case), float(pictured))


def everything(case: Case[Any], *, members: list[Any]) -> dict[str, dict[str, dict[str, Floats]]]:
    """Side -> attribute -> attack -> [n, values], the case's rows being the others."""
    inside, outside = case_of(case, members), case
    with one_thread():
        found = _Learning.of(inside, outside).of_all()
    return {
        side: {attribute: {attack: told[part] for attack, told in by.items()} for attribute, by in found.items()}
        for side, part in (("inside", slice(0, len(inside))), ("outside", slice(len(inside), None)))
    }


@dataclass(frozen=True)
class _Learning:
    """Both sides' rows, halved by person: each half is told of by what was learnt from the other."""

    sides: tuple[Case[Any], Case[Any]]
    features: Features
    words: Any
    outputs: Floats
    folds: Integers
    order: Integers

    @classmethod
    def of(cls, inside: Case[Any], outside: Case[Any]) -> _Learning:
        features = Features.of(inside, outside)
        order, folds = order_of_content(inside, outside), _halves(inside, outside)
        words = None if features.texts is None else hashed_words(features.texts)
        outputs = outputs_of_both(inside.predictions, outside.predictions)
        return cls((inside, outside), features, words, outputs, folds, order)

    def of_all(self) -> dict[str, dict[str, Floats]]:
        return {attribute: self.of_attribute(attribute) for attribute in self.sides[0].groups}

    def of_attribute(self, attribute: str) -> dict[str, Floats]:
        names = names_of(*self.sides, attribute)
        codes = np.concatenate([codes_of(case, attribute, names) for case in self.sides])
        carrier = dict(self.sides[0].settings.protected_inputs).get(attribute)
        found = {attack: np.full((len(codes), len(names)), np.nan) for attack in attacks_on(self.sides[0], attribute)}
        if not self.features.sees_inputs or len(names) < HALVES:
            return found
        known = self.features.without({attribute, *([] if carrier is None else [carrier])}).numbers
        tried = likelihoods(list(self.sides), carrier) if TRIED in found and carrier is not None else None
        for half in range(HALVES):
            learns, judged = self.order[self.folds[self.order] != half], np.flatnonzero(self.folds == half)
            if not len(judged) or not len(learns):
                continue
            found[IMPUTED][judged] = self._guess(known, codes, learns, judged, len(names))
            with_outputs = np.column_stack([known, self.outputs])
            found[OUTPUTS][judged] = self._guess(with_outputs, codes, learns, judged, len(names))
            if tried is not None:
                found[TRIED][judged] = _filled(choose(*tried, codes, learns, judged), len(names))
        if STRONGEST in found:
            found[STRONGEST] = self._strongest(found, codes)
        return found

    def _guess(self, numbers: Floats, codes: Integers, learns: Integers, judged: Integers, count: int) -> Floats:
        return _filled(guess(numbers, self.words, codes, learns, judged), count)

    def _strongest(self, found: dict[str, Floats], codes: Integers) -> Floats:
        """Of each half the attack that did better on the members of the other half."""
        member = np.arange(len(codes)) < len(self.sides[0])
        best = found[OUTPUTS].copy()
        for half in range(HALVES):
            elsewhere = member & (self.folds != half)
            reached = {
                attack: float(np.nan_to_num(_hits(found[attack][elsewhere], codes[elsewhere])).sum())
                for attack in (OUTPUTS, TRIED)
            }
            if reached[TRIED] > reached[OUTPUTS]:
                best[self.folds == half] = found[TRIED][self.folds == half]
        return best


def _filled(likely: Floats, count: int) -> Floats:
    """[n, count]: with values that nobody of the known had."""
    return np.column_stack([likely, np.zeros((len(likely), count - likely.shape[1]))])
