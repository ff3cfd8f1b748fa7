"""The signature of a statement as a Sigstore bundle, checked with a public key: for readers such as cosign.

https://github.com/sigstore/protobuf-specs/blob/v0.4.0/protos/sigstore_bundle.proto, in its JSON form. The envelope
stays what it is, and so no key is needed to write one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from auditkit.bundle import dsse
from auditkit.bundle.canonical import parse_canonical
from auditkit.bundle.timestamps import Token
from auditkit.document import canonical_json
from auditkit.errors import AuditError, IntegrityError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MOST_STAMPS = 4


def sigstore_bundle(envelope: bytes, *, name: str, stamps: Sequence[bytes] = ()) -> bytes:
    """A DSSE envelope with one signature as a Sigstore bundle, in canonical JSON.

    Args:
        envelope: as `dsse.seal` writes it.
        name: what error messages call it.
        stamps: replies of time-stamping authorities (RFC 3161) about the bytes of the signature, in DER.

    Raises:
        IntegrityError: it is no envelope.
        AuditError: it has several signatures: a Sigstore bundle holds one.
    """
    keyid, signature = _only(envelope, name)
    sealed = parse_canonical(envelope, name=name)
    # As sigstore-go names a key, and so cosign: the SHA-256 of its SubjectPublicKeyInfo, of which the keyid is the hex.
    material: dict[str, Any] = {"publicKey": {"hint": _encoded(bytes.fromhex(keyid))}, "tlogEntries": []}
    if stamps:
        replies = [{"signedTimestamp": _encoded(reply)} for reply in stamps]
        material["timestampVerificationData"] = {"rfc3161Timestamps": replies}
    sealed["signatures"] = [{"keyid": keyid, "sig": _encoded(signature)}]
    return canonical_json({"mediaType": MEDIA_TYPE, "verificationMaterial": material, "dsseEnvelope": sealed})


def signature_in(envelope: bytes, *, name: str) -> bytes:
    """The one signature of an envelope, in DER: a time stamp in its Sigstore bundle is about it. Raises as above."""
    return _only(envelope, name)[1]


def check_sigstore(raw: bytes, envelope: bytes, *, name: str, clocks: Sequence[Certificate] = ()) -> None:
    """Raise IntegrityError unless a Sigstore bundle is that of this envelope, byte by byte, and its stamps hold.

    `clocks` are the roots of the authorities whose word the reader takes; without them a stamp holds by itself alone.
    """
    stamps = _stamps(parse_canonical(raw, name=name), name)
    try:
        expected = sigstore_bundle(envelope, name=name, stamps=stamps)
    except AuditError as error:
        raise IntegrityError(error.message) from error
    if expected != raw:
        raise IntegrityError(f"{name} is not the Sigstore bundle of this manifest")
    for reply in stamps:
        token = Token.in_reply(reply, signature_in(envelope, name=name), name=f"the time stamp in {name}")
        if clocks:
            token.check(clocks)
        else:
            token.check_itself()


def _only(envelope: bytes, name: str) -> tuple[str, bytes]:
    signatures = dsse.read_envelope(envelope, name=name).signatures
    if len(signatures) != 1:
        raise AuditError(
            f"{name} has {len(signatures)} signatures, and a Sigstore bundle holds one",
            hint="countersignatures have envelopes of their own: auditkit sigstore signatures/....dsse.json --out FILE",
        )
    return signatures[0]


def _stamps(document: Any, name: str) -> list[bytes]:
    """The replies in a document of any shape: what it has besides, the comparison with the expected one will find."""
    try:
        listed = document["verificationMaterial"].get("timestampVerificationData", {}).get("rfc3161Timestamps", [])
        stamps = [base64.b64decode(one["signedTimestamp"], validate=True) for one in listed]
    except (AttributeError, KeyError, TypeError, binascii.Error, ValueError) as error:
        raise IntegrityError(f"{name} is no Sigstore bundle") from error
    if len(stamps) > MOST_STAMPS:
        raise IntegrityError(f"{name} has more than {MOST_STAMPS} time stamps")
    return stamps


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
