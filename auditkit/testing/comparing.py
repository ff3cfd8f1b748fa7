"""How two answers of a check differ: in anything, in their values, in the width of their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditkit.checks.asking import Readings
from auditkit.finding import Measurement, Reading

TOLERANCE = 1e-9

Key = tuple[Any, ...]


def readings_apart(one: Readings | None, other: Readings | None) -> str | None:
    """How two answers differ in anything."""
    if one is None or other is None:
        return None if one is other else "it applied once, and once it did not"
    for first, second in zip(one, other, strict=False):
        if first != second:
            return f"{_shown(first)}, then {_shown(second)}"
    return None if len(one) == len(other) else f"{len(one)} readings, then {len(other)}"


def values_apart(
    one: Readings | None,
    other: Readings | None,
    *,
    names: Mapping[Any, Any] | None = None,
    intervals: bool = False,
) -> str | None:
    """How the values of two answers differ, measurement by measurement."""
    if one is None or other is None:
        return None if one is other else "it applied once, and once it did not"
    before, after = _by_key(one, names or {}), _by_key(other, {})
    if before.keys() != after.keys():
        lost = sorted(map(str, before.keys() ^ after.keys()))
        return f"other measurements: {lost[0]}"
    for key, found in before.items():
        same = _near(found.value, after[key].value)
        if same and intervals:
            same = _overlap_mostly(found, after[key])
        if not same:
            return f"'{found.metric}' {_shown(found)}, then {_shown(after[key])}"
    return None


def _overlap_mostly(one: Measurement, other: Measurement) -> bool:
    """Whether two intervals are the same, but for what random draws move: a quarter of the width."""
    if one.interval is None or other.interval is None:
        return one.interval is other.interval
    slack = 0.25 * (one.interval.high - one.interval.low) + TOLERANCE
    ends = ((one.interval.low, other.interval.low), (one.interval.high, other.interval.high))
    return all(abs(first - second) <= slack for first, second in ends)


def _by_key(readings: Readings, names: Mapping[Any, Any]) -> dict[Key, Measurement]:
    found: dict[Key, Measurement] = {}
    for one in readings.measurements:
        versus = None if one.versus is None else _renamed(one.versus, names)
        conditions = tuple(sorted(one.conditions.items()))
        found[one.metric, _renamed(one.group, names), one.label, conditions, versus] = one
    return found


def _renamed(group: Mapping[str, str], names: Mapping[Any, Any]) -> Key:
    return tuple(sorted((name, str(names.get(label, label))) for name, label in group.items()))


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-7 * max(1.0, abs(one))


def wider_interval(one: Readings, other: Readings | None) -> str | None:
    """The first interval that is wider in the other answer, by more than a twentieth."""
    after = _by_key(other or Readings(), {})
    for key, found in _by_key(one, {}).items():
        second = after[key].interval if key in after else None
        if found.interval is None or second is None:
            continue
        before = found.interval.high - found.interval.low
        if second.high - second.low > before * 1.05 + TOLERANCE:
            return f"the interval of '{found.metric}' grew from {before:.3g} to {second.high - second.low:.3g}"
    return None


def _shown(reading: Reading) -> str:
    if not isinstance(reading, Measurement):
        return f"a {type(reading).__name__}"
    return "undefined" if reading.value is None else f"{reading.value:.6g}"
