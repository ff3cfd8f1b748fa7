"""How many times the rows would decide an inconclusive rule, if what was measured stays as it is.

Of a gap that takes drawing audits, and importing what draws them: the result keeps the number, so that a report is
rendered, and verified, without.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from auditkit.finding import Finding, Interval, Measurement
from auditkit.policy import Policy, Rule
from auditkit.result import Growth, Judgement

MOST_GROWTH = 1_000.0
"""Times the rows; a value for which more would be needed lies on its bound, as far as anybody can tell."""

_ROUNDING = 1e-9


def with_growth(judgements: Sequence[Judgement], policy: Policy, findings: Iterable[Finding]) -> tuple[Judgement, ...]:
    """The same judgements; those that more rows would decide say how many times as many.

    Args:
        judgements: of the policy's rules, as they are told: nothing rests on a number that is withheld.
        policy: it.
        findings: as they are told, too.
    """
    told = [one for finding in findings for one in finding.measurements]
    rules = {rule.id: rule for rule in policy.rules}
    return tuple(
        one.model_copy(update={"growth": growth_of(one, rules[one.rule], told)}) if one.rule in rules else one
        for one in judgements
    )


def growth_of(judgement: Judgement, rule: Rule, told: Iterable[Measurement] = ()) -> Growth | None:
    """How many times the rows would decide a rule; None where rows would not: it is decided, or all is withheld.

    So many that they decide it in 80% of audits, if what was measured is true. Where the report tells the shares of all
    groups that are compared, such audits are drawn, and judged by the gap's own interval; else see `growth_to_clear`.

    Args:
        judgement: of the rule.
        rule: with its bound.
        told: what else the report tells, where the shares of groups may be.
    """
    worst = judgement.worst
    if judgement.outcome != "inconclusive" or worst is None or rule.judge == "value" or worst.suppressed:
        return None
    if worst.n is None or worst.interval is None or not _straddles(worst.interval, rule):
        return None
    return Growth(times=drawn_growth(worst, rule, told) if worst.compared else growth_to_clear(worst, rule))


def growth_to_clear(worst: Measurement, rule: Rule) -> float | None:
    """How many times the rows an interval needs to leave a bound outside; None when no number can be named.

    An interval's half width is z standard errors, and shrinks with the square root of the rows: with (half width /
    distance from value to bound)^2 times as many it ends at the bound on average, and clears it half of the time. So
    that it does 80% of the time, the distance has to hold .84 standard errors more. Of ratios all that is so of their
    logarithms. A gap's interval ends at 0, and a ratio's at 1, where the truth of a single pair may lie beyond: there
    the other half says how wide it is.
    """
    bound = rule.max if rule.max is not None else rule.min
    if worst.value is None or worst.interval is None or bound is None:
        return None
    value, low, high = worst.value, worst.interval.low, worst.interval.high
    end = high if value <= bound else low
    is_end = "*" in worst.group.values() and end in {0.0, 1.0}
    if worst.metric.endswith("_ratio") and min(value, bound, low) > 0:
        value, low, high, bound = (math.log(number) for number in (value, low, high, bound))
    below, above, distance = value - low, high - value, abs(value - bound)
    half = max(below, above) if is_end else above if value <= bound else below
    if distance <= _ROUNDING:
        return None
    growth = (half / distance * (1 + _reach_of_power() / _reach(worst))) ** 2
    return max(growth, 1.0) if growth <= MOST_GROWTH else None


def _reach(worst: Measurement) -> float:
    """How many standard errors half of the interval is."""
    from auditkit.statistics import critical_value

    groups = len([part for part in worst.compared if part.compared])
    level = 0.95 if worst.interval is None else worst.interval.level
    return critical_value(level, max(groups * (groups - 1) // 2, 1))


def _reach_of_power() -> float:
    from auditkit.statistics import POWER, critical_value

    return critical_value(2 * POWER - 1)


_DIFFERENCE, _RATIO = "newcombe", "donner-zou ratio of wilson limits"
_SHARES = ("wilson", "clopper-pearson, all groups")


def drawn_growth(worst: Measurement, rule: Rule, told: Iterable[Measurement]) -> float | None:
    """`growth_to_clear`, by drawing audits where the shares that the gap lies between are told."""
    import numpy as np

    from auditkit.statistics import growth_to_decide

    words = "" if worst.interval is None else worst.interval.method.removesuffix(", all pairs")
    bound = rule.max if rule.max is not None else rule.min
    shares = _shares_behind(worst, told, of_ratio=words == _RATIO) if words in {_DIFFERENCE, _RATIO} else None
    if shares is None or bound is None or worst.interval is None:
        return growth_to_clear(worst, rule)
    # Of equalized odds the rows of both rates are counted.
    families = 1 if worst.n == int(shares.n.sum()) else 2
    about: dict[str, Any] = {"of_ratio": words == _RATIO, "level": worst.interval.level, "families": families}
    return growth_to_decide(shares, bound, rng=np.random.default_rng(0), **about)


def _shares_behind(worst: Measurement, told: Iterable[Measurement], *, of_ratio: bool) -> Any:
    """The shares of the groups that a gap compares: those told of one rate whose gap it is; None without such."""
    import numpy as np

    from auditkit.statistics import Shares

    labels = [part.label for part in worst.compared if part.compared]
    rates: dict[str, dict[str, tuple[float, int]]] = {}
    for one in told:
        is_share = one.interval is not None and one.interval.method in _SHARES
        alike = (one.label, one.conditions, set(one.group)) == (worst.label, worst.conditions, set(worst.group))
        if is_share and alike and one.value is not None and one.n and "*" not in one.group.values():
            rates.setdefault(one.metric, {})[_BETWEEN.join(one.group.values())] = (one.value, one.n)
    for found in rates.values():
        if set(labels) <= set(found):
            value, n = (np.array(part) for part in zip(*(found[label] for label in labels), strict=True))
            gap = value.min() / value.max() if of_ratio and value.max() > 0 else value.max() - value.min()
            if worst.value is not None and abs(float(gap) - worst.value) <= _ROUNDING:
                return Shares(value.astype(float), n, n.astype(float))
    return None


_BETWEEN = " \N{MULTIPLICATION SIGN} "


def _straddles(interval: Interval, rule: Rule) -> bool:
    if rule.max is not None:
        return interval.low <= rule.max < interval.high
    return interval.low < (rule.min or 0.0) <= interval.high
