"""What a result says of the seal that was made before the audit: the seal itself, and what has moved since."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from auditkit.document import Document, Text
from auditkit.finding import Finding, Measurement

METRIC = "keys_moved_since_seal"
"""How many of the sealed keys are not what they were; a rule on it asks for a seal: `max = 0`."""

CHECK = "seal"
"""What a judgement of a rule on it names in the place of a check."""


class MovedKey(Document):
    """A sealed key that is not what it was."""

    key: str = Field(description="dotted, e.g. policy.rules.accuracy.min")
    sealed: str | None = Field(description="as JSON; sha256:... where a value is not shown; None: it was not there")
    now: str | None = Field(description="the same, when the audit was run")


class SealRecord(Document):
    """The seal that an audit was bound to when it was run."""

    envelope: str = Field(description="the seal itself, a DSSE envelope, byte for byte as it was signed")
    sealed_on: str = Field(description="ISO 8601, UTC; the signer's word")
    signer: str
    keyid: str
    development: bool
    number: int = Field(description="1: the first seal; 2: it took the place of one before it, and so on")
    answers_kept: bool = Field(description="whether answers of an earlier run lay beside the spec when it was sealed")
    keys: int = Field(description="how many values were sealed")
    unsealed: tuple[str, ...] = Field(default=(), description="what was not there yet when it was sealed")
    moved: tuple[MovedKey, ...] = ()


def seal_findings(record: SealRecord | None) -> Sequence[Finding]:
    """What rules judge of a seal; none when there is no seal, so that a rule on it has no evidence."""
    if record is None:
        return ()
    moved = Measurement(metric=METRIC, value=float(len(record.moved)), n=record.keys, exact=True, better="lower")
    return (
        Finding(
            check=CHECK,
            title=Text.of("The seal"),
            text=Text.of("What has moved since the audit was sealed."),
            status="measured",
            measurements=(moved,),
        ),
    )


def said_of(record: SealRecord) -> Text:
    """In a sentence, when it was sealed and what has moved since."""
    if not record.moved:
        return Text.of(
            "on {when} by '{signer}', unchanged: {keys} values",
            when=record.sealed_on,
            signer=record.signer,
            keys=record.keys,
        )
    return Text.of(
        "on {when} by '{signer}'; of {keys} values, not what they were: {moved}",
        when=record.sealed_on,
        signer=record.signer,
        keys=record.keys,
        moved=", ".join(one.key for one in record.moved),
    )
