"""`auditkit revoke`: put a signer's certificate on its root's revocation list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def revoke(
    certificate: Annotated[Path, typer.Argument(help="The signer's certificate (.crt).")],
    issuer: Annotated[
        str, typer.Option(help="The root's private key, a file or an address; its .crl lies beside its .crt.")
    ],
) -> None:
    """Revoke a certificate. Publish the list that this writes; readers name it in their trust file."""
    from auditkit.bundle.issuing import revoke as revoke_certificate

    typer.echo(f"revoked  {revoke_certificate(certificate, issuer)}")
