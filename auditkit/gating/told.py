"""What a gate says of a release against its baseline, as documents: what `--json` prints and exporters may read."""

from __future__ import annotations

from pydantic import Field

from auditkit.bundle.countersigned import Told
from auditkit.document import Document, Text
from auditkit.earlier import BaselineFacts, Comparison
from auditkit.finding import Measurement
from auditkit.result import Verdict

__all__ = ["BaselineFacts", "Comparison", "Gated"]


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
