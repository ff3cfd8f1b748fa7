"""Without rows: what two signed results tell of a metric, each with its interval, held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from auditkit.finding import Better, Measurement
from auditkit.gating.estimates import Ends, Estimate, squared_and_added
from auditkit.statistics.intervals import Limits, critical_value, wilson

if TYPE_CHECKING:
    from auditkit.result import AuditResult

_IN_THE_TARGETS_UNIT = frozenset({"mean_absolute_error", "root_mean_squared_error"})
"""Their margin is in standard deviations of the target, which no result tells."""


def stored_metrics(new: AuditResult, old: AuditResult) -> dict[str, Better]:
    """The metrics that both results tell over all rows with an interval, and that have a better side."""
    ours, theirs = (_overall(result) for result in (new, old))
    return {name: better for name, better in ours.items() if name in theirs and name not in _IN_THE_TARGETS_UNIT}


def _overall(result: AuditResult) -> dict[str, Better]:
    return {
        one.metric: one.better
        for finding in result.findings
        for one in finding.measurements
        if not one.group and not one.conditions and one.interval is not None and one.better != "target"
    }


def stored_estimate(
    new: AuditResult, old: AuditResult, metric: str, label: str | None, group: Mapping[str, str]
) -> Estimate | None:
    """The difference of what two results tell, as of different rows; None where one of them does not tell it.

    Of the same rows this is careful: that models agree about rows is not made use of. An interval for another error is
    Wilson's where the stored one is, and else the stored one, stretched as a normal one would be.
    """
    one, two = (_told(result, metric, label, group) for result in (new, old))
    return None if one is None or two is None else estimate_between(one, two)


def estimate_between(one: Measurement, two: Measurement) -> Estimate:
    """The first less the second, by the intervals that both have, as of different rows."""
    assert one.value is not None  # noqa: S101  the caller looked
    assert two.value is not None  # noqa: S101  same

    def limits(alpha: float) -> Limits:
        return squared_and_added(_ends(one, 2 * alpha), _ends(two, 2 * alpha))

    n = min(one.n or 0, two.n or 0)
    people = [found.people for found in (one, two) if found.people is not None]
    return Estimate(one.value, two.value, n, min(people) if people else None, "mover, from stored intervals", limits)


def _told(result: AuditResult, metric: str, label: str | None, group: Mapping[str, str]) -> Measurement | None:
    for finding in result.findings:
        for one in finding.measurements:
            is_it = (one.metric, one.label, one.group, one.conditions) == (metric, label, dict(group), {})
            if is_it and not one.suppressed and one.value is not None and one.interval is not None and one.n:
                return one
    return None


def _ends(measurement: Measurement, error: float) -> Ends:
    value, interval, n = measurement.value, measurement.interval, measurement.n
    assert value is not None  # noqa: S101  `_told` looked
    assert interval is not None  # noqa: S101  same
    if interval.method == "wilson" and n:
        low, high = wilson(value * n, n, 1 - error)
        return Ends(value, float(low), float(high))
    stretch = critical_value(1 - error) / critical_value(interval.level)
    return Ends(value, value - stretch * (value - interval.low), value + stretch * (interval.high - value))
