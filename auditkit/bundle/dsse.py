"""DSSE v1 envelopes: what is signed is the payload with its type, never the JSON around it.

https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditkit.bundle.canonical import parse_canonical
from auditkit.bundle.keys import Signer, signature_holds
from auditkit.document import canonical_json
from auditkit.errors import IntegrityError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MOST_SIGNATURES = 16
_KEYID = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Envelope:
    """An envelope as it was read: well formed, but nobody has checked its signatures yet."""

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]
    """(keyid, DER signature), each keyid once."""

    def verified_by(self, keys: Mapping[str, EllipticCurvePublicKey], *, name: str) -> frozenset[str]:
        """The ids of the keys that signed; `name` is what error messages call the envelope.

        Stricter than DSSE, which skips signatures that it cannot check: here every one of them must hold, so that no
        byte of the file can change unseen.

        Raises:
            IntegrityError: a signature is by none of the `keys`, or does not hold.
        """
        message = pae(PAYLOAD_TYPE, self.payload)
        for keyid, signature in self.signatures:
            if keyid not in keys:
                raise IntegrityError(f"{name} carries a signature by the unknown key {keyid[:16]}")
            if not signature_holds(keys[keyid], signature, message):
                raise IntegrityError(f"the signature of {name} does not hold: it was changed after it was signed")
        return frozenset(keyid for keyid, _ in self.signatures)


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: lengths in bytes before each part, so that no two inputs collide."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(payload: bytes, signers: Sequence[Signer]) -> bytes:
    """An envelope around an in-toto statement, signed by each of the signers, as canonical JSON."""
    message = pae(PAYLOAD_TYPE, payload)
    signatures = [{"keyid": signer.keyid, "sig": _encode(signer.sign(message))} for signer in signers]
    return canonical_json({"payload": _encode(payload), "payloadType": PAYLOAD_TYPE, "signatures": signatures})


def read_envelope(raw: bytes, *, name: str) -> Envelope:
    """Take an envelope apart; `name` is what error messages call it.

    Raises:
        IntegrityError: it is not canonical JSON, has other fields, another payload type, or no usable signature.
    """
    fields = _fields(parse_canonical(raw, name=name), ("payload", "payloadType", "signatures"), name)
    if fields["payloadType"] != PAYLOAD_TYPE:
        raise IntegrityError(f"{name} holds '{fields['payloadType']}', not an in-toto statement")
    listed = fields["signatures"]
    if not isinstance(listed, list) or not listed:
        raise IntegrityError(f"{name} is not signed")
    if len(listed) > MOST_SIGNATURES:
        raise IntegrityError(f"{name} has more than {MOST_SIGNATURES} signatures")
    signatures = tuple(_signature(entry, name) for entry in listed)
    if len({keyid for keyid, _ in signatures}) < len(signatures):
        raise IntegrityError(f"{name} is signed twice by one key")
    return Envelope(payload=_decode(fields["payload"], f"the payload of {name}"), signatures=signatures)


def _signature(entry: Any, name: str) -> tuple[str, bytes]:
    fields = _fields(entry, ("keyid", "sig"), f"a signature of {name}")
    keyid = fields["keyid"]
    if not isinstance(keyid, str) or not _KEYID.fullmatch(keyid):
        raise IntegrityError(f"a signature of {name} does not say whose it is")
    return keyid, _decode(fields["sig"], f"a signature of {name}")


def _fields(value: Any, names: tuple[str, ...], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or sorted(value) != sorted(names):
        raise IntegrityError(f"{what} is malformed: it has exactly {', '.join(names)}")
    return value


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _decode(text: Any, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError) as error:
        raise IntegrityError(f"{what} is not base64") from error
    # Base64 can leave bits unused: only the form that encodes back to itself is taken.
    if not raw or _encode(raw) != text:
        raise IntegrityError(f"{what} is empty or not plain base64")
    return raw
