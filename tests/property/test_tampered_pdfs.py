"""The tamper corpus of a PDF that carries what it rests on: every attack on stamp, store and signature is seen."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lasting import NOW, SOURCES, lasting_desk, written
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.generic import TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.validation.dss import DocumentSecurityStore
from signed_bundles import Desk
from signed_pdfs import attestation_in, resigned, signature_place, signed_anew, unsigned_part
from time_authority import Authority, needs_openssl, served

from auditkit.bundle import layout
from auditkit.bundle.issuing import read_root, revocation_list
from auditkit.bundle.pades_judging import PdfReader, judge
from auditkit.bundle.pades_reading import read_signed
from auditkit.bundle.time_service import TimeService
from auditkit.errors import IntegrityError

pytestmark = needs_openssl
EVERY = 6
LEAST = 39


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return lasting_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def bundle(desk: Desk) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_LOOPBACK", "1")
        yield written(desk, "lasting", *SOURCES)


@pytest.fixture(scope="module")
def corpus(desk: Desk, bundle: Path) -> list[tuple[str, bytes]]:
    pdf = (bundle / layout.REPORT_PDF).read_bytes()
    return [*on_bytes(pdf), *on_stamps(pdf, desk), *on_the_store(pdf, desk), *on_revisions(pdf, desk, bundle)]


def flipped(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def on_bytes(pdf: bytes) -> Iterator[tuple[str, bytes]]:
    """One byte at the beginning, in the middle and at the end of each thing that is carried; and of the signature."""
    found = read_signed(pdf)
    carried = {"certificate": found.certificates, "list": found.revocation_lists}
    for kind, contents in carried.items():
        for number, der in enumerate(contents):
            start = pdf.index(der)
            for where, at in (("first", 0), ("middle", len(der) // 2), ("last", len(der) - 1)):
                yield f"{kind} {number}: its {where} byte", flipped(pdf, start + at)
    at, content = signature_place(pdf)
    inside = {"the value": bytes.fromhex(found.signature.value), "the stamp": bytes.fromhex(found.signature.stamp)}
    for name, part in inside.items():
        for share in (0.1, 0.5, 0.9):
            changed = flipped(content, content.index(part) + int(share * len(part)))
            yield f"{name}: at {share}", pdf[:at] + changed.hex().upper().encode() + pdf[at + 2 * len(content) :]


def on_stamps(pdf: bytes, desk: Desk) -> Iterator[tuple[str, bytes]]:
    """Another stamp in the place of the one: of something else, by a stranger, twice."""
    own = bytes.fromhex(read_signed(pdf).signature.stamp)
    with served(Authority(desk.folder / "time").answer) as service:
        of_else = TimeService.at(service.url).token(bytes(32))
    with served(Authority.at(desk.folder / "stranger", "Stranger").answer) as service:
        stranger = TimeService.at(service.url)
        yield "a stranger's stamp", resigned(pdf, lambda signer: _stamp(signer, stranger.token(_digest(signer))))
    yield "a stamp of something else", resigned(pdf, lambda signer: _stamp(signer, of_else))
    yield "the stamp twice", resigned(pdf, lambda signer: _stamp(signer, own, own))


def on_the_store(pdf: bytes, desk: Desk) -> Iterator[tuple[str, bytes]]:
    """The store taken away, emptied, and with another list of the same root and length in it."""
    for name in (b"/DSS", b"/Certs", b"/CRLs"):
        yield f"{name.decode()} renamed", pdf.replace(name, name[:-1] + b"x")
    yield "no lists", _blanked(pdf, b"/CRLs [", b"]")
    yield "no certificates", _blanked(pdf, b"/Certs [", b"]")
    (own,) = [one for one in read_signed(pdf).revocation_lists if b"ACME root" in one and b"time" not in one]
    root, key = read_root(desk.folder / "root.key")
    while len(other := _another_list(root, key)) != len(own):
        pass  # a signature has 70 to 72 bytes
    yield "another list of the root's", pdf.replace(own, other)


def on_revisions(pdf: bytes, desk: Desk, bundle: Path) -> Iterator[tuple[str, bytes]]:
    """Something appended, as tools do that add to a signed file; cut off; and signed by somebody else."""
    store = io.BytesIO(pdf)
    DocumentSecurityStore.add_dss(store, None, certs=[_root_of_a_stranger(desk)])
    yield "a later store", store.getvalue()
    content = IncrementalPdfFileWriter(io.BytesIO(pdf))
    content.root["/Lang"] = TextStringObject("zh")
    content.update_root()
    out = io.BytesIO()
    content.write(out)
    yield "later content", out.getvalue()
    yield "bytes behind the end", pdf + b"\n"
    yield "the end cut off", pdf[:-1]
    yield "the part before the signature", unsigned_part(pdf)
    (desk.folder / "rogue").mkdir()
    rogue = Desk.at(desk.folder / "rogue").signer  # under the signer's own name
    envelope = (bundle / layout.ATTESTATION).read_bytes()
    yield "signed by another of the same name", signed_anew(unsigned_part(pdf), rogue, envelope)


def _stamp(signer: cms.SignerInfo, *tokens: bytes) -> None:
    values = [cms.ContentInfo.load(one) for one in tokens]
    stamp = cms.CMSAttribute({"type": "signature_time_stamp_token", "values": values})
    signer["unsigned_attrs"] = cms.CMSAttributes([stamp])


def _digest(signer: cms.SignerInfo) -> bytes:
    return hashlib.sha256(signer["signature"].native).digest()


def _blanked(pdf: bytes, begin: bytes, end: bytes) -> bytes:
    start = pdf.index(begin) + len(begin)
    stop = pdf.index(end, start)
    return pdf[:start] + b" " * (stop - start) + pdf[stop:]


def _another_list(root: x509.Certificate, key: object) -> bytes:
    made = revocation_list(root, key, before=None, revoke=None, now=NOW)
    return made.public_bytes(Encoding.DER)


def _root_of_a_stranger(desk: Desk) -> object:
    return load_cert_from_pemder(str(desk.folder / "stranger" / "root.crt"))


def missed(chosen: list[tuple[str, bytes]], desk: Desk, bundle: Path) -> list[str]:
    """The attacks after which the PDF is still taken, at any level, by somebody who knows the authority."""
    envelope = (bundle / layout.ATTESTATION).read_bytes()
    claim = attestation_in(envelope).predicate
    reader = PdfReader((x509.load_pem_x509_certificate((desk.folder / "time" / "root.crt").read_bytes()),))
    assert judge(read_signed((bundle / layout.REPORT_PDF).read_bytes()), claim, envelope, reader).level == "B-LT"
    found = []
    for name, changed in chosen:
        try:
            judge(read_signed(changed), claim, envelope, reader)
            found.append(name)
        except IntegrityError:
            continue
    return found


def test_a_part_of_the_corpus_is_seen(corpus: list[tuple[str, bytes]], desk: Desk, bundle: Path) -> None:
    original = (bundle / layout.REPORT_PDF).read_bytes()
    assert len(dict(corpus)) == len(corpus) >= LEAST
    assert [name for name, changed in corpus if changed == original] == []
    assert missed(corpus[::EVERY], desk, bundle) == []


@pytest.mark.slow
def test_the_whole_corpus_is_seen(corpus: list[tuple[str, bytes]], desk: Desk, bundle: Path) -> None:
    assert missed(corpus, desk, bundle) == []


def test_a_stamp_taken_away_is_said(bundle: Path) -> None:
    """Nobody signed it: the level falls, and who needs it demands it."""
    pdf, envelope = (bundle / layout.REPORT_PDF).read_bytes(), (bundle / layout.ATTESTATION).read_bytes()

    def without(signer: cms.SignerInfo) -> None:
        del signer["unsigned_attrs"]

    claim = attestation_in(envelope).predicate
    found = read_signed(resigned(pdf, without))
    assert judge(found, claim, envelope).level == "B-B"
    with pytest.raises(IntegrityError, match="the trust file demands B-LT"):
        judge(found, claim, envelope, PdfReader(least="B-LT"))
