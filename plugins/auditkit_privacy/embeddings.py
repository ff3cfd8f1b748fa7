"""`privacy.embeddings`: what the vectors that a model makes of rows give away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    Control,
    DataError,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Table,
    Text,
    Texts,
    Values,
    check,
)
from auditkit.statistics import family_level
from auditkit_privacy.attacks import Target
from auditkit_privacy.inference.halved import Halved, area_of_halves, gain_of_halves
from auditkit_privacy.people.members import Members
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.people.twins import Keyed
from auditkit_privacy.reach.choosing import FEWEST, Strongest, strongest
from auditkit_privacy.reach.trying import Attempts
from auditkit_privacy.validity.blind import blind_baseline
from auditkit_privacy.validity.caution import told as told_with_caution
from auditkit_privacy.validity.gates import Gates
from auditkit_privacy.validity.negative import negative_control
from auditkit_privacy.vectors.besides import distance_ratio
from auditkit_privacy.vectors.cards import ATTRIBUTE, EMBEDDING_CARDS, GAIN, INPUT, MEMBERSHIP, RATIO
from auditkit_privacy.vectors.nearness import NEAREST, attempts_of
from auditkit_privacy.vectors.planted import CONTROLS
from auditkit_privacy.vectors.probing import INPUTS, VECTORS, half_of, told, width_of
from auditkit_privacy.vectors.tables import attribute_table, member_table

Integers = npt.NDArray[np.integer]

MOST = 500
"""Rows of a side that are embedded, unless the spec says otherwise."""


def _accepts(*, rows: int = MOST) -> None:
    """Refuse what leaves nobody to tell of."""
    if rows < 4 * FEWEST:
        raise DataError(f"rows = {rows} leaves too few to learn from", hint=f"at least {4 * FEWEST}: rows = {MOST}")


@check(
    "privacy.embeddings",
    on=(ClassScores, LabelScores, Values, Texts),
    metrics=EMBEDDING_CARDS,
    controls=CONTROLS,
    accepts=_accepts,
    streams=True,
)
def embeddings(case: Case[Any], *, rows: int = MOST) -> Iterator[Measurement | Table | Control]:
    """What the model's vectors give away to those who are handed them.

    A line through the vectors tells each group from the others, learnt on one half of the people and judged on the
    other; a classifier that is given the rows themselves tries the same, and what counts against the model is what the
    vectors tell beyond. That a vector carries a group does not say that the model decides by it. With training rows it
    is also tried who was trained on: whether members lie nearer to other members than people do whom the model never
    saw. Rows and people on both sides belong to neither, and a classifier that never sees the model must fail to tell
    the sides apart.

    The model embeds at most 500 rows of each side, unless `rows` says otherwise, drawn at random where there are more:
    one more pass over them. Training rows are scored too, as for membership. Weights have no part.
    """
    if not case.has_groups and "training" not in case.keys:
        raise NotApplicable(
            "there are neither groups that vectors could tell, nor training rows",
            hint='[data] groups = ["sex"], training = "train.csv"',
        )
    width = _width(case)
    sides, why = _sides(case, rows) if "training" in case.keys else (None, None)
    if case.has_groups:
        yield from _of_attributes(_sample(case, rows) if sides is None else sides.others, width)
    if sides is not None:
        yield from _of_members(case, sides)
    if why is not None:
        for metric, better in ((MEMBERSHIP, "lower"), (RATIO, "target")):
            yield Measurement(metric=metric, value=None, undefined=why, n=0, better=better)


def _sides(case: Case[Any], most: int) -> tuple[Members | None, Text | None]:
    """At most so many rows of each side that takes part; the others are those that attributes are told of too.

    Where nobody is left on a side: why not, if there are groups that can be told all the same.
    """
    try:
        members = Members.of(case).on_both_sides()
    except NotApplicable as why:
        if not case.has_groups:
            raise
        return None, Text(msgid=why.message, params=dict(why.params))
    inside, outside = _sample(members.members, most), _sample(members.others, most)
    return replace(members, members=inside, others=outside), None


def _width(case: Case[Any]) -> int:
    """How long the vectors are, of one row: to know before the training rows are scored whether there are any."""
    if case.settings.recorded:  # asked of the settings, so that a replay says the same without a model to ask
        why = Text.of("the predictions were recorded, without a model")
        raise NotApplicable("the model makes no vectors of its rows: {why}", hint="see auditkit adapters", why=why)
    try:
        return int(case.narrowed(np.arange(min(len(case), 1))).compute(width_of).max(initial=0))
    except NotApplicable as refused:
        why = Text(msgid=refused.message, params=dict(refused.params))
        raise NotApplicable(
            "the model makes no vectors of its rows: {why}", hint="see auditkit adapters", why=why
        ) from refused


def _sample(case: Case[Any], most: int) -> Case[Any]:
    if len(case) <= most:
        return case
    drawn = case.rng("rows that are embedded").permutation(len(case))[:most]
    order = np.argsort(case.compute(marks), kind="stable")
    return case.narrowed(np.sort(order[drawn]).astype(np.int64))


def marks(case: Case[Any]) -> npt.NDArray[np.int64]:
    """[n]: the rows' places as what they hold orders them, so that the order of a file has no part in what is drawn."""
    keyed = Keyed.of(case)
    found = np.arange(len(case))
    if keyed is not None:
        found[np.argsort(keyed.exact, kind="stable")] = np.arange(len(case))
    return found


# Attributes.


def _of_attributes(case: Case[Any], width: int) -> Iterator[Measurement | Table]:
    rows: list[tuple[str, str, Halved | None, Halved | None]] = []
    for attribute, codes in case.groups.items():
        half = case.compute(half_of, attribute=attribute)
        level = family_level(case.level, max(int(np.count_nonzero(codes.counts())), 1))
        for value, name in enumerate(codes.vocabulary):
            if not np.count_nonzero(codes.codes == value):
                continue
            found = _found(case, attribute, value, half, level)
            rows.append((attribute, name, found[ATTRIBUTE], found[GAIN]))
            n = int(np.count_nonzero(codes.codes == value))
            for metric, one in found.items():
                yield _measured(case, metric, one, {"group": {attribute: name}, "n": n}, found[ATTRIBUTE] is not None)
    yield attribute_table(rows, width, len(case))


def _found(case: Case[Any], attribute: str, value: int, half: Integers, level: float) -> dict[str, Halved | None]:
    """The area from the vectors, from the rows, and the difference; None of too few, and where nobody could look."""
    codes = case.groups[attribute].codes
    known = codes >= 0
    has = codes[known] == value
    if min(np.count_nonzero(has), np.count_nonzero(~has)) < 2 * FEWEST:
        return {ATTRIBUTE: None, INPUT: None, GAIN: None}
    scores = [case.compute(told, source=of, attribute=attribute, value=value)[known] for of in (VECTORS, INPUTS)]
    units = None if case.units is None else case.units.codes[known]
    how: tuple[Any, ...] = (has, half[known], units, level)
    area = area_of_halves(scores[0], *how)
    if area is None or np.isnan(scores[1]).any():
        return {ATTRIBUTE: area, INPUT: None, GAIN: None}
    both = (scores[0], scores[1])
    return {ATTRIBUTE: area, INPUT: area_of_halves(scores[1], *how), GAIN: gain_of_halves(both, *how)}


def _measured(case: Case[Any], metric: str, found: Halved | None, about: dict[str, Any], is_told: bool) -> Measurement:  # noqa: FBT001
    about = {"metric": metric, "better": "lower", **about}
    if found is None:
        why = Text.of("fewer than {count} rows have it, or have it not", count=2 * FEWEST)
        if is_told:
            why = Text.of("nobody could look at the inputs, or what is true of the rows is not known")
        return Measurement(value=None, undefined=why, **about)
    interval = Interval(low=found.low, high=found.high, level=case.level, method=found.method, simultaneous=True)
    return Measurement(value=found.value, interval=interval, **about)


# Members.


def _of_members(case: Case[Any], members: Members) -> Iterator[Measurement | Table | Control]:
    units = members.units()
    target = Target(members.members, members.others, {})
    attempts = attempts_of(target, units, level=case.level, rng=case.rng("members dealt out"))
    best = strongest(attempts.scores, units=units, level=case.level, rng=case.rng("halves"))
    gates = _gates(case, members, attempts, best)
    yield from told_with_caution(_areas(case, attempts, best), gates)
    yield _ratio(case, attempts, gates)
    yield member_table(attempts, gates)
    yield gates.table(of_rates=False)
    yield members.table()
    if gates.negative is not None:
        yield gates.negative.control()


def _gates(case: Case[Any], members: Members, attempts: Attempts, best: Strongest | None) -> Gates:
    everybody = Sides(np.arange(len(members.members)), np.arange(len(members.others)))
    blind = blind_baseline(
        members.members, members.others, everybody, attempts.units, level=case.level, rng=case.rng("blind deals")
    )
    negative = None if case.is_control else negative_control(case, attempts)
    return Gates(members, blind, negative, best, case.is_control)


def _areas(case: Case[Any], attempts: Attempts, best: Strongest | None) -> Iterator[Measurement]:
    about: dict[str, Any] = {"metric": MEMBERSHIP, "better": "lower"}
    n = min(one.scores.fewer for one in attempts.tried.values())
    if best is None:
        yield Measurement(value=None, undefined=_too_few(), n=n, **about)
    else:
        method = "delong on halves, median of halvings"
        interval = Interval(low=best.low, high=best.high, level=case.level, method=method)
        yield Measurement(value=best.value, n=n, interval=interval, **about)
    for name, one in attempts.tried.items():
        about["conditions"] = {"attack": name}
        if one.area is None:
            yield Measurement(value=None, undefined=_too_few(), n=one.scores.fewer, **about)
            continue
        interval = Interval(low=one.area.low, high=one.area.high, level=case.level, method=one.area.method)
        yield Measurement(value=one.area.value, n=one.scores.fewer, interval=interval, **about)


def _ratio(case: Case[Any], attempts: Attempts, gates: Gates) -> Measurement:
    scores = attempts.tried[NEAREST].scores
    found = distance_ratio(scores, attempts.units, case.level)
    about: dict[str, Any] = {"metric": RATIO, "better": "target", "n": scores.fewer}
    if gates.why_not is not None or found is None:
        why = gates.why_not or Text.of("the distances of a side do not vary")
        return Measurement(value=None, undefined=why, **about)
    low, high, method = found.low, found.high, "mover of logs, student"
    if gates.may_be_blind(gates.least):
        low, high = min(low, 1.0), max(high, 1.0)
        method += ", with 1: the blind baseline may reach as far"
    interval = Interval(low=min(low, found.value), high=max(high, found.value), level=case.level, method=method)
    return Measurement(value=found.value, interval=interval, **about)


def _too_few() -> Text:
    return Text.of("fewer than {count} members or others are left to judge an attack on", count=FEWEST)
