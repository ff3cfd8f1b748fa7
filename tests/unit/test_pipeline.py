"""What is refused before the audit: a signer that cannot sign, a name for no file, a folder or a time that is none."""

from __future__ import annotations

import types
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditkit import exporter, hookimpl
from auditkit.auditing import created
from auditkit.bundle.key_files import make_key_pair
from auditkit.bundle.keys import FileSigner
from auditkit.errors import AuditError, PluginError
from auditkit.host import Host
from auditkit.hosting.discovery import Plugin
from auditkit.pipeline import audit_and_write
from auditkit.signers.choosing import signer_for
from auditkit.spec import AuditSpec, DataSpec, ModelSpec

SPEC = AuditSpec(name="x", model=ModelSpec(adapter="a"), data=DataSpec(audit="a"))


def fresh_signer(folder, name):
    return FileSigner.load(make_key_pair(folder / name, name, now=datetime.now(UTC)).private)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return fresh_signer(tmp_path_factory.mktemp("keys"), "ours")


@pytest.fixture(scope="module")
def another(tmp_path_factory):
    return fresh_signer(tmp_path_factory.mktemp("keys"), "another")


def host_with(**hooks):
    module = types.ModuleType("token")
    for name, answer in hooks.items():
        setattr(module, name, hookimpl(lambda answer=answer: answer, specname=name))
    return Host([Plugin("token", module, "token-distribution", "1.0", "0" * 64)])


def test_a_plugins_signer_that_signs_is_taken(ours):
    assert signer_for(SPEC, host_with(auditkit_make_signer=ours)) is ours


def refused(signer, words):
    with pytest.raises(PluginError, match=f"the signer of plugin 'token-distribution:token' .*{words}"):
        signer_for(SPEC, host_with(auditkit_make_signer=signer))


def fails(message):
    raise SystemExit(message)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"_sign": lambda _: b"garbage"}, "gives signatures that its public_pem does not verify"),
        ({"_sign": lambda _: "garbage"}, "gives signatures that its public_pem does not verify"),
        ({"_sign": fails}, "failed: SystemExit"),
        ({"keyid": "0" * 64}, "has a keyid that is not the one of its public_pem"),
        ({"keyid": None}, "has a keyid that is no str"),
        ({"public_pem": b"garbage"}, "'public_pem' is not a public key"),
        ({"certificate_pem": b"garbage"}, "'certificate_pem' is not a public key"),
        ({"certificate_pem": "text"}, "has a certificate_pem that is no bytes"),
    ],
)
def test_a_plugins_signer_that_cannot_sign_is_refused_before_the_audit(ours, changes, words):
    refused(replace(ours, **changes), words)


def test_a_signer_with_the_certificate_or_the_key_of_another_is_refused(ours, another):
    refused(replace(ours, certificate_pem=another.certificate_pem), "has a certificate_pem for another key")
    refused(replace(ours, _sign=another.sign), "gives signatures that its public_pem does not verify")


def test_what_is_no_signer_is_refused():
    refused(object(), "failed: AttributeError")


@pytest.mark.parametrize("name", ["../evil.txt", "a/b", ".hidden", "", "ä.md"])
def test_an_exporter_whose_name_is_no_files_is_refused_when_it_is_loaded(name):
    @exporter(name)
    def export(result):
        """A format."""
        return bytes(result)

    with pytest.raises(PluginError, match=r"'token' of 'token-distribution': exporter '.*' is no name for a file"):
        host_with(auditkit_register_exporters=[export])


def test_folders_of_templates_are_paths_also_when_they_come_as_text(tmp_path):
    assert host_with(auditkit_template_dirs=[tmp_path, str(tmp_path)]).template_dirs() == [tmp_path, tmp_path]


@pytest.mark.parametrize("offered", [[1], 3, ["/nowhere/at/all"], [None], "/nowhere"])
def test_what_is_no_folder_of_templates_names_the_plugin(offered):
    with pytest.raises(PluginError, match="'token-distribution:token': auditkit_template_dirs"):
        host_with(auditkit_template_dirs=offered).template_dirs()


@pytest.mark.parametrize("epoch", ["99999999999999", "²", "-1", "soon", "9" * 5000])
def test_a_source_date_that_is_no_time_is_refused_before_anything_is_read(monkeypatch, tmp_path, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(AuditError, match="SOURCE_DATE_EPOCH is") as caught:
        audit_and_write(tmp_path / "nowhere.toml", out=tmp_path, force=False, fresh=False, listen=lambda _: None)
    assert "unset SOURCE_DATE_EPOCH" in caught.value.hint


def test_a_source_date_is_the_time_of_the_audit(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert created() == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
