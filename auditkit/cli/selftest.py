"""`auditkit selftest`: how often the installed checks find what is planted, and how often they alarm for nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditkit.checks.selftesting import Terms, Trial
    from auditkit.host import Host
    from auditkit.plugin import Check


def selftest(
    checks: Annotated[
        list[str] | None, typer.Argument(metavar="[CHECK]...", help="Ids or areas; every check unless said.")
    ] = None,
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many; they are 0, 1, 2, ...")] = 20,
    level: Annotated[float, typer.Option(help="The confidence of the checks' intervals.")] = 0.95,
    seconds: Annotated[float | None, typer.Option(help="Leave out controls of which a run takes longer.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what came of each control as JSON.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it as the page of a documentation.")] = False,
) -> None:
    """Redraw the rows of each check's controls, and say how often a planted defect is found and a twin alarms.

    Exit code 1: a check finds less, or alarms more, than it declares.
    """
    from auditkit.checks.selftesting import Terms
    from auditkit.checks.selftesting import selftest as tried
    from auditkit.errors import AuditError
    from auditkit.host import Host

    if not 0 < level < 1:
        raise AuditError(f"--level is '{level}'", hint="a share between 0 and 1, e.g. --level 0.95")
    terms = Terms(range(seeds), level, seconds)
    host = Host.installed()
    chosen = _chosen(host, checks or [])
    loud = sys.stderr.isatty() and not json and not markdown
    trials = tried(chosen, terms, listen=lambda id: typer.echo(f"  {id}", err=True) if loud else None)
    typer.echo(_json(trials, terms) if json else _page(trials, terms) if markdown else _table(trials, terms))
    raise typer.Exit(0 if all(trial.holds for trial in trials) else 1)


def _chosen(host: Host, names: list[str]) -> list[Check]:
    from auditkit.errors import AuditError, did_you_mean

    every = list(host.checks.values())
    known = {check.id for check in every} | {check.area for check in every}
    for name in names:
        if name not in known:
            raise AuditError(f"no check or area '{name}' is installed", hint=did_you_mean(name, known))
    return [check for check in every if not names or {check.id, check.area} & set(names)]


def _table(trials: list[Trial], terms: Terms) -> str:
    from auditkit.cli.console import columns

    rows = [("check", "control", "", "rate", "95% interval", "declared", "")]
    rows += [
        (trial.check, trial.kind, trial.title, *_numbers(trial), "" if trial.holds else "MISSED") for trial in trials
    ]
    missed = sum(not trial.holds for trial in trials)
    tried = sum(trial.runs > 0 for trial in trials)
    end = f"{tried} controls tried at seeds {_seeds(terms)}, {len(trials) - tried} not; {missed} miss what they declare"
    return f"{columns(rows)}\n\n{end}"


def _numbers(trial: Trial) -> tuple[str, str, str]:
    """Rate, interval and declaration, in words."""
    if not trial.runs or trial.rate is None:
        return "not tried", trial.why, ""
    if trial.low is None or trial.high is None:
        met = trial.hits == (trial.runs if trial.kind == "planted" else 0)
        word = ("found" if met else "not found") if trial.kind == "planted" else ("passed" if met else "alarmed")
        return word, "nothing is drawn", ""
    bound = "at least" if trial.kind == "planted" else "at most"
    return f"{trial.rate:.2f}", f"{trial.low:.2f} to {trial.high:.2f}", f"{bound} {trial.declared:g}"


def _seeds(terms: Terms) -> str:
    return f"{terms.seeds[0]} to {terms.seeds[-1]}" if len(terms.seeds) > 1 else str(terms.seeds[0])


def _json(trials: list[Trial], terms: Terms) -> str:
    from importlib.metadata import version

    from auditkit.document import canonical_json

    told = {
        "auditkit": version("auditkit"),
        "seeds": list(terms.seeds),
        "level": terms.level,
        "trials": [trial.model_dump(mode="json") | {"rate": trial.rate} for trial in trials],
    }
    return canonical_json(told).decode()


def _page(trials: list[Trial], terms: Terms) -> str:
    """The page that the documentation publishes; it holds no time, so that the same checks make the same page."""
    from importlib.metadata import version

    seconds = "" if terms.most_seconds is None else f" --seconds {terms.most_seconds:g}"
    head = _HEAD.format(
        version=version("auditkit"), seeds=_seeds(terms), count=len(terms.seeds), level=terms.level, seconds=seconds
    )
    parts = [head]
    for kind, title, says in _PARTS:
        parts.append(f"## {title}\n\n{says}\n")
        rows = [trial for trial in trials if trial.kind == kind and trial.low is not None]
        parts.append(_grid(("check", "case", "rate", "95% interval", "declared"), [_row(trial) for trial in rows]))
    rest = [trial for trial in trials if trial.low is None]
    parts.append("## Where chance has no part, and what was not tried\n")
    parts.append(_grid(("check", "control", "case", "", ""), [_other(trial) for trial in rest]))
    return "\n".join(parts)


def _row(trial: Trial) -> tuple[str, ...]:
    rate, interval, declared = _numbers(trial)
    note = "" if trial.holds else " **missed**"
    return f"`{trial.check}`", trial.title, rate, interval, declared + note


def _other(trial: Trial) -> tuple[str, ...]:
    said, _, _ = _numbers(trial)
    return f"`{trial.check}`", trial.kind, trial.title, said, trial.why


def _grid(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


_HEAD = """# How often checks are right about what is known

Written by `auditkit selftest --seeds {count}{seconds} --markdown` of auditkit {version}: seeds {seeds}, intervals at
{level:g}.

Each check carries [controls](write-a-check.md#carry-controls): planted defects and clean twins. Here their rows are
taken for a population. At each seed as many rows are drawn from it, with repetition, and the check is asked again,
with the random numbers of that seed. A planted defect counts as found when the intervals lie where the control says;
a twin as a false alarm when one lies beyond. Many twins stand right on their bound, where an interval that keeps its
level errs as often as it may.

A check declares what it keeps: a planted defect is found in at least four of five, and a twin alarms at most as often
as the level of each interval that its control names allows, unless its author says otherwise,
`planted(...).declaring(0.9)`. The intervals here are Clopper and Pearson's. `auditkit selftest` ends with exit code 1
when a rate lies beyond what is declared by more than chance explains, corrected for the number of controls. These
rates are about the controls' own cases, which are small and made up. Of other data they say that the instrument
works, not how small a defect it finds there: `auditkit plan` says that.
"""
_PARTS = (
    (
        "planted",
        "Power: planted defects that were found",
        "How often the defect was found; the nearer to 1 the better.",
    ),
    ("clean", "False alarms: clean twins that were not passed", "How often the check alarmed where nothing is wrong."),
)
