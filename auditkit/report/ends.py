"""Where a miss lies: the groups at the ends of a gap, the group that a number is worst for, and what moves scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditkit.finding import JOINED, Measurement
from auditkit.result import AuditResult

COMPARED = {
    "equal_opportunity_difference": ("true_positive_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
    "demographic_parity_difference": ("selection_rate",),
    "demographic_parity_ratio": ("selection_rate",),
    "impact_ratio": ("selection_rate",),
}
"""Gaps that are not named after what they compare."""

_LOW_IS_WORST = frozenset({"selection_rate"})
"""Where neither low nor high is better in itself, and yet a rule on the gap is there for those who get less."""

_ROUNDING = 1e-9
MOST_SHORTCUTS = 3


@dataclass(frozen=True)
class Ends:
    """The two groups between which a gap lies."""

    worst: Measurement
    best: Measurement


def compared_by(metric: str) -> tuple[str, ...]:
    """The metrics of groups that a gap may compare; none: it is no gap."""
    if metric in COMPARED:
        return COMPARED[metric]
    for suffix in ("_difference", "_ratio"):
        if metric.endswith(suffix):
            return (metric.removesuffix(suffix),)
    return ()


def ends_of(worst: Measurement | None, result: AuditResult) -> Ends | None:
    """The groups of a gap whose values give it; None where the report does not tell them, or their better side."""
    if worst is None or worst.value is None or "*" not in worst.group.values():
        return None
    compared = {part.label for part in worst.compared if part.compared}
    for metric in compared_by(worst.metric):
        rows = [
            one
            for one in _told(metric, result)
            if set(one.group) == set(worst.group)
            and (one.label, one.conditions) == (worst.label, worst.conditions)
            and (not compared or JOINED.join(one.group.values()) in compared)
        ]
        if len(rows) < 2 or (rows[0].better == "target" and metric not in _LOW_IS_WORST):  # noqa: PLR2004  two ends
            continue
        low, *_, high = sorted(rows, key=lambda one: one.value or 0.0)
        if abs(_gap(low, high, is_ratio=worst.metric.endswith("_ratio")) - worst.value) <= _ROUNDING:
            is_low = rows[0].better == "higher" or metric in _LOW_IS_WORST
            return Ends(low, high) if is_low else Ends(high, low)
    return None


def _gap(low: Measurement, high: Measurement, *, is_ratio: bool) -> float:
    least, most = low.value or 0.0, high.value or 0.0
    if is_ratio:
        return least / most if most else 1.0
    return most - least


def _told(metric: str, result: AuditResult) -> Iterator[Measurement]:
    """Values of single groups that nothing withholds."""
    for finding in result.findings:
        for one in finding.measurements:
            is_group = bool(one.group) and "*" not in one.group.values() and one.versus is None
            if one.metric == metric and is_group and one.value is not None and not one.suppressed:
                yield one


def worst_group(worst: Measurement | None, result: AuditResult) -> Measurement | None:
    """Of a number over all rows, the group of one attribute that it is worst for, if that is large enough to judge."""
    if worst is None or worst.group or worst.better not in ("lower", "higher"):
        return None
    least = result.policy.policy.min_group_size
    rows = [
        one
        for one in _told(worst.metric, result)
        if len(one.group) == 1
        and (one.judged_by or 0) >= least
        and (one.label, one.conditions) == (worst.label, worst.conditions)
    ]
    if not rows:
        return None
    sign = 1 if worst.better == "lower" else -1
    return max(rows, key=lambda one: sign * (one.value or 0.0))


def protected_effect(attribute: str, result: AuditResult) -> Measurement | None:
    """What changing an attribute alone was shown to move, beside other changes; None: nothing was shown."""
    for finding in result.findings:
        if finding.status != "measured" or not finding.controls_passed:
            continue
        for one in finding.measurements:
            is_it = one.metric == "protected_excess_effect" and one.conditions == {"attribute": attribute}
            if is_it and not one.group and one.interval is not None and one.interval.low > 0:
                return one
    return None


def shortcuts_found(result: AuditResult) -> tuple[tuple[str, str], ...]:
    """What was shown to move the score by itself, the strongest first: `word` or `region`, and which."""
    found = [
        one
        for finding in result.findings
        if finding.status == "measured" and finding.controls_passed
        for one in finding.measurements
        if one.metric == "shortcut_effect" and not one.group and one.interval is not None and one.interval.low > 0
        and ("word" in one.conditions or "region" in one.conditions)
    ]  # fmt: skip
    found.sort(key=lambda one: -(one.value or 0.0))
    named = dict.fromkeys(
        (kind, one.conditions[kind]) for one in found for kind in ("word", "region") if kind in one.conditions
    )
    return tuple(named)[:MOST_SHORTCUTS]
