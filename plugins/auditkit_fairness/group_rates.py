"""`fairness.group-rates`: how often each group is chosen, and how often the model is right about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Interval, LabelScores, Measurement, Text, check, clean, planted
from auditkit.statistics import RATES, OutcomeTable, family_level
from auditkit.testing import every, fair_groups, group_missed, group_under_selected, near
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.rates import RATE_CARDS
from auditkit_fairness.counting import counted
from auditkit_fairness.groupings import groupings_of
from auditkit_fairness.questions import Predicted

_NOBODY = {
    "selection_rate": ("there are no rows", "no rows in this group"),
    "accuracy": ("no rows have a target", "no rows of this group have a target"),
    "true_positive_rate": ("no positives among the rows", "no positives among the rows of this group"),
    "false_negative_rate": ("no positives among the rows", "no positives among the rows of this group"),
    "false_positive_rate": ("no negatives among the rows", "no negatives among the rows of this group"),
    "precision": ("no row with a target was selected", "no row with a target was selected in this group"),
}
_BETTER = {card.name: card.better for card in RATE_CARDS}


_B = {"group": "B"}

CONTROLS = (
    planted(
        "one of two groups is selected half as often: 25 rows in 100 in place of 50",
        group_under_selected(0.5),
        near("selection_rate", 0.25, group=_B),
    ),
    planted(
        "in one of two groups positives are found less often: 30 in 100 in place of 80",
        group_missed(0.5),
        near("true_positive_rate", 0.3, group=_B),
    ),
    clean(
        "two groups with the same rows",
        fair_groups(),
        every(near("selection_rate", 0.5), near("true_positive_rate", 0.8), near("false_positive_rate", 0.2)),
    ),
)


@check(
    "fairness.group-rates",
    on=(ClassScores, LabelScores),
    metrics=RATE_CARDS,
    accepts=accept_options,
    controls=CONTROLS,
    streams=True,
)
def group_rates(case: Case[Predicted], *, depth: int = 2) -> Iterator[Measurement]:
    """How each group is treated.

    The share of rows that are chosen, and the shares of right and wrong decisions, for all rows, for each group of
    each protected attribute and for each intersection of up to `depth` attributes. Rows whose group is missing count
    only where all rows are counted; rows whose target is missing count only in the selection rate. The intervals of the
    groups of one grouping hold all at once, so that a rule on each of 40 groups is not failed by chance.
    """
    by_group = groupings_of(case, depth=depth)
    for answer in counted(case, by_group, depth=depth):
        label = answer.question.label
        for rate in answer.question.rates:
            yield from _measures(case, rate, answer.overall, ({},), label)
            for grouping, table in zip(by_group, answer.by_group, strict=True):
                yield from _measures(case, rate, table, grouping.members, label)


def _measures(
    case: Case[Predicted], rate: str, table: OutcomeTable, members: Sequence[dict[str, str]], label: str | None
) -> Iterator[Measurement]:
    """The rate of each group. Of several that are large enough to be judged, the intervals hold together."""
    people = table.people(RATES[rate])
    judged = max(int(np.count_nonzero(people >= max(case.min_group_size, 1))), 1)
    shares = table.shares(RATES[rate], level=family_level(case.level, judged))
    together = judged > 1
    limits = shares.limits_together(judged, case.level) if together else shares.limits(case.level)
    method = shares.method.replace("wilson", "clopper-pearson, all groups") if together else shares.method
    for place, group in enumerate(members):
        about: dict[str, Any] = {"metric": rate, "group": group, "label": label, "better": _BETTER[rate]}
        about["n"] = int(shares.n[place])
        if case.has_units:
            about["people"] = int(people[place])
        if about["n"] == 0:
            yield Measurement(value=None, undefined=Text.of(_NOBODY[rate][bool(group)]), **about)
            continue
        low, high = float(limits.low[place]), float(limits.high[place])
        interval = Interval(low=low, high=high, level=case.level, method=method, simultaneous=together)
        yield Measurement(value=float(shares.value[place]), interval=interval, **about)
