"""What a reader learns of one countersignature, as a document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditkit.bundle.countersigning import Decision
from auditkit.document import Document

Standing = Literal["in force", "expired", "replaced", "unknown key", "development key", "key not valid"]


class Told(Document):
    """What a reader learns of one countersignature."""

    file: str
    role: str
    decision: Decision
    reason: str
    name: str = Field(description="by the trust file, else what the signer says")
    keyid: str
    signed_on: str = Field(description="the signer's word")
    expires_on: str | None
    standing: Standing
    why: str = Field(default="", description="of a key that is known and not valid")

    @property
    def counts(self) -> bool:
        """Whether it is one of those that a threshold asks for."""
        return self.standing == "in force" and self.decision != "reject"

    @property
    def rejects(self) -> bool:
        """Whether somebody whom the reader knows rejects the bundle."""
        return self.standing == "in force" and self.decision == "reject"

    def __str__(self) -> str:
        until = f", until {self.expires_on}" if self.expires_on else ""
        why = f": {self.why}" if self.why else ""
        reason = f": {self.reason}" if self.reason else ""
        said = f"{self.decision.upper()} by '{self.name}' ({self.role}) on {self.signed_on}{until}{reason}"
        return f"{said} [{self.standing}{why}; key {self.keyid[:16]}]"
