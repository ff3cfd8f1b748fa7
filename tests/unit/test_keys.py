"""Keys: what is written, what is refused, and that the development key is one and the same for everybody at once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from auditkit.bundle.key_files import KeyPair, development_signer, make_key_pair
from auditkit.bundle.keys import DEVELOPMENT_NAME, FileSigner, keyid_of, public_key_from_pem, signature_holds
from auditkit.errors import AuditError

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def pair(tmp_path: Path) -> KeyPair:
    return make_key_pair(tmp_path / "audit", "ACME model risk", now=NOW)


def write_key(path: Path, key: object, passphrase: bytes | None = None) -> Path:
    protection = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
    path.chmod(0o600)
    return path


def test_key_pair_is_three_files_and_the_private_one_is_its_owners(pair: KeyPair) -> None:
    assert [path.name for path in (pair.private, pair.public, pair.certificate)] == [
        "audit.key",
        "audit.pub",
        "audit.crt",
    ]
    assert pair.private.stat().st_mode & 0o777 == 0o600


def test_signer_signs_what_its_public_key_verifies(pair: KeyPair) -> None:
    signer = FileSigner.load(pair.private)
    public = public_key_from_pem(pair.public.read_bytes(), name="audit.pub")
    assert signature_holds(public, signer.sign(b"message"), b"message")
    assert not signature_holds(public, signer.sign(b"message"), b"massage")
    assert not signature_holds(public, b"no signature", b"message")


def test_keyid_is_openssls_digest_of_the_public_key(pair: KeyPair) -> None:
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(pair.public), "-outform", "DER"], capture_output=True, check=True
    ).stdout
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=der, capture_output=True, check=True).stdout
    assert FileSigner.load(pair.private).keyid == digest.decode().split()[0]


def test_certificate_names_the_signer_and_carries_the_same_key(pair: KeyPair) -> None:
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=ACME model risk"
    assert (
        keyid_of(public_key_from_pem(pair.certificate.read_bytes(), name="audit.crt"))
        == FileSigner.load(pair.private).keyid
    )
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment


@pytest.mark.parametrize("ending", [".key", ".pub", ".crt"])
def test_keys_are_never_overwritten(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"audit{ending}").write_text("mine")
    with pytest.raises(AuditError, match="exists"):
        make_key_pair(tmp_path / "audit", "ACME")
    assert [path.name for path in tmp_path.iterdir()] == [f"audit{ending}"]


def test_key_pair_in_a_missing_folder_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="No such file") as caught:
        make_key_pair(tmp_path / "absent" / "audit", "ACME")
    assert "--out" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "ACME\nOK", "A\x1b[31m"])
def test_names_that_no_certificate_should_carry_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AuditError, match="cannot be called") as caught:
        make_key_pair(tmp_path / "audit", name)
    assert caught.value.message.isprintable()


def test_nobody_takes_the_name_of_the_development_key(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="kept for development"):
        make_key_pair(tmp_path / "audit", DEVELOPMENT_NAME)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
        (rsa.generate_private_key(65537, 2048), "rsa"),
        (ec.generate_private_key(ec.SECP384R1()), "secp384r1"),
    ],
    ids=["ed25519", "rsa", "p-384"],
)
def test_keys_of_another_kind_are_refused_by_name(tmp_path: Path, key: object, kind: str) -> None:
    with pytest.raises(AuditError, match=f"a key for {kind}, and auditkit signs with P-256") as caught:
        FileSigner.load(write_key(tmp_path / "audit.key", key))
    assert "auditkit keygen" in caught.value.hint


def test_garbage_is_not_a_key(tmp_path: Path) -> None:
    path = tmp_path / "audit.key"
    path.write_bytes(b"\x00garbage")
    path.chmod(0o600)
    with pytest.raises(AuditError, match="not a private key"):
        FileSigner.load(path)


def test_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="there is no key") as caught:
        FileSigner.load(tmp_path / "audit.key")
    assert "auditkit keygen" in caught.value.hint


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660])
def test_key_that_others_can_read_or_change_is_refused(pair: KeyPair, mode: int) -> None:
    pair.private.chmod(mode)
    with pytest.raises(AuditError, match="by others") as caught:
        FileSigner.load(pair.private)
    assert caught.value.hint == f"chmod 600 {pair.private}"


def test_key_mounted_for_a_group_is_taken(pair: KeyPair) -> None:
    pair.private.chmod(0o440)
    assert FileSigner.load(pair.private).name == "ACME model risk"


def test_key_without_certificate_says_how_to_make_one(pair: KeyPair) -> None:
    pair.certificate.unlink()
    with pytest.raises(AuditError, match="no certificate") as caught:
        FileSigner.load(pair.private)
    assert caught.value.hint.startswith("openssl req -x509")


def test_certificate_of_another_key_is_refused(pair: KeyPair, tmp_path: Path) -> None:
    other = make_key_pair(tmp_path / "other", "ACME", now=NOW)
    pair.certificate.write_bytes(other.certificate.read_bytes())
    with pytest.raises(AuditError, match="is not the certificate of"):
        FileSigner.load(pair.private)


def encrypted(pair: KeyPair) -> Path:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return write_key(pair.private, load_pem_private_key(pair.private.read_bytes(), None), b"open sesame")


def test_encrypted_key_without_passphrase_names_the_variable(pair: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDITKIT_KEY_PASSPHRASE", raising=False)
    with pytest.raises(AuditError, match="is encrypted") as caught:
        FileSigner.load(encrypted(pair))
    assert "AUDITKIT_KEY_PASSPHRASE" in caught.value.hint


def test_encrypted_key_opens_with_the_passphrase_of_the_environment(
    pair: KeyPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = FileSigner.load(pair.private).keyid
    monkeypatch.setenv("AUDITKIT_KEY_PASSPHRASE", "open sesame")
    assert FileSigner.load(encrypted(pair)).keyid == before


def test_wrong_passphrase_is_said_so(pair: KeyPair) -> None:
    with pytest.raises(AuditError, match="passphrase does not open"):
        FileSigner.load(encrypted(pair), passphrase="open barley")


def test_private_key_where_a_public_one_is_wanted_is_refused(pair: KeyPair) -> None:
    with pytest.raises(AuditError, match="not a public key") as caught:
        public_key_from_pem(pair.private.read_bytes(), name="audit.key")
    assert "public half" in caught.value.hint


def test_development_key_is_made_once_in_the_home_of_auditkit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITKIT_HOME", str(tmp_path / "home"))
    first, second = development_signer(), development_signer()
    assert first.keyid == second.keyid
    assert first.development
    assert first.name == "UNTRUSTED auditkit development key"
    assert (tmp_path / "home" / "development-key" / "signer.key").stat().st_mode & 0o777 == 0o600


def test_development_keys_made_at_once_are_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITKIT_HOME", str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        keyids = {signer.keyid for signer in pool.map(lambda _: development_signer(), range(16))}
    assert len(keyids) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["development-key"]


def test_home_that_cannot_be_written_is_an_error_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AUDITKIT_HOME", str(tmp_path / "file"))
    with pytest.raises(AuditError, match="no key can be written") as caught:
        development_signer()
    assert "AUDITKIT_HOME" in caught.value.hint


def test_checking_a_bundle_imports_no_heavy_library() -> None:
    heavy = {"torch", "transformers", "pandas", "sklearn", "weasyprint", "scipy", "numpy"}
    code = f"import sys, auditkit.bundle.verify; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"
