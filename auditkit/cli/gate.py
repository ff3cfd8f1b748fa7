"""`auditkit gate`: verify a bundle, then judge it again, without the model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def gate(  # noqa: PLR0913  the options of the verb
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    policy: Annotated[
        Path | None, typer.Option(help="Judge by this policy file (TOML) instead of the bundle's own.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The public key (.pub) of the signer whom you trust.")] = None,
    trust: Annotated[Path | None, typer.Option(help="A trust file (TOML).")] = None,
    sign: Annotated[Path | None, typer.Option(help="The private key that signs exported statements.")] = None,
    export: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME or NAME=PATH: write the verdict in this format, e.g. junit.xml; - prints it. Repeat it."
        ),
    ] = None,
    *,
    ci: Annotated[
        Literal["auto", "github", "none"],
        typer.Option(help="auto: on GitHub Actions, print annotations and add to the step's summary."),
    ] = "auto",
    allow_dev_key: Annotated[bool, typer.Option("--allow-dev-key", help="Accept a development key.")] = False,
) -> None:
    """Judge a signed bundle again. Exit as `run` does, or 4 when the bundle cannot be trusted."""
    from auditkit.cli.console import columns, printable_lines
    from auditkit.cli.exporting import Wanted
    from auditkit.cli.run import waiver_lines
    from auditkit.judging import EXIT_CODES
    from auditkit.regate import judged_result

    wanted = Wanted.of(export or (), bundle=bundle, ci=ci, sign=sign)
    result = judged_result(bundle, policy=policy, key=key, trust=trust, allow_dev_key=allow_dev_key)
    verdict = result.verdict
    rows = [(judgement.outcome, judgement.rule, str(judgement.reason)) for judgement in verdict.judgements]
    code = EXIT_CODES[verdict.outcome]
    with wanted.no_commands():
        typer.echo(columns(rows) if rows else "no rules")
        if result.policy.policy.waivers:
            typer.echo("\n" + printable_lines(waiver_lines(result)))
        typer.echo(f"\nverdict  {verdict.outcome.upper()}  (exit {code})")
    for line in wanted.write(result, policy):
        typer.echo(printable_lines([line]), err=True)
    raise typer.Exit(code)
