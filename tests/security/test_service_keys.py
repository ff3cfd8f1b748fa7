"""Keys in a key service: what is missing is named, and servers that speak as AWS KMS and Vault do sign with them."""

from __future__ import annotations

import base64
import importlib.util
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from signed_bundles import NOW, Desk, failing

from auditkit.bundle.key_files import make_key_pair
from auditkit.errors import AuditError
from auditkit.signers.addresses import address_in
from auditkit.signers.choosing import public_half_at, signer_at
from auditkit.signers.issuing_keys import IssuingKey

MADE = NOW - timedelta(days=30)
GCP = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
LIBRARIES = {
    "awskms:alias/audit": ("boto3", "awskms"),
    f"gcpkms:{GCP}": ("google.cloud.kms", "gcpkms"),
    "azurekms://vault.vault.azure.net/keys/audit/1": ("azure.keyvault.keys", "azurekms"),
    "hv:audit/1": ("hvac", "vault"),
}


def is_there(module):
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("address", LIBRARIES)
def test_missing_library_says_what_to_install(address, tmp_path):
    library, extra = LIBRARIES[address]
    if is_there(library):
        pytest.skip(f"{library} is installed")
    make_key_pair(tmp_path / "acme", "ACME model risk", now=MADE)
    with pytest.raises(AuditError, match="needs") as caught:
        signer_at(f"{address}?certificate=acme.crt", folder=tmp_path)
    assert caught.value.hint == f"pip install 'auditkit[{extra}]'"


@pytest.mark.parametrize("address", LIBRARIES)
def test_key_of_a_service_needs_a_certificate(address):
    with pytest.raises(AuditError, match="there is no certificate for") as caught:
        signer_at(address)
    assert f"auditkit keygen audit --name 'YOUR NAME' --key '{address}'" in caught.value.hint


def _sign_digest(key, message, signing_algorithm):
    assert signing_algorithm == "ECDSA_SHA_256"
    return key.private_key.sign(message, ec.ECDSA(Prehashed(hashes.SHA256())))


@pytest.fixture(scope="module")
def kms():
    """A key for P-256 and another in a server that speaks AWS KMS; yields how to make one of a kind."""
    server_of = pytest.importorskip("moto.server", reason="pip install 'moto[server]': it is the key service")
    boto3 = pytest.importorskip("boto3", reason="pip install 'auditkit[awskms]'")
    pytest.importorskip("securesystemslib", reason="pip install 'auditkit[awskms]'")
    server = server_of.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        # moto hashes every message: "The MessageType-parameter DIGEST is not yet implemented", says its source.
        patch.setattr("moto.kms.utils.ECDSAPrivateKey.sign", _sign_digest)
        patch.setenv("TEST_LOOPBACK", "1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "x")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        client = boto3.client("kms")
        yield lambda spec: client.create_key(KeyUsage="SIGN_VERIFY", KeySpec=spec)["KeyMetadata"]["KeyId"]
    server.stop()


def test_bundle_signed_by_a_service_verifies_without_it(kms, tmp_path: Path):
    address = f"awskms:{kms('ECC_NIST_P256')}"
    make_key_pair(tmp_path / "acme", "ACME model risk", now=MADE, held=IssuingKey(*public_half_at(address_in(address))))
    desk = Desk(tmp_path, signer_at(f"{address}?certificate=acme.crt", folder=tmp_path))
    found = desk.verify(desk.write(), key=tmp_path / "acme.pub")
    assert (found.exit_code, failing(found)) == (0, set())


def test_key_of_another_curve_is_refused(kms):
    with pytest.raises(AuditError, match=r"does not sign with 'awskms:|and auditkit signs with P-256"):
        public_half_at(address_in(f"awskms:{kms('ECC_NIST_P384')}"))


@pytest.mark.usefixtures("kms")
def test_key_that_is_not_there_is_told(tmp_path):
    make_key_pair(tmp_path / "acme", "ACME model risk", now=MADE)
    with pytest.raises(AuditError, match="the key service does not sign with 'awskms:alias/none': NotFound"):
        signer_at("awskms:alias/none?certificate=acme.crt", folder=tmp_path)


def test_certificate_of_another_key_is_refused_before_the_audit(kms, tmp_path):
    make_key_pair(tmp_path / "acme", "ACME model risk", now=MADE)
    with pytest.raises(AuditError, match=r"signs does not hold under '.*acme.crt'"):
        signer_at(f"awskms:{kms('ECC_NIST_P256')}?certificate=acme.crt", folder=tmp_path)


class Vault:
    """The two calls of Vault's transit engine that signing needs, as its manual of the HTTP interface has them."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.asked = []

    def answer(self, path, body):
        self.asked.append((path, body))
        if path == "/v1/transit/keys/audit":
            public = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            return {"keys": {"2": {"public_key": public}}}
        assert path.startswith("/v1/transit/sign/audit")
        assert (body["prehashed"], body["marshaling_algorithm"], body["key_version"]) == (True, "asn1", 2)
        digest = base64.b64decode(body["input"])
        signature = self.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        return {"signature": f"vault:v2:{base64.b64encode(signature).decode()}"}


@pytest.fixture
def vault(monkeypatch):
    pytest.importorskip("hvac", reason="pip install 'auditkit[vault]'")
    pytest.importorskip("securesystemslib", reason="pip install 'auditkit[vault]'")
    made = Vault()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            content = json.dumps({"data": made.answer(self.path, body)}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self):
            self.do_POST()

        def log_message(self, *_): ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("TEST_LOOPBACK", "1")
    monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("VAULT_TOKEN", "x")
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def test_vault_signs_a_digest_and_sees_no_statement(vault, tmp_path):
    held = IssuingKey(*public_half_at(address_in("hv:audit/2")))
    make_key_pair(tmp_path / "acme", "ACME model risk", now=MADE, held=held)
    desk = Desk(tmp_path, signer_at("hv:audit/2?certificate=acme.crt", folder=tmp_path))
    found = desk.verify(desk.write(), key=tmp_path / "acme.pub")
    assert (found.exit_code, failing(found)) == (0, set())
    assert {len(base64.b64decode(body["input"])) for _, body in vault.asked if "input" in body} == {32}
