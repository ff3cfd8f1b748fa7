"""Taking a signed PDF apart: its one signature, checked, and its attachments. Whose key it is, is judged elsewhere.

A PDF is a program for its reader, with references in circles, streams that unpack to a thousand times their length, and
many ways to hide a change. So a PDF that somebody handed over is read in a confined process (`read_confined`), and
only one shape is taken: the one that `pades_signing` writes.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from auditkit.bundle import layout
from auditkit.bundle.pades_plain import check_one_content, check_plain
from auditkit.bundle.timestamps import Token, is_absent
from auditkit.confined import MEBIBYTE, Died, Limits, Refused, run_confined, serve
from auditkit.document import Document
from auditkit.errors import IntegrityError

if TYPE_CHECKING:
    from asn1crypto.cms import SignerInfo
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

READING = Limits(seconds=60, memory=2048 * MEBIBYTE)

_MALFORMED = (ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, NotImplementedError, OSError,
              RecursionError, TypeError, ValueError, zlib.error)  # fmt: skip
_HEADER = b"%PDF-1."
_MOST_ATTACHMENTS = 16
_IN_STORE = ("/Certs", "/CRLs")
_MOST_IN_STORE, _LARGEST_STORE = 64, 16 * MEBIBYTE
STAMP = "the time stamp in the PDF"


class PdfSignature(Document):
    """The one signature of a PDF, by its own certificate: it holds, or `fault` says why not."""

    fault: str = ""
    keyid: str = ""
    """SHA-256, in hex, of the SubjectPublicKeyInfo in the certificate."""
    signed_at: str = ""
    """What the signer claims; ISO 8601, UTC, to the second."""
    valid_from: str = ""
    valid_until: str = ""
    """Of the certificate, to the second."""
    value: str = ""
    """The signature itself, in hex: what a time stamp is about."""
    certificate: str = ""
    """The signer's, in DER, in hex."""
    stamp: str = ""
    """The time-stamp token in DER, in hex; it holds by the certificate that it brings. Empty: there is none."""


class SignedPdf(Document):
    """What was found in a PDF."""

    signatures: int
    """Of any kind: time stamps and empty signature fields count too."""
    signature: PdfSignature = PdfSignature()
    attachments: tuple[tuple[str, bytes], ...]
    """(name, content), in the order of the file."""
    certificates: tuple[bytes, ...] = ()
    revocation_lists: tuple[bytes, ...] = ()
    """In DER, of the document security store: signed with the rest of the file, and believed by nobody yet."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


def read_confined(pdf: bytes, *, name: str) -> SignedPdf:
    """`read_signed` in a process of its own; `name` is what error messages call the file.

    Raises:
        IntegrityError: it is no PDF that can be read, or reading it took more than any report needs.
    """
    try:
        answer = run_confined("auditkit.bundle.pades_reading", pdf, READING)
    except Refused as refused:
        raise IntegrityError(f"{name}: {refused.message}", hint=refused.hint) from refused
    except Died as died:
        raise IntegrityError(f"{name} cannot be read: the process that read it {died}") from died
    return SignedPdf.model_validate_json(answer)


def read_signed(pdf: bytes) -> SignedPdf:
    """Take a PDF apart; IntegrityError when it is none, is encrypted, or is malformed."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    if not pdf.startswith(_HEADER):
        raise IntegrityError("it is not a PDF: it does not begin as one")
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        if reader.encrypted:
            raise IntegrityError("it is encrypted, and auditkit encrypts none")
        signatures = list(reader.embedded_signatures)
        fields = _signature_fields(reader)
        only = _checked(signatures[0], pdf) if len(signatures) == 1 else PdfSignature()
        certificates, lists = (_stored(reader, kind) for kind in _IN_STORE)
        return SignedPdf(
            signatures=max(len(signatures), fields),
            signature=only,
            attachments=_attachments(reader),
            certificates=certificates,
            revocation_lists=lists,
        )
    except (*_MALFORMED, PdfError) as error:
        raise IntegrityError(f"it is not a PDF that can be read: {_words(error)}") from error


def _stored(reader: PdfFileReader, kind: str) -> tuple[bytes, ...]:
    """What the document security store has of a kind; IntegrityError unless it is one that auditkit writes."""
    store: Any = reader.root["/DSS"] if "/DSS" in reader.root else {}  # noqa: SIM401  pyHanko's get does not follow references
    if not set(store) <= {"/Type", *_IN_STORE}:
        raise IntegrityError("its document security store holds what auditkit does not write")
    listed: Any = store[kind] if kind in store else ()  # noqa: SIM401  same
    if len(listed) > _MOST_IN_STORE:
        raise IntegrityError("its document security store is larger than any of auditkit's")
    found = tuple(bytes(listed[place].data) for place in range(len(listed)))
    if sum(map(len, found)) > _LARGEST_STORE:
        raise IntegrityError("its document security store is larger than any of auditkit's")
    return found


def _signature_fields(reader: PdfFileReader) -> int:
    from pyhanko.sign.fields import enumerate_sig_fields

    return sum(1 for _ in enumerate_sig_fields(reader))


def _checked(found: EmbeddedPdfSignature, pdf: bytes) -> PdfSignature:
    from pyhanko.pdf_utils.misc import PdfError

    try:
        certificate = found.signer_cert
        validity = certificate["tbs_certificate"]["validity"]
        signed_at = found.self_reported_timestamp
        said = {
            "certificate": certificate.dump().hex(),
            "keyid": hashlib.sha256(certificate.public_key.dump()).hexdigest(),
            "signed_at": "" if signed_at is None else _utc(signed_at),
            "valid_from": _utc(validity["not_before"].native),
            "valid_until": _utc(validity["not_after"].native),
            "value": found.signer_info["signature"].native.hex(),
        }
        fault = _shape(found, pdf)
        stamp = b"" if fault else _stamp(found)
        said["stamp"] = stamp.hex()
        fault = fault or _validity(found, certificate, stamp)
    except IntegrityError as error:
        return PdfSignature(fault=error.message)
    except (*_MALFORMED, PdfError) as error:
        return PdfSignature(fault=f"the signature cannot be read: {_words(error)}")
    return PdfSignature(fault=fault, **said)


def _shape(found: EmbeddedPdfSignature, pdf: bytes) -> str:
    """What is unlike auditkit's signatures, also in the bytes that none can cover: its own; '' if nothing."""
    content, (start, before, after, rest) = found.pkcs7_content, (int(one) for one in found.byte_range)
    if (start, after + rest) != (0, len(pdf)) or pdf[before:after] != b"<" + content.hex().upper().encode() + b">":
        return "the signature does not cover the whole file"
    if not _is_plain(content):
        return "the signature is written in another way than auditkit writes it"
    signed, signer = found.signed_data, found.signer_info
    if len(signed["certificates"]) != 1 or not is_absent(signed["crls"]) or not _is_stamped_at_most(signer):
        return "the signature carries what nobody signed"
    algorithms = signer["digest_algorithm"]["algorithm"].native, signer["signature_algorithm"]["algorithm"].native
    if algorithms != ("sha256", "sha256_ecdsa"):
        return f"the signature is made with {' and '.join(algorithms)}, not with SHA-256 and ECDSA"
    if found.sig_object.raw_get("/SubFilter") != "/ETSI.CAdES.detached":
        return "the signature is not PAdES"
    return ""


def _is_stamped_at_most(signer: SignerInfo) -> bool:
    """Whether one time stamp is all that was added to the signature; it is checked by its own signature."""
    added = signer["unsigned_attrs"]
    return is_absent(added) or (
        [one["type"].native for one in added] == ["signature_time_stamp_token"] and len(added[0]["values"]) == 1
    )


def _stamp(found: EmbeddedPdfSignature) -> bytes:
    """The time-stamp token in DER, b'' if there is none; IntegrityError unless it is about this signature."""
    added = found.signer_info["unsigned_attrs"]
    if is_absent(added):
        return b""
    token: bytes = added[0]["values"][0].dump()
    Token.alone(token, found.signer_info["signature"].native, name=STAMP).check_itself()
    return token


def _is_plain(content: bytes) -> bool:
    """Whether this is DER with nothing but zeros behind it: in this gap of the file a byte could change unseen."""
    from asn1crypto.cms import ContentInfo

    written: bytes = ContentInfo.load(content).dump()
    if content != written.ljust(len(content), b"\0"):
        return False
    (signer,) = ContentInfo.load(written)["content"]["signer_infos"]
    # asn1crypto takes a time that doubles with each level to write anew what holds a stamp; that is looked at apart.
    if not is_absent(signer["unsigned_attrs"]):
        return _has_shortest_lengths(written)
    return bool(ContentInfo.load(written).dump(force=True) == written)


def _has_shortest_lengths(der: bytes) -> bool:
    """Whether every length in it is definite and written in as few bytes as it takes (X.690, section 10.1)."""
    waiting = [(0, len(der))]
    while waiting:
        at, end = waiting.pop()
        while at < end:
            tag, first = der[at], der[at + 1]
            more = first & 0x7F if first & 0x80 else 0
            length = int.from_bytes(der[at + 2 : at + 2 + more]) if more else first
            begin = at + 2 + more
            is_shortest = first != 0x80 and (not more or (length > 0x7F and der[at + 2] != 0))  # noqa: PLR2004  X.690
            if tag & 0x1F == 0x1F or not is_shortest or begin + length > end:  # noqa: PLR2004  no tag here is so long
                return False
            if tag & 0x20:
                waiting.append((begin, begin + length))
            at = begin + length
    return True


def _validity(found: EmbeddedPdfSignature, certificate: Certificate, stamp: bytes) -> str:
    """What pyHanko finds wrong; '' if nothing. The certificate vouches for itself here: its key is pinned elsewhere."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    # A pinned key is a trust anchor, and an anchor's dates are no part of path validation (RFC 5280, 6.1.1): they are
    # compared with the audit's time by the judge, so that here any moment at which the certificate is valid will do.
    moment = certificate["tbs_certificate"]["validity"]["not_before"].native + timedelta(seconds=1)
    context = ValidationContext(trust_roots=[certificate], allow_fetching=False, moment=moment)
    status = validate_pdf_signature(found, context, key_usage_settings=KeyUsageConstraints(key_usage=set()))
    if (status.timestamp_validity is not None) != bool(stamp):
        return "the signature carries another time stamp than its own"
    if not (status.intact and status.valid):
        return "the signature does not hold: the file was changed after it was signed"
    if status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        return "the signature does not cover the whole file"
    if status.modification_level != ModificationLevel.NONE:
        return "the file was changed after it was signed"
    if not status.docmdp_ok or found.docmdp_level is None:
        return "the signature does not forbid later changes"
    # Whose word the stamp is, the reader's trust file says; pyHanko's bottom line would ask for it here.
    sound = status.trusted and status.seed_value_ok and status.content_timestamp_validity is None
    return "" if sound else "the signature is not valid by its own certificate"


def _attachments(reader: PdfFileReader) -> tuple[tuple[str, bytes], ...]:
    """The embedded files; IntegrityError unless they are listed in the one plain way that auditkit writes."""
    listed: Any = reader.root
    for step in ("/Names", "/EmbeddedFiles"):
        listed = listed[step] if step in listed else {}  # noqa: SIM401  pyHanko's get does not follow references
    pairs: Any = listed["/Names"] if "/Names" in listed else ()  # noqa: SIM401  same
    if "/Kids" in listed or len(pairs) % 2 or len(pairs) > 2 * _MOST_ATTACHMENTS:
        raise IntegrityError("its attachments are listed in another way than auditkit lists them")
    found, references = [], []
    for place in range(0, len(pairs), 2):
        file = pairs[place + 1]
        check_one_content(file)
        references.append(getattr(pairs.raw_get(place + 1), "reference", None))
        content = bytes(file["/EF"]["/F"].data)
        if len(content) > layout.LARGEST_DOCUMENT:
            raise IntegrityError(f"its attachment '{file['/UF']}' is too large")
        found.append((str(file["/UF"]), content))
    check_plain(reader.root, frozenset(references))
    return tuple(found)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _answer(pdf: bytes) -> bytes:
    return read_signed(pdf).model_dump_json().encode()


if __name__ == "__main__":
    serve(_answer)
