"""Judging a signed PDF: is it signed by whoever signed the audit, for that audit, with that audit's numbers in it?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from auditkit.bundle import layout
from auditkit.bundle.pades_reading import STAMP, PdfSignature, SignedPdf
from auditkit.bundle.statements import AuditClaim, format_time, parse_time
from auditkit.bundle.timestamps import CLOCKS_DIFFER, Token
from auditkit.errors import IntegrityError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_AGAIN = "ask whoever audited for the PDF as it was signed"


def attached(found: SignedPdf) -> Mapping[str, bytes]:
    """The two documents in the PDF, by name; IntegrityError unless it has exactly these."""
    names = [name for name, _ in found.attachments]
    if sorted(names) != sorted((layout.RESULT, layout.ATTESTATION)):
        listed = ", ".join(f"'{name}'" for name in names) or "nothing"
        raise IntegrityError(
            f"the PDF has {listed} attached, not '{layout.RESULT}' and '{layout.ATTESTATION}'", hint=_AGAIN
        )
    return dict(found.attachments)


def token_of(signature: PdfSignature) -> Token | None:
    """The time stamp of a PDF's signature; None: it has none."""
    if not signature.stamp:
        return None
    return Token.alone(bytes.fromhex(signature.stamp), bytes.fromhex(signature.value), name=STAMP)


def signature_of(found: SignedPdf, claim: AuditClaim, clocks: Sequence[Certificate] = ()) -> str:
    """Say how the PDF is signed; IntegrityError unless the attestation's key signed all of it, once, at its time.

    `clocks` are the roots of the time-stamping authorities whose word the reader takes: a stamp must be theirs.
    """
    if found.signatures != 1:
        raise IntegrityError(f"the PDF has {found.signatures} signatures, not one", hint=_AGAIN)
    signature = found.signature
    if signature.fault:
        raise IntegrityError(signature.fault, hint=_AGAIN)
    if signature.keyid != claim.signer.keyid:
        raise IntegrityError(
            f"the PDF is signed with the key {signature.keyid[:16]}, the attestation with {claim.signer.keyid[:16]}",
            hint=_AGAIN,
        )
    if signature.signed_at != claim.finished_on:
        raise IntegrityError(f"the PDF says that it was signed on {signature.signed_at}, not on {claim.finished_on}")
    signed, start, end = map(parse_time, (signature.signed_at, signature.valid_from, signature.valid_until))
    # A development key proves no identity, whatever its certificate says.
    if not start <= signed <= end and not claim.signer.development:
        raise IntegrityError(
            f"the certificate is valid from {signature.valid_from} to {signature.valid_until}, not when it signed"
        )
    level, stamped = _stamped(signature, signed, clocks)
    return (
        f"PAdES {level} by the key of the attestation, over the whole file; {stamped}no revocation list was looked at"
    )


def _stamped(signature: PdfSignature, signed: datetime, clocks: Sequence[Certificate]) -> tuple[str, str]:
    """The baseline level, and what the stamp says; IntegrityError when it is by a stranger, or older than the audit."""
    token = token_of(signature)
    if token is None:
        return "B-B", ""
    by = (
        f"'{token.check(clocks).authority}'"
        if clocks
        else "an authority that you do not know ([[tsa]] in a trust file)"
    )
    said = format_time(token.claimed_time)
    if token.claimed_time < signed - CLOCKS_DIFFER:
        raise IntegrityError(f"{STAMP} says {said}, before the audit was finished ({signature.signed_at})")
    return "B-T", f"stamped at {said}, RFC 3161, by {by}; "


def contents_of(found: SignedPdf, claim: AuditClaim, envelope: bytes) -> str:
    """Say what is attached; IntegrityError unless it is this attestation and the result that it is about."""
    inside = attached(found)
    if inside[layout.ATTESTATION] != envelope:
        raise IntegrityError(f"the {layout.ATTESTATION} in the PDF is not the bundle's", hint=_AGAIN)
    if hashlib.sha256(inside[layout.RESULT]).hexdigest() != claim.result.digest.sha256:
        raise IntegrityError(f"the {layout.RESULT} in the PDF is not the attested one", hint=_AGAIN)
    return "the attested numbers are attached"


def judge(found: SignedPdf, claim: AuditClaim, envelope: bytes, clocks: Sequence[Certificate] = ()) -> str:
    """The answer to the question PDF; IntegrityError when there is anything wrong with it."""
    return f"{signature_of(found, claim, clocks)}; {contents_of(found, claim, envelope)}"
