"""PDFs with a time stamp (PAdES B-T), by `openssl ts` behind HTTP: what it proves, and when it is not taken."""

from __future__ import annotations

import io
import random
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from signed_bundles import Desk, failing
from signed_pdfs import attestation_in, judged, resigned, signature_place, small_pdf
from time_authority import Authority, needs_openssl, served

from auditkit.bundle import layout
from auditkit.bundle.pades_judging import PdfReader, judge
from auditkit.bundle.pades_reading import read_signed
from auditkit.bundle.statements import format_time
from auditkit.bundle.time_service import TimeService
from auditkit.bundle.timestamps import ask
from auditkit.cli import main
from auditkit.errors import AuditError, IntegrityError
from auditkit.result import Run
from auditkit.testing.results import toy_result

pytestmark = needs_openssl
FUZZED = 4


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module", autouse=True)
def _reaches_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_LOOPBACK", "1")
        yield


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("time") / "tsa")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.at(tmp_path_factory.mktemp("desk"))


def written(desk: Desk, authority: Authority, name: str, *, ended: timedelta = timedelta()) -> Path:
    """A bundle whose PDF and manifest are stamped; the audit says that it ended so long from now."""
    run = Run(created=format_time(now() + ended), seconds=1.5, device="cpu", executor="local")
    with served(authority.answer) as service:
        clock = TimeService.at(service.url)
        bundle = desk.write(name, result=toy_result(run=run), render_pdf=small_pdf, clock=clock)
    assert len(service.asked) == 2, "one request for the PDF, one for the manifest"
    return bundle


@pytest.fixture(scope="module")
def bundle(desk: Desk, authority: Authority) -> Path:
    return written(desk, authority, "stamped")


def trusting(desk: Desk, authority: Authority | None, policy: str = "") -> Path:
    trust = desk.trust_file(policy=policy)
    if authority is not None:
        clock = f'[[tsa]]\nname = "ACME time"\npem = "{authority.root}"\n[policy]'
        trust.write_text(trust.read_text().replace("[policy]", clock))
    return trust


def test_a_stamped_bundle_proves_its_time_twice(desk: Desk, bundle: Path, authority: Authority) -> None:
    found = desk.verify(bundle, trust=trusting(desk, authority, "require_timestamp = true"), now=now())
    assert (found.exit_code, found["TIME"].state, found["PDF"].state) == (0, "OK", "OK")
    said = found["PDF"].text
    assert said.startswith("PAdES B-T by the key of the attestation, over the whole file; stamped at ")
    assert "RFC 3161, by 'ACME time'" in said


def test_openssl_verifies_the_stamp_of_the_manifest(bundle: Path, authority: Authority) -> None:
    words = ["openssl", "ts", "-verify", "-data", bundle / layout.MANIFEST, "-in", bundle / layout.TIMESTAMP]
    done = subprocess.run([*words, "-CAfile", authority.root], check=True, capture_output=True, timeout=60)
    assert b"OK" in done.stdout


def test_pyhanko_takes_the_stamp_by_its_root_alone(desk: Desk, bundle: Path, authority: Authority) -> None:
    """The reference: pyHanko's own bottom line, which asks for a trusted stamp wherever there is one."""
    (found,) = PdfFileReader(io.BytesIO((bundle / layout.REPORT_PDF).read_bytes())).embedded_regular_signatures
    own = ValidationContext(trust_roots=[load_cert_from_pemder(str(desk.key.with_suffix(".crt")))])
    for roots, taken in (([load_cert_from_pemder(str(authority.root))], True), ([], False)):
        times = ValidationContext(trust_roots=roots)
        loose = KeyUsageConstraints(key_usage=set())
        status = validate_pdf_signature(found, own, ts_validation_context=times, key_usage_settings=loose)
        assert (status.intact, status.valid, status.bottom_line) == (True, True, taken)


def test_a_stranger_s_stamp_is_told_of_and_not_believed(desk: Desk, bundle: Path) -> None:
    found = desk.verify(bundle, trust=trusting(desk, None), now=now())
    assert (found.exit_code, found["TIME"].state) == (0, "NOT CHECKED")
    assert "by an authority that you do not know ([[tsa]] in a trust file)" in found["PDF"].text


def test_a_stamp_by_another_authority_is_refused(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    found = desk.verify(bundle, trust=trusting(desk, Authority.at(tmp_path / "other")), now=now())
    assert (failing(found), found.exit_code) == ({"TIME", "PDF"}, 4)


def test_a_stamp_from_before_the_audit_is_refused(desk: Desk, authority: Authority) -> None:
    late = written(desk, authority, "late", ended=timedelta(hours=1))
    found = desk.verify(late, trust=trusting(desk, authority), now=now() + timedelta(hours=2))
    assert failing(found) == {"TIME", "PDF"}
    assert "before the audit was finished" in found["PDF"].text


def test_a_lone_pdf_proves_its_own_time(desk: Desk, bundle: Path, authority: Authority, tmp_path: Path) -> None:
    alone = tmp_path / "report.pdf"
    alone.write_bytes((bundle / layout.REPORT_PDF).read_bytes())
    demanding = trusting(desk, authority, "require_timestamp = true")
    found = desk.verify(alone, trust=demanding, now=now())
    assert (found.exit_code, found["TIME"].state) == (0, "OK")
    assert failing(desk.verify(alone, trust=trusting(desk, None, "require_timestamp = true"), now=now())) == {"TIME"}
    plain = desk.write("plain", render_pdf=small_pdf) / layout.REPORT_PDF
    assert failing(desk.verify(plain, trust=trusting(desk, authority, "require_timestamp = true"))) == {"TIME"}


def with_stamps(*tokens: bytes) -> Callable[[cms.SignerInfo], None]:
    def change(signer: cms.SignerInfo) -> None:
        values = [cms.ContentInfo.load(one) for one in tokens]
        attribute = cms.CMSAttribute({"type": "signature_time_stamp_token", "values": values})
        signer["unsigned_attrs"] = cms.CMSAttributes([attribute])

    return change


def test_a_stamp_taken_away_leaves_b_b(bundle: Path) -> None:
    """Nobody signed it, so nothing shows it: who needs it demands it, and a bundle's manifest lists the file."""

    def without(signer: cms.SignerInfo) -> None:
        del signer["unsigned_attrs"]

    pdf, envelope = (bundle / layout.REPORT_PDF).read_bytes(), (bundle / layout.ATTESTATION).read_bytes()
    assert judged(pdf, envelope).startswith("PAdES B-T")
    assert judged(resigned(pdf, without), envelope).startswith("PAdES B-B")


def test_other_stamps_in_its_place_are_refused(bundle: Path, authority: Authority) -> None:
    pdf, envelope = (bundle / layout.REPORT_PDF).read_bytes(), (bundle / layout.ATTESTATION).read_bytes()
    own = bytes.fromhex(read_signed(pdf).signature.stamp)
    with served(authority.answer) as service:
        other = TimeService.at(service.url).token(bytes(32))
    for change in (with_stamps(other), with_stamps(own, own)):
        with pytest.raises(IntegrityError):
            judged(resigned(pdf, change), envelope)


@pytest.mark.slow
def test_no_byte_of_it_changes_unseen(bundle: Path, authority: Authority) -> None:
    pdf, envelope = (bundle / layout.REPORT_PDF).read_bytes(), (bundle / layout.ATTESTATION).read_bytes()
    at, content = signature_place(pdf)
    reader = PdfReader((x509.load_pem_x509_certificate(authority.root.read_bytes()),))
    draw = random.Random(3)
    token = bytes.fromhex(read_signed(pdf).signature.stamp)
    start, length = content.index(token), len(token)
    claim = attestation_in(envelope).predicate
    assert judge(read_signed(pdf), claim, envelope, reader)
    for place in draw.sample(range(start, start + length), FUZZED):
        flipped = bytearray(content)
        flipped[place] ^= 1 << draw.randrange(8)
        changed = pdf[:at] + flipped.hex().upper().encode() + pdf[at + 2 * len(content) :]
        with pytest.raises(IntegrityError):
            judge(read_signed(changed), claim, envelope, reader)


REFUSED = bytes.fromhex("30053003020102")
"""A reply whose status is `rejection`."""


@pytest.mark.parametrize(
    ("answer", "status"), [(b"", 200), (b"no", 200), (REFUSED, 200), (bytes(70_000), 200), (b"busy", 503)]
)
def test_an_authority_that_gives_no_stamp(answer: bytes, status: int) -> None:
    with served(lambda _: answer, status) as service, pytest.raises(AuditError) as refused:
        TimeService.at(service.url).try_out()
    assert service.url in refused.value.message
    assert "--tsa" in refused.value.hint
    with pytest.raises(AuditError, match="gives no answer"):
        TimeService.at(service.url).try_out()  # nobody listens there any more


def test_an_answer_to_another_request_is_refused(authority: Authority) -> None:
    with served(lambda _: authority.answer(ask(b"another"))) as service, pytest.raises(AuditError, match="another"):
        TimeService.at(service.url).try_out()


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "tsa.example", "http://", "http://u:p@tsa.example", "http://a b", "http://[", ""]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(AuditError, match="no address"):
        TimeService.at(url)


def test_timestamp_asks_when_it_is_told_whom(
    desk: Desk, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = desk.write("later")
    with served(authority.answer) as service, pytest.raises(SystemExit) as left:
        main(["timestamp", str(bundle), "--tsa", service.url])
    assert (left.value.code, len(service.asked)) == (0, 1)
    assert "stamped" in capsys.readouterr().out
    found = desk.verify(bundle, trust=trusting(desk, authority), now=now())
    assert "RFC 3161, by 'ACME time'" in found["TIME"].text
