"""`[policy.baseline]`: what a release may be worse than the one before it by. How it is tested stands in `gating`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from auditkit.document import Document

if TYPE_CHECKING:
    from auditkit.policy import Rule

MARGIN = 0.02
"""How much worse a release may be where nobody says."""


AGAINST_BASELINE = "baseline:"
"""What the ids of comparisons with a baseline begin with."""

_CHANGE = "_change"


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

    def may_make(self, rule: Rule) -> bool:
        """Whether a comparison's rule can be one that the gate made of this."""
        named = (self.group,) if isinstance(self.group, str) else self.group
        attributes = rule.attributes or ()
        bound = rule.min if rule.max is None else rule.max
        return (
            (not self.metric or rule.metric == changed(self.metric))
            and abs(bound or 0.0) == self.margin
            and (self.label, self.because) == (rule.label, rule.because)
            and (len(attributes) < 2 if named is None else attributes == named)  # noqa: PLR2004  one group each
        )


def changed(metric: str) -> str:
    """The metric of a comparison: by how much another changed."""
    return f"{metric}{_CHANGE}"


def compared(metric: str) -> str | None:
    """The metric whose change another is; None: it is no change."""
    return metric.removesuffix(_CHANGE) if metric.endswith(_CHANGE) and metric != _CHANGE else None


def one_or_several(value: Any) -> Any:
    """A single table, `[policy.baseline]`, is an array of one."""
    return (value,) if isinstance(value, Mapping) else value
