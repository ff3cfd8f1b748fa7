"""Which signer is meant: a plugin's, a key file's, a token's, a key service's, or the local development key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from auditkit.checks.stopping import STOPPED
from auditkit.errors import AuditError, PluginError
from auditkit.signers.addresses import Address, address_in
from auditkit.signers.services import ServiceKey, public_key_at
from auditkit.signers.tokens import TokenKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from auditkit.bundle.keys import Signer
    from auditkit.host import Host
    from auditkit.spec import AuditSpec


def signer_for(spec: AuditSpec, host: Host) -> Signer:
    """The signer that `[signing]` asks for: a plugin's, the one of its key, or the local development key.

    Raises:
        PluginError: a plugin's signer cannot sign.
        AuditError: the key is not there, or cannot sign.
    """
    offered = host.answers("auditkit_make_signer", options=spec.signing.model_dump(mode="json"))
    if offered:
        plugin, signer = offered[0]
        _must_sign(signer, plugin)
        return cast("Signer", signer)
    key = spec.signing.key
    if key is not None and address_in(key, folder=spec.folder) is None and not (spec.folder / key).is_file():
        raise spec.source.error(
            ("signing", "key"), f"there is no key '{key}'", "auditkit keygen, or leave it out for a development key"
        )
    return signer_at(key, folder=spec.folder)


def signer_at(said: str | None, *, folder: Path = Path()) -> Signer:
    """The signer of a key that the command line or a spec names; the development key when it names none.

    Args:
        said: the path of a key file, or an address: `pkcs11:`, `awskms:`, `gcpkms:`, `azurekms:`, `hv:`.
        folder: what paths are relative to.

    Raises:
        AuditError: the key is not there, is of another kind than P-256, has no certificate, or does not sign.
    """
    from auditkit.bundle.key_files import development_signer
    from auditkit.bundle.keys import FileSigner

    if said is None:
        return development_signer()
    address = address_in(said, folder=folder)
    return FileSigner.load(folder / said) if address is None else _held(address)


def public_half_at(address: Address) -> tuple[EllipticCurvePublicKey, Callable[[bytes], bytes]]:
    """The public half of a key without a certificate, as its place says, and what signs with it.

    Raises:
        AuditError: the key is not there, is of another kind than P-256, or its public half is not to be had.
    """
    if address.kind == "pkcs11":
        token = TokenKey.at(address)
        return token.public_key(), token.sign
    public = public_key_at(address)
    return public, ServiceKey(address, public).sign


def _held(address: Address) -> Signer:
    from auditkit.bundle.keys import CertifiedSigner, read_certificate

    hint = f"auditkit keygen audit --name 'YOUR NAME' --key '{address.typed}'"
    file = address.certificate
    certificate = None if file is None else read_certificate(file, missing=hint)
    token = TokenKey.at(address) if address.kind == "pkcs11" else None
    if certificate is None and token is not None:
        certificate = token.certificate()
    if certificate is None:
        raise AuditError(
            f"there is no certificate for '{address}' that says who signs",
            hint=f"name it, certificate=audit.crt, at the end of the address; or make one: {hint}",
        )
    public = cast("EllipticCurvePublicKey", certificate.public_key())
    sign = ServiceKey(address, public).sign if token is None else token.sign
    named = "the token's certificate" if file is None else str(file)
    signer = CertifiedSigner.of(certificate, sign, certificate_name=named)
    if _fault_of(signer) is not None:
        raise AuditError(
            f"what '{address}' signs does not hold under '{named}'",
            hint=f"is it the certificate of this key? to make one: {hint}",
        )
    return signer


def _must_sign(signer: Any, plugin: str) -> None:
    """Have a plugin's signer sign something now, so that no audit of hours ends in a bundle that nobody can verify."""
    cause: BaseException | None = None
    try:
        fault = _fault_of(signer)
    except STOPPED:
        raise
    except BaseException as error:  # noqa: BLE001  whatever it raises is the plugin's own failure
        fault, cause = f"failed: {type(error).__name__}: {error}", error
    if fault is not None:
        raise PluginError(
            f"the signer of plugin '{plugin}' {fault}",
            hint="what a signer has is said by auditkit.bundle.keys.Signer; mend the plugin, or leave it out",
        ) from cause


def _fault_of(signer: Any) -> str | None:
    from auditkit.bundle.keys import keyid_of, public_key_from_pem, signature_holds

    wanted = {"keyid": str, "name": str, "development": bool, "public_pem": bytes, "certificate_pem": bytes}
    for name, kind in wanted.items():
        if not isinstance(getattr(signer, name), kind):
            return f"has a {name} that is no {kind.__name__}"
    signer.public_pem.decode("ascii")
    key = public_key_from_pem(signer.public_pem, name="public_pem")
    if signer.keyid != keyid_of(key):
        return "has a keyid that is not the one of its public_pem"
    if public_key_from_pem(signer.certificate_pem, name="certificate_pem") != key:
        return "has a certificate_pem for another key than its public_pem"
    message = b"auditkit tries out a signer"
    signature = signer.sign(message)
    if not isinstance(signature, bytes) or not signature_holds(key, signature, message):
        return "gives signatures that its public_pem does not verify"
    return None
