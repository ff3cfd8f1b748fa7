"""`auditkit verify`: whether a bundle is intact, signed and trusted, each said separately."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.errors import AuditError
from auditkit.terminal import printable

if TYPE_CHECKING:
    from auditkit.bundle.verification import Verification

_LONGEST_SHOWN = 200


def verify(  # noqa: PLR0913  the options of the command
    bundle: Annotated[Path, typer.Argument(help="A bundle's folder, or a report.html or report.pdf that came alone.")],
    key: Annotated[Path | None, typer.Option(help="The public key (.pub) of the signer whom you trust.")] = None,
    trust: Annotated[Path | None, typer.Option(help="A trust file (TOML): keys, dates and demands.")] = None,
    threshold: Annotated[
        int | None, typer.Option(min=1, help="How many different people whom you trust must have signed.")
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option(help="The ledger of accepted releases: is this the newest of its name?")
    ] = None,
    *,
    allow_dev_key: Annotated[
        bool, typer.Option("--allow-dev-key", help="Accept a development key. It proves no identity.")
    ] = False,
    model: Annotated[Path | None, typer.Option(help="The model's file or folder, to be compared.")] = None,
    spec: Annotated[Path | None, typer.Option(help="The spec that should have been carried out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a bundle offline: is it intact, who signed it, and do you trust them? Exit 0 when all is well, else 4."""
    from datetime import UTC, datetime

    from auditkit.bundle.verify import verify as verify_bundle

    for given in (bundle, key, trust, model, spec, ledger):
        if given is not None:
            _must_be_a_path(given)
    found = verify_bundle(
        bundle,
        now=datetime.now(UTC),
        key=key,
        trust=trust,
        allow_dev_key=allow_dev_key,
        model=model,
        spec_digest=None if spec is None else _spec_digest(spec),
        threshold=threshold,
        ledger=ledger,
    )
    typer.echo(found.model_dump_json(indent=2) if as_json else _in_columns(found))
    raise typer.Exit(found.exit_code)


def _must_be_a_path(path: Path) -> None:
    """Refuse what no file can be called, or what may not be looked at; whether it is there is asked later."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:
        said = printable(str(path))
        reason = getattr(error, "strerror", None) or str(error)
        raise AuditError(
            f"'{said[:_LONGEST_SHOWN]}' cannot be read: {reason}", hint="check the path with: ls -l"
        ) from error


def _spec_digest(path: Path) -> str:
    from auditkit.spec import read_spec

    return read_spec(path).digest


def _in_columns(found: Verification) -> str:
    width = max(len(line.name) for line in found.lines)
    rows = []
    for line in found.lines:
        rows.append(f"{line.name:<{width}}  {line.state:<11}  {line.text}")
        if line.hint:
            rows.append(f"{'':<{width}}  {'':<11}  hint: {line.hint}")
    claims = (("intact", found.intact), ("signed", found.signed), ("trusted", found.trusted))
    rows += ["", "   ".join(f"{claim}: {'yes' if holds else 'NO'}" for claim, holds in claims)]
    return "\n".join(rows)
