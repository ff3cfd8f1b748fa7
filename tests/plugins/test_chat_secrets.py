"""A key that nobody sees, options that cannot be meant, and whom a connection is made to."""

from __future__ import annotations

import ipaddress
import json
from datetime import UTC, datetime, timedelta

import pytest
from chat_models import PROMPTS, opened, told
from chat_server import ChatServer, Fault, completion, said_to
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from auditkit import CrashError, ModelError
from auditkit.evidence import EvidenceStore
from auditkit.kept import Kept
from auditkit_llm.adapter import named

KEY = "sk-test-4f9a7c21d0b8"


pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def server():
    with ChatServer() as running:
        yield running


def test_the_key_is_sent_and_shown_nowhere(server, monkeypatch, tmp_path):
    monkeypatch.setenv("CHAT_KEY", KEY)
    echo = {"error": {"message": f"Bearer {KEY} may not do that"}}
    server.answer = lambda body: completion(f"Your key is {KEY}. {said_to(body)}", model=f"model-{KEY}")
    kept = Kept.beside(EvidenceStore.open(tmp_path))
    model = opened(server, key_env="CHAT_KEY", kept=kept, parallel=1)
    assert model.predict(PROMPTS[:1]).texts == ("Your key is [the key]. Question 0",)
    assert server.seen[0][0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in told(model, PROMPTS[:1]) + repr(model)
    server.answer = lambda _: Fault(403, json.dumps(echo))
    with pytest.raises(CrashError, match=r"Bearer \[the key\] may not do that") as caught:
        model.predict(PROMPTS[3:4])
    assert caught.value.__cause__ is None
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(KEY.encode() in path.read_bytes() for path in files)


def test_a_key_that_a_server_spells_by_numbers_is_shown_nowhere(server, monkeypatch):
    monkeypatch.setenv("CHAT_KEY", KEY)
    spelt = "".join(f"\\u{ord(char):04x}" for char in KEY)
    server.answer = lambda _: Fault(200, json.dumps(completion("Your key is KEY")).replace("KEY", spelt))
    assert opened(server, key_env="CHAT_KEY").predict(PROMPTS[:1]).texts == ("Your key is [the key]",)
    server.answer = lambda _: Fault(401, json.dumps({"error": {"message": "no KEY here"}}).replace("KEY", spelt))
    with pytest.raises(ModelError, match=r"no \[the key\] here"):
        opened(server, key_env="CHAT_KEY").predict(PROMPTS[:1])


SECRETS = [
    ({"key_env": KEY}, "not the name of an environment variable in capital letters"),
    ({"key_env": "NOT_SET_KEY"}, "'NOT_SET_KEY' that [model] key_env names is not set"),
    ({"key_env": "AKIA4F9A7C21D0B8"}, "the environment variable that [model] key_env names is not set"),
    ({"key_env": "SHORT_KEY"}, "holds no key"),
    ({"key_env": "CHAT_KEY", "system": f"use {KEY}"}, "the key stands in the spec too"),
    ({"key_env": "CHAT_KEY", "endpoint": "http://models.example/v1"}, "go to models.example unencrypted"),
    ({"endpoint": f"https://user:{KEY}@models.example/v1"}, "it is not shown"),
    ({"endpoint": f"https://models.example/v1?key={KEY}"}, "it is not shown"),
    ({"endpoint": KEY}, "it is not shown, for it may be a key"),
    ({"parameters": {"api_key": KEY}}, "a key 'api_key', which is called like a secret"),
]


@pytest.mark.parametrize(("options", "words"), SECRETS)
def test_a_key_in_the_wrong_place_is_refused_and_not_repeated(server, monkeypatch, options, words):
    monkeypatch.setenv("CHAT_KEY", KEY)
    monkeypatch.setenv("SHORT_KEY", "abc")
    with pytest.raises(ModelError) as caught:
        opened(server, **options)
    assert words in caught.value.message
    assert KEY not in caught.value.message + caught.value.hint
    assert "AKIA" not in caught.value.message + caught.value.hint


MISTAKES = [
    ({"model": ""}, "does not say which model"),
    ({"endpoint": "models.example/v1"}, "which is no address"),
    ({"endpoint": "ftp://models.example"}, "which is no address"),
    ({"endpoint": None}, "there is no endpoint to ask for it"),
    ({"parallel": 0}, "parallel is 0"),
    ({"timeout": -1.0}, "timeout is -1"),
    ({"retries": -1}, "retries is -1"),
    ({"price_input": 1.0}, "one of price_input and price_output"),
    ({"parameters": {"max_tokens": 9000}}, "max_tokens = 9000, and \\[model\\] max_tokens is 256"),
    ({"parameters": {"max_completion_tokens": 9000}}, "max_completion_tokens = 9000, and"),
    ({"timeout": float("inf")}, "timeout is inf"),
    ({"price_input": float("nan"), "price_output": 1.0}, "a price is below 0, or no number"),
    ({"price_input": 1.0, "price_output": 1.0, "max_cost": float("nan")}, "max_cost is nan"),
    ({"temperature": float("nan")}, "temperature is nan"),
    ({"parameters": {"top_p": float("nan")}}, "parameters holds what JSON does not know"),
    ({"parameters": {"since": datetime(2026, 1, 1, tzinfo=UTC)}}, "parameters holds what JSON does not know"),
    ({"max_cost": 1.0}, "max_cost needs to know what tokens cost"),
    ({"parameters": {"temperature": 2}}, "the key 'temperature'"),
    ({"ca_file": "none.pem"}, "ca_file 'none.pem' cannot be read"),
]


@pytest.mark.parametrize(("options", "words"), MISTAKES)
def test_what_cannot_be_meant_is_refused(server, options, words):
    with pytest.raises(ModelError, match=words) as caught:
        opened(server, **options).predict(PROMPTS[:1])
    assert caught.value.hint
    assert server.seen == []


def test_what_names_it_is_the_address_and_the_model():
    assert named(endpoint="https://models.example/v1/chat/completions", model="m") == {
        "endpoint": "https://models.example/v1",
        "model": "m",
    }
    assert named() is None


def test_a_proxy_is_not_asked_for_what_is_on_this_machine(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    assert opened(server).predict(PROMPTS[:1]).texts == ("Answer to Question 0",)


def own_certificate(folder):
    """A certificate of 127.0.0.1 that nobody but itself vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    days = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(days[0]).not_valid_after(days[1]).add_extension(address, critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


def test_a_certificate_is_verified_and_an_own_authority_is_named(tmp_path):
    with ChatServer(certificate=own_certificate(tmp_path)) as server:
        with pytest.raises(ModelError, match="its certificate is not trusted") as caught:
            opened(server, parallel=1).predict(PROMPTS[:1])
        assert "ca_file" in caught.value.hint
        assert server.seen == []
        model = opened(server, ca_file="cert.pem", spec_folder=tmp_path)
        assert model.predict(PROMPTS[:1]).texts == ("Answer to Question 0",)
