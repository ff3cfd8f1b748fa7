"""Which rules speak about a measurement, so that its picture can show the bound."""

from __future__ import annotations

from collections.abc import Iterable

from auditkit.finding import Measurement
from auditkit.policy import Rule


def speaks_about(rule: Rule, measurement: Measurement, check: str) -> bool:
    """Whether a rule's bound is about this measurement.

    A rule without a group speaks about all rows and about every gap over one attribute; with one, about its gap and
    about each of its groups; with 'any', about everything.
    """
    return (
        rule.metric == measurement.metric
        and (rule.check is None or rule.check in {check, check.partition(".")[0]})
        and (rule.label is None or rule.label == measurement.label)
        and rule.conditions == measurement.conditions
        and _same_group(rule, measurement)
    )


def _same_group(rule: Rule, measurement: Measurement) -> bool:
    group = measurement.group
    if rule.group == "any":
        return True
    if rule.attributes is None:
        return not group or list(group.values()) == ["*"]
    return set(rule.attributes) == set(group)


def bounds_on(rules: Iterable[Rule], measurements: Iterable[Measurement], check: str) -> tuple[Rule, ...]:
    """The rules that speak about any of the measurements."""
    shown = tuple(measurements)
    return tuple(rule for rule in rules if any(speaks_about(rule, one, check) for one in shown))
