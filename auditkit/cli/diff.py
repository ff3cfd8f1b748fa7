"""`auditkit diff`: what changed between two bundles, told apart from what chance alone changes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditkit.differing import Diff
    from auditkit.differing.told import Moved, Turned

_MOST_SHOWN = 20
"""Of facts of one kind, and of numbers; --json has all."""
_LONGEST = 64
_DIGEST = re.compile(r"[0-9a-f]{64}")


def diff(
    old: Annotated[Path, typer.Argument(metavar="A", help="The folder of the earlier bundle.")],
    new: Annotated[Path, typer.Argument(metavar="B", help="The folder of the later one.")],
    key: Annotated[Path | None, typer.Option(help="The public key (.pub) of the signer whom you trust.")] = None,
    trust: Annotated[Path | None, typer.Option(help="A trust file (TOML).")] = None,
    *,
    allow_dev_key: Annotated[bool, typer.Option("--allow-dev-key", help="Accept a development key.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Say what changed from bundle A to bundle B.

    Exit 0 when nothing that is judged differs, 1 when it does, 4 when one of the two cannot be trusted.
    """
    from auditkit.differing import diff_bundles

    found = diff_bundles(old, new, key=key, trust=trust, allow_dev_key=allow_dev_key)
    typer.echo(found.to_json().decode() if as_json else "\n".join(in_lines(found)))
    raise typer.Exit(found.exit_code)


def in_lines(found: Diff) -> Iterator[str]:
    """What a person reads: the two bundles, facts by kind, checks, what turned, and the numbers that moved."""
    from auditkit.cli.console import columns
    from auditkit.terminal import printable

    sides = (("A", found.old), ("B", found.new))
    yield columns(
        [(name, one.path, one.name, one.created, one.verdict.upper(), one.result_digest[:16]) for name, one in sides]
    )
    yield from _facts(found)
    if found.checks:
        yield "\nchecks"
        rows = [
            (f"  {one.check}", one.what, f"{_old_new(one.old, one.new)}  {one.reason or ''}") for one in found.checks
        ]
        yield columns(rows)
    yield from _turned(found.rules)
    yield "\n" + printable(f"numbers  {found.pairing}")
    yield from _moved(found)
    yield from _rejections(found)
    yield f"\nverdict  {_verdicts(found)}  (exit {found.exit_code})"


def _rejections(found: Diff) -> Iterator[str]:
    from auditkit.terminal import printable

    for name, one in (("A", found.old), ("B", found.new)):
        if one.rejected_by:
            yield "\n" + printable(f"rejected {name}, by {', '.join(one.rejected_by)}")


def _facts(found: Diff) -> Iterator[str]:
    from auditkit.cli.console import columns

    for area in dict.fromkeys(one.area for one in found.facts):
        changed = [one for one in found.facts if one.area == area]
        yield f"\n{area}"
        yield columns([(f"  {one.what}", _old_new(one.old, one.new)) for one in changed[:_MOST_SHOWN]])
        if len(changed) > _MOST_SHOWN:
            yield f"  {len(changed) - _MOST_SHOWN:,} more; --json lists them"


def _old_new(old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return f"new: {_cut(new or '')}" if old is None else f"gone: {_cut(old)}"
    return f"{_cut(old)} -> {_cut(new)}"


def _cut(text: str) -> str:
    """A value cut to what tells it from another; of a digest, the beginning."""
    if _DIGEST.fullmatch(text):
        return text[:16]
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _turned(rules: Sequence[Turned]) -> Iterator[str]:
    from auditkit.cli.console import columns

    turned = [one for one in rules if one.causes]
    if not turned:
        yield f"\nrules    none of {len(rules):,} turned"
        return
    yield f"\nrules    {len(turned):,} of {len(rules):,} turned"
    yield columns([(f"  {one.rule}", f"{one.old or '-'} -> {one.new or '-'}", _why(one)) for one in turned])


_CAUSES = {
    "rule": "the rule changed",
    "number": "the number changed",
    "waiver": "a waiver came, ended or went",
    "evidence": "there was, or is, no evidence",
    "new rule": "it is new",
    "rule gone": "it is gone",
    "not told": "numbers are withheld, so that the cause cannot be told",
}


def _why(one: Turned) -> str:
    said = " and ".join(_CAUSES[cause] for cause in one.causes)
    if one.was:
        said += f" (it was {one.was})"
    if "number" in one.causes and None not in one.values:
        said += f": {one.about}, {_number(one.values[0])} -> {_number(one.values[1])}"
        said += {True: "; chance alone may have done that", False: "; more than chance does", None: ""}[one.noise]
    return said


def _number(value: float | None) -> str:
    from auditkit.numerals import number

    return "-" if value is None else number(value)


_WORDS = {
    "same": "as they were",
    "differs": "moved by more than chance",
    "differs exactly": "counted exactly, and not as they were",
    "noise": "moved no more than chance may",
    "not the release": "moved, of the same model and rows: by the code, the seed or the machine",
    "undecided": "moved, without an interval to say by how much chance does",
    "other options": "of a check that was asked otherwise",
    "other subject": "not compared",
    "only in A": "in A alone",
    "only in B": "in B alone",
    "withheld": "withheld in one of the two or both",
    "undefined": "without a value in one of the two or both",
}


def _moved(found: Diff) -> Iterator[str]:
    from auditkit.cli.console import columns

    counts: Counter[str] = Counter(one.says for one in found.measurements)
    yield columns([(f"  {counts[says]:,}", words) for says, words in _WORDS.items() if counts[says]]) or "  none"
    shown = [one for one in found.measurements if one.says in {"differs", "differs exactly", "not the release"}]
    if shown:
        head = ("  metric", "whom", "check", "A", "B", "change", "interval", "how")
        yield "\n" + columns([head, *(_line(one) for one in shown[:_MOST_SHOWN])])
    if len(shown) > _MOST_SHOWN:
        yield f"  {len(shown) - _MOST_SHOWN:,} more moved; --json lists them"


def _line(one: Moved) -> tuple[str, ...]:
    from auditkit.differing.turns import about

    what, _, whom = about(one.metric, one.label, one.group).partition(", ")
    more = "".join(f", {name} {value}" for name, value in one.conditions.items())
    ends = f"{_number(one.interval.low)} to {_number(one.interval.high)}" if one.interval else "-"
    numbers = (_number(one.old), _number(one.new), _number(one.change))
    return f"  {what}", whom + more, one.check, *numbers, ends, one.how


def _verdicts(found: Diff) -> str:
    old, new = found.old.verdict.upper(), found.new.verdict.upper()
    said = f"{old}, as it was" if old == new else f"{old} -> {new}"
    return said if found.exit_code else f"{said}: nothing that is judged differs"
