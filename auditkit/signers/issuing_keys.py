"""A key that stays where it is, in the shape that certificates and revocation lists are signed with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never

from cryptography.hazmat.primitives.asymmetric import ec


class IssuingKey(ec.EllipticCurvePrivateKey):
    """A P-256 key of which nothing but signatures is to be had."""

    def __init__(self, public: ec.EllipticCurvePublicKey, sign: Callable[[bytes], bytes]) -> None:
        """Take the public half, and what gives the ECDSA signature (P-256, SHA-256) of a message in DER."""
        self._public = public
        self._sign = sign

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """The signature of the bytes, in DER; ValueError for another hash than SHA-256."""
        if getattr(signature_algorithm.algorithm, "name", None) != "sha256":
            raise ValueError("auditkit signs SHA-256 alone")
        return self._sign(bytes(data))

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """In bits."""
        return self._public.key_size

    def exchange(self, *_: Any) -> Never:
        """Nothing but signing."""
        raise _stays()

    def private_numbers(self) -> Never:
        """Nothing but signing."""
        raise _stays()

    def private_bytes(self, *_: Any) -> Never:
        """Nothing but signing."""
        raise _stays()

    def __copy__(self) -> IssuingKey:
        return self

    def __deepcopy__(self, _: dict[Any, Any]) -> IssuingKey:
        return self


def _stays() -> TypeError:
    return TypeError("the private key stays where it is: it signs, and no more")
