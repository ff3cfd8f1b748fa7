"""`auditkit demo`: the shipped example, audited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = {"heart-disease": "heart_disease"}


def demo(
    name: Annotated[str, typer.Argument(help="Which example: heart-disease.")] = "heart-disease",
    out: Annotated[Path, typer.Option(help="The folder to work in; it must not exist.")] = Path("auditkit-demo"),
) -> None:
    """Audit a small model that comes with auditkit, and write its bundle. Exit 0 when the bundle is written."""
    import shutil

    from auditkit.cli.console import progress
    from auditkit.cli.failing import termination
    from auditkit.cli.run import summary
    from auditkit.errors import AuditError, did_you_mean
    from auditkit.judging import EXIT_CODES
    from auditkit.pipeline import audit_and_write

    if name not in EXAMPLES:
        raise AuditError(f"there is no demo '{name}'", hint=did_you_mean(name, EXAMPLES))
    if out.exists():
        raise AuditError(f"'{out}' exists", hint=f"remove it, or: auditkit demo --out {out}-2")
    shutil.copytree(_source(EXAMPLES[name]), out, ignore=shutil.ignore_patterns("*-audit", ".auditkit", "__pycache__"))
    with termination(), progress() as listen:
        result, bundle = audit_and_write(
            out / "audit.toml", out=out / "bundle", force=False, fresh=False, listen=listen
        )
    typer.echo(summary(result, bundle, EXIT_CODES[result.verdict.outcome]))
    typer.echo(f"spec     {out / 'audit.toml'}: change it, and run: auditkit run {out / 'audit.toml'}")


def _source(folder: str) -> Path:
    """The example's folder: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).parent.parent
    inside = package / "examples" / folder
    return inside if inside.is_dir() else package.parent / "examples" / folder
