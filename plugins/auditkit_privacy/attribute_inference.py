"""`privacy.attribute-inference`: whether the model's answers tell an attribute of a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    Control,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    Values,
    check,
)
from auditkit.statistics import attack_rate, family_level, residual_risk
from auditkit_privacy.inference.believed import LEVEL, Believed, Imputed, Negative, negative_control
from auditkit_privacy.inference.cards import AREA, CONTROL, GAIN, IMPUTATION, INFERENCE_CARDS, RATE, RISK
from auditkit_privacy.inference.guesses import (
    IMPUTED,
    MOST_PICTURES,
    MOST_ROWS,
    OUTPUTS,
    STRONGEST,
    TRIED,
    Guesses,
    guesses,
    holds_pictures,
)
from auditkit_privacy.inference.halved import gain_of_halves
from auditkit_privacy.inference.known import outputs_of
from auditkit_privacy.inference.planted import CONTROLS
from auditkit_privacy.inference.reached import HALVED, Gain, Rate, apart, rate_gain_of_halves, rate_of_halves, risk
from auditkit_privacy.people.members import Members
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.choosing import FEWEST
from auditkit_privacy.validity.blind import blind_baseline
from auditkit_privacy.validity.gates import Gates

Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_NO_INPUTS = Text.of(
    "nobody could look what the other columns tell without the model: the inputs are not there; name them, e.g. "
    '[data] input = ["age", "note"]'
)
_TOO_FEW = Text.of(
    "fewer than {rows} rows of a side, or fewer than two values that {count} of them have, are left to judge an attack "
    "on",
    rows=2 * FEWEST,
    count=FEWEST,
)


@check(
    "privacy.attribute-inference",
    on=(ClassScores, LabelScores, Values),
    needs=("targets", "groups"),
    metrics=INFERENCE_CARDS,
    controls=CONTROLS,
    streams=True,
)
def attribute_inference(case: Case[Any]) -> Iterator[Measurement | Table | Control]:
    """Whether the model's answers tell an attribute of a person.

    For each of the groups an attacker who holds the other columns of a row, what is true of it and the model's answer
    tries to tell the group; so does one who holds the same without the answer, and what counts is the difference. Where
    [data] protected_inputs says which input column carries the group, the model is also asked about each value of it,
    and the one under which it finds the truth likeliest is taken. With training rows the attack is put to members, and
    to others as a control: what it tells of both alike it has from the population, and not from the training. Weights
    have no part.
    """
    if case.settings.recorded and not case.settings.given:
        raise NotApplicable(_NO_INPUTS.msgid)
    asked = _Asked.of(case)
    told = list(guesses(asked.inside, asked.outside, asked.chosen))
    believed = asked.believed(case, told)
    for one in told:
        yield from _measurements(case, asked, one, believed)
    yield _reached_table(told)
    if asked.members is not None:
        yield _control_table(asked, told, believed, case.level)
    yield believed.table()
    if believed.negative is not None:
        yield believed.negative.control()


@dataclass(frozen=True)
class _Asked:
    """Whom is told of: the members and the others, or without training rows those of the audit alone."""

    inside: Case[Any]
    outside: Case[Any]
    members: Members | None
    chosen: Sides

    @classmethod
    def of(cls, case: Case[Any]) -> _Asked:
        members = Members.of(case) if "training" in case.keys else None
        none = np.zeros(0, dtype=np.int64)
        inside = case if members is None else members.members
        outside = case.narrowed(none) if members is None else members.others
        places = [_sample(case, side, name) for side, name in ((inside, "inside"), (outside, "outside"))]
        return cls(inside, outside, members, Sides(places[0], places[1]))

    def hits(self, told: Guesses, attack: str, side: str) -> tuple[Flags, Integers | None]:
        """Whether the attack tells the attribute of the rows of which it is known, and whose rows they are."""
        found = getattr(told.hits(attack), side)
        kept = np.isfinite(found)
        units = getattr(self, side).units
        places = getattr(self.chosen, side)
        return found[kept].astype(bool), None if units is None else units.codes[places][kept]

    def rate(self, told: Guesses, attack: str, side: str, level: float) -> Rate:
        """How often an attack tells the attribute, of the rows of which it is known."""
        hits, units = self.hits(told, attack, side)
        return rate_of_halves(hits, self._halves(told, attack, side), units, level)

    def gain(self, told: Guesses, attack: str, level: float) -> Gain:
        """How much more often than without the model, of the members."""
        hits, units = self.hits(told, attack, "inside")
        without, _ = self.hits(told, IMPUTED, "inside")
        return rate_gain_of_halves(hits, without, self._halves(told, attack, "inside"), units, level)

    @staticmethod
    def _halves(told: Guesses, attack: str, side: str) -> Integers:
        return np.asarray(getattr(told.halves, side)[np.isfinite(getattr(told.hits(attack), side))])

    def believed(self, case: Case[Any], told: list[Guesses]) -> Believed:
        """What must hold before members are held against others."""
        if self.members is None:
            return Believed(None, (), None)
        blind = blind_baseline(
            self.inside, self.outside, self.chosen, self.members.units(), level=case.level, rng=case.rng("blind deals")
        )
        gates = Gates(self.members, blind, None, None, case.is_control)
        judged = [one for one in told if _why_not(self, one) is None]
        imputed = tuple(Imputed(one.attribute, self._apart(one)) for one in judged)
        return Believed(gates, imputed, self._negative(case, judged))

    def _apart(self, told: Guesses) -> Any:
        sides = [self.rate(told, IMPUTED, side, LEVEL) for side in ("inside", "outside")]
        return apart(sides[0], sides[1], LEVEL)

    def _negative(self, case: Case[Any], judged: list[Guesses]) -> Negative | None:
        if case.is_control:
            return None
        rng = case.rng("members that are none")
        tried = [negative_control(*self.hits(one, _best(one), "outside"), case.level, rng) for one in judged]
        known = [one for one in tried if one is not None]
        return max(known, key=lambda one: one.alarms) if known else None


def _sample(case: Case[Any], side: Case[Any], name: str) -> Integers:
    """At most so many rows, drawn at random where there are more."""
    rows = np.arange(len(side), dtype=np.int64)
    if not len(rows):
        return rows
    most = MOST_PICTURES if side.compute(holds_pictures)[0] else MOST_ROWS
    if len(rows) <= most:
        return rows
    order = np.lexsort(outputs_of(side.predictions).T)
    drawn = case.rng(f"people told of, {name}").permutation(len(rows))[:most]
    return np.asarray(np.sort(order[drawn]))


def _best(told: Guesses) -> str:
    return STRONGEST if told.was_tried(STRONGEST) else OUTPUTS


def _why_not(asked: _Asked, told: Guesses) -> Text | None:
    """Why nothing can be said of an attribute; None: something can."""
    sides = [told.codes.inside] + ([told.codes.outside] if asked.members is not None else [])
    for codes in sides:
        counts = np.bincount(codes[codes >= 0], minlength=1)
        if counts.sum() < 2 * FEWEST or np.count_nonzero(counts >= FEWEST) < 2:  # noqa: PLR2004  two values
            return _TOO_FEW
    return None if told.was_tried(IMPUTED) else _NO_INPUTS


def _measurements(case: Case[Any], asked: _Asked, told: Guesses, believed: Believed) -> Iterator[Measurement]:
    about: dict[str, Any] = {"conditions": {"attribute": told.attribute}, "better": "lower"}
    why_not = _why_not(asked, told)
    if why_not is not None:
        n = int(np.count_nonzero(told.codes.inside >= 0))
        names = (RATE, IMPUTATION, GAIN) + ((CONTROL, RISK) if asked.members is not None else ())
        yield from (Measurement(metric=name, value=None, undefined=why_not, n=n, **about) for name in names)
        return
    best = _best(told)
    main = asked.rate(told, best, "inside", case.level)
    yield _rate(case, RATE, main, about)
    yield _rate(case, IMPUTATION, asked.rate(told, IMPUTED, "inside", case.level), about)
    yield _gain(case, asked, told, best, about)
    if best == STRONGEST:
        for attack in filter(told.was_tried, (OUTPUTS, TRIED)):
            named = about | {"conditions": {"attribute": told.attribute, "attack": attack}}
            yield _rate(case, RATE, asked.rate(told, attack, "inside", case.level), named)
            yield _gain(case, asked, told, attack, named)
    yield from _areas(case, asked, told, best)
    if asked.members is not None:
        control = asked.rate(told, best, "outside", case.level)
        yield _rate(case, CONTROL, control, about)
        yield _risk(case, main, control, believed.why_not(told.attribute), about)


def _rate(case: Case[Any], metric: str, found: Rate, about: dict[str, Any]) -> Measurement:
    interval = Interval(low=found.low, high=found.high, level=case.level, method=HALVED)
    return Measurement(metric=metric, value=found.value, n=found.n, interval=interval, **about)


def _gain(case: Case[Any], asked: _Asked, told: Guesses, attack: str, about: dict[str, Any]) -> Measurement:
    found = asked.gain(told, attack, case.level)
    interval = Interval(low=found.low, high=found.high, level=case.level, method=found.method)
    return Measurement(metric=GAIN, value=found.value, n=found.n, interval=interval, **about)


def _risk(case: Case[Any], main: Rate, control: Rate, why_not: Text | None, about: dict[str, Any]) -> Measurement:
    found = risk(main, control, case.level)
    if why_not is None and found is None:
        why_not = Text.of("the attack tells it of everybody else too: there is nothing more to be told of members")
    if why_not is not None or found is None:
        return Measurement(metric=RISK, value=None, undefined=why_not, n=min(main.n, control.n), **about)
    interval = Interval(low=found.low, high=found.high, level=case.level, method=found.method)
    return Measurement(metric=RISK, value=found.value, n=min(main.n, control.n), interval=interval, **about)


def _areas(case: Case[Any], asked: _Asked, told: Guesses, best: str) -> Iterator[Measurement]:
    """For each value how much better those who have it are ranked; of few people the host withholds it."""
    codes = told.codes.inside
    kept = codes >= 0
    half = told.halves.inside[kept]
    units = asked.inside.units
    theirs = None if units is None else units.codes[asked.chosen.inside][kept]
    level = family_level(case.level, len(told.names))
    for value, name in enumerate(told.names):
        has = codes[kept] == value
        n = int(min(np.count_nonzero(has), np.count_nonzero(~has)))
        about: dict[str, Any] = {"metric": AREA, "group": {told.attribute: name}, "n": int(np.count_nonzero(has))}
        likely = [told.likely[attack].inside[kept][:, value] for attack in (best, IMPUTED)]
        found = gain_of_halves((likely[0], likely[1]), has, half, theirs, level) if n >= FEWEST else None
        if found is None:
            why = Text.of("fewer than {count} people have it, or have it not", count=FEWEST)
            yield Measurement(value=None, undefined=why, **about)
            continue
        interval = Interval(low=found.low, high=found.high, level=case.level, method=found.method, simultaneous=True)
        yield Measurement(value=found.value, interval=interval, **about)


def _reached_table(told: list[Guesses]) -> Table:
    rows = []
    for one in told:
        about: dict[str, Any] = {"conditions": {"attribute": one.attribute}}
        rate_, without, added = (Quote(metric=name, **about) for name in (RATE, IMPUTATION, GAIN))
        rows.append((one.attribute, rate_, without, added, Quote(metric=GAIN, shows="interval", **about)))
    names = ("attribute", "told with the model's answers", "told without the model", "what the model adds", "interval")
    return Table(
        title=Text.of("How often an attacker tells the attribute of a person"),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(rows),
        prominent=True,
    )


def _control_table(asked: _Asked, told: list[Guesses], believed: Believed, level: float) -> Table:
    rows = []
    for one in told:
        about: dict[str, Any] = {"conditions": {"attribute": one.attribute}}
        cells = [Quote(metric=name, **about) for name in (RATE, CONTROL, RISK)]
        rows.append((one.attribute, *cells, *_read(asked, one, believed, level)))
    names = (
        "attribute", "told of members", "told of others", "risk of members", "the risk as anonymeter estimates it",
        "what it says",
    )  # fmt: skip
    return Table(
        title=Text.of("Whether members are told of more than others"),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(rows),
        prominent=True,
    )


def _read(asked: _Asked, told: Guesses, believed: Believed, level: float) -> tuple[Text | None, Text]:
    """Anonymeter's estimate, and what the numbers say, in words."""
    if _why_not(asked, told) is not None:
        return None, Text.of("too little is known to say anything")
    if believed.why_not(told.attribute) is not None:
        return None, Text.of("members cannot be held against others here")
    best = _best(told)
    main, control = (asked.rate(told, best, side, level) for side in ("inside", "outside"))
    estimate = None
    found = residual_risk(*(attack_rate(one.hits, one.size, level) for one in (main, control)))
    if found is not None:
        value, low, high = found.bound
        estimate = Text.of("{value} ({low} to {high})", value=value, low=low, high=high)
    over = risk(main, control, level)
    if over is not None and over.low > 0:
        return estimate, Text.of("more is told of members: their training shows")
    if asked.gain(told, best, level).low > 0:
        return estimate, Text.of("the model tells it of everybody: of members no more than of others can be seen")
    return estimate, Text.of("the model adds nothing that can be told from chance")
