"""How it is told whether an explanation may be relied on: in one way, by every check that judges one."""

from __future__ import annotations

from typing import Any

from auditkit import Measurement, Text
from auditkit.perturbation import Found

RELY = "better than a random one"
DO_NOT = "do not rely on this"
UNKNOWN = "cannot be told: do not rely on this"
_FEW = "too few rows tell anything"


def beyond(found: Found, metric: str, *, level: float, simultaneous: bool, **about: Any) -> Measurement:
    """A mean whose interval was made for several methods at once; more of it is better."""
    said = found.measurement(metric, level, why=Text.of(_FEW), better="higher", **about)
    if said.interval is None or not simultaneous:
        return said
    return said.model_copy(update={"interval": said.interval.model_copy(update={"simultaneous": True})})


def verdict(said: Measurement) -> Text:
    """Whether something is above 0 with its whole interval."""
    if said.value is None:
        return Text.of(UNKNOWN)
    low = said.value if said.interval is None else said.interval.low
    return Text.of(RELY if low > 0 else DO_NOT)
