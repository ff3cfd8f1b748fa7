"""`auditkit gate`: verify a bundle, then judge it again, without the model; against a baseline, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from auditkit.finding import Measurement
    from auditkit.gating import Judged
    from auditkit.gating.told import Comparison


def gate(  # noqa: PLR0913  the options of the command
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    policy: Annotated[
        Path | None, typer.Option(help="Judge by this policy file (TOML) instead of the bundle's own.")
    ] = None,
    baseline: Annotated[Path | None, typer.Option(help="The bundle of the release before: is this one worse?")] = None,
    baseline_from: Annotated[
        Path | None, typer.Option(help="A folder of bundles: the newest other one of the same audit is the baseline.")
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(help="A file of accepted releases: its last is the baseline, and one that passes is added."),
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The public key (.pub) of the signer whom you trust.")] = None,
    trust: Annotated[Path | None, typer.Option(help="A trust file (TOML).")] = None,
    *,
    first: Annotated[
        bool, typer.Option("--first", help="This audit is new in the ledger, which holds others' releases.")
    ] = False,
    sign: Annotated[
        str | None,
        typer.Option(
            help="The private key, a file or an address, that signs exported statements, and the ledger's head."
        ),
    ] = None,
    export: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME or NAME=PATH: write the verdict in this format, e.g. junit.xml; - prints it. Repeat it."
        ),
    ] = None,
    ci: Annotated[
        Literal["auto", "github", "none"],
        typer.Option(help="auto: on GitHub Actions, print annotations and add to the step's summary."),
    ] = "auto",
    allow_dev_key: Annotated[bool, typer.Option("--allow-dev-key", help="Accept a development key.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the verdict and what it rests on as JSON.")] = False,
) -> None:
    """Judge a signed bundle again. Exit as `run` does, or 4 when the bundle or its baseline cannot be trusted."""
    from auditkit.cli.console import printable_lines
    from auditkit.cli.exporting import Wanted
    from auditkit.gating import Against, gate_bundle, remember
    from auditkit.judging import EXIT_CODES
    from auditkit.signers.choosing import signer_at

    signer = None if sign is None else signer_at(sign)
    # Beside JSON nothing else is printed.
    wanted = Wanted.of(export or (), bundle=bundle, ci="none" if json and ci == "auto" else ci, signer=signer)
    against = Against(baseline, baseline_from, ledger, first)
    judged = gate_bundle(
        bundle,
        against=against,
        policy=policy,
        key=key,
        trust=trust,
        allow_dev_key=allow_dev_key,
        signs=signer is not None,
    )
    code = EXIT_CODES[judged.result.verdict.outcome]
    with wanted.no_commands():
        typer.echo(judged.told.to_json().decode() if json else "\n".join(_lines(judged, code)))
    for line in wanted.write(judged.result, policy):
        typer.echo(printable_lines([line]), err=True)
    remember(judged, against, bundle, signer)
    raise typer.Exit(code)


def _lines(judged: Judged, code: int) -> Iterator[str]:
    from auditkit.cli.console import columns, printable_lines
    from auditkit.cli.run import waiver_lines
    from auditkit.terminal import printable

    told = judged.told
    rows = [(judgement.outcome, judgement.rule, str(judgement.reason)) for judgement in told.verdict.judgements]
    yield columns(rows) if rows else "no rules"
    if judged.result.policy.policy.waivers:
        yield "\n" + printable_lines(waiver_lines(judged.result))
    if told.baseline is not None:
        yield f"\nbaseline {printable(told.baseline.path)} ({told.baseline.found})"
        yield printable(f"         {told.pairing}")
        yield columns([_HEAD, *(_compared(one) for one in told.comparisons)])
        if told.churn:
            yield "\nwho now gets another answer"
            yield columns(list(_changed(told.churn)))
    if told.seal is not None:
        yield "\n" + printable(f"sealed   {told.seal}")
    for one in told.countersignatures:
        yield "\n" + printable(f"review   {one}")
    for note in told.notes:
        yield "\n" + printable(f"note     {note}")
    yield f"\nverdict  {told.verdict.outcome.upper()}  (exit {code})"


_HEAD = ("change of", "whom", "baseline", "candidate", "change", "interval", "rows")


def _compared(one: Comparison) -> tuple[str, ...]:
    from auditkit.numerals import number

    numbers = ["-" if value is None else number(value) for value in (one.old, one.new, one.change)]
    ends = f"{number(one.interval.low)} to {number(one.interval.high)}" if one.interval else "-"
    metric = one.metric if one.label is None else f"{one.metric} of {one.label}"
    return metric, _whom(one.group), *numbers, ends, "withheld" if one.n is None else f"{one.n:,}"


def _changed(churn: Sequence[Measurement]) -> Iterator[tuple[str, ...]]:
    """A line a group: how many rows have another answer, and how many are newly wrong and newly right."""
    metrics = list(dict.fromkeys(one.metric for one in churn))
    yield "whom", *(_SAID[metric] for metric in metrics), "rows"
    lines: dict[str, list[Measurement]] = {}
    for one in churn:
        lines.setdefault(_whom(one.group), []).append(one)
    for who, found in lines.items():
        rows = "withheld" if found[0].n is None else f"{found[0].n:,}"
        yield who, *(_share(one) for one in found), rows


_SAID = {
    "decision_churn": "another answer",
    "newly_wrong_rate": "newly wrong",
    "newly_right_rate": "newly right",
}


def _share(one: Measurement) -> str:
    from auditkit.numerals import number

    if one.value is None or one.interval is None:
        return "withheld" if one.suppressed else "undefined"
    return f"{number(one.value)} ({number(one.interval.low)} to {number(one.interval.high)})"


def _whom(group: dict[str, str]) -> str:
    return ", ".join(f"{name} {label}" for name, label in group.items()) or "all"
