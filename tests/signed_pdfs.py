"""PDFs for tests: a page of a few words with the two documents attached, signed as auditkit signs reports."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pikepdf
from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from signed_bundles import NOW, Desk
from weasyprint import HTML, Attachment

from auditkit.bundle import dsse, layout
from auditkit.bundle.keys import FileSigner
from auditkit.bundle.pades_judging import judge
from auditkit.bundle.pades_reading import read_signed
from auditkit.bundle.pades_signing import sign_pdf
from auditkit.bundle.statements import Attestation, parse_time, read_statement
from auditkit.result import AuditResult

MOMENT = datetime(2026, 11, 22, 9, tzinfo=NOW.tzinfo)


def small_pdf(result: AuditResult, attestation: bytes | None) -> bytes:
    """An unsigned PDF of one page, in a tenth of a second where a report takes seconds."""
    attached = {layout.RESULT: result.to_json(), layout.ATTESTATION: attestation}
    return pdf_with({name: content for name, content in attached.items() if content is not None})


def pdf_with(attached: dict[str, bytes], words: str = "not met") -> bytes:
    files = [
        Attachment(string=content, name=name, created=MOMENT, modified=MOMENT) for name, content in attached.items()
    ]
    document = HTML(string=f"<html lang=en><title>t</title><p>{words}").render()
    document.metadata.attachments = files
    raw: bytes = document.write_pdf(pdf_identifier=b"0" * 16)
    return raw


def unsigned_part(pdf: bytes) -> bytes:
    """The revision before the signature."""
    return pdf[: pdf.index(b"%%EOF") + len(b"%%EOF\n")]


def attached_to(pdf: bytes) -> dict[str, bytes]:
    """What pikepdf, another reader of PDF than ours, finds attached."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return {name: file.get_file().read_bytes() for name, file in opened.attachments.items()}


def attestation_in(envelope: bytes) -> Attestation:
    payload = dsse.read_envelope(envelope, name=layout.ATTESTATION).payload
    return read_statement(Attestation, payload, name=layout.ATTESTATION)


def signed_anew(pdf: bytes, signer: FileSigner, envelope: bytes) -> bytes:
    """Sign an unsigned PDF at the time that its attestation wants."""
    return sign_pdf(pdf, signer, moment=parse_time(attestation_in(envelope).predicate.finished_on))


def judged(pdf: bytes, envelope: bytes) -> str:
    """The answer on the line PDF, in this process."""
    return judge(read_signed(pdf), attestation_in(envelope).predicate, envelope).text


def desk_with_pdf(folder: Path) -> tuple[Desk, bytes, bytes]:
    """A signer, a signed PDF of theirs, and its attestation."""
    desk = Desk.at(folder)
    bundle = desk.write(render_pdf=small_pdf)
    return desk, (bundle / layout.REPORT_PDF).read_bytes(), (bundle / layout.ATTESTATION).read_bytes()


def signature_place(pdf: bytes) -> tuple[int, bytes]:
    """Where the hex of the signature begins in the file, and its bytes."""
    (found,) = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    return int(found.byte_range[1]) + 1, found.pkcs7_content


def resigned(pdf: bytes, change: Callable[[cms.SignerInfo], None]) -> bytes:
    """The file with something else in what its signature does not cover: its own unsigned attributes."""
    at, content = signature_place(pdf)
    read = cms.ContentInfo.load(content)
    change(read["content"]["signer_infos"][0])
    read = cms.ContentInfo({"content_type": "signed_data", "content": read["content"]})
    hexed = read.dump().hex().upper().encode()
    room = pdf.index(b">", at) - at
    return pdf[:at] + hexed.ljust(room, b"0") + pdf[at + room :]
