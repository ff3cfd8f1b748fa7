"""`fairness.other-rates`: the rates and gaps of a yes-or-no decision that `group-rates` and `gaps` leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Interval, LabelScores, Measurement, Text, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import RATES, Gap, Limits, OutcomeTable, combined, family_level, smallest_ratio, wilson
from auditkit.testing import above, below, every, fair_groups, group_falsely_alarmed, group_missed, near, not_above
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.other import OTHER_CARDS
from auditkit_fairness.comparing import Compared
from auditkit_fairness.counting import counted
from auditkit_fairness.groupings import groupings_of
from auditkit_fairness.other_estimates import OTHER_RATES, at_level_of_pairs, estimates
from auditkit_fairness.questions import Predicted
from auditkit_fairness.reference_groups import must_exist, reference_of

_BETTER = {card.name: card.better for card in OTHER_CARDS}
_B = {"group": "B"}
_BOTH = ("true_positive_rate", "false_positive_rate")

CONTROLS = (
    planted(
        "in one of two groups positives are found less often: 30 in 100 in place of 80",
        group_missed(0.5),
        every(
            near("average_odds_difference", -0.25, group=_B),
            near("balanced_accuracy", 0.55, group=_B),
            below("equalized_odds_ratio", 0.6),
        ),
        against={},
    ),
    planted(
        "one of two groups has more false alarms, by 0.5",
        group_falsely_alarmed(0.5),
        every(near("true_negative_rate", 0.3, group=_B), above("true_negative_rate_difference", 0.3)),
        against={},
    ),
    clean(
        "two groups with the same rows",
        fair_groups(),
        every(
            near("balanced_accuracy", 0.8),
            near("average_odds_difference", 0.0),
            not_above("false_omission_rate_difference", 0.0),
        ),
        against={},
    ),
)


@check(
    "fairness.other-rates",
    on=(ClassScores, LabelScores),
    metrics=OTHER_CARDS,
    accepts=accept_options,
    controls=CONTROLS,
    streams=True,
)
def other_rates(
    case: Case[Predicted],
    *,
    depth: int = 1,
    against: dict[str, str] = {},  # noqa: B006  an option's default, which nobody changes
) -> Iterator[Measurement]:
    """Further rates by group, and how far the groups lie apart in them.

    True negative rate, negative predictive value, false discovery and false omission rate, balanced accuracy, F1 and
    misses for each false alarm (treatment equality), with their gaps; the equalized odds ratio; and the average odds
    difference of every group against the one that `against` names for its attribute, e.g. {sex = "M"}, or else the
    largest. Groups with fewer rows in a denominator than the policy's smallest group are listed and not compared.
    """
    by_group = groupings_of(case, depth=depth)
    must_exist(against, by_group)
    answers = [one for one in counted(case, by_group, depth=depth) if "true_positive_rate" in one.question.rates]
    if not answers:
        case.targets if isinstance(case.predictions, ClassScores) else case.label_targets
    for answer in answers:
        label = answer.question.label
        for name in OTHER_RATES:
            yield from _rates(name, answer.overall, ({},), label, case)
            for grouping, table in zip(by_group, answer.by_group, strict=True):
                yield from _rates(name, table, grouping.members, label, case)
        for grouping, table in zip(by_group, answer.by_group, strict=True):
            for name in OTHER_RATES:
                yield _gap(name, table, grouping, label, case)
            yield _odds_ratio(table, grouping, label, case)
            yield from _average_odds(table, grouping, label, case, against)


def _rates(
    name: str, table: OutcomeTable, members: tuple[dict[str, str], ...], label: str | None, case: Case[Any]
) -> Iterator[Measurement]:
    """Of several groups that are large enough to be judged, the intervals hold together."""
    people, level = OTHER_RATES[name].people(table), case.level
    judged = max(int(np.count_nonzero(people >= max(case.min_group_size, 1))), 1)
    found = estimates(name, table, level, together=judged)
    for place, member in enumerate(members):
        about: dict[str, Any] = {"metric": name, "n": int(found.n[place]), "group": member, "label": label}
        about["better"] = _BETTER[name]
        if table.clusters is not None:
            about["people"] = int(people[place])
        if not found.is_defined[place]:
            yield Measurement(value=None, undefined=Text.of(OTHER_RATES[name].undefined), **about)
            continue
        low, high = float(found.limits.low[place]), float(found.limits.high[place])
        interval = Interval(low=low, high=high, level=level, method=found.method, simultaneous=judged > 1)
        yield Measurement(value=float(found.value[place]), interval=interval, **about)


def _gap(name: str, table: OutcomeTable, grouping: Grouping, label: str | None, case: Case[Any]) -> Measurement:
    metric = OTHER_RATES[name].gap
    found = estimates(name, table, case.level)
    compared = Compared(grouping, label, found.n, case.min_group_size, OTHER_RATES[name].people(table))
    about: dict[str, Any] = {"level": case.level, "better": _BETTER[metric]}
    why = Text.of("a group that is large enough has no value")
    if compared.too_few or not found.is_defined[compared.takes_part].all():
        return compared.measure(metric, None, method="", undefined=why, **about)
    gap, method = OTHER_RATES[name].compare(table, compared.takes_part, case.level)
    if gap is None:
        why = Text.of("a group has no misses: 0 by 0 or more")
        return compared.measure(metric, None, method="", undefined=why, **about)
    method += ", effective size" if table.clusters is not None else ""
    return compared.measure(metric, gap, method=method, **about)


def _odds_ratio(table: OutcomeTable, grouping: Grouping, label: str | None, case: Case[Any]) -> Measurement:
    """The smaller of the two smallest ratios, each at half of the error, so that both hold."""
    both = [table.shares(RATES[rate], level=case.level) for rate in _BOTH]
    people = np.minimum(table.people(RATES["true_positive_rate"]), table.people(RATES["false_positive_rate"]))
    compared = Compared(grouping, label, np.minimum(both[0].n, both[1].n), case.min_group_size, people)
    about: dict[str, Any] = {"level": case.level, "better": "higher"}
    inside = [shares.take(compared.takes_part) for shares in both]
    if compared.too_few or any(shares.value.max() == 0 for shares in inside):
        why = Text.of("nobody was selected in any group: 0 / 0")
        return compared.measure("equalized_odds_ratio", None, method="", undefined=why, **about)
    inside = [at_level_of_pairs(RATES[rate], table, compared.takes_part, case.level, families=2) for rate in _BOTH]
    one, other = (smallest_ratio(shares, level=(1 + case.level) / 2) for shares in inside)
    smaller = one if one.value <= other.value else other
    gap = Gap(smaller.value, min(one.low, other.low), min(one.high, other.high), smaller.lowest, smaller.highest)
    method = "donner-zou ratio of wilson limits, both rates"
    return compared.measure("equalized_odds_ratio", gap, method=method, **about)


def _average_odds(
    table: OutcomeTable, grouping: Grouping, label: str | None, case: Case[Any], against: Mapping[str, str]
) -> Iterator[Measurement]:
    """Half of each group's lead in both rates over the reference; who that is does not depend on the rates."""
    both = [table.shares(RATES[rate], level=case.level) for rate in _BOTH]
    people = np.minimum(table.people(RATES["true_positive_rate"]), table.people(RATES["false_positive_rate"]))
    compared = Compared(grouping, label, np.minimum(both[0].n, both[1].n), case.min_group_size, people)
    about: dict[str, Any] = {"level": case.level, "better": "target", "method": ""}
    place = None if compared.too_few else reference_of(compared, against)
    if place is None:
        why = Text.of("the reference group has fewer than {least} rows", least=case.min_group_size)
        yield compared.measure("average_odds_difference", None, undefined=why, **about)
        return
    comparisons = len(compared.members) - 1
    own = family_level(case.level, comparisons)
    inside = [table.shares(RATES[rate], level=own).take(compared.takes_part) for rate in _BOTH]
    limits = [wilson(one.value * one.size, one.size, case.level, comparisons=comparisons) for one in inside]
    method = "mover of wilson limits" + (", all groups against one" if comparisons > 1 else "")
    for other, member in enumerate(compared.members):
        if other == place:
            continue
        pair = [other, place]
        value = np.concatenate([one.value[pair] for one in inside])
        ends = Limits(*(np.concatenate([one[side][pair] for one in limits]) for side in (0, 1)))
        low, high = combined(value, ends, (0.5, -0.5, 0.5, -0.5))
        interval = Interval(
            low=float(low), high=float(high), level=case.level, method=method, simultaneous=comparisons > 1
        )
        yield Measurement(
            metric="average_odds_difference",
            value=float(np.dot(value, (0.5, -0.5, 0.5, -0.5))),
            n=int(min(compared.n[compared.takes_part][pair])),
            people=None if table.clusters is None else int(min(people[compared.takes_part][pair])),
            interval=interval,
            group=member,
            versus=compared.members[place],
            label=label,
            better="target",
        )
