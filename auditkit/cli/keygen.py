"""`auditkit keygen`: a key pair to sign bundles with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def keygen(
    stem: Annotated[str, typer.Argument(help="What the three files are called, before .key, .pub and .crt.")] = "audit",
    *,
    name: Annotated[str, typer.Option(help="Who will sign, e.g. 'ACME model risk'. It stands in every bundle.")],
    out: Annotated[Path, typer.Option(help="The folder that the files are written into.")] = Path(),
) -> None:
    """Make a key pair. The .key stays with you; readers verify with the .pub; the .crt says who signs."""
    from auditkit.bundle.key_files import make_key_pair
    from auditkit.bundle.keys import FileSigner
    from auditkit.errors import AuditError

    if not stem or Path(stem).name != stem:
        raise AuditError(f"'{stem}' is not the beginning of a file name", hint=f"auditkit keygen audit --out '{stem}'")
    pair = make_key_pair(out / stem, name)
    keyid = FileSigner.load(pair.private).keyid
    typer.echo(
        f"{pair.private}  the private key: keep it, share it with nobody\n"
        f"{pair.public}  the public key: give it to those who verify\n"
        f"{pair.certificate}  the certificate: keep it beside the private key\n"
        f"keyid {keyid}\n"
        "\n"
        f'to sign, in the spec:   [signing] key = "{pair.private}"\n'
        f"to verify, readers type: auditkit verify BUNDLE --key {pair.public}"
    )
