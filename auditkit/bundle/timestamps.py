"""RFC 3161 time stamps: asking for one over a manifest, reading one without trusting it, and checking it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from auditkit.bundle.certificates import common_name
from auditkit.errors import IntegrityError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LARGEST_REPLY = 64 * 1024
_MALFORMED = (ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, RecursionError,
              TypeError, ValueError)  # fmt: skip


@dataclass(frozen=True)
class Stamp:
    """That a time-stamping authority saw these bytes, and when."""

    time: datetime
    authority: str


def ask(message: bytes) -> bytes:
    """The request (RFC 3161, section 2.4.1) for a time stamp of these bytes, in DER; the reply brings certificates."""
    from asn1crypto import algos, tsp

    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": _digest(message)}
    request = tsp.TimeStampReq({"version": 1, "message_imprint": tsp.MessageImprint(imprint), "cert_req": True})
    return bytes(request.dump())


def check_stamp(reply: bytes, message: bytes, roots: Sequence[Certificate], *, name: str) -> Stamp:
    """The time in a reply; `name` is what error messages call it, `roots` are the authorities that the reader takes.

    Raises:
        IntegrityError: it is no reply, grants nothing, is about other bytes, was changed, or is by another authority.
    """
    token = _token(reply, name)
    info = _said(token, name)
    if info["message_imprint"]["hashed_message"].native != _digest(message):
        raise IntegrityError(f"{name} is a time stamp of something else")
    # pyHanko runs an event loop, and a notebook has one already: a thread has none.
    with ThreadPoolExecutor(max_workers=1) as pool:
        fault = pool.submit(asyncio.run, _fault(token, message, roots, info["gen_time"].native)).result()
    if fault:
        raise IntegrityError(f"{name} {fault}")
    return Stamp(info["gen_time"].native.astimezone(UTC), _authority(token))


def claimed_time(reply: bytes, message: bytes, *, name: str) -> datetime:
    """The time in a reply that nobody vouches for; IntegrityError when it is no reply about these bytes."""
    info = _said(_token(reply, name), name)
    if info["message_imprint"]["hashed_message"].native != _digest(message):
        raise IntegrityError(f"{name} is a time stamp of something else")
    moment: datetime = info["gen_time"].native
    return moment.astimezone(UTC)


def _token(reply: bytes, name: str) -> Any:
    """The signed data in a reply; only the one DER form of it is taken, so that no byte can change unseen."""
    from asn1crypto import tsp

    if len(reply) > LARGEST_REPLY:
        raise IntegrityError(f"{name} is larger than any time stamp")
    try:
        read = tsp.TimeStampResp.load(reply, strict=True)
        status = read["status"]
        if status["status"].native != "granted":
            raise IntegrityError(f"{name}: the authority refused")
        if status["status_string"].native or status["fail_info"].native:
            raise IntegrityError(f"{name} carries what nobody signed")
        whole = read["time_stamp_token"]
        signed = whole["content"]
        if tsp.TimeStampResp.load(reply).dump(force=True) != reply or whole["content_type"].native != "signed_data":
            raise IntegrityError(f"{name} is not in DER")
        (signer,) = signed["signer_infos"]
        digests = [one["algorithm"].native for one in signed["digest_algorithms"]]
        plain = (signed["version"].native, signer["version"].native, digests, signer["unsigned_attrs"].native)
        if plain != ("v3", "v1", [signer["digest_algorithm"]["algorithm"].native], None) or signed["crls"].native:
            raise IntegrityError(f"{name} carries what nobody signed")
    except _MALFORMED as error:
        raise IntegrityError(f"{name} is no reply to a request for a time stamp") from error
    return signed


def _said(token: Any, name: str) -> Any:
    from asn1crypto import tsp

    try:
        info = token["encap_content_info"]["content"].parsed
        if not isinstance(info, tsp.TSTInfo) or info["gen_time"].native.tzinfo is None:
            raise IntegrityError(f"{name} says no time")
        if info["message_imprint"]["hash_algorithm"]["algorithm"].native != "sha256":
            raise IntegrityError(f"{name} is over another digest than SHA-256")
    except _MALFORMED as error:
        raise IntegrityError(f"{name} says no time") from error
    return info


async def _fault(token: Any, message: bytes, roots: Sequence[Certificate], moment: datetime) -> str:
    """What is wrong with a token; '' if nothing."""
    from asn1crypto import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
    from pyhanko.sign.validation.status import TimestampSignatureStatus
    from pyhanko_certvalidator import ValidationContext

    anchors = [x509.Certificate.load(root.public_bytes(Encoding.DER)) for root in roots]
    context = ValidationContext(trust_roots=anchors, allow_fetching=False, moment=moment)
    try:
        found = TimestampSignatureStatus(
            **await validate_tst_signed_data(token, context, lambda name: hashlib.new(name, message).digest())
        )
    except (SignatureValidationError, *_MALFORMED) as error:
        return f"cannot be checked: {type(error).__name__}: {error}"[:200]
    if not (found.intact and found.valid):
        return "does not hold: it was changed after it was signed"
    return "" if found.trusted else "is by no time-stamping authority of the trust file"


def _authority(token: Any) -> str:
    from cryptography import x509

    (signer,) = token["signer_infos"]
    for one in token["certificates"]:
        certificate = x509.load_der_x509_certificate(one.dump())
        if certificate.serial_number == signer["sid"].chosen["serial_number"].native:
            return common_name(certificate)
    return ""


def _digest(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()
