"""`auditkit plan`: what would run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditkit.forecasts.forecast import Forecast


def plan(
    spec: Annotated[Path, typer.Argument(help="The spec: audit.toml or audit.yaml.")],
    *,
    measure: Annotated[
        bool, typer.Option("--measure", help="Open the model, and forecast time and memory from a sample of the rows.")
    ] = False,
) -> None:
    """Say what would run, what would not apply and why, and what it would cost. Opens no model without --measure."""
    from auditkit.forecasts.forecast import forecast
    from auditkit.host import Host
    from auditkit.spec import read_spec

    read = read_spec(spec)
    typer.echo(_words(forecast(read, Host.installed(read), measure=measure)))


def _words(found: Forecast) -> str:
    from auditkit.cli.console import columns
    from auditkit.terminal import printable

    head = [
        ("subject", found.subject),
        *(("model" if place == 0 else "", line) for place, line in enumerate(found.model)),
        ("predictions", found.predictions),
        ("rows", found.rows),
        ("groups", found.groups),
        ("cost", found.cost),
        *(("", line) for line in found.costs),
        *(("measured" if place == 0 else "", line) for place, line in enumerate(found.measured)),
        *(("warning", warning) for warning in found.warnings),
    ]
    checks = columns([(check.id, check.says) for check in found.checks]) if found.checks else "none"
    rules = columns([(rule, says) for rule, says in found.rules]) if found.rules else "none"
    gaps = ["", "gaps that 4 audits in 5 would find, at rates near 50%, where it is hardest", columns(found.gaps)]
    gate = ["", found.gate_if, columns(found.gate)]
    tables = [*(gaps if found.gaps else ()), *(gate if found.gate else ())]
    parts = [columns(head), "", "checks", checks, *tables, ""]
    return "\n".join([*parts, printable(f"rules ({found.policy})"), rules])
