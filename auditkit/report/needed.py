"""What would decide an inconclusive rule: how many more rows, of whom, if what was measured stays as it is."""

from __future__ import annotations

import math

from auditkit.finding import GroupCount, Interval, Measurement
from auditkit.policy import Policy, Rule
from auditkit.report.wording import Wording
from auditkit.result import Judgement

MOST_GROWTH = 1_000.0
"""Times the rows; a value for which more would be needed lies on its bound, as far as anybody can tell."""

_MOST_NAMED = 3
_ROUNDING = 1e-9


def what_would_decide(judgement: Judgement, rule: Rule, policy: Policy, wording: Wording) -> str:
    """What would decide an inconclusive rule, as one does it; empty for any other outcome, and where nothing is known.

    An interval's half width shrinks with the square root of the rows. So the interval clears the bound once there are
    (half width / distance from value to bound)^2 times as many, of every group alike.

    Args:
        judgement: of the rule.
        rule: with its bound.
        policy: its smallest group, and what becomes of smaller ones.
        wording: the language.
    """
    worst = judgement.worst
    if judgement.outcome != "inconclusive" or worst is None or rule.judge == "value":
        return ""
    if worst.suppressed or worst.n is None:
        return wording.say("It cannot be said how many more rows would decide it: counts are withheld.")
    small = [] if policy.small_groups == "list" else _too_small(worst, policy.min_group_size)
    parts = [_enlarge(small, policy.min_group_size, wording)] if small else []
    if worst.interval is not None and _straddles(worst.interval, rule):
        parts.append(_grow(worst, rule, small, wording))
    return " ".join(part for part in parts if part)


def growth_to_clear(worst: Measurement, rule: Rule) -> float | None:
    """How many times the rows an interval needs to leave a bound outside; None when no number can be named.

    A gap's interval ends at 0, and a ratio's at 1, where the truth of a single pair may lie beyond: there the other
    half says how wide it is.
    """
    bound = rule.max if rule.max is not None else rule.min
    if worst.value is None or worst.interval is None or bound is None:
        return None
    below, above = worst.value - worst.interval.low, worst.interval.high - worst.value
    half, end = (above, worst.interval.high) if worst.value <= bound else (below, worst.interval.low)
    if "*" in worst.group.values() and end in {0.0, 1.0}:
        half = max(below, above)
    distance = abs(worst.value - bound)
    if distance <= _ROUNDING or (half / distance) ** 2 > MOST_GROWTH:
        return None
    return max((half / distance) ** 2, 1.0)


def _straddles(interval: Interval, rule: Rule) -> bool:
    if rule.max is not None:
        return interval.low <= rule.max < interval.high
    return interval.low < (rule.min or 0.0) <= interval.high


def _too_small(worst: Measurement, least: int) -> list[GroupCount]:
    """Groups that are too small to be judged at all, the largest first."""
    if worst.compared:
        small = [part for part in worst.compared if not part.compared]
        return sorted(small, key=lambda part: (-(part.n or 0), part.label))
    n = worst.judged_by or 0
    is_small = bool(worst.group) and "*" not in worst.group.values() and n < least
    return [GroupCount(label=", ".join(worst.group.values()), n=n, compared=False)] if is_small else []


def _enlarge(small: list[GroupCount], least: int, wording: Wording) -> str:
    told = [part for part in small if part.n is not None][:_MOST_NAMED]
    if not told:
        return wording.say(
            "Audit {least} of each group that is too small to be judged, among the rows that it counts.",
            least=f"{least:,}",
        )
    named = "; ".join(
        wording.say("{more} more of {group}", group=wording.label(part.label), more=f"{least - (part.n or 0):,}")
        for part in told
    )
    if len(told) < len(small):
        named = wording.say("{named}; and {count} other groups", named=named, count=len(small) - len(told))
    return wording.say(
        "Audit at least {named}, among the rows that it counts: below {least} a group is not judged.",
        named=named,
        least=f"{least:,}",
    )


def _grow(worst: Measurement, rule: Rule, small: list[GroupCount], wording: Wording) -> str:
    growth = growth_to_clear(worst, rule)
    if growth is None:
        return wording.say(
            "No number of further rows can be named that would decide it: the value lies too close to its bound."
        )
    n = worst.n or 0
    words = {"more": f"{max(math.ceil(n * growth) - n, 1):,}", "times": _times(growth)}
    compared = [part for part in worst.compared if part.compared and part.n is not None]
    if not compared:
        if small:
            return ""
        return wording.say(
            "Audit about {more} more of the rows that it counts, {times} times as many in all: they would decide it, "
            "if the value stays as it is.",
            **words,
        )
    least = min(compared, key=lambda part: (part.n or 0, part.label))
    count = least.n or 0
    return wording.say(
        "Audit about {times} times as many of every group, {more} more of the rows that it counts, and of {group} "
        "{few} more: they would decide it, if the value stays as it is.",
        group=wording.label(least.label),
        few=f"{max(math.ceil(count * growth) - count, 1):,}",
        **words,
    )


_TEN = 10


def _times(growth: float) -> str:
    """Rounded up: tenths of a small number, else whole."""
    tenths = math.ceil(growth * _TEN - _ROUNDING) / _TEN
    return f"{tenths:g}" if growth < _TEN else f"{math.ceil(growth):,}"
