"""Rates of the members and of the others, and how far they lie apart: what counts is the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Text
from auditkit.statistics import Limits, combined
from auditkit_privacy.memory.rows import FEWEST
from auditkit_privacy.personal.proportions import share

Flags = npt.NDArray[np.bool_]

TRAINING, AUDIT = {"split": "training"}, {"split": "audit"}


def apart(
    rate: str,
    difference: str,
    inside: tuple[Case[Any], Flags],
    outside: tuple[Case[Any], Flags],
    *,
    conditions: Mapping[str, str],
    why_not: Text | None,
) -> Iterator[Measurement]:
    """The rate on each side, and their difference.

    Args:
        rate: the metric of a side.
        difference: the metric of the members' rate less the others'.
        inside: the members, and [m] what holds of them.
        outside: the others, and [n].
        conditions: of all three.
        why_not: why no difference can be judged; None: it can.
    """
    one = share(*_asked(rate, inside), conditions={**TRAINING, **conditions})
    other = share(*_asked(rate, outside), conditions={**AUDIT, **conditions})
    yield one
    yield other
    yield difference_of(one, other, difference, conditions=conditions, why_not=why_not)


def _asked(metric: str, side: tuple[Case[Any], Flags]) -> tuple[Case[Any], str, Flags]:
    return side[0], metric, side[1]


def difference_of(
    one: Measurement, other: Measurement, metric: str, *, conditions: Mapping[str, str], why_not: Text | None
) -> Measurement:
    """What the members' number is above the others', with the interval of independent numbers."""
    n = min(one.n or 0, other.n or 0)
    about: dict[str, Any] = {"metric": metric, "n": n, "conditions": dict(conditions), "better": "lower"}
    if n < FEWEST and why_not is None:
        why_not = Text.of("fewer than {count} members or others are left to go on from", count=FEWEST)
    if why_not is not None or one.interval is None or other.interval is None:
        reason = why_not or Text.of("one side has no interval")
        return Measurement(value=None, undefined=reason, **about)
    assert one.value is not None  # noqa: S101  it has an interval
    assert other.value is not None  # noqa: S101  same
    low, high = ([getattr(side.interval, end) for side in (one, other)] for end in ("low", "high"))
    limits = combined(np.array([one.value, other.value]), Limits(np.array(low), np.array(high)), [1, -1])
    method = f"mover of {one.interval.method}"
    interval = Interval(low=float(limits.low), high=float(limits.high), level=one.interval.level, method=method)
    return Measurement(value=one.value - other.value, interval=interval, **about)
