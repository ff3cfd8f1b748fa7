"""A measurement in words and short numbers: what was measured, of whom, and how sure it is."""

from __future__ import annotations

from auditkit import Measurement, Text
from auditkit_exports.plain import plain


def number(value: float) -> str:
    """A number as the report prints it."""
    return str(Text.of("{value}", value=value))


def _share(level: float) -> str:
    return str(Text.of("{level:percent}", level=level))


def of_whom(measurement: Measurement) -> str:
    """The rows that it is about, e.g. `sex = F`, `over sex`, `class dental, blur = 3`; empty: all, as they are."""
    group = [f"over {name}" if label == "*" else f"{name} = {label}" for name, label in measurement.group.items()]
    label = [] if measurement.label is None else [f"class {measurement.label}"]
    conditions = [f"{name} = {value}" for name, value in measurement.conditions.items()]
    versus = [f"against {name} = {value}" for name, value in (measurement.versus or {}).items()]
    return plain(", ".join([*group, *label, *conditions, *versus]))


def how_much(measurement: Measurement) -> str:
    """Its value, its interval and how many rows it rests on; or why it has no value."""
    if measurement.value is None:
        return plain(str(measurement.undefined))
    said = number(measurement.value)
    beside = []
    if measurement.interval is not None:
        interval = measurement.interval
        beside.append(f"{_share(interval.level)} interval {number(interval.low)} to {number(interval.high)}")
    if measurement.n is not None:
        beside.append(f"n = {measurement.n}")
    return f"{said} ({', '.join(beside)})" if beside else said


def in_words(measurement: Measurement) -> str:
    """All of it, e.g. `equalized_odds_difference, over sex: 0.332 (95% interval 0.142 to 0.510, n = 324)`."""
    who = of_whom(measurement)
    return f"{plain(measurement.metric)}{', ' if who else ''}{who}: {how_much(measurement)}"
