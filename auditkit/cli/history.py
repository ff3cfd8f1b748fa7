"""`auditkit history`: what a folder of bundles, or a ledger, says of its audits over time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditkit.history import History
    from auditkit.history.told import Audit, Change, Point, Series

_MOST_COLUMNS = 4
"""Releases beside each other; the page and --json have all."""
_MOST_ROWS = 30


def history(  # noqa: PLR0913  the options of the command
    place: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of bundles; or a ledger of releases.")],
    *,
    name: Annotated[str | None, typer.Option(help="Of the audit of this name alone.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Follow this metric in place of those that rules are about. Repeat it.")
    ] = None,
    within: Annotated[int, typer.Option(min=0, max=3650, help="Days ahead in which what ends is due soon.")] = 30,
    out: Annotated[Path | None, typer.Option(help="Write it as a page of HTML, too.")] = None,
    language: Annotated[str, typer.Option(help="Of the page: en, or one that a catalogue is there for.")] = "en",
    index: Annotated[
        Path | None, typer.Option(help="A file for the index (SQLite), so that bundles are verified once a day.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The public key (.pub) of the signer whom you trust.")] = None,
    trust: Annotated[Path | None, typer.Option(help="A trust file (TOML).")] = None,
    every: Annotated[bool, typer.Option("--all", help="Follow every number.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the index anew from the bundles.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the page that is there.")] = False,
    allow_dev_key: Annotated[bool, typer.Option("--allow-dev-key", help="Accept a development key.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Follow audits over time: releases, their numbers, and what is due.

    Exit 0, or 1 when something is overdue, or 4 when a bundle is not to be believed.
    """
    from auditkit.auditing import created
    from auditkit.history import Asked, Trusting, history_of

    reader = Trusting(created(), key, trust, allow_dev_key)
    asked = Asked(name, tuple(metric or ()), every, within)
    _refuse_language(language)
    if out is not None:
        _refuse_page(out, force=force)
    found = history_of(place, reader, asked, index=index, rebuild=rebuild)
    typer.echo(found.to_json().decode() if as_json else "\n".join(in_lines(found)))
    if out is not None:
        _write_page(found, out, language, quiet=as_json)
    raise typer.Exit(found.exit_code)


def _refuse_page(out: Path, *, force: bool) -> None:
    """Before any work is done."""
    from auditkit.errors import AuditError

    if out.is_dir() or not out.parent.is_dir():
        raise AuditError(f"'{out}' cannot be written as a page", hint="--out history.html, in a folder that is there")
    if out.exists() and not force:
        raise AuditError(f"'{out}' exists", hint="--force to replace it")


def _refuse_language(language: str) -> None:
    """Before any work is done, whether a page is asked for or not."""
    from auditkit.errors import AuditError, did_you_mean
    from auditkit.host import Host
    from auditkit.report.catalogues import languages

    known = languages(Host.installed().template_dirs())
    if language not in known:
        raise AuditError(f"there is no catalogue for '{language}'", hint=did_you_mean(language, known))


def _write_page(found: History, out: Path, language: str, *, quiet: bool) -> None:
    from auditkit.bundle.placing import replace_file
    from auditkit.host import Host
    from auditkit.report.over_time import render_history

    replace_file(out, render_history(found, language, Host.installed().template_dirs()))
    if not quiet:
        typer.echo(f"\npage     {out}  (UNSIGNED: it is made from signed bundles)")


def in_lines(found: History) -> Iterator[str]:
    """What a person reads: each audit's releases, numbers and dates, then what was left out."""
    from auditkit.cli.console import columns
    from auditkit.terminal import printable

    for place, audit in enumerate(found.audits):
        yield ("\n" if place else "") + printable(f"{audit.name}  ({audit.prediction_type})")
        yield columns(
            [
                (
                    *(
                        f"  {one.created}",
                        one.verdict.upper(),
                        f"model {one.subject_digest[:12]}",
                        one.model_version or "",
                    ),
                    *(one.path, "; ".join(one.decided)),
                )
                for one in audit.releases
            ]
        )
        yield from _numbers(audit)
        if audit.gone:
            yield "\n" + printable(f"  no rule any more  {', '.join(audit.gone)}")
        if audit.due:
            yield "\n  due"
            yield columns([(f"    {one.state.upper()}", one.on or "-", str(one.what)) for one in audit.due])
    if found.copies:
        yield f"\ncopies   bundles left out, whose result another one holds too: {len(found.copies):,}"
    if found.refused:
        yield "\nnot to be believed, and left out"
        yield columns([(f"  {one.path}", one.why) for one in found.refused])


def _numbers(audit: Audit) -> Iterator[str]:
    from auditkit.cli.console import columns

    shown = audit.releases[-_MOST_COLUMNS:]
    if audit.series:
        days = [one.created[:10] for one in shown]
        named = [one.created if days.count(day) > 1 else day for one, day in zip(shown, days, strict=True)]
        head = ("  number", "whom", "check", *named, "since the last", "since the first")
        lines = [_line(one, len(shown)) for one in audit.series[:_MOST_ROWS]]
        yield "\n" + columns([head, *lines])
        if any(cell.endswith(" *") for line in lines for cell in line):
            yield "  *  the check was asked with other options than of the last release: not compared"
    else:
        yield "\n  no release tells a number that a rule of the last one is about"
    left = audit.left_out + max(0, len(audit.series) - _MOST_ROWS)
    if left:
        yield f"  {left:,} more numbers; --all or --metric follows them, and --json or --out has all that are followed"


def _line(one: Series, count: int) -> tuple[str, ...]:
    from auditkit.differing.turns import about

    newest = one.newest
    what, _, whom = about(one.metric, newest.label, newest.group).partition(", ")
    more = "".join(f", {name} {value}" for name, value in newest.conditions.items())
    changes = _change(one.since_last), _change(one.since_first)
    return f"  {what}", whom + more, one.check, *map(_point, one.points[-count:]), *changes


def _point(point: Point) -> str:
    from auditkit.numerals import number

    told = point.told
    if told is None or told.value is None:
        return point.why
    ends = f" ({number(told.interval.low)} to {number(told.interval.high)})" if told.interval else ""
    return f"{number(told.value)}{ends}{' *' if point.asked_otherwise else ''}"


def _change(change: Change | None) -> str:
    from auditkit.numerals import number

    if change is None:
        return "-"
    said = {True: "moved", False: "no more than chance", None: "not to be told"}[change.moved]
    return f"{number(change.value)}, {said}"
