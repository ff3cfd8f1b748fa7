"""`fairness.score-balance`: whether scores mean the same for groups: balance for either class, and the ROC curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    check,
    clean,
    planted,
)
from auditkit.segments import Grouping
from auditkit.statistics import (
    Gap,
    Limits,
    ScoredRows,
    abroca,
    bounded_mean,
    group_means,
    holm,
    widest_between,
    widest_mean_difference,
)
from auditkit.testing import above, every, fair_groups, group_missed, not_above
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.scores import SCORE_CARDS
from auditkit_fairness.comparing import Compared, people_of, with_class
from auditkit_fairness.groupings import groupings
from auditkit_fairness.questions import Predicted
from auditkit_fairness.reference_groups import must_exist, reference_of

Flags = npt.NDArray[np.bool_]
_MOST_REPLICATES, _FEWEST_REPLICATES, _WORK = 499, 199, 8_000
"""Bootstrap replicates of one area; of all groups together about so many, so that forty do not take long."""
_SHOWN: tuple[Literal["n", "value", "interval"], ...] = ("n", "value", "interval")
_GAPS = {"positive_class_score_difference": True, "negative_class_score_difference": False}

CONTROLS = (
    planted(
        "in one of two groups positives are scored lower",
        group_missed(0.5),
        every(above("positive_class_score_difference", 0.1), above("abroca", 0.05)),
        against={},
    ),
    clean(
        "two groups with the same rows",
        fair_groups(),
        every(
            not_above("positive_class_score_difference", 0.0),
            not_above("negative_class_score_difference", 0.0),
            not_above("abroca", 0.0),
        ),
        against={},
    ),
)


@dataclass(frozen=True)
class _Scored:
    """The rows that have a target, with the scores of one class."""

    label: str | None
    scores: npt.NDArray[np.floating]
    positive: Flags
    known: Flags


@check(
    "fairness.score-balance",
    on=(ClassScores, LabelScores),
    metrics=SCORE_CARDS,
    accepts=accept_options,
    controls=CONTROLS,
)
def score_balance(
    case: Case[Predicted],
    *,
    against: dict[str, str] = {},  # noqa: B006  an option's default, which nobody changes
) -> Iterator[Measurement | Table]:
    """Whether scores mean the same in all groups, before any threshold.

    For each protected attribute how far apart the groups lie in the mean score of their positives, and of their
    negatives (balance for either class); and for each group the area between its ROC curve and that of the group that
    `against` names for its attribute, or of the largest (ABROCA), which sees curves that cross and have the same area.
    """
    scored = list(_scored(case))
    by_group = groupings(case.groups, depth=1)
    must_exist(against, by_group)
    for grouping in by_group:
        rows: list[tuple[Any, ...]] = []
        for one in scored:
            for metric, of_class in _GAPS.items():
                yield _balance(case, grouping, one, metric, one.known & (one.positive == of_class))
            yield from _between_curves(case, grouping, one, against, rows)
        if rows:
            adjusted = holm([row[-1] for row in rows]).tolist()
            names = ("group", "class", "against", "n", "area between curves", "interval", "p", "adjusted p")
            columns, cells = with_class(names, [(*row, p) for row, p in zip(rows, adjusted, strict=True)])
            title = Text.of("Areas between ROC curves, by {attribute}; p by permutation", attribute=grouping.name)
            yield Table(title=title, columns=columns, rows=cells, prominent=True)


def _scored(case: Case[Predicted]) -> Iterator[_Scored]:
    predictions = case.predictions
    is_multilabel = isinstance(predictions, LabelScores)
    if isinstance(predictions, ClassScores) and predictions.kind == "label":
        raise NotApplicable("the model gives labels, and no scores")
    names = predictions.labels if isinstance(predictions, LabelScores) else predictions.classes
    for positive in case.positives:
        place = names.index(positive)
        wanted = case.label_targets[:, place] if is_multilabel else case.targets.codes == place
        known = np.ones(len(wanted), dtype=bool) if is_multilabel else case.targets.codes >= 0
        known &= True if case.weights is None else case.weights > 0
        yield _Scored(case.label_for(positive), predictions.scores[:, place], wanted, known)


def _balance(case: Case[Any], grouping: Grouping, one: _Scored, metric: str, rows: Flags) -> Measurement:
    codes = np.where(rows, grouping.codes, -1)
    found = group_means(one.scores, codes, len(grouping.members), weights=case.weights, units=_units(case))
    people = people_of(codes, len(grouping.members), _units(case))
    compared = Compared(grouping, one.label, found.n, case.min_group_size, people)
    if compared.too_few:
        return compared.measure(metric, None, level=case.level, method="")
    if one.scores.min() >= 0 and one.scores.max() <= 1:
        gap, method = _bounded(case, one.scores, codes, np.flatnonzero(compared.takes_part)), "mover of wilson limits"
        return compared.measure(metric, gap, level=case.level, method=method)
    gap = widest_mean_difference(found.take(compared.takes_part), level=case.level)
    known = gap if np.isfinite(gap.low) else None
    why = Text.of("the scores of a group do not differ")
    return compared.measure(metric, known, level=case.level, method="welch", undefined=why)


def _bounded(case: Case[Any], scores: npt.NDArray[np.floating], codes: Any, places: Any) -> Gap:
    """Between means of scores in [0, 1], which have limits also where the scores of a group do not differ."""
    level = 1 - (1 - case.level) / (len(places) * (len(places) - 1) / 2)
    means = []
    for place in places:
        inside = codes == place
        weights = None if case.weights is None else case.weights[inside]
        units = None if case.units is None else case.units.codes[inside]
        means.append(bounded_mean(scores[inside], level=level, weights=weights, units=units))
    ends = [(mean.value, *mean.limits) for mean in means if mean is not None and mean.limits is not None]
    value, low, high = np.array(ends).T
    return widest_between(value, Limits(low, high))


def _between_curves(
    case: Case[Any], grouping: Grouping, one: _Scored, against: dict[str, str], rows: list[tuple[Any, ...]]
) -> Iterator[Measurement]:
    """ABROCA of every group against the reference; what is found goes into the table's rows as well."""
    counts = [_count(grouping, one.known & (one.positive == kind)) for kind in (True, False)]
    people = _people(case, grouping, one)
    compared = Compared(grouping, one.label, np.minimum(*counts), case.min_group_size, people)
    mass = None if case.weights is None else np.bincount(
        grouping.codes[grouping.codes >= 0], case.weights[grouping.codes >= 0], len(grouping.members)
    )  # fmt: skip
    sizes = counts[0] + counts[1] if mass is None else mass
    reference = None if compared.too_few else reference_of(compared, against, sizes=sizes, ties=counts[0])
    if reference is None:
        why = Text.of("the reference group has fewer than {least} rows of either class", least=compared.least)
        yield compared.measure("abroca", None, level=case.level, method="", undefined=why)
        return
    places, labels = np.flatnonzero(compared.takes_part), compared.labels
    replicates = int(np.clip(_WORK // (len(places) - 1), _FEWEST_REPLICATES, _MOST_REPLICATES))
    for place, member in enumerate(compared.members):
        if place == reference:
            continue
        inside = one.known & np.isin(grouping.codes, places[[place, reference]])
        second = grouping.codes[inside] == places[place]
        weights = None if case.weights is None else case.weights[inside]
        units = None if case.units is None else case.units.codes[inside]
        chosen = ScoredRows(one.scores[inside], one.positive[inside], second, weights, units)
        rng = case.rng(f"{grouping.name}: {place}: {one.label}")
        found = abroca(chosen, rng=rng, level=case.level, replicates=replicates)
        method = "bootstrap of the difference of the curves"
        area = Measurement(
            metric="abroca",
            value=found.value,
            n=int(compared.n[places[[place, reference]]].min()),
            people=None if people is None else int(people[places[[place, reference]]].min()),
            interval=Interval(low=found.low, high=found.high, level=case.level, method=method),
            group=member,
            versus=compared.members[reference],
            label=one.label,
        )
        yield area
        quotes = [Quote.of(area, shows) for shows in _SHOWN]
        rows.append((labels[place], one.label, labels[reference], *quotes, found.p))


def _people(case: Case[Any], grouping: Grouping, one: _Scored) -> npt.NDArray[np.integer] | None:
    """[groups], the units of either class, whichever are fewer."""
    by_class = [np.where(one.known & (one.positive == kind), grouping.codes, -1) for kind in (True, False)]
    counted = [people_of(codes, len(grouping.members), _units(case)) for codes in by_class]
    return None if counted[0] is None or counted[1] is None else np.minimum(counted[0], counted[1])


def _units(case: Case[Any]) -> Any:
    return None if case.units is None else case.units.codes


def _count(grouping: Grouping, rows: Flags) -> npt.NDArray[np.integer]:
    codes = grouping.codes[rows & (grouping.codes >= 0)]
    return np.asarray(np.bincount(codes, minlength=len(grouping.members)))
