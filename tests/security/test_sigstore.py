"""Sigstore bundles in key mode: the form, the checks on them, and what a reader that is not ours says of them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from signed_bundles import Desk, failing
from time_authority import Authority, needs_openssl, served

from auditkit.bundle import dsse, layout
from auditkit.bundle.keys import signature_holds
from auditkit.bundle.sigstore import MEDIA_TYPE, check_sigstore, sigstore_bundle
from auditkit.cli import main
from auditkit.errors import AuditError, IntegrityError

READER = Path(__file__).parent.parent / "sigstore_reader.js"
MODULES = os.environ.get("AUDITKIT_TEST_SIGSTORE", "")


@pytest.fixture
def desk(tmp_path):
    found = Desk.at(tmp_path)
    found.write()
    return found


def exit_code(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    return left.value.code


def written(desk, *options):
    assert exit_code("sigstore", desk.folder / "bundle", *options) == 0
    return desk.folder / "bundle" / layout.SIGSTORE


def verified(desk, **reader):
    return desk.verify(desk.folder / "bundle", **({"key": desk.key} | reader))


def test_form_is_the_one_of_a_sigstore_bundle_with_a_key(desk):
    document = json.loads(written(desk).read_bytes())
    public = serialization.load_pem_public_key(desk.key.read_bytes())
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    hint = base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert document["mediaType"] == MEDIA_TYPE
    assert document["verificationMaterial"] == {"publicKey": {"hint": hint}, "tlogEntries": []}
    envelope = document["dsseEnvelope"]
    assert envelope == json.loads((desk.folder / "bundle" / layout.MANIFEST).read_bytes())
    payload, signature = (base64.b64decode(one) for one in (envelope["payload"], envelope["signatures"][0]["sig"]))
    assert signature_holds(public, signature, dsse.pae(envelope["payloadType"], payload))
    # what cosign looks the digest of a file up in
    subjects = {one["name"]: one["digest"]["sha256"] for one in json.loads(payload)["subject"]}
    assert subjects["report.html"] == hashlib.sha256((desk.folder / "bundle/report.html").read_bytes()).hexdigest()


def test_bundle_with_one_verifies_and_its_other_bytes_stay(desk):
    before = {path: path.read_bytes() for path in (desk.folder / "bundle").rglob("*") if path.is_file()}
    written(desk)
    assert {path: path.read_bytes() for path in before} == before
    assert (verified(desk).exit_code, failing(verified(desk))) == (0, set())


def test_each_changed_byte_is_found(desk):
    place = written(desk)
    whole = place.read_bytes()
    listing = (desk.folder / "bundle" / layout.MANIFEST).read_bytes()
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(IntegrityError):
            check_sigstore(changed, listing, name="it")
    place.write_bytes(whole[:-1] + b" }")
    assert failing(verified(desk)) == {"FILES"}


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"verificationMaterial":3}', b"null", b'"text"'])
def test_what_is_no_sigstore_bundle_fails(desk, content):
    written(desk).write_bytes(content)
    assert failing(verified(desk)) == {"FILES"}


def test_one_of_another_bundle_fails(desk):
    mine = written(desk)
    desk.write("other", sequence=8)
    envelope = (desk.folder / "other" / layout.MANIFEST).read_bytes()
    mine.write_bytes(sigstore_bundle(envelope, name="other"))
    assert failing(verified(desk)) == {"FILES"}


def test_it_is_not_written_twice_and_any_statement_has_one(desk, tmp_path, capsys):
    written(desk)
    assert exit_code("sigstore", desk.folder / "bundle") == 2
    attestation = desk.folder / "bundle" / layout.ATTESTATION
    assert exit_code("sigstore", attestation) == 2
    assert f"auditkit sigstore {attestation} --out FILE" in capsys.readouterr().err
    assert exit_code("sigstore", attestation, "--out", tmp_path / "model.sigstore.json") == 0
    check_sigstore((tmp_path / "model.sigstore.json").read_bytes(), attestation.read_bytes(), name="it")


def test_two_signatures_do_not_fit(desk, tmp_path):
    other = Desk.at(tmp_path, "Somebody else")
    with pytest.raises(AuditError, match="it has 2 signatures, and a Sigstore bundle holds one"):
        sigstore_bundle(dsse.seal(b"{}", [desk.signer, other.signer]), name="it")


@needs_openssl
@pytest.mark.usefixtures("loopback")
def test_stamp_is_about_the_signature(desk, tmp_path):
    authority = Authority.at(tmp_path / "tsa")
    with served(authority.answer) as service:
        place = written(desk, "--tsa", service.url)
    listing = (desk.folder / "bundle" / layout.MANIFEST).read_bytes()
    check_sigstore(place.read_bytes(), listing, name="it")
    (replies,) = json.loads(place.read_bytes())["verificationMaterial"]["timestampVerificationData"].values()
    (tmp_path / "reply.tsr").write_bytes(base64.b64decode(replies[0]["signedTimestamp"]))
    (tmp_path / "signature").write_bytes(base64.b64decode(json.loads(listing)["signatures"][0]["sig"]))
    words = ["openssl", "ts", "-verify", "-data", "signature", "-in", "reply.tsr", "-CAfile", authority.root]
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    place.write_bytes(sigstore_bundle(listing, name="it", stamps=[authority.answer(service.asked[0])[:-1]]))
    assert failing(verified(desk)) == {"FILES"}


@pytest.mark.skipif(
    not MODULES or shutil.which("node") is None,
    reason="npm install @sigstore/verify @sigstore/bundle @sigstore/core, and AUDITKIT_TEST_SIGSTORE=the folder",
)
def test_sigstores_own_reader_takes_it(desk):
    place = written(desk)
    assert read_by_sigstore(place, desk.key) == "verified"
    whole = json.loads(place.read_bytes())
    whole["dsseEnvelope"]["payload"] = base64.b64encode(b"{}").decode()
    place.write_text(json.dumps(whole))
    assert "signature verification failed" in read_by_sigstore(place, desk.key)


def read_by_sigstore(place, key):
    command = ["node", READER, place, key]
    done = subprocess.run(command, cwd=MODULES, capture_output=True, check=False, text=True, timeout=60)
    return done.stdout.strip() or done.stderr
