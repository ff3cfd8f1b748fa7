"""`auditkit keygen`: a key pair to sign bundles with, alone or under an authority of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditkit.bundle.key_files import KeyPair
    from auditkit.signers.addresses import Address
    from auditkit.signers.issuing_keys import IssuingKey


def keygen(  # noqa: PLR0913  the options of the command
    stem: Annotated[str, typer.Argument(help="What the three files are called, before .key, .pub and .crt.")] = "audit",
    *,
    name: Annotated[str, typer.Option(help="Who will sign, e.g. 'ACME model risk'. It stands in every bundle.")],
    out: Annotated[Path, typer.Option(help="The folder that the files are written into.")] = Path(),
    encrypt: Annotated[
        bool,
        typer.Option("--encrypt", help="Encrypt the private key: AUDITKIT_KEY_PASSPHRASE, or typed at the terminal."),
    ] = False,
    authority: Annotated[
        bool, typer.Option("--authority", help="Make a root that issues signers' certificates; keep it offline.")
    ] = False,
    issuer: Annotated[
        str | None,
        typer.Option(help="The root's private key, a file or an address: it issues the certificate, for a year."),
    ] = None,
    crl_url: Annotated[
        str | None, typer.Option(help="Where the root's revocation list will be; stands in the certificate.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="The address of a key on a token or in a cloud's key service: no .key is made, and it stays there."
        ),
    ] = None,
) -> None:
    """Make a key pair. The .key stays with you; readers verify with the .pub; the .crt says who signs."""
    from auditkit.bundle.key_files import Under, make_authority, make_key_pair
    from auditkit.errors import AuditError

    if not stem or Path(stem).name != stem:
        raise AuditError(f"'{stem}' is not the beginning of a file name", hint=f"auditkit keygen audit --out '{stem}'")
    if (issuer is None) != (crl_url is None) or (authority and issuer is not None):
        hint = "--issuer root.key --crl-url https://acme.example/root.crl; or --authority alone"
        raise AuditError("--issuer and --crl-url belong together, and to no authority", hint=hint)
    if key is not None and encrypt:
        raise AuditError("--encrypt is for a key in a file, and --key for one that is in none", hint="leave one out")
    address = None if key is None else _address(key)
    held = None if address is None else _held(address)
    passphrase = _passphrase() if encrypt else None
    if authority:
        pair = make_authority(out / stem, name, passphrase=passphrase, held=held)
    else:
        under = None if issuer is None or crl_url is None else Under(issuer, crl_url)
        pair = make_key_pair(out / stem, name, under=under, passphrase=passphrase, held=held)
    said = str(pair.private) if address is None else address.with_certificate(pair.certificate).typed
    typer.echo("\n".join(_told(pair, said, authority=authority)))


def _told(pair: KeyPair, key: str, *, authority: bool) -> Iterator[str]:
    """What was written, and what to type with it; `key` is what a command takes to sign."""
    from auditkit.bundle.keys import keyid_of, public_key_from_pem

    keyid = keyid_of(public_key_from_pem(pair.public.read_bytes(), name=str(pair.public)))
    if pair.private is not None:
        yield f"{pair.private}  the private key: keep it, share it with nobody"
    yield f"{pair.public}  the public key: give it to those who verify"
    yield f"{pair.certificate}  the certificate" + (": keep it beside the private key" if pair.private else "")
    yield f"keyid {keyid}\n"
    if authority:
        yield f"{pair.certificate.with_suffix('.crl')}  whom it has revoked: publish it with the certificate"
        yield f"to issue a signer's key: auditkit keygen audit --name NAME --issuer '{key}' --crl-url URL"
        return
    yield f'to sign, in the spec:   [signing] key = "{key}"'
    yield f"to verify, readers type: auditkit verify BUNDLE --key {pair.public}"


def _address(key: str) -> Address:
    from auditkit.errors import AuditError
    from auditkit.signers.addresses import address_in

    address = address_in(key)
    if address is None:
        hint = f"to certify a key in a file: openssl req -x509 -key {key} -out audit.crt -days 730 -subj '/CN=NAME'"
        raise AuditError(f"'{key}' is a file, and --key is for a key that is in none", hint=hint)
    return address


def _held(address: Address) -> IssuingKey:
    from auditkit.signers.choosing import public_half_at
    from auditkit.signers.issuing_keys import IssuingKey

    return IssuingKey(*public_half_at(address))


def _passphrase() -> str:
    """The environment's, or what is typed twice; AuditError when there is neither."""
    import os
    import sys

    from auditkit.bundle.keys import PASSPHRASE_VARIABLE
    from auditkit.errors import AuditError

    if given := os.environ.get(PASSPHRASE_VARIABLE):
        return given
    if not sys.stdin.isatty():
        raise AuditError("there is no passphrase to encrypt with", hint=f"put it into {PASSPHRASE_VARIABLE}")
    typed: str = typer.prompt("passphrase", hide_input=True, confirmation_prompt=True)
    return typed
