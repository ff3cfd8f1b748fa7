"""Addresses of keys that are in no file: a kind, a place, and after a `?` the options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import quote, unquote

from auditkit.errors import AuditError, did_you_mean
from auditkit.terminal import printable

Kind = Literal["pkcs11", "awskms", "gcpkms", "azurekms", "hv"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_OPTIONS: Mapping[Kind, tuple[str, ...]] = {
    "pkcs11": ("certificate", "module-path", "pin-source"),
    **dict.fromkeys(KINDS[1:], ("certificate",)),
}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(.*)", re.ASCII | re.IGNORECASE | re.DOTALL)
# Who typed a service's address wrongly is told here, and not by an error of the service.
_PLACES: Mapping[Kind, str] = {
    "pkcs11": r"[^/].*",
    "awskms": r"[^/].*",
    "gcpkms": r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+/cryptoKeyVersions/\d+",
    "azurekms": r"//[^/]+/keys/[^/]+(/[^/]+)?",
    "hv": r"[^/]+/\d+",
}
_EXAMPLES: Mapping[Kind, str] = {
    "pkcs11": "pkcs11:token=LABEL;object=KEY?module-path=/usr/lib/softhsm/libsofthsm2.so",
    "awskms": "awskms:alias/audit?certificate=audit.crt",
    "gcpkms": "gcpkms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1?certificate=audit.crt",
    "azurekms": "azurekms://VAULT.vault.azure.net/keys/NAME/VERSION?certificate=audit.crt",
    "hv": "hv:audit/1?certificate=audit.crt",
}


@dataclass(frozen=True)
class Address:
    """Where a private key is that does not leave its place. No secret stands in it: it may be printed."""

    kind: Kind
    place: str
    """What stands between the kind and the options, as it was written."""
    options: Mapping[str, str]
    folder: Path
    """What the paths in the options are relative to."""

    def __str__(self) -> str:
        """The address without its options, for people."""
        return printable(f"{self.kind}:{self.place}")

    @property
    def example(self) -> str:
        """A whole address of this kind."""
        return _EXAMPLES[self.kind]

    @property
    def certificate(self) -> Path | None:
        """The file of the certificate, if the address names one."""
        named = self.options.get("certificate")
        return None if named is None else self.folder / named

    @property
    def typed(self) -> str:
        """The whole address, to be typed again."""
        options = "&".join(f"{name}={quote(value, safe='/:@,+~')}" for name, value in self.options.items())
        return f"{self}?{options}" if options else str(self)

    def with_certificate(self, certificate: Path) -> Address:
        """The same key, with the file of its certificate."""
        return replace(self, options={**self.options, "certificate": str(certificate)})


def address_in(said: str, *, folder: Path = Path()) -> Address | None:
    """The address that a text is; None: it is the path of a key file.

    Args:
        said: of the command line or the spec.
        folder: what paths in it are relative to.

    Raises:
        AuditError: it is of a kind that auditkit does not know, or has an option that it does not know, or a PIN in it.
    """
    found = _SCHEME.fullmatch(said)
    if found is None:
        return None
    scheme, rest = found[1].lower(), found[2]
    if scheme not in KINDS:
        if (folder / said).exists():
            return None
        otherwise = f"the path of a key file, or an address of one of the kinds {', '.join(KINDS)}"
        raise AuditError(
            f"auditkit knows no keys of the kind '{scheme}'", hint=did_you_mean(scheme, KINDS, otherwise=otherwise)
        )
    kind = cast("Kind", scheme)
    place, _, query = rest.partition("?")
    options = _options(kind, query)
    if not re.fullmatch(_PLACES[kind], place, re.ASCII):
        raise AuditError(
            f"'{printable(f'{kind}:{place}')}' is no address of a key", hint=f"for example {_EXAMPLES[kind]}"
        )
    return Address(kind, place, options, folder)


def absolute(said: str) -> str:
    """What `--key` says, without leaning on the working folder: the path, or the one of an address's certificate."""
    address = address_in(said)
    if address is None:
        return str(Path(said).absolute())
    return said if address.certificate is None else address.with_certificate(address.certificate.absolute()).typed


def _options(kind: Kind, query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        if name in {"pin-value", "pin"}:
            # Others see commands in the list of processes, and specs in repositories. It is not repeated here.
            raise AuditError(
                "a PIN does not stand in the address of a key",
                hint="take it out, and put it into AUDITKIT_KEY_PIN, or into a file: pin-source=file:/run/secrets/pin",
            )
        if name not in _OPTIONS[kind]:
            raise AuditError(
                f"an address '{kind}:' has no option '{printable(name)}'", hint=did_you_mean(name, _OPTIONS[kind])
            )
        if not equals or not value or name in options:
            raise AuditError(
                f"the option '{name}' of an address is given once, and as {name}=VALUE", hint=_EXAMPLES[kind]
            )
        options[name] = unquote(value)
    return options
