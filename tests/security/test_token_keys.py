"""Keys on a token (SoftHSM): one signs all that a file signs, it verifies without the token, and no PIN gets out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from signed_bundles import NOW, Desk, failing
from signed_pdfs import small_pdf
from soft_tokens import MODULE, PIN, SoftToken, needs_softhsm

from auditkit.bundle.issuing import revoke
from auditkit.bundle.key_files import Under, make_authority, make_key_pair
from auditkit.bundle.keys import keyid_of
from auditkit.bundle.verify import verify
from auditkit.cli import main
from auditkit.errors import AuditError
from auditkit.host import Host
from auditkit.signers.addresses import address_in
from auditkit.signers.choosing import public_half_at, signer_at, signer_for
from auditkit.signers.issuing_keys import IssuingKey
from auditkit.signers.tokens import MODULE_VARIABLE, PIN_VARIABLE
from auditkit.spec import make_spec
from auditkit.specs.source import Source

pkcs11 = pytest.importorskip("pkcs11", reason="pip install 'auditkit[keys]'")
pytestmark = needs_softhsm

MADE = NOW - timedelta(days=30)
URL = "https://acme.example/root.crl"


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        yield SoftToken.made_in(tmp_path_factory.mktemp("token"), patch)
        pkcs11.unload(MODULE)  # the next who load it may have other settings


@pytest.fixture(autouse=True)
def pin(monkeypatch):
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    monkeypatch.delenv(MODULE_VARIABLE, raising=False)


def held(token, key="object=signer"):
    return IssuingKey(*public_half_at(address_in(token.address(key))))


@pytest.fixture(scope="module")
def certified(token, tmp_path_factory):
    """The folder of the key's certificate, as `keygen --key` makes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PIN_VARIABLE, PIN)
        folder = tmp_path_factory.mktemp("certified")
        make_key_pair(folder / "acme", "ACME model risk", now=MADE, held=held(token))
        return folder


def signer_of(token, certified, **options):
    return signer_at(token.address(certificate="acme.crt", **options), folder=certified)


@pytest.fixture(scope="module")
def bundle(token, certified):
    """A bundle with a PDF, and both signed by the token."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PIN_VARIABLE, PIN)
        desk = Desk(certified, signer_of(token, certified))
        return desk.write(render_pdf=small_pdf)


def test_bundle_of_a_token_verifies_without_the_token(bundle, certified, monkeypatch):
    monkeypatch.setenv("SOFTHSM2_CONF", os.devnull)
    monkeypatch.delenv(PIN_VARIABLE)
    found = Desk(certified, None).verify(bundle, key=certified / "acme.pub")
    assert (found.exit_code, failing(found)) == (0, set())
    assert "ACME model risk" in found["SIGNED BY"].text
    assert found["PDF"].state == "OK"


def test_keyid_is_the_rule_for_files(token, certified):
    pem = x509.load_pem_x509_certificate((certified / "acme.crt").read_bytes())
    assert signer_of(token, certified).keyid == keyid_of(pem.public_key())


def test_openssl_takes_the_signature(token, certified, tmp_path):
    (tmp_path / "message").write_bytes(b"message")
    (tmp_path / "signature").write_bytes(signer_of(token, certified).sign(b"message"))
    command = ["openssl", "dgst", "-sha256", "-verify", certified / "acme.pub", "-signature", "signature", "message"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout == b"Verified OK\n"


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="apt-get install poppler-utils: another reader of PDF")
def test_pdfsig_takes_the_pdf(bundle):
    said = subprocess.run(["pdfsig", "-nocert", bundle / "report.pdf"], capture_output=True, check=True, text=True)
    assert "Signature is Valid" in said.stdout
    assert "ACME model risk" in said.stdout


def test_pin_is_in_no_file_and_in_no_representation(bundle, certified, token):
    written = [path for folder in (bundle, certified) for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in written if PIN.encode() in path.read_bytes()]
    assert PIN not in repr(signer_of(token, certified))
    assert PIN not in repr(signer_of(token, certified)._sign.__self__)


def test_certificate_on_the_token_needs_no_file(token, certified):
    made = x509.load_pem_x509_certificate((certified / "acme.crt").read_bytes())
    token.store_certificate(made.public_bytes(Encoding.DER), b"\x01")
    for key in ("object=signer", "id=%01", "object=signer;id=%01;type=private"):
        assert signer_at(token.address(key)).name == "ACME model risk"


def test_pin_and_module_come_from_elsewhere(token, certified, monkeypatch):
    file = certified / "pin"
    file.write_text(f"{PIN}\n")
    file.chmod(0o600)
    monkeypatch.delenv(PIN_VARIABLE)
    assert signer_of(token, certified, pin_source=f"file:{file}").sign(b"x")
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    monkeypatch.setenv(MODULE_VARIABLE, MODULE)
    assert signer_at("pkcs11:token=audit;object=signer?certificate=acme.crt", folder=certified).sign(b"x")
    file.chmod(0o644)
    with pytest.raises(AuditError, match="can be read or changed by others"):
        signer_of(token, certified, pin_source=f"file:{file}")


def refused(soft, folder, key="object=signer", **options):
    with pytest.raises(AuditError) as caught:
        signer_at(soft.address(key, **options), folder=folder)
    assert PIN not in f"{caught.value.message} {caught.value.hint}"
    return f"{caught.value.message} / {caught.value.hint}"


def test_wrong_pin_is_tried_once_and_not_repeated(token, certified, monkeypatch):
    monkeypatch.setenv(PIN_VARIABLE, "999111")
    said = refused(token, certified, certificate="acme.crt")
    assert said.startswith(f"the PIN does not open the token 'audit' / check {PIN_VARIABLE}")
    assert "999111" not in said


def test_without_a_pin_nobody_waits(token, tmp_path, monkeypatch):
    monkeypatch.delenv(PIN_VARIABLE)
    assert f"the token 'audit' wants a PIN / put it into {PIN_VARIABLE}" in refused(token, tmp_path)


@pytest.mark.parametrize(
    ("key", "options", "words"),
    [
        ("object=signer", {"token": "audti"}, "there is no token 'token=audti' / .*there: 'audit' "),
        ("object=singer", {}, "no private key 'object=singer' / .*object=signer;id=%01"),
        ("id=01", {}, "no private key 'id=%30%31' / .*id=%01"),
        ("object=rsa", {}, "is one for RSA, and auditkit signs with P-256"),
        ("object=longer", {"certificate": "acme.crt"}, "is not one for P-256"),
        ("object=signer", {"certificate": "none.crt"}, "no certificate 'none.crt' that says who signs"),
        ("object=signer", {"module_path": "/nowhere.so"}, "the library '/nowhere.so' of the token cannot be loaded"),
        ("object=signer", {"pin_source": "|cat pin"}, "auditkit runs no command to get a PIN"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_with_what_is(token, certified, monkeypatch, key, options, words):
    monkeypatch.chdir(certified)
    assert re.search(words, refused(token, Path(), key, **options))


def test_token_without_a_certificate_says_how_one_is_made(token, tmp_path):
    assert "auditkit keygen audit --name 'YOUR NAME' --key 'pkcs11:token=audit;object=longer?" in refused(
        token, tmp_path, "object=longer"
    )


def test_certificate_of_another_key_is_refused_before_the_audit(token, tmp_path):
    make_key_pair(tmp_path / "other", "Somebody else", now=MADE)
    said = refused(token, tmp_path, certificate="other.crt")
    assert "what 'pkcs11:token=audit;object=signer' signs does not hold under '" in said
    assert "other.crt' / is it the certificate of this key? to make one: auditkit keygen" in said


def test_address_without_a_library_names_the_variable():
    with pytest.raises(AuditError, match="does not say by which library") as caught:
        signer_at("pkcs11:token=audit;object=signer")
    assert MODULE_VARIABLE in caught.value.hint


def test_unplugged_token_is_told_when_it_signs(token, certified, tmp_path):
    signer = signer_of(token, certified)
    tokens = token.folder / "tokens"
    tokens.rename(tmp_path / "drawer")
    try:
        with pytest.raises(AuditError, match="the token 'audit'") as caught:
            signer.sign(b"x")
        assert "plugged in" in caught.value.hint
    finally:
        (tmp_path / "drawer").rename(tokens)
        pkcs11.unload(MODULE)  # SoftHSM itself does not look again
    assert signer.sign(b"x")


def test_root_on_a_token_issues_and_revokes(token, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_authority(Path("root"), "ACME root", now=MADE, held=held(token))
    assert not Path("root.key").exists()
    issuer = token.address(certificate="root.crt")
    make_key_pair(Path("acme"), "ACME model risk", now=MADE, under=Under(issuer, URL))
    assert revoke(Path("acme.crt"), issuer, now=NOW) == Path("root.crl")
    for command in (
        ["verify", "-CAfile", "root.crt", "-attime", str(int(NOW.timestamp())), "acme.crt"],
        ["crl", "-in", "root.crl", "-CAfile", "root.crt", "-noout"],
    ):
        assert b"OK" in b"".join(_streams(["openssl", *command]))


def _streams(command):
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout, done.stderr


def exit_code(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    return left.value.code


def test_keygen_and_sign_take_the_address(token, certified, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    address = token.address()
    assert exit_code("keygen", "board", "--name", "Ethics board", "--key", address) == 0
    printed = capsys.readouterr().out
    assert '[signing] key = "pkcs11:token=audit;object=signer?' in printed
    assert "certificate=board.crt" in printed
    assert not Path("board.key").exists()
    bundle = Desk(tmp_path, signer_of(token, certified)).write()
    given = ["--role", "ethics board", "--decision", "accept", "--key", f"{address}&certificate=board.crt"]
    assert exit_code("sign", bundle, *given) == 0
    found = verify(bundle, now=NOW + timedelta(days=400), key=certified / "acme.pub")
    assert "ethics board" in found["COUNTERSIGNED"].text


def test_spec_names_the_address_and_its_certificate_beside_itself(token, certified):
    content = {"name": "x", "model": {"adapter": "a"}, "data": {"audit": "a"}}
    signing = {"key": token.address(certificate="acme.crt")}
    spec = make_spec(Source(content={**content, "signing": signing}, folder=certified))
    assert signer_for(spec, Host([])).name == "ACME model risk"


def test_pin_in_an_address_is_not_repeated(token, capsys):
    for said in (f"{token.address()}&pin-value={PIN}", f"pkcs11:token=audit;pin-value={PIN};object=signer"):
        assert exit_code("keygen", "x", "--name", "X", "--key", said) == 2
        assert PIN not in "".join(capsys.readouterr())
