"""What a release is held against, and how it changed since: documents that a gate and a result both hold."""

from __future__ import annotations

from pydantic import Field

from auditkit.document import Document, Text
from auditkit.finding import Interval, Measurement
from auditkit.policy import Outcome


class BaselineFacts(Document):
    """Which release the candidate was held against."""

    name: str
    path: str
    result_digest: str
    subject_digest: str
    created: str
    verdict: str
    found: str = Field(description="how it was chosen: named, the ledger's last, the newest of a folder")


class Comparison(Document):
    """One metric, of all rows or of one group, against the baseline."""

    rule: str = Field(description="the id of its judgement in the verdict")
    outcome: Outcome
    metric: str
    label: str | None = None
    group: dict[str, str] = Field(default_factory=dict)
    better: str
    margin: float
    alpha: float = Field(description="of the family: how often it may err in either direction")
    new: float | None = Field(default=None, description="the candidate's; None: undefined or withheld")
    old: float | None = Field(default=None, description="the baseline's")
    change: float | None = Field(default=None, description="new - old")
    interval: Interval | None = Field(default=None, description="each end at its step of Holm's procedure")
    low_error: float | None = Field(default=None, description="what was allowed to err at the low end")
    high_error: float | None = Field(default=None, description="what was allowed to err at the high end")
    n: int | None = None
    people: int | None = None
    test: str = Field(default="", description="of no difference at all")
    p_value: float | None = Field(default=None, description="of that test, two-sided, not adjusted")
    wanted: int | None = Field(
        default=None, description="of an inconclusive one: rows that would decide it in 80% of audits"
    )
    reason: Text


class Change(Document):
    """How an audit differs from an earlier one that its spec names: told, and no part of the verdict."""

    earlier: BaselineFacts
    signer: str = Field(description="who signed the earlier bundle, by its own word unless `trusted`")
    keyid: str
    trusted: bool = Field(description="whether the key that the spec names signed it")
    pairing: Text = Field(description="how the two were compared, or why they were not")
    paired: bool = False
    comparisons: tuple[Comparison, ...] = ()
    churn: tuple[Measurement, ...] = Field(default=(), description="who now gets another answer")
