"""Signing with a key service, by the libraries that securesystemslib knows; digests alone leave the machine."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.bundle.keys import public_key_from_pem
from auditkit.errors import AuditError
from auditkit.plugin import needs_extra
from auditkit.signers.addresses import Address, Kind
from auditkit.terminal import printable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from securesystemslib.signer import SSlibKey

_EXTRA: dict[Kind, str] = {"awskms": "awskms", "gcpkms": "gcpkms", "azurekms": "azurekms", "hv": "vault"}
_SCHEME = "ecdsa-sha2-nistp256"
_CREDENTIALS = "does the service's own command line sign with this key, here, and as this user?"


@dataclass(frozen=True)
class ServiceKey:
    """A private key that a service keeps. Who may use it is for the service: its library finds the credentials."""

    address: Address
    public: EllipticCurvePublicKey
    """Its public half, as somebody else has said: the certificate."""

    def sign(self, message: bytes) -> bytes:
        """The ECDSA signature (P-256, SHA-256) of the message, in DER; AuditError when the service gives none."""
        with _failures(self.address):
            if self.address.kind == "hv":
                return _signed_by_vault(self.address, message)
            from securesystemslib.signer import Signer, SSlibKey

            key = SSlibKey.from_crypto(self.public, scheme=_SCHEME)
            signer = Signer.from_priv_key_uri(f"{self.address.kind}:{self.address.place}", key)
            return bytes.fromhex(signer.sign(message).signature)


def public_key_at(address: Address) -> EllipticCurvePublicKey:
    """The public half of the key, asked of its service; AuditError when it has none, or one that is not for P-256."""
    with _failures(address):
        pem = _public_pem(address)
    return public_key_from_pem(pem.encode(), name=str(address))


def _public_pem(address: Address) -> str:
    from securesystemslib.signer import AWSSigner, AzureSigner, GCPSigner

    match address.kind:
        case "awskms":
            return _pem(AWSSigner.import_(address.place, _SCHEME))
        case "gcpkms":
            return _pem(GCPSigner.import_(address.place))
        case "azurekms":
            vault, _, name, *_ = address.place.removeprefix("//").split("/")
            return _pem(AzureSigner.import_(vault.partition(".")[0], name))
        case _:
            return _public_pem_in_vault(address)


def _signed_by_vault(address: Address, message: bytes) -> bytes:
    # Not by securesystemslib, which would send the whole statement where a digest will do.
    import hvac

    name, _, version = address.place.partition("/")
    answer = hvac.Client().secrets.transit.sign_data(
        name,
        hash_input=base64.b64encode(hashlib.sha256(message).digest()).decode(),
        hash_algorithm="sha2-256",
        prehashed=True,
        marshaling_algorithm="asn1",
        key_version=int(version),
    )
    return base64.b64decode(answer["data"]["signature"].rpartition(":")[2])


def _public_pem_in_vault(address: Address) -> str:
    # Not by securesystemslib, which reads Vault's Ed25519 keys alone.
    import hvac

    name, _, version = address.place.partition("/")
    return str(hvac.Client().secrets.transit.read_key(name)["data"]["keys"][version]["public_key"])


def _pem(imported: tuple[str, SSlibKey]) -> str:
    return str(imported[1].keyval["public"])


@contextlib.contextmanager
def _failures(address: Address) -> Iterator[None]:
    """Say in words what a service refuses, or which library is missing."""
    extra = _EXTRA[address.kind]
    with needs_extra(extra):
        from securesystemslib.exceptions import UnsupportedLibraryError
    try:
        with needs_extra(extra):
            yield
    except AuditError:
        raise
    except UnsupportedLibraryError as error:
        raise AuditError(
            f"a key at '{address.kind}:' needs a library that is not installed", hint=f"pip install 'auditkit[{extra}]'"
        ) from error
    except Exception as error:
        said = printable(f"{type(error).__name__}: {error}")
        raise AuditError(f"the key service does not sign with '{address}': {said}", hint=_CREDENTIALS) from error
