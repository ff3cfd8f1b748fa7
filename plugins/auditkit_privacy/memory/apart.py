"""Rates of the members and of the others, and how far they lie apart: what counts is the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Text
from auditkit.statistics import Limits, combined
from auditkit_privacy.memory.doubts import NONE, Doubts
from auditkit_privacy.memory.rows import FEWEST
from auditkit_privacy.people.sides import Sides
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
    doubts: Doubts = NONE,
) -> Iterator[Measurement]:
    """The rate on each side, and their difference.

    Rows of which nobody could tell count as none at the lower end of a rate's interval, and as all at its upper end;
    the difference then holds the differences of both (Horowitz and Manski 1995, Econometrica 63, 281-302).

    Args:
        rate: the metric of a side.
        difference: the metric of the members' rate less the others'.
        inside: the members, and [m] what holds of them.
        outside: the others, and [n].
        conditions: of all three.
        why_not: why no difference can be judged; None: it can.
        doubts: of which rows nobody could tell.
    """
    found = Sides(inside[1], outside[1])
    most = doubts.at_most(found)
    ends = []
    for case, least_flags, most_flags, split in (
        (inside[0], found.inside, most.inside, TRAINING),
        (outside[0], found.outside, most.outside, AUDIT),
    ):
        least, highest = (
            share(case, rate, one, conditions={**split, **conditions}) for one in (least_flags, most_flags)
        )
        yield _between(least, highest)
        ends.append((least, highest))
    (one, one_most), (other, other_most) = ends
    why_not = why_not or doubts.why_not(found)
    about: dict[str, Any] = {"conditions": conditions, "why_not": why_not}
    low = difference_of(one, other_most, difference, **about)
    high = difference_of(one_most, other, difference, **about)
    yield _between(low, high).model_copy(update={"value": difference_of(one, other, difference, **about).value})


def _between(low: Measurement, high: Measurement) -> Measurement:
    """One number, from the lower end of one to the upper end of the other."""
    if low.interval is None or high.interval is None or low == high:
        return low
    method = f"{low.interval.method}, rows in doubt at either end"
    return low.model_copy(
        update={"interval": low.interval.model_copy(update={"high": high.interval.high, "method": method})}
    )


def untold(rate: str, difference: str, conditions: Mapping[str, str], why_not: Text) -> Iterator[Measurement]:
    """What `apart` would say, of an attack that could not be tried."""
    for metric, split in ((rate, TRAINING), (rate, AUDIT), (difference, {})):
        about = {**split, **conditions}
        yield Measurement(metric=metric, value=None, n=0, undefined=why_not, conditions=about, better="lower")


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
