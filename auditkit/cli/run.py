"""`auditkit run`: the audit."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from auditkit.pipeline import Pdf
    from auditkit.result import AuditResult


def run(  # noqa: PLR0913  the options of the command
    spec: Annotated[Path, typer.Argument(help="The spec: audit.toml or audit.yaml.")],
    out: Annotated[Path | None, typer.Option(help="The bundle's folder; SPEC-STEM-audit unless said.")] = None,
    seal: Annotated[
        Path | None, typer.Option(help="The seal made before; SPEC-STEM.seal.json beside the spec unless said.")
    ] = None,
    tsa: Annotated[
        str | None, typer.Option(help="Address of a time-stamping authority: it is sent digests, and stamps them.")
    ] = None,
    long_term: Annotated[
        list[str] | None,
        typer.Option(
            help="A certificate or revocation list that the PDF carries, to be checked for long: a file, or an address "
            "to fetch it from; once for each."
        ),
    ] = None,
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what earlier runs computed.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from what earlier runs computed: the default.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a bundle that is there.")] = False,
    no_pdf: Annotated[bool, typer.Option("--no-pdf", help="Write no PDF, whatever the spec says.")] = False,
    full_pdf: Annotated[
        bool, typer.Option("--full-pdf", help="Leave nothing out of the PDF, however many pages it takes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Audit a model and write a signed bundle.

    Exit 0 pass, 1 fail, 2 something is wrong with what was asked, 3 a crash, or a required rule without evidence,
    5 inconclusive.
    """
    from auditkit.cli.console import progress
    from auditkit.cli.failing import termination
    from auditkit.judging import EXIT_CODES
    from auditkit.pipeline import audit_and_write

    del resume  # it is the default
    target = out or spec.with_name(f"{spec.stem}-audit")
    with termination(), progress(quiet=as_json) as listen:
        pdf: Pdf = "none" if no_pdf else "full" if full_pdf else "short"
        result, bundle = audit_and_write(
            spec,
            out=target,
            force=force,
            fresh=fresh,
            listen=listen,
            pdf=pdf,
            seal=seal,
            tsa=tsa,
            long_term=long_term or (),
        )
    code = EXIT_CODES[result.verdict.outcome]
    typer.echo(_as_json(result, bundle, code) if as_json else summary(result, bundle, code))
    raise typer.Exit(code)


def summary(result: AuditResult, bundle: Path, code: int) -> str:
    """What a person reads after a run: the verdict, the three worst findings, and where the report is."""
    from auditkit.cli.console import printable_lines
    from auditkit.disclosure.few import compares_few
    from auditkit.report.headlines import without_fairness
    from auditkit.report.wording import Wording

    statuses = {"measured": "measured", "not_applicable": "not applicable"}
    counts = [f"{sum(f.status == status for f in result.findings)} {word}" for status, word in statuses.items()]
    counts.append(f"{sum(finding.crashed for finding in result.findings)} crashed")
    if failed := sum(not finding.controls_passed for finding in result.findings):
        counts.append(f"{failed} failed their control")
    lines = [
        "",
        f"verdict  {result.verdict.outcome.upper()}  (exit {code})",
        f"checks   {len(result.findings)} planned, {', '.join(counts)}",
    ]
    if said := _from_the_store(result):
        lines.append(f"         {said}")
    if others := [finding.check for finding in result.findings if finding.is_for_another_type]:
        lines.append(f"         for other predictions than {result.subject.prediction_type}: {', '.join(others)}")
    if said := without_fairness(result, Wording.of(result)):
        lines.append(f"beware   {said}")
    if (few := compares_few(result.policy.policy)) is not None:
        lines.append(f"beware   {Wording.of(result).text(few)}")
    lines += seal_lines(result)
    lines += waiver_lines(result)
    lines += worst_lines(result)
    lines.append(f"report   {bundle / 'report.html'}")
    if (bundle / "report.pdf").is_file():
        lines.append(f"         {bundle / 'report.pdf'}")
    lines += [f"verify   auditkit verify {shlex.quote(str(bundle))} {_trusting(bundle)}"]
    return printable_lines(lines)


def _from_the_store(result: AuditResult) -> str:
    """How many checks were not put to the case again, because nothing that they rest on has changed."""
    kept, planned = sum(one.resumed for one in result.run.checks), len(result.run.checks)
    if kept == 0:
        return ""
    if kept == planned:
        return f"{kept} of {planned} checks from the store: nothing that they rest on has changed"
    return f"{kept} of {planned} checks from the store, the others measured anew"


def waiver_lines(result: AuditResult) -> Iterator[str]:
    """How many waivers are in force, and each waiver of the policy with what has become of it."""
    from auditkit.report.judgements import waiver_lines as said_of_each
    from auditkit.report.wording import Wording

    if result.policy.policy.waivers:
        yield f"waivers  {result.verdict.waivers_in_force} in force"
        yield from (f"{'':<9}{line}" for line in said_of_each(result, Wording.of(result)))


def seal_lines(result: AuditResult) -> Iterator[str]:
    """When the audit was sealed, and each key that is not as it was then; nothing when it was not sealed."""
    from auditkit.report.sealed import moved_lines, seal_sentence
    from auditkit.report.wording import Wording

    if result.seal is not None:
        wording = Wording.of(result)
        yield f"sealed   {seal_sentence(result.seal, wording)}"
        yield from (f"{'':<9}{line}" for line in moved_lines(result.seal, wording))


def worst_lines(result: AuditResult) -> Iterator[str]:
    """The three worst findings, and each check that failed its control, with what to do, which is said once."""
    from auditkit.report.judgements import worst_findings
    from auditkit.report.wording import Wording

    wording = Wording.of(result)
    worst = worst_findings(result, wording)
    said: set[str] = set()
    for place, one in enumerate(worst):
        yield f"{'worst' if place == 0 else '':<8} {one.word}: {one.title}. {one.sentence}"
        yield from _hint(one.hint, said)
    named = {one.check for one in worst}
    for finding in result.findings:
        if not finding.controls_passed and finding.reason is not None and finding.check not in named:
            yield f"{'failed':<8} {finding.check}: {wording.reason(finding.reason)}"
            yield from _hint(wording.hint(finding.hint), said)


def _hint(hint: str, said: set[str]) -> Iterator[str]:
    """A line that says what to do, unless it was `said`."""
    if hint and hint not in said:
        said.add(hint)
        yield f"{'':<9}hint: {hint}"


def _trusting(bundle: Path) -> str:
    """What a reader adds to `verify` to trust this bundle's signer."""
    from auditkit.bundle import dsse, layout
    from auditkit.bundle.statements import Attestation, read_statement

    envelope = dsse.read_envelope((bundle / layout.ATTESTATION).read_bytes(), name=layout.ATTESTATION)
    signer = read_statement(Attestation, envelope.payload, name=layout.ATTESTATION).predicate.signer
    return "--allow-dev-key" if signer.development else "--key YOUR.pub"


def _as_json(result: AuditResult, bundle: Path, code: int) -> str:
    import json

    waivers = [waiver.model_dump(mode="json", exclude_none=True) for waiver in result.policy.policy.waivers]
    said: dict[str, Any] = {
        "verdict": result.verdict.outcome,
        "exit_code": code,
        "bundle": str(bundle),
        "report": str(bundle / "report.html"),
        "result_digest": result.result_digest,
        "judgements": [
            {"rule": j.rule, "outcome": j.outcome, "reason": str(j.reason)}
            | ({"waiver": waivers[j.waiver]} if j.waiver is not None else {})
            | ({"ended": [str(one.why) for one in j.ended]} if j.ended else {})
            for j in result.verdict.judgements
        ],
        "checks": [
            {"check": f.check, "status": f.status}
            | ({"reason": str(f.reason)} if f.reason else {})
            | ({"hint": f.hint} if f.hint else {})
            for f in result.findings
        ],
    }
    return json.dumps(said, indent=2)
