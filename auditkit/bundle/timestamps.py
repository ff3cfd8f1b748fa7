"""RFC 3161 time stamps: asking for one over a manifest, reading one without trusting it, and checking it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from auditkit.bundle.certificates import common_name
from auditkit.errors import IntegrityError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LARGEST_REPLY = 64 * 1024
CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clocks of two honest machines may be apart."""
_MALFORMED = (ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, RecursionError,
              TypeError, ValueError)  # fmt: skip


@dataclass(frozen=True)
class Stamp:
    """That a time-stamping authority saw these bytes, and when."""

    time: datetime
    authority: str


@dataclass(frozen=True)
class Token:
    """A time-stamp token in the one DER form that is taken, so that no byte can change unseen; not yet believed."""

    signed: Any
    """Its SignedData."""
    message: bytes
    """What it should be about."""
    name: str
    """What error messages call it."""

    @classmethod
    def in_reply(cls, reply: bytes, message: bytes, *, name: str) -> Self:
        """The token in a `TimeStampResp`; IntegrityError when it is none, or about other bytes."""
        return cls(_token(reply, name), message, name).about_message()

    @classmethod
    def alone(cls, token: bytes, message: bytes, *, name: str) -> Self:
        """A token as a signature carries it; IntegrityError when it is none, or about other bytes."""
        return cls(_signed_in(token, name), message, name).about_message()

    @property
    def claimed_time(self) -> datetime:
        """The time in it, for which nobody has vouched yet."""
        moment: datetime = _said(self.signed, self.name)["gen_time"].native
        return moment.astimezone(UTC)

    @property
    def certificate(self) -> Certificate | None:
        """What it is signed with; None: it does not bring it."""
        return certificates_in(self.signed)[0]

    def check(self, roots: Sequence[Certificate]) -> Stamp:
        """The time in it; IntegrityError unless it holds and is by one of these authorities."""
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        # pyHanko runs an event loop, and a notebook has one already: a thread has none.
        with ThreadPoolExecutor(max_workers=1) as pool:
            work = pool.submit(asyncio.run, _fault(self.signed, self.message, roots, self.claimed_time))
            fault = work.result()
        if fault:
            raise IntegrityError(f"{self.name} {fault}")
        return Stamp(self.claimed_time, _authority(self.signed))

    def check_itself(self) -> None:
        """Raise IntegrityError unless it holds by the certificate that it brings, whoever issued that."""
        if self.certificate is None:
            raise IntegrityError(f"{self.name} does not bring the certificate that it is signed with")
        self.check([self.certificate])

    def about_message(self) -> Self:
        """The token itself; IntegrityError when it is about other bytes."""
        if _said(self.signed, self.name)["message_imprint"]["hashed_message"].native != _digest(self.message):
            raise IntegrityError(f"{self.name} is a time stamp of something else")
        return self


def ask(message: bytes) -> bytes:
    """The request (RFC 3161, section 2.4.1) for a time stamp of these bytes, in DER; the reply brings certificates."""
    return request_for(_digest(message))


def request_for(digest: bytes, *, nonce: int | None = None) -> bytes:
    """The request for a time stamp of what has this SHA-256; `nonce` has to come back in the reply."""
    from asn1crypto import algos, tsp

    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest}
    said: dict[str, Any] = {"version": 1, "message_imprint": tsp.MessageImprint(imprint), "cert_req": True}
    return bytes(tsp.TimeStampReq(said if nonce is None else {**said, "nonce": nonce}).dump())


def token_in(reply: bytes, digest: bytes, *, nonce: int, name: str) -> bytes:
    """The token, in DER, of the reply to `request_for`; IntegrityError when it answers another request, or none."""
    from asn1crypto import tsp

    info = _said(_token(reply, name), name)
    if info["message_imprint"]["hashed_message"].native != digest or info["nonce"].native != nonce:
        raise IntegrityError(f"{name} is the answer to another request")
    return bytes(tsp.TimeStampResp.load(reply)["time_stamp_token"].dump())


def check_stamp(reply: bytes, message: bytes, roots: Sequence[Certificate], *, name: str) -> Stamp:
    """The time in a reply; `name` is what error messages call it, `roots` are the authorities that the reader takes.

    Raises:
        IntegrityError: it is no reply, grants nothing, is about other bytes, was changed, or is by another authority.
    """
    return Token.in_reply(reply, message, name=name).check(roots)


def claimed_time(reply: bytes, message: bytes, *, name: str) -> datetime:
    """The time in a reply that nobody vouches for; IntegrityError when it is no reply about these bytes."""
    return Token.in_reply(reply, message, name=name).claimed_time


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
        is_der = tsp.TimeStampResp.load(reply).dump(force=True) == reply
        return _plain(read["time_stamp_token"], name, is_der=is_der)
    except _MALFORMED as error:
        raise IntegrityError(f"{name} is no reply to a request for a time stamp") from error


def _plain(whole: Any, name: str, *, is_der: bool) -> Any:
    """The signed data of a token; IntegrityError unless it is DER, and has nothing in it that nobody signed."""
    if not is_der or whole["content_type"].native != "signed_data":
        raise IntegrityError(f"{name} is not in DER")
    signed = whole["content"]
    (signer,) = signed["signer_infos"]
    digests = [one["algorithm"].native for one in signed["digest_algorithms"]]
    plain, added = (
        (signed["version"].native, signer["version"].native, digests),
        (signer["unsigned_attrs"], signed["crls"]),
    )
    if plain != ("v3", "v1", [signer["digest_algorithm"]["algorithm"].native]) or not all(map(is_absent, added)):
        raise IntegrityError(f"{name} carries what nobody signed")
    return signed


def is_absent(field: Any) -> bool:
    """Whether an optional set of asn1crypto is not there, or empty; its `native` would read all that is below."""
    from asn1crypto.core import Void

    return isinstance(field, Void) or not len(field)


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

    _keep_off_the_terminal()
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


def _keep_off_the_terminal() -> None:
    """Have pyHanko's warnings go where somebody has set up logging, and nowhere else: they are told as faults."""
    for name in ("pyhanko", "pyhanko_certvalidator"):
        if not (logger := logging.getLogger(name)).handlers:
            logger.addHandler(logging.NullHandler())


def _authority(token: Any) -> str:
    certificate = certificates_in(token)[0]
    return "" if certificate is None else common_name(certificate)


def certificates_of(token: bytes) -> tuple[Certificate | None, tuple[Certificate, ...]]:
    """As `certificates_in`, of a token in DER; IntegrityError when it is none."""
    return certificates_in(_signed_in(token, "the time stamp"))


def certificates_in(token: Any) -> tuple[Certificate | None, tuple[Certificate, ...]]:
    """The certificate that a token's signed data is signed with, None where it is not there; and all that are."""
    from cryptography import x509

    try:
        (signer,) = token["signer_infos"]
        serial = signer["sid"].chosen["serial_number"].native
        found = tuple(x509.load_der_x509_certificate(one.dump()) for one in token["certificates"])
    except _MALFORMED:
        return None, ()
    return next((one for one in found if one.serial_number == serial), None), found


def _signed_in(token: bytes, name: str) -> Any:
    """The signed data in a token; only the one DER form of it is taken, as in a reply."""
    from asn1crypto import cms

    try:
        whole = cms.ContentInfo.load(token, strict=True)
        return _plain(whole, name, is_der=cms.ContentInfo.load(token).dump(force=True) == token)
    except _MALFORMED as error:
        raise IntegrityError(f"{name} is no time stamp") from error


def _digest(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()
