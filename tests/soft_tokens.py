"""A token for tests: SoftHSM with a key of its own, made by the library's own tool and python-pkcs11."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

PIN = "sesame-271828"

MODULE = next(
    (
        path
        for path in (
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib64/pkcs11/libsofthsm2.so",
            "/opt/homebrew/lib/softhsm/libsofthsm2.so",
        )
        if Path(path).exists()
    ),
    "",
)

needs_softhsm = pytest.mark.skipif(
    not MODULE or shutil.which("softhsm2-util") is None, reason="apt-get install softhsm2: it is the token"
)


@dataclass(frozen=True)
class SoftToken:
    """A token in a folder, with a key for P-256 and others that auditkit does not sign with."""

    folder: Path
    label: str = "audit"

    def address(self, key: str = "object=signer", *, token: str | None = None, **options: str) -> str:
        said = {"module-path": MODULE} | {name.replace("_", "-"): value for name, value in options.items()}
        query = "&".join(f"{name}={value}" for name, value in said.items())
        return f"pkcs11:token={token or self.label};{key}?{query}"

    @classmethod
    def made_in(cls, folder: Path, patch: pytest.MonkeyPatch) -> SoftToken:
        import pkcs11

        (folder / "tokens").mkdir(parents=True)
        settings = folder / "softhsm2.conf"
        settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
        patch.setenv("SOFTHSM2_CONF", str(settings))
        command = ["softhsm2-util", "--init-token", "--free", "--label", "audit", "--pin", PIN, "--so-pin", "31415926"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        made = cls(folder)
        # Another test's settings may be read already: the library reads them when it is loaded.
        pkcs11.unload(MODULE)
        with pkcs11.lib(MODULE).get_token(token_label="audit").open(rw=True, user_pin=PIN) as session:
            for identity, (label, curve) in enumerate({"signer": "secp256r1", "longer": "secp384r1"}.items(), 1):
                _on_a_curve(session, label, curve, bytes([identity]))
            session.generate_keypair(pkcs11.KeyType.RSA, 1024, store=True, label="rsa", id=b"\x03")
        return made

    def store_certificate(self, der: bytes, identity: bytes) -> None:
        """Put a certificate beside the key with this id, as a maker's tool does."""
        import pkcs11
        from pkcs11 import Attribute

        with pkcs11.lib(MODULE).get_token(token_label="audit").open(rw=True, user_pin=PIN) as session:
            attributes = pkcs11.util.x509.decode_x509_certificate(der)
            session.create_object({**attributes, Attribute.TOKEN: True, Attribute.ID: identity})


def _on_a_curve(session: object, label: str, curve: str, identity: bytes) -> None:
    from pkcs11 import Attribute, KeyType
    from pkcs11.util.ec import encode_named_curve_parameters

    named = {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
    parameters = session.create_domain_parameters(KeyType.EC, named, local=True)
    parameters.generate_keypair(store=True, label=label, id=identity)
