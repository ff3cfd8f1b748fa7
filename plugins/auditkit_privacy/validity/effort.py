"""What the shadow models were worth: how the strongest kind of attack grows with their number, and what a cap cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Measurement, Table, Text
from auditkit.statistics import Auc, delong
from auditkit_privacy.attacks.attack import Target
from auditkit_privacy.attacks.bavaria import FEW
from auditkit_privacy.attacks.budget import FEWEST, Budget
from auditkit_privacy.attacks.lira import MANY
from auditkit_privacy.attacks.shadowing import RATIO, SHADOWING, scores_by_shadows, times_taught
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.exposure import AUC
from auditkit_privacy.reach.rates import TAIL
from auditkit_privacy.reach.trying import Attempts, people_of

Cells = tuple[int | float | Text | None, ...]

_SHARES = (4, 2, 1)
"""The table's lines: a quarter of the shadow models, half, and all of them."""
_BY_SHADOWS = frozenset(attack.name for attack in SHADOWING)


def bounded(one: Measurement, budget: Budget) -> Measurement:
    """As measured; up to anything where a cap left an attack that is too weak to speak for the model.

    What it reached at least stays, so that a rule may fail a model for it, and none passes.
    """
    by = one.conditions.get("attack")
    if not budget.is_weak or one.interval is None or one.metric.startswith(TAIL) or (by and by not in _BY_SHADOWS):
        return one
    if one.metric == AUC or one.metric.startswith("membership_"):
        method = f"{one.interval.method}, up to anything: {budget.models} of {budget.wanted} shadow models"
        return one.model_copy(update={"interval": one.interval.model_copy(update={"high": 1.0, "method": method})})
    # A number without an upper end, such as an epsilon, has no interval then.
    return one.model_copy(update={"interval": None})


def growth_table(attempts: Attempts, *, is_judged: bool, level: float) -> Table | None:
    """The likelihood ratio with the first few shadow models, more, and all; None where none was trained."""
    budget = attempts.target.budget
    if RATIO not in attempts.tried:
        return None
    counts = sorted({budget.models // share for share in _SHARES if budget.models // share >= FEWEST})
    rows: list[Cells] = [_line(attempts, count, is_judged=is_judged, level=level) for count in counts]
    if budget.is_capped:
        rows.append((budget.wanted, None, budget.capped(), None, None))
    names = (
        "shadow models",
        "of them taught a row",
        "what the likelihood ratio is then",
        "area under the ROC",
        "interval",
    )
    return Table(
        title=Text.of("What more shadow models add, each taught {rows} rows", rows=budget.taught),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(rows),
        prominent=budget.is_capped,
    )


def _line(attempts: Attempts, count: int, *, is_judged: bool, level: float) -> Cells:
    taught = _of_both(attempts.target, times_taught, first=count).joined
    known = Text.of(
        "{middle} ({least} to {most})", middle=float(np.median(taught)), least=int(taught.min()), most=int(taught.max())
    )
    area = _area(attempts, count, level) if is_judged else None
    if area is None:
        return count, known, _kind(count), None, None
    return count, known, _kind(count), area.value, Text.of("{low} to {high}", low=area.low, high=area.high)


def _area(attempts: Attempts, count: int, level: float) -> Auc | None:
    scores = _of_both(attempts.target, scores_by_shadows, attack=RATIO, first=count)
    if not scores.fewer:
        return None
    places, member = scores.placed
    return delong(places, member, level=level, units=people_of(scores, attempts.units))


def _of_both(target: Target, function: Any, **parameters: Any) -> Sides:
    """What is kept of both sides; of all shadow models under the name that the attack has given it already."""
    models = target.budget.models
    if parameters["first"] == models:
        del parameters["first"]
    found = [side.compute(function, models=models, **parameters) for side in (target.members, target.others)]
    return Sides(*found)


def _kind(count: int) -> Text:
    if count <= FEW:
        return Text.of("a row's variance is mostly that of all rows (BaVarIA)")
    if count < MANY:
        return Text.of("one variance for all rows: a row's own wants {many} (LiRA)", many=MANY)
    return Text.of("each row has its own variance (LiRA)")
