"""`auditkit keygen`: a key pair to sign bundles with, alone or under an authority of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def keygen(
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
        Path | None, typer.Option(help="The root's private key: it issues the certificate, for a year.")
    ] = None,
    crl_url: Annotated[
        str | None, typer.Option(help="Where the root's revocation list will be; stands in the certificate.")
    ] = None,
) -> None:
    """Make a key pair. The .key stays with you; readers verify with the .pub; the .crt says who signs."""
    from auditkit.bundle.key_files import Under, make_authority, make_key_pair
    from auditkit.bundle.keys import keyid_of, public_key_from_pem
    from auditkit.errors import AuditError

    if not stem or Path(stem).name != stem:
        raise AuditError(f"'{stem}' is not the beginning of a file name", hint=f"auditkit keygen audit --out '{stem}'")
    if (issuer is None) != (crl_url is None) or (authority and issuer is not None):
        hint = "--issuer root.key --crl-url https://acme.example/root.crl; or --authority alone"
        raise AuditError("--issuer and --crl-url belong together, and to no authority", hint=hint)
    passphrase = _passphrase() if encrypt else None
    if authority:
        pair = make_authority(out / stem, name, passphrase=passphrase)
    else:
        under = None if issuer is None or crl_url is None else Under(issuer, crl_url)
        pair = make_key_pair(out / stem, name, under=under, passphrase=passphrase)
    keyid = keyid_of(public_key_from_pem(pair.public.read_bytes(), name=str(pair.public)))
    typer.echo(
        f"{pair.private}  the private key: keep it, share it with nobody\n"
        f"{pair.public}  the public key: give it to those who verify\n"
        f"{pair.certificate}  the certificate: keep it beside the private key\n"
        f"keyid {keyid}\n"
    )
    if authority:
        typer.echo(
            f"{pair.private.with_suffix('.crl')}  whom it has revoked: publish it with the certificate\n"
            f"to issue a signer's key: auditkit keygen audit --name NAME --issuer {pair.private} --crl-url URL"
        )
        return
    typer.echo(
        f'to sign, in the spec:   [signing] key = "{pair.private}"\n'
        f"to verify, readers type: auditkit verify BUNDLE --key {pair.public}"
    )


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
