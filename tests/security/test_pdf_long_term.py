"""PDFs that carry what they rest on (PAdES B-LT): what they prove when all is over, and what is refused."""

from __future__ import annotations

import asyncio
import hashlib
import io
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lasting import NOW, RESULT, SOURCES, URL, lasting_desk, written
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import simulate_future_ades_lta_validation
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from signed_bundles import Desk, failing
from signed_pdfs import attestation_in, judged, resigned
from time_authority import Authority, needs_openssl, served

from auditkit.bundle import layout
from auditkit.bundle.issuing import Reason, revoke
from auditkit.bundle.key_files import Under, make_authority, make_key_pair
from auditkit.bundle.keys import FileSigner
from auditkit.bundle.long_term import LongTerm
from auditkit.bundle.pades_judging import PdfReader, judge
from auditkit.bundle.pades_reading import read_signed
from auditkit.bundle.revocation import Evidence
from auditkit.bundle.statements import format_time
from auditkit.bundle.time_service import TimeService
from auditkit.bundle.verification import Verification
from auditkit.cli import main
from auditkit.errors import AuditError, IntegrityError
from auditkit.result import Run
from auditkit.testing.results import toy_result

pytestmark = needs_openssl
LATER = NOW + timedelta(days=500)
"""Every certificate and list is over, but for the signer's root."""


@pytest.fixture(scope="module", autouse=True)
def _reaches_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_LOOPBACK", "1")
        yield


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return lasting_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def authority(desk: Desk) -> Authority:
    return Authority(desk.folder / "time")


@pytest.fixture(scope="module")
def bundle(desk: Desk) -> Path:
    return written(desk, "lasting", *SOURCES)


@pytest.fixture(scope="module")
def stamped(desk: Desk) -> Path:
    """B-T: the same, and it carries nothing."""
    return written(desk, "stamped")


@pytest.fixture(scope="module")
def without(desk: Desk) -> Path:
    """No PDF; the manifest is stamped."""
    return written(desk, "without", render_pdf=None)


def read(
    desk: Desk, path: Path, *, now: datetime = NOW, crl: str = "root.crl", policy: str = "", more: str = ""
) -> Verification:
    """Verified with a trust file that names the two authorities, and the signer's list as it was once."""
    trust = desk.trust_file(pem="acme.crt", policy=policy)
    clock = '[[tsa]]\nname = "time"\npem = "time/root.crt"\n'
    tables = f'{clock}[[x509_root]]\nname = "ACME"\npem = "root.crt"\ncrl = "{crl}"\n'
    trust.write_text(trust.read_text().replace("[policy]", f"{tables}{more}[policy]"))
    return desk.verify(path, trust=trust, now=now + timedelta(minutes=1))


def pdf_of(bundle: Path) -> bytes:
    return (bundle / layout.REPORT_PDF).read_bytes()


def envelope_of(bundle: Path) -> bytes:
    return (bundle / layout.ATTESTATION).read_bytes()


def test_verify_says_the_level_and_what_it_rests_on(desk: Desk, bundle: Path, stamped: Path) -> None:
    found = read(desk, bundle)
    assert (found.exit_code, found.pades) == (0, "B-LT")
    assert "neither certificate was revoked then, by the lists of 'ACME root' and 'ACME time root'" in found["PDF"].text
    assert '"pades":"B-LT"' in found.model_dump_json()
    lower = read(desk, stamped)
    assert (lower.exit_code, lower.pades) == (0, "B-T")
    assert "not B-LT: it carries no revocation list" in lower["PDF"].text


def test_another_reader_finds_it_and_openssl_takes_it(bundle: Path, tmp_path: Path) -> None:
    """pikepdf reads the store, `openssl verify` the certificates and lists in it, at the moment of the stamp."""
    with pikepdf.open(bundle / layout.REPORT_PDF) as opened:
        store = opened.Root.DSS
        content = [bytes(one.read_bytes()) for one in (*store.Certs, *store.CRLs)]
    assert (len(content), len(store.CRLs)) == (6, 2)
    for number, der in enumerate(content):
        (tmp_path / f"{number}.der").write_bytes(der)
    words = ["openssl", "verify", "-crl_check", "-attime", str(int(datetime.now(UTC).timestamp())), "-CAfile"]
    for leaf, root, listed, purpose in ((0, 1, 4, "any"), (2, 3, 5, "timestampsign")):
        subprocess.run(["openssl", "x509", "-in", f"{root}.der", "-out", "ca.pem"], cwd=tmp_path, check=True)
        rest = ["ca.pem", "-CRLfile", f"{listed}.der", "-purpose", purpose, f"{leaf}.der"]
        done = subprocess.run([*words, *rest], cwd=tmp_path, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr


def test_pyhanko_takes_it_after_the_certificates_are_over(desk: Desk, bundle: Path, stamped: Path) -> None:
    """The reference for the future: ETSI EN 319 102-1 as pyHanko carries it out, with a demand for revocation lists."""
    roots = [load_cert_from_pemder(str(desk.folder / name)) for name in ("root.crt", "time/root.crt")]
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots), revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO)
    )
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(cert_validation_policy=policy))
    said = []
    for path in (bundle, stamped):
        (found,) = PdfFileReader(io.BytesIO(pdf_of(path))).embedded_regular_signatures
        future = simulate_future_ades_lta_validation(found, spec, future_validation_time=LATER)
        said.append(asyncio.run(future).ades_subindic)
    assert (said[0], said[1] is AdESPassed.OK) == (AdESPassed.OK, False)


def test_when_all_is_over_what_it_carries_holds(desk: Desk, bundle: Path, without: Path, tmp_path: Path) -> None:
    old = aside(desk, "old", NOW - timedelta(days=100))
    alone = Path(shutil.copy(bundle / layout.REPORT_PDF, tmp_path / "report.pdf"))
    for path in (bundle, alone):
        found = read(desk, path, now=LATER, crl=old)
        assert (failing(found), found["TRUSTED"].state, found.exit_code) == (set(), "OK", 0)
    found = read(desk, without, now=LATER, crl=old)
    assert (failing(found), "out of date" in found["TRUSTED"].text) == ({"TRUSTED"}, True)
    assert failing(read(desk, without, now=LATER)) == set(), "the reader kept the list that was current then"


def test_a_certificate_that_is_over_needs_a_stamp(desk: Desk) -> None:
    plain = desk.write("plain", result=RESULT, valid_days=3650)
    assert failing(read(desk, plain)) == set()
    found = read(desk, plain, now=LATER)
    assert (failing(found), "was not valid" in found["TRUSTED"].text) == ({"TRUSTED"}, True)


def aside(desk: Desk, name: str, now: datetime, *, reason: Reason | None = None, whom: str | None = None) -> str:
    """A list that the signer's root made at a time, in a folder apart."""
    folder = desk.folder / name
    folder.mkdir()
    for part in ("root.key", "root.crt", "root.crl"):
        shutil.copy(desk.folder / part, folder)
    revoke(None if whom is None else desk.folder / whom, folder / "root.key", reason=reason, now=now)
    return f"{name}/root.crl"


@pytest.mark.parametrize(
    ("when", "reason", "state"),
    [
        (timedelta(days=30), "superseded", "OK"),
        (timedelta(days=30), "key_compromise", "FAIL"),
        (timedelta(days=30), None, "FAIL"),
        (-timedelta(minutes=2), "superseded", "FAIL"),
    ],
)
def test_a_later_revocation(desk: Desk, without: Path, when: timedelta, reason: Reason | None, state: str) -> None:
    """A stamp from before lets stand what was signed, unless the key was lost, or may have been."""
    crl = aside(desk, f"{reason}-{when.days}", NOW + when, reason=reason, whom="acme.crt")
    found = read(desk, without, now=NOW + timedelta(days=60), crl=crl)
    assert found["TRUSTED"].state == state
    assert ("was revoked on" in found["TRUSTED"].text) == (state == "FAIL")


def test_keys_are_changed(desk: Desk, without: Path) -> None:
    """The old certificate is superseded, the new one issued: one trust file takes what each signed in its time."""
    crl = aside(desk, "changed", NOW + timedelta(days=1), reason="superseded", whom="acme.crt")
    pair = make_key_pair(desk.folder / "new", "ACME model risk", under=Under(desk.folder / "root.key", URL))
    new = FileSigner.load(pair.private)
    later = NOW + timedelta(days=2)
    result = toy_result(run=Run(created=format_time(later), seconds=1.5, device="cpu", executor="local"))
    bundles = [without, *(desk.write(f"by {one.keyid[:4]}", result=result, signer=one) for one in (new, desk.signer))]
    other = f'[[key]]\nkeyid = "{new.keyid}"\nname = "ACME"\npem = "new.crt"\n'
    found = [read(desk, one, now=later, crl=crl, more=other) for one in bundles]
    assert [one["TRUSTED"].state for one in found] == ["OK", "OK", "FAIL"]


def test_a_list_is_made_current_without_revoking_anybody(tmp_path: Path) -> None:
    make_authority(tmp_path / "root", "ACME root", now=NOW - timedelta(days=100))
    old = Evidence.read((tmp_path / "root.crl").read_bytes()).lists[0]
    with pytest.raises(SystemExit):
        main(["revoke", "--issuer", str(tmp_path / "root.key")])
    new = Evidence.read((tmp_path / "root.crl").read_bytes()).lists[0]
    assert (len(list(new)), new.next_update_utc > NOW > old.next_update_utc) == (0, True)


@pytest.fixture(scope="module")
def token(authority: Authority) -> bytes:
    with served(authority.answer) as service:
        return TimeService.at(service.url).try_out()


def refusal(desk: Desk, token: bytes, *sources: str, signer: FileSigner | None = None) -> AuditError:
    with pytest.raises(AuditError) as refused:
        LongTerm(sources, desk.folder).covering(signer or desk.signer, token)
    return refused.value


def test_what_is_not_there_is_asked_for_by_name(desk: Desk, token: bytes, tmp_path: Path) -> None:
    without_list = refusal(desk, token, "root.crt", "time/root.crt", "time/root.crl")
    assert "the revocation list of 'ACME root' is not there" in without_list.message
    assert URL in without_list.hint
    assert "the certificate that issued 'ACME model risk' is not there" in refusal(desk, token).message
    assert "'ACME time'" in refusal(desk, token, "root.crt", "root.crl").message
    assert "cannot be read" in refusal(desk, token, "absent.crl").message
    assert "neither a certificate" in refusal(desk, token, "acme.pub").message
    assert "no address" in refusal(desk, token, "file:///etc/passwd").message
    own = FileSigner.load(make_key_pair(tmp_path / "own", "ACME").private)
    by_itself = refusal(desk, token, *SOURCES, signer=own)
    assert ("issued by itself" in by_itself.message, "--authority" in by_itself.hint) == (True, True)


def test_a_list_that_is_over_or_names_the_signer_is_refused(desk: Desk, token: bytes, tmp_path: Path) -> None:
    make_authority(tmp_path / "root", "ACME root", now=NOW - timedelta(days=100))
    pair = make_key_pair(tmp_path / "acme", "ACME", under=Under(tmp_path / "root.key", URL))
    signer = FileSigner.load(pair.private)
    own = [str(tmp_path / name) for name in ("root.crt", "root.crl")]
    assert "out of date" in refusal(desk, token, *own, *SOURCES[2:], signer=signer).message
    revoke(pair.certificate, tmp_path / "root.key", now=NOW)
    assert "was revoked on" in refusal(desk, token, *own, *SOURCES[2:], signer=signer).message


def test_what_cannot_be_read_is_a_fault_and_no_crash(desk: Desk) -> None:
    """A certificate with an extension twice, well signed: RFC 5280, section 4.2, forbids it."""
    key = load_pem_private_key((desk.folder / "root.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    twice = load_cert_from_pemder(str(desk.folder / "acme.crt"))
    body = twice["tbs_certificate"]
    body["extensions"].append(body["extensions"][0])
    signature = key.sign(body.dump(force=True), ec.ECDSA(hashes.SHA256()))
    whole = {"tbs_certificate": body, "signature_algorithm": twice["signature_algorithm"], "signature_value": signature}
    leaf = x509.load_der_x509_certificate(type(twice)(whole).dump(force=True))
    here = Evidence()
    for name in SOURCES[:2]:
        here += Evidence.read((desk.folder / name).read_bytes())
    with pytest.raises(IntegrityError, match="cannot be read: DuplicateExtension"):
        here.covering(leaf, at=datetime.now(UTC))


def test_a_list_is_fetched_where_its_address_was_named(desk: Desk, token: bytes) -> None:
    listed = (desk.folder / "root.crl").read_bytes()
    with served(lambda _: listed) as published:
        found = LongTerm((published.url, "root.crt", *SOURCES[2:]), desk.folder).covering(desk.signer, token)
    assert (len(published.asked), len(found.certificates), len(found.lists)) == (1, 4, 2)
    assert "gives no answer" in refusal(desk, token, published.url, *SOURCES).message


def test_a_stamp_taken_away_or_by_a_stranger_lowers_the_level(
    bundle: Path, authority: Authority, tmp_path: Path
) -> None:
    def strange(signer: cms.SignerInfo) -> None:
        with served(Authority.at(tmp_path / "stranger", "Stranger").answer) as service:
            token = TimeService.at(service.url).token(hashlib.sha256(signer["signature"].native).digest())
        stamp = {"type": "signature_time_stamp_token", "values": [cms.ContentInfo.load(token)]}
        signer["unsigned_attrs"] = cms.CMSAttributes([cms.CMSAttribute(stamp)])

    changed = resigned(pdf_of(bundle), strange)
    assert at_level(changed, bundle) == "B-T"
    assert "the certificate that issued 'Stranger' is not there" in judged(changed, envelope_of(bundle))
    known = PdfReader((x509.load_pem_x509_certificate(authority.root.read_bytes()),))
    assert at_level(pdf_of(bundle), bundle, known) == "B-LT"
    with pytest.raises(IntegrityError, match="no time-stamping authority of the trust file"):
        at_level(changed, bundle, known)


def at_level(pdf: bytes, bundle: Path, reader: PdfReader | None = None) -> str:
    claim = attestation_in(envelope_of(bundle)).predicate
    return judge(read_signed(pdf), claim, envelope_of(bundle), reader).level


def test_a_level_with_a_stamp_needs_an_authority(desk: Desk, bundle: Path) -> None:
    with pytest.raises(AuditError, match="name whose you take"):
        desk.verify(bundle, trust=desk.trust_file(policy='min_pades = "B-LT"'), now=NOW)


def test_a_level_can_be_demanded(desk: Desk, bundle: Path, stamped: Path, without: Path) -> None:
    assert failing(read(desk, without, policy='min_pades = "B-B"')) == {"PDF"}
    demanding = PdfReader(least="B-LT")
    assert at_level(pdf_of(bundle), bundle, demanding) == "B-LT"
    with pytest.raises(IntegrityError, match="signed at PAdES B-T, and the trust file demands B-LT"):
        at_level(pdf_of(stamped), stamped, demanding)
