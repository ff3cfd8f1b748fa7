"""`auditkit seal`: sign what will be judged, and by what, before the audit is run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def seal(
    spec: Annotated[Path, typer.Argument(help="The spec: audit.toml or audit.yaml.")],
    out: Annotated[
        Path | None, typer.Option(help="The file to write; SPEC-STEM.seal.json beside the spec unless said.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="The private key that signs, a file or an address; the spec's [signing] key unless said."),
    ] = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a seal that is there; the new one says that it did.")
    ] = False,
) -> None:
    """Sign policy, groups, seed and the digests of data and model, before the run.

    `auditkit run` finds the seal, and the report says that all is unchanged since, or lists what moved.
    """
    from auditkit.cli.console import printable_lines
    from auditkit.sealing.judged import count_of
    from auditkit.sealing.making import make_seal, seal_place
    from auditkit.signers.choosing import signer_at

    made = make_seal(spec, out=out, signer=None if key is None else signer_at(key), force=force).claim
    lines = [
        f"sealed   {out or seal_place(spec)}",
        f"         {count_of(made.judged)} values, by '{made.signer.name}' on {made.sealed_on}",
    ]
    if made.number > 1:
        lines.append(f"beware   it is seal number {made.number} of this spec, and the report will say so")
    if made.answers_kept:
        lines.append("beware   answers of an earlier run lie beside the spec, and the report will say so")
    if "subject" not in made.judged:
        lines.append("beware   the model is not there yet, and is not sealed")
    if made.signer.development:
        lines.append("beware   signed with a development key, which proves no identity: auditkit keygen")
    given = "" if out is None else f" --seal {out}"
    lines.append(f"run      auditkit run {spec}{given}")
    typer.echo(printable_lines(lines))
