"""What `--key` says: a path, or an address of a key; what was mistyped is told with what to type."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from auditkit.errors import AuditError
from auditkit.signers.addresses import KINDS, absolute, address_in
from auditkit.signers.tokens import TokenKey

GOOD = {
    "pkcs11": "pkcs11:token=audit;object=signer?module-path=/usr/lib/x.so&pin-source=file:/run/pin",
    "awskms": "awskms:arn:aws:kms:eu-central-1:111122223333:key/1234abcd",
    "gcpkms": "gcpkms:projects/p/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
    "azurekms": "azurekms://vault.vault.azure.net/keys/audit/0123",
    "hv": "hv:audit/2",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_an_address_and_is_typed_as_it_was(kind):
    address = address_in(GOOD[kind])
    assert address.kind == kind
    assert address.typed == GOOD[kind]
    assert address_in(address.example).kind == kind


@pytest.mark.parametrize("said", ["audit.key", "keys/audit.key", "/etc/audit.key", "", ".", "a b", "2026:audit"])
def test_the_rest_are_paths(said):
    assert address_in(said) is None


def test_file_with_a_colon_in_its_name_is_a_file(tmp_path):
    (tmp_path / "acme:audit.key").touch()
    assert address_in("acme:audit.key", folder=tmp_path) is None


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ("pksc11:token=a;object=b", "no keys of the kind 'pksc11'", "did you mean 'pkcs11'?"),
        ("file:/etc/audit.key", "no keys of the kind 'file'", "the path of a key file"),
        ("awskms:///alias/audit", "is no address of a key", "awskms:alias/audit?certificate=audit.crt"),
        ("awskms:", "is no address of a key", "awskms:alias/audit"),
        ("hv:audit", "'hv:audit' is no address of a key", "hv:audit/1?certificate=audit.crt"),
        ("gcpkms:projects/p", "is no address of a key", "cryptoKeyVersions/1"),
        ("azurekms:vault/keys/audit", "is no address of a key", "azurekms://VAULT.vault.azure.net"),
        ("hv:audit/1?certifcate=a.crt", "has no option 'certifcate'", "did you mean 'certificate'?"),
        ("hv:audit/1?certificate=", "given once, and as certificate=VALUE", "hv:audit/1?certificate=audit.crt"),
        ("hv:audit/1?certificate=a&certificate=b", "given once", "hv:audit/1?certificate=audit.crt"),
    ],
)
def test_mistyped_address_says_what_to_type(said, message, hint):
    with pytest.raises(AuditError) as caught:
        address_in(said)
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ("pkcs11:tokn=a;object=b", "no attribute 'tokn'", "did you mean 'token'?"),
        ("pkcs11:token=a", "has to name a token and a key on it", "pkcs11:token=LABEL;object=KEY"),
        ("pkcs11:object=a", "has to name a token and a key on it", "pkcs11:token=LABEL;object=KEY"),
        ("pkcs11:token=a;token=b;object=c", "given once", "pkcs11:token=LABEL;object=KEY"),
        ("pkcs11:token=a;object=b;type=public", "is no private key", "type=private"),
        ("pkcs11:token=%ff;object=b?module-path=/x.so", "is not UTF-8", "id=%01"),
        ("pkcs11:token=a;object=b", "does not say by which library", "PKCS11_MODULE_PATH"),
    ],
)
def test_mistyped_token_says_what_to_type(monkeypatch, said, message, hint):
    monkeypatch.delenv("PKCS11_MODULE_PATH", raising=False)
    with pytest.raises(AuditError) as caught:
        TokenKey.at(address_in(said))
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_without_the_library_for_tokens_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(AuditError, match="this needs pkcs11, which is not installed") as caught:
        TokenKey.at(address_in("pkcs11:token=a;object=b?module-path=/x.so"))
    assert caught.value.hint == "pip install 'auditkit[keys]'"


@pytest.mark.parametrize("said", ["pkcs11:token=a;object=b?pin-value=1357", "hv:audit/1?pin=1357"])
def test_pin_in_an_address_is_refused_and_not_repeated(said):
    with pytest.raises(AuditError, match="a PIN does not stand in the address") as caught:
        address_in(said)
    assert "1357" not in caught.value.message + caught.value.hint


def test_terminals_are_not_steered_by_an_address():
    assert "\x1b" not in str(address_in("pkcs11:token=\x1b[2J;object=b"))


def test_certificate_is_beside_the_spec_and_may_be_anywhere(tmp_path, monkeypatch):
    address = address_in("hv:audit/1?certificate=a%20b.crt", folder=tmp_path)
    assert address.certificate == tmp_path / "a b.crt"
    assert address_in("hv:audit/1").certificate is None
    monkeypatch.chdir(tmp_path)
    assert absolute("hv:audit/1?certificate=a.crt") == f"hv:audit/1?certificate={tmp_path}/a.crt"
    assert absolute("hv:audit/1") == "hv:audit/1"
    assert absolute("audit.key") == str(tmp_path / "audit.key")
    assert address.with_certificate(Path("c d&.crt")).typed == "hv:audit/1?certificate=c%20d%26.crt"
