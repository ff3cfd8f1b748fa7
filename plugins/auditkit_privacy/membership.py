"""`privacy.membership`: whether the model's answers tell who was in its training data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Interval, LabelScores, Measurement, NotApplicable, Text, Values, check
from auditkit.statistics import delong
from auditkit_privacy.attacks import ATTACKS, Target
from auditkit_privacy.cards import MEMBERSHIP_CARDS
from auditkit_privacy.choosing import FEWEST, strongest
from auditkit_privacy.members import Members, Sides
from auditkit_privacy.planted import CONTROLS
from auditkit_privacy.signals import signals_of

AUC = "membership_auc"
METHOD = "delong"


@check(
    "privacy.membership",
    on=(ClassScores, LabelScores, Values),
    needs=("training",),
    metrics=MEMBERSHIP_CARDS,
    controls=CONTROLS,
    streams=True,
)
def membership(case: Case[Any], *, shadow_models: int = 0) -> Iterator[Measurement]:
    """Whether the model's answers tell who was in its training data.

    The training rows are scored as the audit rows are, and attacks that know the true class try to tell the two
    apart. Rows, nearly equal rows and people that are on both sides belong to neither, and are left out. Weights have
    no part: whether a row was trained on is about the row.

    `shadow_models` trains so many models as this one was, on random parts of the rows, for stronger attacks; it costs
    as many trainings, and 16 are enough for most of what 256 would show.
    """
    members = Members.of(case)
    # Behind the rows of a control there is no model to train.
    target = target_of(members, 0 if case.is_control else shadow_models)
    found = {}
    for attack in ATTACKS:
        try:
            scores = attack.score(target)
        except NotApplicable:
            continue
        if scores is not None:
            found[attack.name] = scores
    if not found:
        raise NotApplicable("the predictions allow no attack")
    units = members.units()
    yield _strongest(case, found, units)
    for name, scores in found.items():
        yield _one(case, name, scores, units)


def target_of(members: Members, shadow_models: int = 0) -> Target:
    """What attacks are told."""
    inside, outside = signals_of(members.members), signals_of(members.others)
    names = [name for name in inside if name in outside]
    signals = {name: Sides(inside[name], outside[name]) for name in names}
    return Target(members.members, members.others, signals, shadow_models)


def _strongest(case: Case[Any], found: dict[str, Sides], units: Sides | None) -> Measurement:
    first = next(iter(found.values()))
    n = min(len(first.inside), len(first.outside))
    best = strongest(found, units=units, level=case.level, rng=case.rng("halves"))
    if best is None:
        return Measurement(metric=AUC, value=None, n=n, undefined=_too_few(), better="lower")
    interval = Interval(low=best.low, high=best.high, level=case.level, method=f"{METHOD}, median of halvings")
    return Measurement(metric=AUC, value=best.value, n=n, interval=interval, better="lower")


def _one(case: Case[Any], name: str, scores: Sides, units: Sides | None) -> Measurement:
    values, member = scores.finite()
    inside = int(np.count_nonzero(member))
    n = min(inside, len(member) - inside)
    about: dict[str, Any] = {"metric": AUC, "n": n, "conditions": {"attack": name}, "better": "lower"}
    kept = ~np.isnan(np.concatenate([scores.inside, scores.outside]))
    people = None if units is None else np.concatenate([units.inside, units.outside])[kept]
    area = delong(values, member, level=case.level, units=people) if n >= FEWEST else None
    if area is None:
        return Measurement(value=None, undefined=_too_few(), **about)
    interval = Interval(low=area.low, high=area.high, level=case.level, method=area.method)
    return Measurement(value=area.value, interval=interval, **about)


def _too_few() -> Text:
    return Text.of("fewer than {count} members or others are left to judge an attack on", count=FEWEST)
