"""A time-stamping authority for tests: `openssl ts` with a key of its own, under a root of its own."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="apt-get install openssl: its ts is the authority"
)

_SETTINGS = """\
[tsa]
default_tsa = t
[t]
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.crt
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Authority:
    """Where its root lies, and how to ask it."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root.crt"

    @property
    def revoked(self) -> Path:
        """Its revocation list: nobody is on it."""
        return self.folder / "root.crl"

    def answer(self, request: bytes) -> bytes:
        (self.folder / "request.tsq").write_bytes(request)
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", "-out", "reply.tsr"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=60)
        return (self.folder / "reply.tsr").read_bytes()

    @classmethod
    def at(cls, folder: Path, name: str = "ACME time") -> Authority:
        folder.mkdir()
        root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        root = _certificate(f"{name} root", root_key, f"{name} root", root_key, is_authority=True)
        own = _certificate(name, key, f"{name} root", root_key, is_authority=False)
        (folder / "root.crt").write_bytes(root.public_bytes(serialization.Encoding.PEM))
        (folder / "tsa.crt").write_bytes(own.public_bytes(serialization.Encoding.PEM))
        (folder / "root.crl").write_bytes(_nobody_revoked(root, root_key))
        plain = serialization.NoEncryption()
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        (folder / "tsa.key").write_bytes(key.private_bytes(pem, form, plain))
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_SETTINGS)
        return cls(folder)


def _nobody_revoked(root: x509.Certificate, key: rsa.RSAPrivateKey) -> bytes:
    now = datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.subject).last_update(now - timedelta(hours=1))
    builder = builder.next_update(now + timedelta(days=30)).add_extension(x509.CRLNumber(1), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, issuer)]
    usage = x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=400))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


@dataclass
class Served:
    """An authority behind HTTP on this machine, and the requests that it was sent."""

    url: str
    asked: list[bytes]


@contextmanager
def served(answer: Callable[[bytes], bytes], status: int = 200) -> Iterator[Served]:
    """Answer requests for time stamps by HTTP, on the loopback address, until the block ends; of a GET to b""."""
    asked: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, request: bytes) -> None:
            asked.append(request)
            content = answer(asked[-1])
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}/tsr", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
