"""`auditkit timestamp`: have a time-stamping authority say when a bundle was there (RFC 3161)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def timestamp(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    *,
    query: Annotated[Path | None, typer.Option(help="Write the request for the authority into this file.")] = None,
    reply: Annotated[Path | None, typer.Option(help="Take the authority's reply from this file.")] = None,
) -> None:
    """Put a time stamp on a bundle's manifest. Nothing is sent: you carry the request to the authority of your choice.

    `--query FILE` writes the request: a digest, which tells the authority nothing of the audit. `--reply FILE` takes
    what it answered.
    """
    from auditkit.bundle import layout
    from auditkit.bundle.placing import explained
    from auditkit.bundle.stored import StoredFolder, read_bounded
    from auditkit.bundle.timestamps import LARGEST_REPLY, ask, claimed_time
    from auditkit.errors import AuditError

    if (query is None) == (reply is None):
        raise AuditError(
            "one of --query and --reply is needed", hint=f"auditkit timestamp {bundle} --query request.tsq"
        )
    manifest = StoredFolder.scan(bundle).content(layout.MANIFEST)
    if query is not None:
        with explained(query):
            query.write_bytes(ask(manifest))
        typer.echo(f"request  {query}")
        typer.echo(
            f"send it  curl -H 'Content-Type: application/timestamp-query' --data-binary @{query} URL -o reply.tsr"
        )
        typer.echo(f"then     auditkit timestamp {bundle} --reply reply.tsr")
        return
    assert reply is not None  # noqa: S101  one of the two is given
    if not reply.is_file():
        raise AuditError(f"there is no reply '{reply}'", hint="the file that the authority answered with")
    raw = read_bounded(reply.resolve(), name=reply.name, limit=LARGEST_REPLY)
    moment = claimed_time(raw, manifest, name=reply.name)
    place = bundle / layout.TIMESTAMP
    if place.exists():
        raise AuditError(f"'{place}' exists: the bundle is stamped already", hint="remove it first, if it is wrong")
    with explained(place):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(raw)
    typer.echo(f"stamped  {place}, {moment:%Y-%m-%dT%H:%M:%SZ}")
    typer.echo(f"verify   auditkit verify {bundle} --trust trust.toml, with the authority's root as [[tsa]]")
