"""An authority of one's own: issued certificates, the revocation list, and encrypted keys, read by openssl as well."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from signed_bundles import NOW, Desk, failing

from auditkit.bundle.issuing import LIST_DAYS, revoke
from auditkit.bundle.key_files import Under, make_authority, make_key_pair
from auditkit.bundle.keys import PASSPHRASE_VARIABLE, FileSigner
from auditkit.bundle.verification import Verification
from auditkit.cli import main
from auditkit.errors import AuditError

URL = "https://acme.example/root.crl"
MADE = NOW - timedelta(days=30)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A signer under a root; `root.*` lie beside their key."""
    make_authority(tmp_path / "root", "ACME root", now=MADE)
    pair = make_key_pair(tmp_path / "acme", "ACME model risk", now=MADE, under=Under(tmp_path / "root.key", URL))
    return Desk(tmp_path, FileSigner.load(pair.private))


def trusting(desk: Desk, *, crl: bool = True, root: str = "root", pem: str = "acme.crt") -> Path:
    path = desk.trust_file(pem=pem)
    listed = f'crl = "{root}.crl"\n' if crl else ""
    authority = f'[[x509_root]]\nname = "ACME root"\npem = "{root}.crt"\n{listed}'
    path.write_text(path.read_text().replace("[policy]", f"{authority}[policy]"))
    return path


def checked(desk: Desk, *, now: datetime = NOW, crl: bool = True, root: str = "root") -> Verification:
    if not (desk.folder / "bundle").exists():
        desk.write()
    return desk.verify(desk.folder / "bundle", trust=trusting(desk, crl=crl, root=root), now=now)


def test_signer_under_a_known_root_is_trusted(desk: Desk) -> None:
    assert checked(desk).exit_code == 0
    assert checked(desk, crl=False).exit_code == 0


def test_revoked_signer_is_not(desk: Desk) -> None:
    revoke(desk.folder / "acme.crt", desk.folder / "root.key", now=NOW - timedelta(hours=1))
    found = checked(desk)
    assert (failing(found), found.exit_code) == ({"TRUSTED"}, 4)
    assert "was revoked on 2026-11-22" in found["TRUSTED"].text


def test_revocation_list_that_is_out_of_date_is_no_evidence(desk: Desk) -> None:
    late = MADE + timedelta(days=LIST_DAYS, hours=1)
    found = checked(desk, now=late)
    assert (failing(found), "out of date" in found["TRUSTED"].text) == ({"TRUSTED"}, True)
    assert checked(desk, now=late, crl=False).exit_code == 0


def test_signer_under_another_root_of_the_same_name_is_not_trusted(desk: Desk) -> None:
    make_authority(desk.folder / "other", "ACME root", now=MADE)
    found = checked(desk, root="other")
    assert (failing(found), "issued by no root" in found["TRUSTED"].text) == ({"TRUSTED"}, True)


def test_certificate_that_is_over_is_not_trusted(desk: Desk, tmp_path: Path) -> None:
    long_ago = NOW - timedelta(days=500)
    make_authority(tmp_path / "old", "ACME root", now=long_ago)
    make_key_pair(tmp_path / "late", "ACME model risk", now=long_ago, under=Under(tmp_path / "old.key", URL))
    signer = FileSigner.load(tmp_path / "late.key")
    bundle = desk.write("late-bundle", signer=signer)
    trust = trusting(desk, crl=False, root="old", pem="late.crt")
    trust.write_text(trust.read_text().replace(desk.signer.keyid, signer.keyid))
    found = desk.verify(bundle, trust=trust)
    assert (failing(found), "was not valid when it signed" in found["TRUSTED"].text) == ({"TRUSTED"}, True)


def test_where_roots_are_named_a_bare_key_is_no_way_past_their_lists(desk: Desk) -> None:
    with pytest.raises(AuditError, match="authorities"):
        desk.verify(desk.write(), trust=trusting(desk, pem="acme.pub"))


def test_list_that_is_not_the_roots_is_refused(desk: Desk) -> None:
    make_authority(desk.folder / "other", "ACME root", now=MADE)
    shutil.copy(desk.folder / "other.crl", desk.folder / "root.crl")
    with pytest.raises(AuditError, match="not signed by it"):
        checked(desk)


def test_a_list_grows_and_says_whom_it_knew_before(desk: Desk) -> None:
    second = make_key_pair(desk.folder / "second", "ACME", now=MADE, under=Under(desk.folder / "root.key", URL))
    revoke(desk.folder / "acme.crt", desk.folder / "root.key", now=NOW)
    revoke(second.certificate, desk.folder / "root.key", now=NOW)
    listed = x509.load_pem_x509_crl((desk.folder / "root.crl").read_bytes())
    assert len(list(listed)) == 2
    assert listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 3
    with pytest.raises(AuditError, match="revoked already"):
        revoke(second.certificate, desk.folder / "root.key", now=NOW)


def test_only_a_root_issues_and_revokes(desk: Desk) -> None:
    with pytest.raises(AuditError, match="no authority's key"):
        make_key_pair(desk.folder / "third", "ACME", under=Under(desk.folder / "acme.key", URL))
    assert not (desk.folder / "third.key").exists()
    make_authority(desk.folder / "other", "ACME root", now=MADE)
    with pytest.raises(AuditError, match="no certificate under"):
        revoke(desk.folder / "acme.crt", desk.folder / "other.key")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="apt-get install openssl")
def test_openssl_reads_chain_and_list(desk: Desk) -> None:
    at = str(int((NOW - timedelta(days=1)).timestamp()))
    words = [
        "openssl",
        "verify",
        "-attime",
        at,
        "-crl_check",
        "-CAfile",
        "root.crt",
        "-CRLfile",
        "root.crl",
        "acme.crt",
    ]
    good = subprocess.run(words, cwd=desk.folder, capture_output=True, check=False, timeout=60)
    assert good.returncode == 0, good.stderr
    revoke(desk.folder / "acme.crt", desk.folder / "root.key", now=MADE)
    bad = subprocess.run(words, cwd=desk.folder, capture_output=True, check=False, timeout=60)
    assert (bad.returncode, b"revoked" in bad.stderr) == (2, True)
    leaf = x509.load_pem_x509_certificate((desk.folder / "acme.crt").read_bytes())
    (place,) = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [name.value for name in place.full_name or ()] == [URL]


def _typed(*words: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    assert isinstance(left.value.code, int)
    return left.value.code


def test_as_it_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "correct horse")
    monkeypatch.chdir(tmp_path)
    assert _typed("keygen", "root", "--authority", "--name", "ACME root", "--encrypt") == 0
    assert _typed("keygen", "audit", "--name", "ACME", "--encrypt", "--issuer", "root.key", "--crl-url", URL) == 0
    assert b"ENCRYPTED" in (tmp_path / "audit.key").read_bytes()
    assert FileSigner.load(tmp_path / "audit.key").name == "ACME"
    assert _typed("revoke", "audit.crt", "--issuer", "root.key") == 0
    assert "root.crl" in capsys.readouterr().out
    assert _typed("keygen", "x", "--name", "ACME", "--issuer", "root.key") == 2
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "wrong")
    with pytest.raises(AuditError, match="does not open"):
        FileSigner.load(tmp_path / "audit.key")
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    with pytest.raises(AuditError, match="is encrypted"):
        FileSigner.load(tmp_path / "audit.key")
    assert _typed("keygen", "y", "--name", "ACME", "--encrypt") == 2
    assert not (tmp_path / "y.key").exists()


def test_a_passphrase_is_asked_for_at_a_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import getpass
    import sys

    make_key_pair(desk.folder / "locked", "ACME", now=datetime.now(UTC), passphrase="correct horse")
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda _: "correct horse")
    assert FileSigner.load(desk.folder / "locked.key").name == "ACME"
