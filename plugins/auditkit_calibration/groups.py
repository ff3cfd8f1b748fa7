"""`calibration.groups`: whether probabilities mean the same for every group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import (
    Case,
    GroupCount,
    Interval,
    Measurement,
    Quote,
    Table,
    Text,
    check,
    clean,
    planted,
)
from auditkit.segments import FEWEST, Grouping, groupings, large_enough, people_in
from auditkit.statistics import Gap, family_level, group_means, holm, widest_mean_difference
from auditkit.statistics.calibration import SufficiencyTest, in_the_large, sufficiency_test
from auditkit.testing import above, every, not_above
from auditkit_calibration.cumulative import BROWNIAN, cumulative_estimate
from auditkit_calibration.estimates import Estimate, estimate_smooth_error
from auditkit_calibration.group_cards import GROUP_CARDS
from auditkit_calibration.known_cases import group_overconfident, groups_calibrated
from auditkit_calibration.noise import Effort
from auditkit_calibration.questions import TAKES, Predicted, Question, Rows, is_multi_label, questions
from auditkit_calibration.refusing import must_be_probabilities, no_rows

SMOOTH, CUMULATIVE = "smooth_calibration_error", "cumulative_calibration_error"
OBSERVED = "observed_expected_ratio"
IN_THE_LARGE, SMOOTH_GAP = "calibration_in_the_large_difference", "smooth_calibration_error_difference"
_EFFORT = Effort(draws=400, beyond=4, pools=512)
_PAIR = 2

CONTROLS = (
    planted(
        "one of two groups has log odds four times as large as they should be",
        group_overconfident(),
        every(above(SMOOTH, 0.01), above(CUMULATIVE, 0.01), above(IN_THE_LARGE, 0.005)),
    ),
    clean(
        "two groups whose probabilities come true as often as they say",
        groups_calibrated(),
        every(not_above(SMOOTH, 0.0), not_above(CUMULATIVE, 0.0), not_above(IN_THE_LARGE, 0.0)),
    ),
)


@check("calibration.groups", on=TAKES, needs=("targets", "groups"), metrics=GROUP_CARDS, controls=CONTROLS)
def calibration_by_group(case: Case[Predicted], *, depth: int = 2) -> Iterator[Measurement | Table]:
    """Whether probabilities mean the same for every group.

    Of every group of each protected attribute, and of every intersection of up to `depth` attributes: the smooth and
    the cumulative calibration error, and how many came true for one that was expected, where the group has as many
    people as the policy's smallest one, and ten at least. Between the groups: how far they lie apart in the mean of
    outcome less probability, which has a direction, and in the smooth error. The table tests sufficiency: whether, the
    score being known, the group still says something of the outcome. Its p is adjusted for all its lines by Holm. A
    large p is no evidence that groups are alike. Of several labels that can be right at once each is asked about by
    itself.
    """
    must_be_probabilities(case)
    kept = Rows.of(case).kept
    for question in questions(case):
        lines: list[tuple[Grouping, SufficiencyTest]] = []
        for grouping in groupings(case, kept, depth=depth):
            yield from _of_grouping(case, question, grouping)
            found = _sufficiency(case, question, grouping) if len(question) else None
            if found is not None:
                lines.append((grouping, found))
        if lines and not case.is_control:
            yield _tests(question, lines)


def _of_grouping(case: Case[Any], question: Question, grouping: Grouping) -> Iterator[Measurement]:
    people = people_in(grouping.codes, len(grouping.members), question.owners)
    n = np.bincount(grouping.codes[grouping.codes >= 0], minlength=len(grouping.members))
    takes_part = large_enough(people, case)
    level = family_level(case.level, max(int(takes_part.sum()), 1))
    together: list[Estimate] = []
    for place, member in enumerate(grouping.members):
        about = {"n": int(n[place]), "people": int(people[place]), "group": member, "label": question.label}
        if not takes_part[place]:
            for metric in (SMOOTH, CUMULATIVE, OBSERVED):
                better = "target" if metric == OBSERVED else "lower"
                yield Measurement(metric=metric, value=None, undefined=_too_small(case), better=better, **about)
            continue
        part = question.part(grouping.codes == place)
        rng = case.rng(f"{grouping.name}: {grouping.labels[place]}: {question.name}")
        found = estimate_smooth_error(part, level=case.level, rng=rng, effort=_EFFORT)
        method = "noise bound, multiplier bootstrap"
        yield _measure(SMOOTH, found, case.level, method, **about)
        yield _measure(CUMULATIVE, cumulative_estimate(part, level=case.level), case.level, BROWNIAN, **about)
        yield _observed(part, case, about)
        together.append(estimate_smooth_error(part, level=level, rng=rng, effort=_EFFORT))
    about = _compared(grouping, people, takes_part, int(n[takes_part].sum()), question.label)
    gap = _largest_gap(together) if len(together) >= _PAIR else None
    yield _gap(SMOOTH_GAP, gap, case, "noise bounds of all groups", about)
    yield _gap(IN_THE_LARGE, _in_the_large(case, question, grouping, takes_part), case, "welch, all pairs", about)


def _too_small(case: Case[Any]) -> Text:
    if not (is_multi_label(case) or (case.targets.codes >= 0).any()):
        return no_rows(case)
    return Text.of("the group has fewer than {least} people", least=max(case.min_group_size, FEWEST))


def _measure(metric: str, found: Estimate, level: float, method: str, **about: Any) -> Measurement:
    interval = Interval(low=found.low, high=found.high, level=level, method=method)
    return Measurement(metric=metric, value=found.value, interval=interval, better="lower", **about)


def _observed(part: Question, case: Case[Any], about: dict[str, Any]) -> Measurement:
    """How many came true for one that was expected."""
    weights = None if case.weights is None else part.shares
    units = None if case.units is None else part.owners
    found = in_the_large(part.scores, part.came_true, level=case.level, weights=weights, units=units)
    if found is None:
        return Measurement(metric=OBSERVED, value=None, undefined=Text.of("all scores are 0"), better="target", **about)
    low, high = (float(end) for end in found.limits)
    interval = Interval(low=low, high=high, level=case.level, method="wilson, effective size")
    return Measurement(metric=OBSERVED, value=found.ratio, interval=interval, better="target", **about)


def _compared(grouping: Grouping, people: Any, takes_part: Any, n: int, label: str | None) -> dict[str, Any]:
    parts = zip(grouping.labels, people, takes_part, strict=True)
    counts = tuple(GroupCount(label=name, n=int(size), compared=bool(part)) for name, size, part in parts)
    return {"n": n, "group": grouping.everyone, "label": label, "compared": counts, "better": "lower"}


def _largest_gap(found: list[Estimate]) -> Gap:
    """From intervals that all hold at once: the truths lie no nearer, and no further apart, than these do."""
    value = np.array([one.value for one in found])
    low, high = np.array([one.low for one in found]), np.array([one.high for one in found])
    lowest, highest = int(value.argmin()), int(value.argmax())
    gap = float(value[highest] - value[lowest])
    return Gap(
        gap, min(max(float(low.max() - high.min()), 0.0), gap), max(float(high.max() - low.min()), gap), lowest, highest
    )


def _in_the_large(case: Case[Any], question: Question, grouping: Grouping, takes_part: Any) -> Gap | None:
    if np.count_nonzero(takes_part) < _PAIR:
        return None
    off = question.came_true - question.scores
    weights = None if case.weights is None else question.shares
    units = None if case.units is None else question.owners
    means = group_means(off, grouping.codes, len(grouping.members), weights=weights, units=units)
    gap = widest_mean_difference(means.take(takes_part), level=case.level)
    return gap if np.isfinite(gap.low) else None


def _gap(metric: str, gap: Gap | None, case: Case[Any], method: str, about: dict[str, Any]) -> Measurement:
    takes_part = sum(part.compared for part in about["compared"])
    if gap is None:
        least = max(case.min_group_size, FEWEST)
        why = Text.of("fewer than two groups have {least} rows to compare", least=least)
        if takes_part >= _PAIR:
            why = Text.of("the rows of a group are all off by the same")
        return Measurement(metric=metric, value=None, undefined=why, **about)
    is_family = takes_part > _PAIR
    interval = Interval(low=gap.low, high=gap.high, level=case.level, method=method, simultaneous=is_family)
    return Measurement(metric=metric, value=gap.value, interval=interval, **about)


def _sufficiency(case: Case[Any], question: Question, grouping: Grouping) -> SufficiencyTest | None:
    people = people_in(grouping.codes, len(grouping.members), question.owners)
    number = np.append(np.where(large_enough(people, case), np.arange(len(people)), -1), -1)
    alone = int(question.owners.max()) + 1 == len(question)
    return sufficiency_test(
        question.scores,
        question.came_true,
        number[grouping.codes],
        len(people),
        rng=case.rng(f"sufficiency: {grouping.name}: {question.name}"),
        weights=None if case.weights is None else question.shares,
        units=None if alone else question.owners,
    )


def _tests(question: Question, lines: list[tuple[Grouping, SufficiencyTest]]) -> Table:
    adjusted = holm([one.p for _, one in lines]).tolist()
    names = ("groups by", "groups", "chi-square", "degrees of freedom", "p", "adjusted p", "test", "rows left out")
    rows = [
        (grouping.name, one.groups, one.statistic, one.freedom, one.p, p, Text.of(one.method), one.left_out)
        for (grouping, one), p in zip(lines, adjusted, strict=True)
    ]
    return Table(
        title=Text.of(
            "Sufficiency: once the score is known, does the group say more of the outcome? {what}", what=question.name
        ),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(rows),
        rests_on=tuple(
            (Quote(metric=IN_THE_LARGE, group=grouping.everyone, label=question.label),) for grouping, _ in lines
        ),
        prominent=True,
    )
