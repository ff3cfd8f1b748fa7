"""Certificate authorities of a reader: whether a signer's certificate is theirs, and not on their revocation list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditkit.bundle.certificates import common_name
from auditkit.bundle.revocation import entry_of, is_current, is_issued_by, leaves_earlier_alone, lists_of, revoked_on
from auditkit.errors import AuditError, IntegrityError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, CertificateRevocationList, RevokedCertificate

Carried = Callable[[], "Sequence[CertificateRevocationList]"]
"""Reads the revocation lists that came with what was signed."""


@dataclass(frozen=True)
class Root:
    """An authority that the reader takes, with its revocation list where they have one."""

    certificate: Certificate
    revoked: CertificateRevocationList | None

    @classmethod
    def of(cls, pem: bytes, crl: bytes | None, *, name: str) -> Root:
        """Read both; AuditError, which calls them `name`, when they are none, or not of each other."""
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

        try:
            certificate = x509.load_pem_x509_certificate(pem)
            read = x509.load_pem_x509_crl if crl and b"-----BEGIN" in crl else x509.load_der_x509_crl
            revoked = None if crl is None else read(crl)
            certificate.verify_directly_issued_by(certificate)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
            raise AuditError(
                f"'{name}' is no root certificate, or its crl is none", hint="auditkit keygen --authority"
            ) from error
        key: Any = certificate.public_key()
        if revoked is not None and not revoked.is_signature_valid(key):
            raise AuditError(f"the crl of '{name}' is not signed by it", hint="take the one that belongs to the root")
        return cls(certificate, revoked)


@dataclass(frozen=True)
class Times:
    """When somebody signed, and when that is looked at."""

    signed: datetime
    """By the signer's word."""
    now: datetime
    proven: datetime | None = None
    """When a trusted authority saw the signature; None: nobody did."""


def check_certificate(certificate: Certificate, roots: Sequence[Root], times: Times, carried: Carried = tuple) -> None:
    """Raise IntegrityError unless one of the roots issued the certificate, and has not revoked it.

    The certificate must have been valid when it signed and when that is proven, or else now. A list must be current
    now: one that is not is no evidence, and no pass. Where the time is proven, one that was current then will do,
    the reader's own or one that came with the signature (`carried`, which is read only then).
    """
    name = common_name(certificate)
    root = next((one for one in roots if is_issued_by(certificate, one.certificate)), None)
    if root is None:
        raise IntegrityError(f"the certificate of '{name}' is issued by no root of the trust file")
    for moment, what in ((times.signed, "when it signed"), (times.proven or times.now, "when that was seen")):
        if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
            raise IntegrityError(f"the certificate of '{name}' was not valid {what}: {moment:%Y-%m-%d}")
    if root.revoked is None:
        return
    lists = [root.revoked]
    if not is_current(root.revoked, times.now):
        lists += lists_of(carried(), root.certificate) if times.proven else ()
        if times.proven is None or not any(is_current(one, times.proven) for one in lists):
            raise IntegrityError(
                f"the revocation list of '{common_name(root.certificate)}' is out of date",
                hint="fetch the newest from whoever issues it",
            )
    for one in lists:
        entry = entry_of(one, certificate)
        if entry is not None and not _came_later(entry, times.proven):
            raise IntegrityError(revoked_on(certificate, entry))


def _came_later(entry: RevokedCertificate, proven: datetime | None) -> bool:
    """Whether it was signed before the certificate was revoked, for another reason than a lost key."""
    return proven is not None and proven < entry.revocation_date_utc and leaves_earlier_alone(entry)
