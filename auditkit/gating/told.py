"""What a gate says of a release against its baseline, as documents: what `--json` prints and exporters may read."""

from __future__ import annotations

from pydantic import Field

from auditkit.bundle.countersigned import Told
from auditkit.document import Document, Text
from auditkit.finding import Interval, Measurement
from auditkit.policy import Outcome
from auditkit.result import Verdict


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


class Gated(Document):
    """The verdict of a gate, and what it rests on."""

    schema_version: int = 1
    name: str
    result_digest: str
    verdict: Verdict
    baseline: BaselineFacts | None = Field(default=None, description="None: there is none, or none was asked for")
    pairing: Text | None = Field(default=None, description="how the two were compared")
    paired: bool = False
    comparisons: tuple[Comparison, ...] = ()
    churn: tuple[Measurement, ...] = Field(default=(), description="who now gets another answer")
    seal: Text | None = Field(default=None, description="what the audit was sealed with; None: with nothing")
    countersignatures: tuple[Told, ...] = Field(default=(), description="what others decided of the bundle")
    notes: tuple[Text, ...] = Field(default=(), description="what else a reader should know, e.g. bundles left out")
