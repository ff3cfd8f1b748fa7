"""What would decide an inconclusive rule: how many more rows, of whom, if what was measured stays as it is."""

from __future__ import annotations

import math
from collections.abc import Iterable

from auditkit.deciding import growth_of
from auditkit.finding import GroupCount, Measurement
from auditkit.policy import Policy, Rule
from auditkit.report.wording import Wording
from auditkit.result import Judgement

_MOST_NAMED = 3
_ROUNDING = 1e-9


def what_would_decide(
    judgement: Judgement, rule: Rule, policy: Policy, wording: Wording, told: Iterable[Measurement] = ()
) -> str:
    """What would decide an inconclusive rule, as one does it; empty for any other outcome, and where nothing is known.

    Args:
        judgement: of the rule.
        rule: with its bound.
        policy: its smallest group, and what becomes of smaller ones.
        wording: the language.
        told: what else the report tells, for a judgement that does not say how many times the rows it takes.
    """
    worst = judgement.worst
    if judgement.outcome != "inconclusive" or worst is None or rule.judge == "value":
        return ""
    if worst.suppressed or worst.n is None:
        return wording.say("It cannot be said how many more rows would decide it: counts are withheld.")
    small = [] if policy.small_groups == "list" else _too_small(worst, policy.min_group_size)
    parts = [_enlarge(small, policy.min_group_size, wording)] if small else []
    growth = judgement.growth or growth_of(judgement, rule, told)
    if growth is not None:
        parts.append(_grow(worst, growth.times, small, wording))
    return wording.prose(parts)


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
            "Audit {least} of each group that is too small to be judged, among the rows that the number rests on.",
            least=f"{least:,}",
        )
    named = wording.clauses(
        wording.say("{more} more of {group}", group=wording.label(part.label), more=f"{least - (part.n or 0):,}")
        for part in told
    )
    if len(told) < len(small):
        named = wording.say("{named}; and {count} other groups", named=named, count=len(small) - len(told))
    return wording.say(
        "Audit at least {named}, among the rows that the number rests on: below {least} a group is not judged.",
        named=named,
        least=f"{least:,}",
    )


def _grow(worst: Measurement, growth: float | None, small: list[GroupCount], wording: Wording) -> str:
    if growth is None:
        return wording.say(
            "No number of further rows can be named that would decide it: a thousand times as many might not."
        )
    n = worst.n or 0
    compared = [part for part in worst.compared if part.compared and part.n is not None]
    if not compared and small:
        return ""
    words = {"now": f"{n:,}", "wanted": _about(n * growth, more_than=n)}
    said = wording.say(
        "The number rests on {now} rows, its n: about {wanted} such rows would decide it in 80% of audits, if what was "
        "measured is true",
        **words,
    )
    if compared:
        least = min(compared, key=lambda part: (part.n or 0, part.label))
        few = least.n or 0
        said = wording.say(
            "{said}: of every group as many times more, so {wanted} of {group}, where it has {now}",
            said=said,
            group=wording.label(least.label),
            wanted=_about(few * growth, more_than=few),
            now=f"{few:,}",
        )
    if growth < _FAR:
        return wording.stopped(said)
    return wording.say("A few more rows would not decide it. {said}.", said=said)


_FAR = 10
_DIGITS = 2


def _about(rows: float, *, more_than: int) -> str:
    """Rounded up to two digits, since more of them are not known; and more than there are."""
    whole = math.ceil(rows - _ROUNDING)
    step = 10 ** max(len(str(whole)) - _DIGITS, 0)
    return f"{max(-(-whole // step) * step, more_than + 1):,}"
