"""`auditkit revoke`: put a signer's certificate on its root's revocation list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def revoke(
    certificate: Annotated[
        Path | None, typer.Argument(help="The signer's certificate (.crt); without one the list is made current again.")
    ] = None,
    *,
    issuer: Annotated[
        str, typer.Option(help="The root's private key, a file or an address; its .crl lies beside its .crt.")
    ],
    reason: Annotated[
        Literal["affiliation_changed", "superseded", "cessation_of_operation", "key_compromise"] | None,
        typer.Option(help="Why. Unless it says otherwise, readers take the key for a lost one, and refuse all of it."),
    ] = None,
) -> None:
    """Revoke a certificate. Publish the list that this writes; readers name it in their trust file."""
    from auditkit.bundle.issuing import revoke as revoke_certificate
    from auditkit.errors import AuditError

    if certificate is None and reason is not None:
        raise AuditError(
            "a reason is of a certificate, and none is named", hint="auditkit revoke audit.crt --issuer root.key"
        )
    place = revoke_certificate(certificate, issuer, reason=reason)
    typer.echo(f"{'current' if certificate is None else 'revoked'}  {place}")
