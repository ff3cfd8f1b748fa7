"""Signing a PDF with the key that signs the bundle: PAdES B-B, B-T with a time stamp, B-LT with what it rests on."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditkit.bundle.keys import Signer
from auditkit.bundle.long_term import LongTerm, check_covered, store
from auditkit.bundle.time_service import TimeService
from auditkit.errors import AuditError

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSigner
    from pyhanko.sign.timestamps import TimeStamper

FIELD = "AuditkitSignature"
_LONGEST_SIGNATURE = 72
"""Bytes of a P-256 signature in DER: two integers of at most 33 bytes, and three headers of two."""
LARGEST_TOKEN = 12 * 1024
"""Bytes of a time stamp in DER that a PDF has room for: several certificates and RSA signatures."""
_SIGNED_ALONE = 4 * 1024
"""Bytes for the signature, its attributes and the signer's certificate."""


def sign_pdf(
    pdf: bytes,
    signer: Signer,
    *,
    moment: datetime,
    clock: TimeService | None = None,
    long_term: LongTerm | None = None,
) -> bytes:
    """The PDF with one certifying signature that forbids every later change; the given bytes stay as its beginning.

    Args:
        pdf: unsigned.
        signer: the private key is asked for one signature, over the CMS attributes, and never seen.
        moment: the time of signing, as the signer claims it.
        clock: is asked, over the network, for a time stamp of the signature; None: it gets none.
        long_term: gives the certificates and revocation lists that the PDF is to carry; needs a `clock`.

    Raises:
        AuditError: the authority gives no stamp, or one that is too long; or what the PDF should carry is not there.
    """
    # pyHanko runs an event loop, and a notebook has one already: a thread has none.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(_sign, pdf, signer, moment, clock, long_term).result()


def check_certificate(signer: Signer, *, moment: datetime) -> None:
    """Raise AuditError when readers of PDF would refuse what is signed now; a development key is refused anyway."""
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(signer.certificate_pem)
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not start <= moment <= end and not signer.development:
        raise AuditError(
            f"the certificate of '{signer.name}' is valid from {start:%Y-%m-%d} to {end:%Y-%m-%d}, "
            f"and the PDF would be signed on {moment:%Y-%m-%d}",
            hint="a new one for the same key: openssl req -x509 -key KEY -out CRT -days 730 -subj '/CN=YOUR NAME', "
            "or for one in no file: auditkit keygen audit --name 'YOUR NAME' --key ADDRESS",
        )


def _sign(pdf: bytes, signer: Signer, moment: datetime, clock: TimeService | None, long_term: LongTerm | None) -> bytes:
    writer = _appending(pdf, moment)
    check: Callable[[bytes], object] = len
    if long_term is not None:
        assert clock is not None  # noqa: S101  of the caller
        carried = long_term.covering(signer, clock.try_out())
        store(carried, writer)
        # Its next stamp may be by another of the authority's certificates: the store was written before it was made.
        check = functools.partial(check_covered, carried)
    # Asked how long a stamp is, pyHanko would have one made for nothing.
    room = None if clock is None else 2 * (_SIGNED_ALONE + LARGEST_TOKEN)
    stamping = None if clock is None else _asking(clock, check)
    return bytes(_pdf_signer(signer, moment, stamping).sign_pdf(writer, bytes_reserved=room).getvalue())


def _asking(clock: TimeService, check: Callable[[bytes], object]) -> TimeStamper:
    from asn1crypto import cms
    from pyhanko.sign.timestamps import TimeStamper

    class Asking(TimeStamper):
        """Has the digest of the signature stamped, and takes what a reader will take."""

        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
            if md_algorithm != "sha256":
                raise ValueError(f"auditkit stamps SHA-256, not {md_algorithm}")
            token = clock.token(message_digest)
            if len(token) > LARGEST_TOKEN:
                raise AuditError(
                    f"the time stamp of {clock.url} has {len(token)} bytes, and the PDF has room for {LARGEST_TOKEN}",
                    hint="an authority that sends fewer certificates",
                )
            check(token)
            return cms.ContentInfo.load(token)

    return Asking()  # type: ignore[no-untyped-call]


def _appending(pdf: bytes, moment: datetime) -> IncrementalPdfFileWriter:
    """What appends the signature; two signatures of one PDF differ in nothing but themselves.

    pyHanko alone would put the clock's time and a number drawn by chance into the file.
    """
    from pyhanko.pdf_utils.generic import ByteStringObject
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.metadata.model import DocumentMetadata

    class Dated(DocumentMetadata):
        """Says when the file was changed, whatever it is told: the writer sets the clock's time as it writes."""

        @property
        def last_modified(self) -> datetime:
            return moment

        @last_modified.setter
        def last_modified(self, _: object) -> None: ...

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer._meta = Dated()  # noqa: SLF001  there is no other way in
    # The second of the two names changes with each change of the file: ISO 32000-1, 14.4.
    writer.trailer_view["/ID"][1] = ByteStringObject(hashlib.sha256(pdf).digest()[:16])
    return writer


def _pdf_signer(signer: Signer, moment: datetime, stamping: TimeStamper | None) -> PdfSigner:
    from pyhanko.keys.pemder import load_certs_from_pemder_data
    from pyhanko.sign import fields, signers

    class Delegating(signers.Signer):
        """Hands the bytes to sign to whoever has the key: a file, a token, a service."""

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002  pyHanko's own
            if digest_algorithm != "sha256":
                raise ValueError(f"auditkit signs SHA-256, not {digest_algorithm}")
            # A dry run asks how long a signature is; a token that counts its signatures need not make one for that.
            return bytes(_LONGEST_SIGNATURE) if dry_run else signer.sign(data)

    class AtMoment(signers.PdfSigner):
        """Claims the audit's own time of signing, not the clock's."""

        def init_signing_session(self, *arguments: Any, **options: Any) -> Any:
            session = super().init_signing_session(*arguments, **options)
            session.system_time = moment
            return session

    (certificate,) = load_certs_from_pemder_data(signer.certificate_pem)
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        reason="Model audit report",
        name=signer.name,
    )
    return AtMoment(metadata, signer=Delegating(signing_cert=certificate), timestamper=stamping)
