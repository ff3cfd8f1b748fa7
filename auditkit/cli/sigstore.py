"""`auditkit sigstore`: the manifest's signature in the form that cosign and other readers of Sigstore bundles take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sigstore(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder, or one signed statement (.dsse.json).")],
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write; signatures/manifest.sigstore.json in the bundle's folder unless said."),
    ] = None,
    tsa: Annotated[
        str | None, typer.Option(help="Ask the time-stamping authority at this address for a stamp of the signature.")
    ] = None,
) -> None:
    """Write a signature that is there as a Sigstore bundle, in key mode. No private key is needed.

    The manifest lists every file of a bundle, so that cosign can check each of them by it.
    """
    import hashlib

    from auditkit.bundle import layout
    from auditkit.bundle.placing import place_beside
    from auditkit.bundle.sigstore import signature_in, sigstore_bundle
    from auditkit.bundle.stored import StoredFolder, read_bounded
    from auditkit.bundle.time_service import TimeService
    from auditkit.errors import AuditError

    if bundle.is_dir():
        name, place = layout.MANIFEST, out or bundle / layout.SIGSTORE
        envelope = StoredFolder.scan(bundle).content(layout.MANIFEST)
    elif out is None:
        raise AuditError(
            f"'{bundle}' is no bundle's folder",
            hint=f"auditkit sigstore FOLDER, or auditkit sigstore {bundle} --out FILE",
        )
    else:
        name, place = bundle.name, out
        envelope = read_bounded(bundle.resolve(), name=name, limit=layout.LARGEST_ENVELOPE)
    if place.exists():
        raise AuditError(f"'{place}' exists", hint="remove it first, or --out another file")
    stamps = []
    if tsa is not None:
        stamps.append(TimeService.at(tsa).reply(hashlib.sha256(signature_in(envelope, name=name)).digest()))
    content = sigstore_bundle(envelope, name=name, stamps=stamps)
    place_beside(place, content)
    typer.echo(f"written  {place}")
    typer.echo("verify   the public key is not in it: give readers the .pub; auditkit verify checks it with the bundle")
