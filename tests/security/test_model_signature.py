"""A `model.sig` by OpenSSF model signing: verified with the key that the spec names, or told of as not verified."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from auditkit.errors import AuditError, IntegrityError
from auditkit.subject import check_signature, model_files

FILES = {
    "config.json": '{"architectures": ["ToyModel"]}\n',
    "model.bin": "weights\n",
    "a/b": "in a folder\n",
    "a-b": "beside it\n",
    "a.b": "and a point\n",
    ".gitattributes": "*.bin lfs\n",
    ".git/HEAD": "ref\n",
}
PUBLIC = """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEC21F77e/rNHzob7LUbyWbgbAIorQ
sbbb/kL5lrbm/hDJiJF9zdvhzbMZ695xmXHhslezttkqsck86VZg4urc7w==
-----END PUBLIC KEY-----
"""
SIGNED = (
    '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"h'
    'int":"fc3768dab312576aee2b09af99019b5a1c7857880b625db608ca370a138a1a47"},"tlogEntries":[]},"dsseEnve'
    'lope":{"payload":"ewogICJfdHlwZSI6ICJodHRwczovL2luLXRvdG8uaW8vU3RhdGVtZW50L3YxIiwKICAic3ViamVjdCI6IF'
    "sKICAgIHsKICAgICAgIm5hbWUiOiAibW9kZWwiLAogICAgICAiZGlnZXN0IjogewogICAgICAgICJzaGEyNTYiOiAiNjJkODNjYz"
    "UyNDA1ZDMzNTg3MjlmOWEzYmNlYTgxMTk4YzVhMjZmOTA2YjkyZTIzYWU0MTYyOGU0ZDQwYjAyNCIKICAgICAgfQogICAgfQogIF"
    "0sCiAgInByZWRpY2F0ZVR5cGUiOiAiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwKICAicHJlZGljYXRlIj"
    "ogewogICAgInNlcmlhbGl6YXRpb24iOiB7CiAgICAgICJhbGxvd19zeW1saW5rcyI6IGZhbHNlLAogICAgICAiaWdub3JlX3BhdG"
    "hzIjogWwogICAgICAgICIuZ2l0IiwKICAgICAgICAiLmdpdGF0dHJpYnV0ZXMiLAogICAgICAgICJtb2RlbC5zaWciLAogICAgIC"
    "AgICIuZ2l0aHViIiwKICAgICAgICAiLmdpdGlnbm9yZSIKICAgICAgXSwKICAgICAgIm1ldGhvZCI6ICJmaWxlcyIsCiAgICAgIC"
    "JoYXNoX3R5cGUiOiAic2hhMjU2IgogICAgfSwKICAgICJyZXNvdXJjZXMiOiBbCiAgICAgIHsKICAgICAgICAiZGlnZXN0IjogIm"
    "E3NjcyZmJlMTdkZWQyOWE1NGVlNzI5ZjY5OGNlYmZhZjhmZGEzMTY5OTFjZTdhMmI3MjFhZWU1YTNlMGFhMjkiLAogICAgICAgIC"
    "JhbGdvcml0aG0iOiAic2hhMjU2IiwKICAgICAgICAibmFtZSI6ICJhL2IiCiAgICAgIH0sCiAgICAgIHsKICAgICAgICAiZGlnZX"
    "N0IjogIjJkODE3OWM4ZmM3MjUwOGZkMTQwOWFkZmI4ZTI4MjM3MTc0MWIyNThmYzEzYWM1MWU4MGU2M2YxMzc4Y2Q1MjMiLAogIC"
    "AgICAgICJhbGdvcml0aG0iOiAic2hhMjU2IiwKICAgICAgICAibmFtZSI6ICJhLWIiCiAgICAgIH0sCiAgICAgIHsKICAgICAgIC"
    "AiZGlnZXN0IjogImVjNjVjMmY2MTc5ZmM3YzdjZjg4MmY4YzBmYzAxYjEzYWE5ZjlhYTM3ODZkNWQwZWFmN2U0NDY4ZDBiYzdkMj"
    "QiLAogICAgICAgICJhbGdvcml0aG0iOiAic2hhMjU2IiwKICAgICAgICAibmFtZSI6ICJhLmIiCiAgICAgIH0sCiAgICAgIHsKIC"
    "AgICAgICAiZGlnZXN0IjogIjRjMzQxMzdjMWFjMDE4MDNmNTIxZDZjZTYzZGIwMjljMjdlOTBhMmY0M2ZmZGZjNjgzNWQyNmVmYW"
    "RmMjMxMjAiLAogICAgICAgICJhbGdvcml0aG0iOiAic2hhMjU2IiwKICAgICAgICAibmFtZSI6ICJjb25maWcuanNvbiIKICAgIC"
    "AgfSwKICAgICAgewogICAgICAgICJkaWdlc3QiOiAiMWI0NjVmYTZiNmJjYmMwNmEzMTk5ZTNkMmQ4YWVjMzVkMzc0OTRhNzEyZj"
    "g4OGI2ZDU1MzY2ODRkZDg5ZDBmMCIsCiAgICAgICAgImFsZ29yaXRobSI6ICJzaGEyNTYiLAogICAgICAgICJuYW1lIjogIm1vZG"
    'VsLmJpbiIKICAgICAgfQogICAgXQogIH0KfQ==","payloadType":"application/vnd.in-toto+json","signatures":[{'
    '"sig":"MEYCIQC2WIKpdC8tZR0TxECOh/MnCPxbUJW5kXEBRKq3vTZm9gIhAK93w7xvyeYOMPPZDoeelDxJdA4vz0Vmk0G7udXWY'
    'eBr","keyid":""}]}}'
)
PUBLIC_384 = """\
-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAElDUsg/qORXldSZUeHamDmn8WxsdUIlKZ
8lAURIQHjiNi7Dz8FA+EJAq95/pBbj+ilGs4zAEScSostTPu5+IPWsEisCa9DVIj
a6NJwoiX4qjJ+WRQ+wpZh5XzvK2dy4JW
-----END PUBLIC KEY-----
"""
SIGNED_384 = (
    '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"h'
    'int":"e6906a4cc546f6bc4671ed240fd931cd10d03ff8107b9af089cc51fe877fef18"},"tlogEntries":[]},"dsseEnve'
    'lope":{"payload":"ewogICJfdHlwZSI6ICJodHRwczovL2luLXRvdG8uaW8vU3RhdGVtZW50L3YxIiwKICAic3ViamVjdCI6IF'
    "sKICAgIHsKICAgICAgIm5hbWUiOiAibW9kZWwiLAogICAgICAiZGlnZXN0IjogewogICAgICAgICJzaGEyNTYiOiAiNjJkODNjYz"
    "UyNDA1ZDMzNTg3MjlmOWEzYmNlYTgxMTk4YzVhMjZmOTA2YjkyZTIzYWU0MTYyOGU0ZDQwYjAyNCIKICAgICAgfQogICAgfQogIF"
    "0sCiAgInByZWRpY2F0ZVR5cGUiOiAiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwKICAicHJlZGljYXRlIj"
    "ogewogICAgInNlcmlhbGl6YXRpb24iOiB7CiAgICAgICJhbGxvd19zeW1saW5rcyI6IGZhbHNlLAogICAgICAiaWdub3JlX3BhdG"
    "hzIjogWwogICAgICAgICIuZ2l0IiwKICAgICAgICAiLmdpdGF0dHJpYnV0ZXMiLAogICAgICAgICJtb2RlbC5zaWciLAogICAgIC"
    "AgICIuZ2l0aHViIiwKICAgICAgICAiLmdpdGlnbm9yZSIKICAgICAgXSwKICAgICAgIm1ldGhvZCI6ICJmaWxlcyIsCiAgICAgIC"
    "JoYXNoX3R5cGUiOiAic2hhMjU2IgogICAgfSwKICAgICJyZXNvdXJjZXMiOiBbCiAgICAgIHsKICAgICAgICAiZGlnZXN0IjogIm"
    "E3NjcyZmJlMTdkZWQyOWE1NGVlNzI5ZjY5OGNlYmZhZjhmZGEzMTY5OTFjZTdhMmI3MjFhZWU1YTNlMGFhMjkiLAogICAgICAgIC"
    "JhbGdvcml0aG0iOiAic2hhMjU2IiwKICAgICAgICAibmFtZSI6ICJhL2IiCiAgICAgIH0sCiAgICAgIHsKICAgICAgICAiZGlnZX"
    "N0IjogIjJkODE3OWM4ZmM3MjUwOGZkMTQwOWFkZmI4ZTI4MjM3MTc0MWIyNThmYzEzYWM1MWU4MGU2M2YxMzc4Y2Q1MjMiLAogIC"
    "AgICAgICJhbGdvcml0aG0iOiAic2hhMjU2IiwKICAgICAgICAibmFtZSI6ICJhLWIiCiAgICAgIH0sCiAgICAgIHsKICAgICAgIC"
    "AiZGlnZXN0IjogImVjNjVjMmY2MTc5ZmM3YzdjZjg4MmY4YzBmYzAxYjEzYWE5ZjlhYTM3ODZkNWQwZWFmN2U0NDY4ZDBiYzdkMj"
    "QiLAogICAgICAgICJhbGdvcml0aG0iOiAic2hhMjU2IiwKICAgICAgICAibmFtZSI6ICJhLmIiCiAgICAgIH0sCiAgICAgIHsKIC"
    "AgICAgICAiZGlnZXN0IjogIjRjMzQxMzdjMWFjMDE4MDNmNTIxZDZjZTYzZGIwMjljMjdlOTBhMmY0M2ZmZGZjNjgzNWQyNmVmYW"
    "RmMjMxMjAiLAogICAgICAgICJhbGdvcml0aG0iOiAic2hhMjU2IiwKICAgICAgICAibmFtZSI6ICJjb25maWcuanNvbiIKICAgIC"
    "AgfSwKICAgICAgewogICAgICAgICJkaWdlc3QiOiAiMWI0NjVmYTZiNmJjYmMwNmEzMTk5ZTNkMmQ4YWVjMzVkMzc0OTRhNzEyZj"
    "g4OGI2ZDU1MzY2ODRkZDg5ZDBmMCIsCiAgICAgICAgImFsZ29yaXRobSI6ICJzaGEyNTYiLAogICAgICAgICJuYW1lIjogIm1vZG"
    'VsLmJpbiIKICAgICAgfQogICAgXQogIH0KfQ==","payloadType":"application/vnd.in-toto+json","signatures":[{'
    '"sig":"MGYCMQCkFYd8Ld+wnAIxzkb7MXyq4rPgpLWeOaSOpUbCat8Mf7Iw4rud+1w3Azkuoad/GD4CMQDPWkl3Z+dW0CQHKTvcG'
    'klO/DzW4TfRVeRq0C4FhKgGvERhvcjydKb6GM7dcrCeYuw=","keyid":""}]}}'
)
"""Made of FILES with model_signing 1.1.1, `signing.Config().use_elliptic_key_signer(...)`, ignoring `model.sig`; its
private keys are gone."""


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_text(text)
    (tmp_path / "model" / "model.sig").write_text(SIGNED)
    (tmp_path / "signer.pub").write_text(PUBLIC)
    return tmp_path / "model"


def checked(folder, key="signer.pub"):
    return check_signature(folder, model_files(folder), key and folder.parent / key)


def refused(folder, words, key="signer.pub"):
    with pytest.raises(IntegrityError, match=words) as caught:
        checked(folder, key)
    assert caught.value.hint
    assert caught.value.exit_code == 4


def test_a_signature_by_model_signing_is_verified(folder):
    found = checked(folder)
    assert found.verified
    assert found.made_with == "key"
    assert found.unsigned == ()
    public = serialization.load_pem_public_key(PUBLIC.encode())
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert found.key == hashlib.sha256(der).hexdigest()


def test_a_signature_by_p384_is_verified(folder):
    (folder / "model.sig").write_text(SIGNED_384)
    (folder.parent / "signer.pub").write_text(PUBLIC_384)
    assert checked(folder).verified


def test_without_a_key_it_is_told_of_and_not_verified(folder):
    (folder / "model.bin").write_text("other weights\n")
    found = checked(folder, key=None)
    assert (found.verified, found.key, found.made_with) == (False, None, "key")


def test_no_signature_and_no_key_is_nothing_to_tell(folder):
    (folder / "model.sig").unlink()
    assert checked(folder, key=None) is None


def test_a_missing_signature_is_no_pass(folder):
    (folder / "model.sig").unlink()
    refused(folder, "not signed")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "model.bin").write_text("other weights\n"), "'model.bin' was changed"),
        (lambda folder: (folder / "model.bin").rename(folder / "model.pth"), "'model.bin' is missing"),
        (lambda folder: (folder / "more.py").write_text("print()"), "'more.py' is not signed"),
        (lambda folder: (folder / "a.b").rename(folder / "a.c"), "'a.b' is missing"),
    ],
    ids=["changed", "renamed", "added", "renamed in place"],
)
def test_other_files_than_the_signed_ones_are_refused(folder, change, words):
    change(folder)
    refused(folder, words)


def test_files_that_the_signer_left_out_are_free_and_are_told(folder):
    (folder / ".git" / "HEAD").write_text("moved on")
    assert checked(folder).verified
    key = signed_by_hand(folder, ignore=["model.sig", ".git", ".gitattributes", "a"])
    assert checked(folder, key).unsigned == ("a/b",)
    (folder / "a" / "b").write_text("changed")
    assert checked(folder, key).unsigned == ("a/b",)


def test_another_key_is_refused_by_its_hint(folder):
    (folder.parent / "other.pub").write_text(PUBLIC_384)
    refused(folder, "another key than 'other.pub'", "other.pub")


def changed_bundle(folder, change):
    value = json.loads(SIGNED)
    change(value)
    (folder / "model.sig").write_text(json.dumps(value))


def without_hint(value):
    del value["verificationMaterial"]["publicKey"]["hint"]


def test_another_key_is_refused_by_the_signature_alone(folder):
    changed_bundle(folder, without_hint)
    assert checked(folder).verified
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    (folder.parent / "other.pub").write_bytes(
        other.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    refused(folder, "does not hold", "other.pub")


def test_a_changed_statement_is_refused(folder):
    def forge(value):
        payload = base64.b64decode(value["dsseEnvelope"]["payload"]).replace(b'"a-b"', b'"a_b"')
        value["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()

    changed_bundle(folder, forge)
    (folder / "a-b").rename(folder / "a_b")
    refused(folder, "does not hold")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda value: value.update(mediaType="application/json"), "no sigstore bundle"),
        (lambda value: value["dsseEnvelope"].update(signatures=[]), "no signature of model signing"),
        (lambda value: value["dsseEnvelope"]["signatures"].append({"sig": "AA==", "keyid": ""}), "no signature of"),
        (lambda value: value["dsseEnvelope"].update(payloadType="text/plain"), "no in-toto statement"),
        (lambda value: value["dsseEnvelope"].update(payload="*"), "no signature of model signing"),
        (lambda value: value.update(dsseEnvelope=3), "no signature of model signing"),
        (lambda value: value.update(verificationMaterial={"certificate": {"rawBytes": ""}}), "by a certificate"),
        (lambda value: value.update(verificationMaterial=[]), "no signature of model signing"),
    ],
)
def test_a_bundle_of_another_form_is_refused(folder, change, words):
    changed_bundle(folder, change)
    refused(folder, words)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"a": 1, "a": 2}', "[" * 5000])
def test_what_is_no_bundle_is_refused(folder, content):
    (folder / "model.sig").write_text(content)
    refused(folder, "model.sig")
    assert checked(folder, key=None).made_with == "unknown"


def statement(folder, *, ignore, **changes):
    from auditkit.subject.files import all_names

    kept = [n for n in all_names(folder) if n.split("/")[0] not in ignore]
    listed = [(name, hashlib.sha256((folder / name).read_bytes()).hexdigest()) for name in kept]
    root = hashlib.sha256(b"".join(bytes.fromhex(digest) for _, digest in listed)).hexdigest()
    how = {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": ignore}
    resources = [{"name": name, "algorithm": "sha256", "digest": digest} for name, digest in listed]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "model", "digest": {"sha256": root}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"serialization": how, "resources": resources},
    } | changes


def signed_by_hand(folder, *, ignore=("model.sig", ".git", ".gitattributes"), **changes):
    """Sign a statement as model signing does, with a new key of P-521; returns the name of its public half."""
    private = ec.generate_private_key(ec.SECP521R1())
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    payload = json.dumps(statement(folder, ignore=list(ignore), **changes)).encode()
    kind = b"application/vnd.in-toto+json"
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    signature = private.sign(message, ec.ECDSA(hashes.SHA512()))
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": hashlib.sha256(public).hexdigest()}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": kind.decode(),
            "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
        },
    }
    (folder / "model.sig").write_text(json.dumps(bundle))
    (folder.parent / "own.pub").write_bytes(public)
    return "own.pub"


def test_a_signature_made_by_hand_holds(folder):
    assert checked(folder, signed_by_hand(folder)).verified


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"predicateType": "https://model_signing/Digests/v0.1"}, "signs something else"),
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "signs something else"),
        ({"subject": [{"name": "model", "digest": {"sha256": "0" * 64}}]}, "contradicts itself"),
        ({"subject": []}, "malformed: subject"),
        ({"predicate": {"serialization": {"method": "files", "hash_type": "sha256"}, "resources": []}}, "malformed"),
        (
            {
                "predicate": {
                    "serialization": {"method": "shards", "hash_type": "sha256"},
                    "resources": [{"name": "a:0:1", "algorithm": "sha256", "digest": "00"}],
                }
            },
            "signs shards by sha256",
        ),
        (
            {
                "predicate": {
                    "serialization": {"method": "files", "hash_type": "blake3"},
                    "resources": [{"name": "a", "algorithm": "blake3", "digest": "00"}],
                }
            },
            "signs files by blake3",
        ),
    ],
)
def test_a_statement_of_another_form_is_refused_though_its_signature_holds(folder, changes, words):
    refused(folder, words, signed_by_hand(folder, **changes))


def test_a_model_that_is_one_file_has_its_signature_beside_it(tmp_path):
    model = tmp_path / "m.safetensors"
    model.write_text("weights\n")
    (tmp_path / "model").mkdir()
    digest = hashlib.sha256(b"weights\n").hexdigest()
    predicate = {
        "serialization": {"method": "files", "hash_type": "sha256"},
        "resources": [{"name": ".", "algorithm": "sha256", "digest": digest}],
    }
    root = hashlib.sha256(bytes.fromhex(digest)).hexdigest()
    subject = [{"name": "m", "digest": {"sha256": root}}]
    (tmp_path / "model" / "x").write_text("x")
    key = signed_by_hand(tmp_path / "model", predicate=predicate, subject=subject)
    (tmp_path / "model" / "model.sig").rename(tmp_path / "m.safetensors.sig")
    assert checked(model, key).verified
    model.write_text("other\n")
    refused(model, "was changed", key)


@pytest.mark.parametrize("content", [b"", b"no key", None, "ed25519"])
def test_a_file_that_is_no_such_key_is_an_error_of_the_spec(folder, content):
    if content == "ed25519":
        public = ed25519.Ed25519PrivateKey.generate().public_key()
        content = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if content is not None:
        (folder.parent / "bad.pub").write_bytes(content)
    with pytest.raises(AuditError, match=r"'bad\.pub'") as caught:
        checked(folder, "bad.pub")
    assert caught.value.exit_code == 2


# From the command line.


@pytest.fixture
def audit(folder, make_folder):
    """An audit of recorded predictions that names the signed model."""
    made = make_folder()
    folder.rename(made.path / "model")
    made.write("signer.pub", PUBLIC)
    made.spec(('adapter = "recorded"', 'adapter = "recorded"\npath = "model"\nsignature_key = "signer.pub"'))
    return made


def test_an_audit_of_a_signed_model_says_that_the_signature_holds(audit):
    assert audit.run_here("plan", "audit.toml").out.count("model.sig: the signature holds") == 1
    assert audit.run_here().code == 0
    subject = audit.result()["subject"]
    assert subject["signature"]["verified"] is True
    assert subject["root_digest"] == "62d83cc52405d3358729f9a3bcea81198c5a26f906b92e23ae41628e4d40b024"
    assert "model.sig holds, by the key" in audit.page()


def test_an_audit_of_another_model_than_the_signed_one_is_exit_4(audit):
    (audit.path / "model" / "model.bin").write_text("other weights\n")
    audit.run_here().refused("'model.bin' was changed", code=4)
    audit.nothing_written()
    audit.run_here("plan", "audit.toml").refused("'model.bin' was changed", code=4)


def test_a_key_without_a_model_is_a_mistake_in_the_spec(audit):
    audit.spec(('adapter = "recorded"', 'adapter = "recorded"\nsignature_key = "signer.pub"'))
    audit.run_here().refused("signature_key", "no model was signed")
