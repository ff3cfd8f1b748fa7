"""`[policy.baseline]`: what a release may be worse than the one before it by. How it is tested stands in `gating`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from auditkit.document import Document

MARGIN = 0.02
"""How much worse a release may be where nobody says."""


AGAINST_BASELINE = "baseline:"
"""What the ids of comparisons with a baseline begin with."""


class BaselineRule(Document):
    """One metric that must not be worse than the baseline's by more than a margin: a test of non-inferiority."""

    metric: str = Field(default="", description="absent: the task's primary metric")
    margin: float = Field(
        default=MARGIN, ge=0, description="how much worse it may be, in the metric's own unit; of errors of values in "
        "standard deviations of the target"
    )  # fmt: skip
    alpha: float | None = Field(
        default=None, gt=0, lt=0.5, description="how often a release that is no worse than that may fail, all "
        "comparisons together, and one that is worse may pass; absent: 1 - level"
    )  # fmt: skip
    group: str | tuple[str, ...] | None = Field(
        default=None,
        description="absent: all rows, and each group of every attribute; an attribute: each of its groups; several: "
        "their intersections; []: all rows alone",
    )
    label: str | None = Field(default=None, description="the class, where the metric is about one of several")
    because: str = Field(
        default="A release is not worse than the one before it", min_length=1, description="the standard or decision"
    )


def one_or_several(value: Any) -> Any:
    """A single table, `[policy.baseline]`, is an array of one."""
    return (value,) if isinstance(value, Mapping) else value
