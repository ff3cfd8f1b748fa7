"""Self-signed X.509 certificates: what PDF readers need besides a key, and where a signer's name is written down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from auditkit.errors import AuditError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, KeyUsage

VALID_DAYS = 730
LONGEST_NAME = 64  # ub-common-name of RFC 5280, appendix A.1


def self_signed(key: EllipticCurvePrivateKey, name: str, *, now: datetime) -> bytes:
    """A certificate for this key over itself, as PEM; valid for two years from `now`.

    It proves no identity: it carries the name, and is what a PAdES signature is made with.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, check_name(name))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(for_signing_documents(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def check_name(name: str) -> str:
    """The name of a signer as it may stand in a certificate; AuditError when it may not."""
    cleaned = name.strip()
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise AuditError(
            f"a signer cannot be called '{name.encode('unicode_escape').decode()}'",
            hint=f"a name has 1 to {LONGEST_NAME} printable characters: --name 'ACME model risk'",
        )
    return cleaned


def common_name(certificate: Certificate) -> str:
    """The name that a certificate was made for; empty when it has none."""
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def for_signing_documents() -> KeyUsage:
    """What a signer's key may be used for."""
    from cryptography import x509

    # content_commitment is the non-repudiation bit, which PDF validators demand of a signer.
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
