"""The statement that a seal signs, and reading one without trusting it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import Field

from auditkit.bundle.signed_statements import SignedClaim, SignedStatement, read_signed
from auditkit.bundle.statements import Named, Sha256, parse_time
from auditkit.errors import IntegrityError

SEAL_TYPE: Final = "https://auditkit.dev/attestation/audit-seal/v1"
LARGEST_SEAL = 1 << 20
"""Bytes: it rides in the result."""


class SealClaim(SignedClaim):
    """The predicate of a seal."""

    sealed_on: str
    number: int = Field(ge=1)
    replaces: Sha256 | None = Field(description="of the seal whose place it took, as bytes; None: it is the first")
    answers_kept: bool
    auditkit: str = Field(description="the version that sealed")
    judged: dict[str, Any] = Field(description="see judged.py: what will be judged, and by what")


class SealStatement(SignedStatement):
    """These rows are what will be judged, by this policy."""

    subject: tuple[Named, ...] = Field(min_length=1)
    predicate_type: Literal["https://auditkit.dev/attestation/audit-seal/v1"] = SEAL_TYPE
    predicate: SealClaim


@dataclass(frozen=True)
class Seal:
    """A seal whose signature holds; whose it is, is for the reader to judge."""

    envelope: bytes
    claim: SealClaim


def read_seal(raw: bytes, *, name: str) -> Seal:
    """The seal in an envelope.

    Raises:
        IntegrityError: it is not a seal, was changed, is not signed by whom it names, or its time is none.
    """
    if len(raw) > LARGEST_SEAL:
        raise IntegrityError(f"{name} is larger than any seal")
    claim = read_signed(SealStatement, raw, name=name).predicate
    parse_time(claim.sealed_on)
    return Seal(raw, claim)
