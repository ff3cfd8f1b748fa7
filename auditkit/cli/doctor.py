"""`auditkit doctor`: what this machine lacks, and how to get it."""

from __future__ import annotations

import typer


def doctor() -> None:
    """Look for what audits need: Python, plugins, extras, the libraries and fonts that render, a usable GPU."""
    from auditkit.cli.console import columns
    from auditkit.health import look

    found = look()
    typer.echo(
        columns([("ok" if item.ok else "MISSING" if item.needed else "absent", item.what, item.how) for item in found])
    )
    raise typer.Exit(0 if all(item.ok or not item.needed for item in found) else 2)
