"""What a comparison of two bundles says, as documents: what `auditkit diff --json` prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, computed_field

from auditkit.document import Document, Text
from auditkit.finding import Better, Interval
from auditkit.policy import Outcome, VerdictOutcome

Area = Literal[
    "subject", "data", "spec", "plugins", "environment", "policy", "waivers", "signatures", "people", "not looked at"
]

Cause = Literal["rule", "number", "waiver", "evidence", "new rule", "rule gone", "not told"]

Says = Literal[
    "same", "noise", "differs", "differs exactly", "not the release", "undecided", "other options", "other subject",
    "only in A", "only in B", "withheld", "undefined",
]  # fmt: skip


class Side(Document):
    """One of the two bundles."""

    path: str
    name: str
    result_digest: str
    subject_digest: str
    created: str
    verdict: VerdictOutcome
    rejected_by: tuple[str, ...] = Field(default=(), description="people whom the reader knows, and who reject it")


class Changed(Document):
    """A fact that is not what it was."""

    area: Area
    what: str = Field(description="in words, with the name of the file, column, plugin or rule")
    old: str | None = Field(description="in A; None: it was not there")
    new: str | None = Field(description="in B; None: it is not there")


class CheckChange(Document):
    """A check that ran in one of the two alone, or otherwise."""

    check: str
    what: Literal["status", "options", "only in A", "only in B"]
    old: str | None = None
    new: str | None = None
    reason: Text | None = Field(default=None, description="why it did not measure, in B, or else in A")


class Turned(Document):
    """What two policies say by the same rule."""

    rule: str = Field(description="its id in B; of one that is gone, in A")
    was: str = Field(default="", description="its id in A, where that is another")
    old: Outcome | None = Field(description="None: there was no such rule")
    new: Outcome | None = Field(description="None: there is no such rule any more")
    causes: tuple[Cause, ...] = Field(default=(), description="what turned it; empty: it did not turn")
    noise: bool | None = Field(
        default=None, description="of one that turned by its number: whether chance alone may have moved that"
    )
    about: str = Field(default="", description="what decided it, in words: metric, group and class")
    values: tuple[float | None, float | None] = Field(
        default=(None, None), description="of the same measurement in A and in B, the one that decided B"
    )
    reasons: tuple[Text | None, Text | None] = Field(default=(None, None), description="what A and B say of it")


class Moved(Document):
    """One number in both bundles."""

    check: str
    metric: str
    label: str | None = None
    group: dict[str, str] = Field(default_factory=dict)
    conditions: dict[str, str] = Field(default_factory=dict)
    versus: dict[str, str] | None = None
    better: Better
    old: float | None = None
    new: float | None = None
    old_interval: Interval | None = None
    new_interval: Interval | None = None
    old_n: int | None = None
    new_n: int | None = None
    change: float | None = Field(default=None, description="new - old")
    interval: Interval | None = Field(
        default=None, description="of the change, each end at its step of Holm's procedure"
    )
    how: Literal["paired", "unpaired", ""] = Field(default="", description="how the change was held against chance")
    says: Says


class Diff(Document):
    """What changed from bundle A to bundle B."""

    schema_version: int = 1
    old: Side
    new: Side
    paired: bool = Field(description="whether the same rows are held against each other")
    pairing: Text
    alpha: float = Field(description="how often any change of the family is called one that chance alone has made")
    facts: tuple[Changed, ...]
    checks: tuple[CheckChange, ...]
    rules: tuple[Turned, ...] = Field(description="every rule of either policy, in B's order")
    measurements: tuple[Moved, ...] = Field(description="all of either, in B's order")

    # mypy does not allow a decorator above a property: https://github.com/python/mypy/issues/1362
    @computed_field  # type: ignore[prop-decorator]
    @property
    def exit_code(self) -> int:
        """1 where what is judged differs: the verdict, an outcome, a rule, a waiver, or who rejects it; else 0."""
        is_judged = any(one.area in {"policy", "waivers"} for one in self.facts)
        is_judged = is_judged or self.old.rejected_by != self.new.rejected_by
        return int(is_judged or self.old.verdict != self.new.verdict or any(one.causes for one in self.rules))
