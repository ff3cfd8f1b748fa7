"""`privacy.membership`: whether the model's answers tell who was in its training data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditkit import (
    Case,
    Chart,
    ClassScores,
    Control,
    Interval,
    LabelScores,
    Measurement,
    Table,
    Text,
    Texts,
    Values,
    check,
)
from auditkit_privacy.attacks.budget import refuse_budget, trainings
from auditkit_privacy.attacks.shadowing import RATIO
from auditkit_privacy.cards import MEMBERSHIP_CARDS
from auditkit_privacy.people.members import Members
from auditkit_privacy.planted import CONTROLS
from auditkit_privacy.reach.choosing import FEWEST, Strongest, strongest
from auditkit_privacy.reach.exposure import AUC, exposed_parts, exposed_records, of_classes, of_groups
from auditkit_privacy.reach.rates import log_roc, rates, tails
from auditkit_privacy.reach.trying import Attempts, Tried, target_of, try_all
from auditkit_privacy.validity.blind import MOST_ROWS, blind_baseline
from auditkit_privacy.validity.caution import told
from auditkit_privacy.validity.effort import growth_table
from auditkit_privacy.validity.gates import Gates
from auditkit_privacy.validity.levels import attack_table, level_table
from auditkit_privacy.validity.negative import negative_control


@check(
    "privacy.membership",
    on=(ClassScores, LabelScores, Values, Texts),
    needs=("training",),
    accepts=refuse_budget,
    trains=trainings,
    metrics=MEMBERSHIP_CARDS,
    controls=CONTROLS,
    streams=True,
)
def membership(
    case: Case[Any], *, shadow_models: int = 0, shadow_rows: int = 0
) -> Iterator[Measurement | Table | Chart | Control]:
    """Whether the model's answers tell who was in its training data.

    The training rows are scored as the audit rows are, and attacks that know what is true of a row try to tell the two
    apart. Rows, nearly equal rows and people that are on both sides belong to neither, and are left out. Before an
    attack is believed, a classifier that never sees the model must fail to tell members from others; where it succeeds,
    or could not be tried, nothing is held for or against the model. Weights have no part: whether a row was trained on
    is about the row.

    `shadow_models` trains so many models as this one was, on random parts of the rows, for stronger attacks; it costs
    as many trainings, and 16 are enough for most of what 256 would show. `shadow_rows` bounds the rows that they are
    taught, all together: then fewer are trained, the report says what that costs, and of fewer than 16 no rule passes.
    """
    members = Members.of(case).on_both_sides()
    # Behind the rows of a control there is no model to train.
    target = target_of(members, 0 if case.is_control else shadow_models, shadow_rows)
    attempts = try_all(target, members.units(), level=case.level, rng=case.rng("members dealt out"))
    best = strongest(attempts.scores, units=attempts.units, level=case.level, rng=case.rng("halves"))
    gates = _gates(case, members, attempts, best)
    chosen = best.name if best is not None else next(iter(attempts.tried))
    yield from told(_measurements(case, attempts, best, chosen), gates)
    parts = list(told([*of_classes(case, attempts, chosen), *of_groups(case, attempts, chosen)], gates))
    yield from parts
    yield gates.table()
    yield level_table(attempts)
    yield attack_table(attempts, gates, level=case.level)
    grown = growth_table(attempts, is_judged=gates.why_not is None, level=case.level)
    if grown is not None:
        yield grown
    yield members.table()
    if gates.why_not is None:
        shown = (log_roc(attempts, chosen), exposed_parts(parts, chosen), exposed_records(attempts, chosen))
        yield from (one for one in shown if one is not None)
    if gates.negative is not None:
        yield gates.negative.control()


def _gates(case: Case[Any], members: Members, attempts: Attempts, best: Strongest | None) -> Gates:
    blind = blind_baseline(
        members.members,
        members.others,
        attempts.target.sample(MOST_ROWS, "the blind baseline"),
        attempts.units,
        level=case.level,
        rng=case.rng("blind deals"),
    )
    negative = None if case.is_control else negative_control(case, attempts)
    no_shadows = attempts.refused[RATIO][1] if RATIO in attempts.refused else None
    return Gates(members, blind, negative, best, case.is_control, attempts.target.budget, no_shadows)


def _measurements(case: Case[Any], attempts: Attempts, best: Strongest | None, chosen: str) -> Iterator[Measurement]:
    yield _strongest(case, attempts, best, chosen)
    for name, one in attempts.tried.items():
        yield _of_attack(case, name, one)
    yield from rates(case, attempts, chosen)
    yield from tails(case, attempts)


def _strongest(case: Case[Any], attempts: Attempts, best: Strongest | None, chosen: str) -> Measurement:
    n = attempts.tried[chosen].scores.fewer
    if best is None:
        return Measurement(metric=AUC, value=None, n=n, undefined=_too_few(), better="lower")
    method = "delong on halves, median of halvings"
    interval = Interval(low=best.low, high=best.high, level=case.level, method=method)
    return Measurement(metric=AUC, value=best.value, n=n, interval=interval, better="lower")


def _of_attack(case: Case[Any], name: str, one: Tried) -> Measurement:
    about: dict[str, Any] = {
        "metric": AUC, "n": one.scores.fewer, "conditions": {"attack": name}, "better": "lower",
    }  # fmt: skip
    if one.area is None:
        return Measurement(value=None, undefined=_too_few(), **about)
    interval = Interval(low=one.area.low, high=one.area.high, level=case.level, method=one.area.method)
    return Measurement(value=one.area.value, interval=interval, **about)


def _too_few() -> Text:
    return Text.of("fewer than {count} members or others are left to judge an attack on", count=FEWEST)
