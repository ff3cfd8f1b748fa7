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
    tsa: Annotated[str | None, typer.Option(help="Ask the authority at this address, by HTTP.")] = None,
) -> None:
    """Put a time stamp on a bundle's manifest. Without `--tsa` nothing is sent: you carry the request to the authority.

    `--query FILE` writes the request: a digest, which tells the authority nothing of the audit. `--reply FILE` takes
    what it answered. `--tsa URL` does both over the network.
    """
    import hashlib

    from auditkit.bundle import layout
    from auditkit.bundle.placing import explained
    from auditkit.bundle.stored import StoredFolder, read_bounded
    from auditkit.bundle.time_service import TimeService
    from auditkit.bundle.timestamps import LARGEST_REPLY, ask, claimed_time
    from auditkit.errors import AuditError

    if [query, reply, tsa].count(None) != 2:  # noqa: PLR2004  one of three
        raise AuditError(
            "one of --query, --reply and --tsa is needed", hint=f"auditkit timestamp {bundle} --query request.tsq"
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
    place = bundle / layout.TIMESTAMP
    if place.exists():
        raise AuditError(f"'{place}' exists: the bundle is stamped already", hint="remove it first, if it is wrong")
    if tsa is not None:
        raw, name = TimeService.at(tsa).reply(hashlib.sha256(manifest).digest()), tsa
    else:
        assert reply is not None  # noqa: S101  one of the three is given
        if not reply.is_file():
            raise AuditError(f"there is no reply '{reply}'", hint="the file that the authority answered with")
        raw, name = read_bounded(reply.resolve(), name=reply.name, limit=LARGEST_REPLY), reply.name
    moment = claimed_time(raw, manifest, name=name)
    with explained(place):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(raw)
    typer.echo(f"stamped  {place}, {moment:%Y-%m-%dT%H:%M:%SZ}")
    typer.echo(f"verify   auditkit verify {bundle} --trust trust.toml, with the authority's root as [[tsa]]")
