"""Judging a signed PDF: is it signed by whoever signed the audit, for that audit, with that audit's numbers in it?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from auditkit.bundle import layout
from auditkit.bundle.certificates import common_name_of
from auditkit.bundle.pades_reading import STAMP, PdfSignature, SignedPdf
from auditkit.bundle.revocation import Evidence, Lacking
from auditkit.bundle.statements import AuditClaim, format_time, parse_time
from auditkit.bundle.timestamps import CLOCKS_DIFFER, Token
from auditkit.errors import IntegrityError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

Level = Literal["B-B", "B-T", "B-LT"]
LEVELS: tuple[Level, ...] = ("B-B", "B-T", "B-LT")
"""The baseline levels of PAdES (ETSI EN 319 142-1, section 6), from the one that proves least."""

_AGAIN = "ask whoever audited for the PDF as it was signed"


@dataclass(frozen=True)
class PdfReader:
    """What somebody who was handed a PDF brings to it."""

    clocks: tuple[Certificate, ...] = ()
    """The roots of the time-stamping authorities whose word they take: a stamp must be theirs. Empty: any is shown."""
    least: Level | None = None
    """The level that they demand; one with a stamp only beside `clocks`, since anybody can make a stamp."""


@dataclass(frozen=True)
class Judged:
    """A signed PDF with which nothing is wrong."""

    level: Level
    text: str
    """How it is signed, and what is attached."""


def attached(found: SignedPdf) -> Mapping[str, bytes]:
    """The documents in the PDF, by name; IntegrityError unless it has the two, and at most one model card besides."""
    names = [name for name, _ in found.attachments]
    beside = [name for name in names if name not in {layout.RESULT, layout.ATTESTATION}]
    if len(names) - len(beside) != 2 or len(set(names)) != len(names) or beside not in ([], [layout.CARD]):  # noqa: PLR2004  the two
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


def evidence_of(found: SignedPdf) -> Evidence:
    """The certificates and revocation lists that a PDF carries; IntegrityError when they are none."""
    return _read(found.certificates, found.revocation_lists)


def _read(certificates: Sequence[bytes], lists: Sequence[bytes] = ()) -> Evidence:
    try:
        return Evidence.in_der(certificates, lists)
    except ValueError as error:
        raise IntegrityError("the PDF carries what is neither a certificate nor a revocation list") from error


def signature_of(found: SignedPdf, claim: AuditClaim, reader: PdfReader) -> Judged:
    """Say how the PDF is signed; IntegrityError unless the attestation's key signed all of it, once, at its time."""
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
    level, why = _level(found, signed, reader.clocks)
    if reader.least is not None and LEVELS.index(level) < LEVELS.index(reader.least):
        raise IntegrityError(f"the PDF is signed at PAdES {level}, and the trust file demands {reader.least}; {why}")
    return Judged(level, f"PAdES {level} by the key of the attestation, over the whole file; {why}")


def _level(found: SignedPdf, signed: datetime, clocks: Sequence[Certificate]) -> tuple[Level, str]:
    """The baseline level, and what it rests on, or what the next one lacks.

    Raises:
        IntegrityError: the stamp is by a stranger, or older than the audit; or a certificate was over or revoked then.
    """
    token = token_of(found.signature)
    if token is None:
        return "B-B", "not B-T: nobody but the signer says when"
    by = (
        f"'{token.check(clocks).authority}'"
        if clocks
        else "an authority that you do not know ([[tsa]] in a trust file)"
    )
    said = format_time(token.claimed_time)
    if token.claimed_time < signed - CLOCKS_DIFFER:
        raise IntegrityError(f"{STAMP} says {said}, before the audit was finished ({format_time(signed)})")
    stamped = f"stamped at {said}, RFC 3161, by {by}"
    if not found.revocation_lists:
        return "B-T", f"{stamped}; not B-LT: it carries no revocation list"
    try:
        return "B-LT", f"{stamped}; {_lasting(found, token)}"
    except Lacking as lack:
        return "B-T", f"{stamped}; not B-LT: {lack.message}"


def _lasting(found: SignedPdf, token: Token) -> str:
    """Say by which lists in the PDF neither certificate was revoked when it was stamped; the errors of `covering`."""
    brought, at = evidence_of(found), token.claimed_time
    (own,) = _read([bytes.fromhex(found.signature.certificate)]).certificates
    clock = token.certificate
    if clock is None:
        raise Lacking(f"{STAMP} does not bring its certificate")
    lists = [one for leaf in (own, clock) for one in brought.covering(leaf, at=at).lists]
    issuers = dict.fromkeys(common_name_of(one.issuer) for one in lists)
    named = " and ".join(f"'{name}'" for name in issuers)
    return f"neither certificate was revoked then, by the lists of {named} in the PDF"


def contents_of(found: SignedPdf, claim: AuditClaim, envelope: bytes) -> str:
    """Say what is attached; IntegrityError unless it is this attestation and the result that it is about."""
    inside = attached(found)
    if inside[layout.ATTESTATION] != envelope:
        raise IntegrityError(f"the {layout.ATTESTATION} in the PDF is not the bundle's", hint=_AGAIN)
    if hashlib.sha256(inside[layout.RESULT]).hexdigest() != claim.result.digest.sha256:
        raise IntegrityError(f"the {layout.RESULT} in the PDF is not the attested one", hint=_AGAIN)
    return "the attested numbers are attached"


def judge(found: SignedPdf, claim: AuditClaim, envelope: bytes, reader: PdfReader | None = None) -> Judged:
    """The answer to the question PDF; IntegrityError when there is anything wrong with it."""
    signature = signature_of(found, claim, reader or PdfReader())
    return Judged(signature.level, f"{signature.text}; {contents_of(found, claim, envelope)}")
