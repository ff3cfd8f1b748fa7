"""Certificate authorities of a reader: whether a signer's certificate is theirs, and not on their revocation list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditkit.bundle.certificates import common_name
from auditkit.errors import AuditError, IntegrityError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, CertificateRevocationList


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


def check_certificate(certificate: Certificate, roots: Sequence[Root], *, signed: datetime, now: datetime) -> None:
    """Raise IntegrityError unless one of the roots issued the certificate, and has not revoked it.

    Args:
        certificate: the signer's.
        roots: the reader's, at least one.
        signed: when it signed: the certificate must have been valid then.
        now: when the revocation list must still be current. One that is not is no evidence, and no pass.
    """
    name = common_name(certificate)
    root = next((one for one in roots if _issued(certificate, one.certificate)), None)
    if root is None:
        raise IntegrityError(f"the certificate of '{name}' is issued by no root of the trust file")
    if not certificate.not_valid_before_utc <= signed <= certificate.not_valid_after_utc:
        raise IntegrityError(f"the certificate of '{name}' was not valid when it signed")
    if root.revoked is None:
        return
    until = root.revoked.next_update_utc
    if until is None or now > until:
        raise IntegrityError(
            f"the revocation list of '{common_name(root.certificate)}' is out of date",
            hint="fetch the newest from whoever issues it",
        )
    found = root.revoked.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if found is not None:
        raise IntegrityError(f"the certificate of '{name}' was revoked on {found.revocation_date_utc:%Y-%m-%d}")


def _issued(certificate: Certificate, root: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
