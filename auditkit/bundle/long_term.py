"""What a PDF carries so that it can be checked when its certificates are over (PAdES B-LT).

ETSI EN 319 142-1, section 5.4: the certificates and the revocation lists, of the signer and of the time-stamping
authority, in the document security store of the PDF. They are put there before it is signed, so that the one
signature covers them as well, and nothing has to be appended to a signed file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.bundle.asking import asked, is_address
from auditkit.bundle.keys import Signer
from auditkit.bundle.revocation import Evidence
from auditkit.bundle.stored import read_bounded
from auditkit.bundle.timestamps import certificates_of
from auditkit.errors import AuditError, IntegrityError

if TYPE_CHECKING:
    from pyhanko.pdf_utils.writer import BasePdfFileWriter

LARGEST_SOURCE = 1 << 20
_HINT = (
    "--long-term FILE, once for each certificate and revocation list of the signer's and of the time-stamping authority"
)


@dataclass(frozen=True)
class LongTerm:
    """Where the certificates and the lists are, by the signer's word."""

    sources: tuple[str, ...]
    """Files, PEM or DER; or addresses, each of which is asked because the signer named it."""
    folder: Path
    """What relative paths begin at."""

    def covering(self, signer: Signer, token: bytes, *, at: datetime | None = None) -> Evidence:
        """What is needed for a signer's certificate and for that of the authority which made a token (in DER).

        `at` is the moment for which all has to hold; the present when absent.

        Raises:
            AuditError: a source cannot be read, something is not there, was out of date then, or was revoked.
        """
        from cryptography import x509

        moment = at or datetime.now(UTC)
        own, brought = certificates_of(token)
        if own is None:
            raise AuditError(
                "the time stamp does not bring the certificate that it is signed with",
                hint="--tsa of another authority",
            )
        here = self._gathered() + Evidence(brought)
        mine = x509.load_pem_x509_certificate(signer.certificate_pem)
        try:
            return here.covering(mine, at=moment) + here.covering(own, at=moment)
        except IntegrityError as error:
            raise AuditError(error.message, hint="sign with a key whose certificate is valid") from error

    def _gathered(self) -> Evidence:
        found = Evidence()
        for source in self.sources:
            try:
                found += Evidence.read(self._content(source))
            except ValueError as error:
                raise AuditError(
                    f"'{source}' is neither a certificate nor a revocation list, in PEM or DER", hint=_HINT
                ) from error
        return found

    def _content(self, source: str) -> bytes:
        if "://" in source:
            if not is_address(source):
                raise AuditError(f"this is no address of a revocation list: '{source}'", hint=_HINT)
            raw = asked(source, most=LARGEST_SOURCE, hint="name a file in its place: --long-term FILE.crl")
            if len(raw) > LARGEST_SOURCE:
                raise AuditError(
                    f"what {source} answers is larger than {LARGEST_SOURCE} bytes",
                    hint="an authority with shorter lists",
                )
            return raw
        try:
            return read_bounded((self.folder / source).resolve(), name=source, limit=LARGEST_SOURCE)
        except (IntegrityError, OSError, ValueError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise AuditError(f"'{source}' cannot be read: {why}", hint=_HINT) from error


def check_covered(evidence: Evidence, token: bytes) -> None:
    """Raise AuditError unless a token's certificate is among what a PDF carries, with its list."""
    own, _ = certificates_of(token)
    if own is None or own not in evidence.certificates:
        raise AuditError(
            "the time-stamping authority has several certificates, and stamped with another one than it had shown",
            hint="try again, or name another authority with --tsa",
        )


def store(evidence: Evidence, writer: BasePdfFileWriter) -> None:
    """Put it into the document security store of a PDF that is being written."""
    from asn1crypto import crl, x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in evidence.certificates],
        crls=[crl.CertificateList.load(one.public_bytes(Encoding.DER)) for one in evidence.lists],
    )
