"""Keys: the Signer that a bundle is signed with, from a file or made for development, and public keys to check with."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from auditkit.bundle.certificates import common_name
from auditkit.errors import AuditError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.x509 import Certificate

DEVELOPMENT_NAME = "UNTRUSTED auditkit development key"
PASSPHRASE_VARIABLE = "AUDITKIT_KEY_PASSPHRASE"  # noqa: S105  the name of a variable, not what is in it

# Group read is let through: it is how orchestrators mount secrets.
_TOO_OPEN = 0o037
_NEW_KEY = "make a key pair: auditkit keygen"


class Signer(Protocol):
    """Whoever can sign for a P-256 key: a file, a hardware token, a key service."""

    @property
    def keyid(self) -> str:
        """The SHA-256, in hex, of the public key's SubjectPublicKeyInfo in DER."""

    @property
    def name(self) -> str:
        """Who signs, as their certificate says; the reader's trust file decides whether to believe it."""

    @property
    def development(self) -> bool:
        """Whether this is a key that proves no identity."""

    @property
    def public_pem(self) -> bytes:
        """The public key, as PEM."""

    @property
    def certificate_pem(self) -> bytes:
        """The certificate of the public key, as PEM."""

    def sign(self, message: bytes) -> bytes:
        """The ECDSA signature (P-256, SHA-256) of the message, in DER."""


@dataclass(frozen=True)
class CertifiedSigner:
    """A signer with the certificate of its key. Where the private half is, only `_sign` knows."""

    keyid: str
    name: str
    public_pem: bytes
    certificate_pem: bytes
    _sign: Callable[[bytes], bytes]

    @property
    def development(self) -> bool:
        """Whether this is a key that proves no identity."""
        return self.name == DEVELOPMENT_NAME

    def sign(self, message: bytes) -> bytes:
        """The ECDSA signature (P-256, SHA-256) of the message, in DER."""
        return self._sign(message)

    @classmethod
    def of(cls, certificate: Certificate, sign: Callable[[bytes], bytes], *, certificate_name: str) -> Self:
        """The signer whom a certificate names; AuditError, which calls it `certificate_name`, when it is not for P-256.

        `sign` gives the ECDSA signature of a message in DER, and is taken at its word: it is for the caller to try.
        """
        pem = _pem(certificate)
        public = public_key_from_pem(pem, name=certificate_name)
        return cls(
            keyid=keyid_of(public),
            name=common_name(certificate),
            public_pem=pem_of(public),
            certificate_pem=pem,
            _sign=sign,
        )


class FileSigner(CertifiedSigner):
    """A signer whose private key was read from a PEM file."""

    @classmethod
    def load(cls, path: Path, passphrase: str | None = None) -> Self:
        """Read `NAME.key`, a P-256 key in PKCS#8 PEM, and `NAME.crt` beside it, which says who signs.

        Args:
            path: the private key; nobody but its owner may be able to write it, and not everyone may read it.
            passphrase: of an encrypted key; the environment's AUDITKIT_KEY_PASSPHRASE when absent.

        Raises:
            AuditError: a file is missing, open to others, encrypted, of another kind, or the two do not match.
        """
        private = private_key(path, passphrase)
        beside = path.with_suffix(".crt")
        missing = f"openssl req -x509 -key {path} -out {beside} -days 730 -subj '/CN=YOUR NAME'"
        signer = cls.of(
            read_certificate(beside, missing=missing),
            lambda message: _ecdsa(private, message),
            certificate_name=str(beside),
        )
        if signer.public_pem != pem_of(private.public_key()):
            raise AuditError(f"'{beside}' is not the certificate of '{path}'", hint=_NEW_KEY)
        return signer


def public_key_from_pem(pem: bytes, *, name: str) -> EllipticCurvePublicKey:
    """A P-256 public key from a PEM public key or certificate; AuditError, which calls it `name`, for all else."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        if b"BEGIN CERTIFICATE" in pem:
            return _as_p256(x509.load_pem_x509_certificate(pem).public_key(), name)
        return _as_p256(serialization.load_pem_public_key(pem), name)
    except (ValueError, UnsupportedAlgorithm) as error:
        hint = (
            "give the public half, e.g. audit.pub"
            if b"PRIVATE KEY" in pem
            else "a .pub file begins with BEGIN PUBLIC KEY"
        )
        raise AuditError(f"'{name}' is not a public key", hint=hint) from error


def keyid_of(key: EllipticCurvePublicKey) -> str:
    """The SHA-256, in hex, of the key's SubjectPublicKeyInfo in DER (RFC 5280, section 4.1)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def pem_of(key: EllipticCurvePublicKey) -> bytes:
    """The public key as PEM (SubjectPublicKeyInfo)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signature_holds(key: EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    """Whether this is the key's ECDSA signature (P-256, SHA-256, DER) of the message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def private_key(path: Path, passphrase: str | None) -> EllipticCurvePrivateKey:
    """The private key in a file; AuditError when it is missing, open to others, encrypted, or of another kind."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = read_secret(path)
    try:
        key = load_pem_private_key(pem, _secret_for(pem, path, passphrase))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if b"ENCRYPTED" in pem:
            raise AuditError(f"the passphrase does not open '{path}'", hint=f"check {PASSPHRASE_VARIABLE}") from error
        raise AuditError(f"'{path}' is not a private key in PEM", hint=_NEW_KEY) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuditError(f"'{path}' is a key for {_kind(key)}, and auditkit signs with P-256", hint=_NEW_KEY)
    _as_p256(key.public_key(), path)
    return key


def read_secret(path: Path) -> bytes:
    """The bytes of a key file; AuditError when it is not there, or open to others."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            if mode & _TOO_OPEN:
                raise AuditError(f"'{path}' can be read or changed by others (mode {mode:o})", hint=f"chmod 600 {path}")
            return file.read()
    except FileNotFoundError as error:
        raise AuditError(f"there is no key '{path}'", hint=_NEW_KEY) from error
    except OSError as error:
        raise AuditError(
            f"'{path}' cannot be read: {error.strerror}", hint="name a key file that you may read"
        ) from error


def read_certificate(path: Path, *, missing: str) -> Certificate:
    """The certificate in a PEM file; AuditError when it is none, or, with the hint `missing`, not there."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise AuditError(f"the key has no certificate '{path}' that says who signs", hint=missing) from error
    except ValueError as error:
        raise AuditError(f"'{path}' is not a certificate in PEM", hint=_NEW_KEY) from error


def _secret_for(pem: bytes, path: Path, passphrase: str | None) -> bytes | None:
    if b"ENCRYPTED" not in pem:
        return None
    secret = passphrase or os.environ.get(PASSPHRASE_VARIABLE) or _asked(path)
    if not secret:
        raise AuditError(
            f"'{path}' is encrypted", hint=f"put its passphrase into {PASSPHRASE_VARIABLE}, or type it at a terminal"
        )
    return secret.encode()


def _asked(path: Path) -> str:
    """What somebody at a terminal types; nothing where nobody sits at one."""
    if not (sys.stdin and sys.stdin.isatty()):
        return ""
    from getpass import getpass

    return getpass(f"passphrase of {path}: ")


def _as_p256(key: object, name: Path | str) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise AuditError(f"'{name}' is a key for {_kind(key)}, and auditkit signs with P-256", hint=_NEW_KEY)


def _kind(key: object) -> str:
    """What a key is for, e.g. 'ed25519', 'rsa' or 'secp384r1'."""
    curve = getattr(key, "curve", None)
    if curve is not None:
        return str(curve.name)
    return type(key).__name__.removesuffix("Key").removesuffix("Private").removesuffix("Public").lower()


def _ecdsa(key: EllipticCurvePrivateKey, message: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    return key.sign(message, ec.ECDSA(hashes.SHA256()))


def _pem(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)
