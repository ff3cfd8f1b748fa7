"""An authority of one's own, kept offline: a root, signers' certificates under it, and the list of those revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from auditkit.bundle.certificates import blank_certificate, for_signing_documents, named, usage_of
from auditkit.bundle.placing import replace_file
from auditkit.bundle.revocation import entry_of
from auditkit.errors import AuditError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, CertificateRevocationList

Reason = Literal["affiliation_changed", "superseded", "cessation_of_operation", "key_compromise"]
"""Why a certificate is revoked: names of RFC 5280, section 5.3.1, in snake case."""

ROOT_DAYS, SIGNER_DAYS, LIST_DAYS = 3650, 365, 90


def root_certificate(key: EllipticCurvePrivateKey, name: str, *, now: datetime) -> Certificate:
    """The certificate of an authority over itself, for ten years; it may issue signers', and nothing below them."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    subject = named(name)
    blank = blank_certificate(key, subject, issuer=subject, now=now, until=now + timedelta(days=ROOT_DAYS))
    return (
        blank.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage_of("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )


def signer_certificate(
    key: EllipticCurvePrivateKey,
    name: str,
    *,
    root: Certificate,
    root_key: EllipticCurvePrivateKey,
    crl_url: str,
    now: datetime,
) -> Certificate:
    """A signer's certificate under a root, for a year, which says where the root's revocation list is.

    Readers of PDF look for a list only where the certificate names one: without it a revoked signer passes in many.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    place = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
    until = min(now + timedelta(days=SIGNER_DAYS), root.not_valid_after_utc)
    blank = blank_certificate(key, named(name), issuer=root.subject, now=now, until=until)
    return (
        for_signing_documents(blank)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .add_extension(x509.CRLDistributionPoints([place]), critical=False)
        .sign(root_key, hashes.SHA256())
    )


def revocation_list(
    root: Certificate,
    root_key: EllipticCurvePrivateKey,
    *,
    before: CertificateRevocationList | None,
    revoke: Certificate | None,
    reason: Reason | None = None,
    now: datetime,
) -> CertificateRevocationList:
    """The list that follows `before`, with one certificate more, or none; current for 90 days.

    Without a `reason` readers take the revoked key for a lost one.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    number = 1
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.subject).last_update(now)
    builder = builder.next_update(now + timedelta(days=LIST_DAYS))
    for entry in before or ():
        builder = builder.add_revoked_certificate(entry)
    if before is not None:
        number = before.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number + 1
    if revoke is not None:
        serial = revoke.serial_number
        added = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
        if reason is not None:
            added = added.add_extension(x509.CRLReason(x509.ReasonFlags[reason]), critical=False)
        builder = builder.add_revoked_certificate(added.build())
    key_of = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    builder = builder.add_extension(x509.CRLNumber(number), critical=False).add_extension(key_of, critical=False)
    return builder.sign(root_key, hashes.SHA256())


def revoke(
    certificate: Path | None, issuer: str | Path, *, reason: Reason | None = None, now: datetime | None = None
) -> Path:
    """Put a certificate on its root's list, or none, to have a list that is current; it lies beside the root's own.

    Returns the list's file.

    Raises:
        AuditError: it is not under that root, it is on the list already, or a file cannot be read or written.
    """
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import Encoding

    root, root_key = read_root(issuer)
    place = _list_of(issuer)
    try:
        leaf = None if certificate is None else x509.load_pem_x509_certificate(certificate.read_bytes())
        before = x509.load_pem_x509_crl(place.read_bytes()) if place.exists() else None
        if leaf is not None:
            leaf.verify_directly_issued_by(root)
    except OSError as error:
        raise AuditError(
            f"'{error.filename}' cannot be read: {error.strerror}", hint="auditkit revoke audit.crt --issuer root.key"
        ) from error
    except (InvalidSignature, ValueError, TypeError) as error:
        raise AuditError(
            f"'{certificate}' is no certificate under '{issuer}'", hint="name the root that issued it"
        ) from error
    if before is not None and leaf is not None and entry_of(before, leaf) is not None:
        raise AuditError(f"'{certificate}' is revoked already", hint="nothing is left to do")
    made = revocation_list(root, root_key, before=before, revoke=leaf, reason=reason, now=now or datetime.now(UTC))
    replace_file(place, made.public_bytes(Encoding.PEM))
    return place


def read_root(issuer: str | Path) -> tuple[Certificate, EllipticCurvePrivateKey]:
    """A root's certificate, and its key, which may be in no file; AuditError when it is none."""
    from cryptography import x509

    from auditkit.bundle.keys import public_key_from_pem
    from auditkit.signers.choosing import signer_at
    from auditkit.signers.issuing_keys import IssuingKey

    signer = signer_at(str(issuer))
    root = x509.load_pem_x509_certificate(signer.certificate_pem)
    try:
        is_root = root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_root = False
    if not is_root:
        raise AuditError(
            f"'{issuer}' is no authority's key", hint="auditkit keygen root --authority --name 'ACME root'"
        )
    return root, IssuingKey(public_key_from_pem(signer.public_pem, name=str(issuer)), signer.sign)


def _list_of(issuer: str | Path) -> Path:
    """Where a root's list lies: beside its certificate."""
    from auditkit.signers.addresses import address_in

    address = address_in(str(issuer))
    beside = Path(issuer) if address is None else address.certificate
    if beside is None:
        raise AuditError(
            f"where is the list of '{issuer}'?",
            hint="end its address with certificate=root.crt; the list is root.crl beside it",
        )
    return beside.with_suffix(".crl")
