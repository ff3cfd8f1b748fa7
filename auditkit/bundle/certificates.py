"""Self-signed X.509 certificates: what PDF readers need besides a key, and where a signer's name is written down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from auditkit.errors import AuditError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, CertificateBuilder, KeyUsage, Name

VALID_DAYS = 730
_USES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
LONGEST_NAME = 64  # ub-common-name of RFC 5280, appendix A.1


def self_signed(key: EllipticCurvePrivateKey, name: str, *, now: datetime) -> bytes:
    """A certificate for this key over itself, as PEM; valid for two years from `now`.

    It proves no identity: it carries the name, and is what a PAdES signature is made with.
    """
    from cryptography.hazmat.primitives import hashes, serialization

    subject = named(name)
    blank = blank_certificate(key, subject, issuer=subject, now=now, until=now + timedelta(days=VALID_DAYS))
    return for_signing_documents(blank).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def blank_certificate(
    key: EllipticCurvePrivateKey, subject: Name, *, issuer: Name, now: datetime, until: datetime
) -> CertificateBuilder:
    """What every certificate of auditkit begins with: whose it is, by whom, and from five minutes ago until when."""
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def named(name: str) -> Name:
    """The name as it stands in a certificate; AuditError when it may not."""
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, check_name(name))])


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
    return common_name_of(certificate.subject)


def common_name_of(subject: Name) -> str:
    """The common name in a name; empty when it has none."""
    from cryptography.x509.oid import NameOID

    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def for_signing_documents(blank: CertificateBuilder) -> CertificateBuilder:
    """Say in a certificate that its key signs documents, and issues nothing."""
    from cryptography import x509

    # content_commitment is the non-repudiation bit, which PDF validators demand of a signer.
    usage = usage_of("digital_signature", "content_commitment")
    return blank.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True).add_extension(
        usage, critical=True
    )


def usage_of(*uses: str) -> KeyUsage:
    """What a key may be used for, and nothing else: names of RFC 5280, section 4.2.1.3, in snake case."""
    from cryptography import x509

    return x509.KeyUsage(**{name: name in uses for name in _USES})
