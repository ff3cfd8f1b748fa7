"""The statement that a seal signs, and reading one without trusting it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import Field

from auditkit.bundle import dsse
from auditkit.bundle.keys import keyid_of, public_key_from_pem
from auditkit.bundle.statements import STATEMENT_TYPE, Claim, Named, Sha256, SignerClaim, parse_time, read_statement
from auditkit.errors import AuditError, IntegrityError

SEAL_TYPE: Final = "https://auditkit.dev/attestation/audit-seal/v1"
LARGEST_SEAL = 1 << 20
"""Bytes: it rides in the result."""


class SealClaim(Claim):
    """The predicate of a seal."""

    sealed_on: str
    signer: SignerClaim
    number: int = Field(ge=1)
    replaces: Sha256 | None = Field(description="of the seal whose place it took, as bytes; None: it is the first")
    answers_kept: bool
    auditkit: str = Field(description="the version that sealed")
    judged: dict[str, Any] = Field(description="see judged.py: what will be judged, and by what")


class SealStatement(Claim):
    """These rows are what will be judged, by this policy."""

    statement_type: Literal["https://in-toto.io/Statement/v1"] = Field(default=STATEMENT_TYPE, alias="_type")
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
    envelope = dsse.read_envelope(raw, name=name)
    claim = read_statement(SealStatement, envelope.payload, name=name).predicate
    try:
        key = public_key_from_pem(claim.signer.public_key.encode(), name=f"the public key in {name}")
    except AuditError as error:
        raise IntegrityError(error.message) from error
    if keyid_of(key) != claim.signer.keyid:
        raise IntegrityError(f"the keyid in {name} is not that of its public key")
    envelope.verified_by({claim.signer.keyid: key}, name=name)
    parse_time(claim.sealed_on)
    return Seal(raw, claim)
