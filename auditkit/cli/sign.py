"""`auditkit sign`: what somebody who has read a bundle decides of it, signed beside it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer


def sign(  # noqa: PLR0913  the options of the command
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    role: Annotated[str, typer.Option(help="In which role you sign, e.g. 'independent auditor'.")],
    decision: Annotated[Literal["accept", "reject", "mitigate"], typer.Option(help="What you decide.")],
    reason: Annotated[
        str, typer.Option(help="Why; for mitigate: what has to be done. Needed for all but accept.")
    ] = "",
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day on which it holds; with the bundle's end unless said."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Your private key, a file or an address; the development key unless said.")
    ] = None,
    trust: Annotated[Path | None, typer.Option(help="Your trust file: sign only what it vouches for.")] = None,
    *,
    assurance: Annotated[
        Literal["self_attested", "second_party", "third_party"],
        typer.Option(help="What you are to the model's maker, by your own word."),
    ] = "self_attested",
) -> None:
    """Countersign a bundle: accept, reject or mitigate. It is verified first; its own bytes stay as they are."""
    from datetime import UTC

    from auditkit.bundle.countersigning import countersign
    from auditkit.bundle.verify import verify
    from auditkit.cli.console import printable_lines
    from auditkit.errors import AuditError, IntegrityError
    from auditkit.signers.choosing import signer_at

    if not bundle.is_dir():
        raise AuditError(f"'{bundle}' is no bundle's folder", hint="auditkit sign FOLDER --role R --decision D")
    signer = signer_at(key)
    now = datetime.now(UTC)
    found = verify(bundle, now=now, trust=trust, allow_dev_key=trust is None)
    failed = next((line for line in found.lines if line.state == "FAIL"), None)
    if failed is not None or not (found.intact and found.signed):
        why = f"{failed.name}: {failed.text}" if failed else "it is not intact"
        raise IntegrityError(f"'{bundle}' is not signed: {why}", hint=f"auditkit verify {bundle}")
    day = None if expires is None else expires.date()
    path = countersign(
        bundle, signer, role=role, decision=decision, reason=reason, expires=day, assurance=assurance, now=now
    )
    lines = [f"signed   {path}", f"         {decision} as {role}, by '{signer.name}', key {signer.keyid[:16]}"]
    if signer.development:
        lines.append("beware   signed with a development key, which proves no identity and counts for nobody")
    lines.append(f"verify   auditkit verify {bundle} --trust trust.toml")
    typer.echo(printable_lines(lines))
