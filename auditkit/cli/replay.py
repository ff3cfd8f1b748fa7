"""`auditkit replay`: recompute a bundle's numbers from its evidence, without the model, and compare them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditkit.replay.outcome import Part, Replay, Tolerance

_MOST_SHOWN = 5
"""Differences a check that the terminal shows; --json has all."""

_WORDS = {"equal": "equal", "close": "nearly", "differs": "DIFFERS"}
"""Of the states that are not said by their own name."""


def replay(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    key: Annotated[Path | None, typer.Option(help="The public key (.pub) of the signer whom you trust.")] = None,
    trust: Annotated[Path | None, typer.Option(help="A trust file (TOML).")] = None,
    *,
    allow_dev_key: Annotated[bool, typer.Option("--allow-dev-key", help="Accept a development key.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Recompute every number from the bundle's rows. Exit 0 when all are equal, 1 when one differs, 4 as verify."""
    from auditkit.replay import replay_bundle

    found = replay_bundle(bundle, key=key, trust=trust, allow_dev_key=allow_dev_key)
    typer.echo(found.model_dump_json(indent=2) if as_json else in_lines(found))
    raise typer.Exit(found.exit_code)


def in_lines(found: Replay) -> str:
    """What a person reads after a replay: a line for each part, the differences, the verdict."""
    from auditkit.cli.console import columns, printable_lines

    head = f"'{found.name}', recomputed from {found.rows:,} rows of evidence, without the model"
    if not found.rows:
        head = f"'{found.name}': nothing of it could be recomputed"
    table = columns(
        [(_WORDS.get(part.state, part.state), part.name + _options(part), _counted(part)) for part in found.parts]
    )
    said = [*_differences(found), *_tolerances(found), *_turns(found), *_versions(found)]
    tail = [f"verdict  {found.verdict.upper()}{_as_signed(found)}", f"values   {_totals(found)}"]
    blocks = [printable_lines([head]), table, printable_lines(said), printable_lines(tail), _conclusion(found)]
    return "\n\n".join(block for block in blocks if block)


def _options(part: Part) -> str:
    from auditkit.options import said_options

    said = said_options(part.options)
    return f" ({said})" if said else ""


def _counted(part: Part) -> str:
    if part.state in {"not replayed", "does not apply"}:
        return f"{part.left:,} numbers not recomputed: {part.why}" if part.left else part.why
    said = [f"{part.values:,} values"]
    if part.differences:
        said.append(f"{len(part.differences):,} places differ" if len(part.differences) > 1 else "1 place differs")
    if part.close:
        said.append(f"{part.close:,} within their tolerance")
    if part.withheld:
        said.append(f"{part.withheld:,} withheld: recomputed and withheld again")
    if part.reworded:
        said.append(f"{part.reworded:,} worded otherwise")
    if part.taken:
        names = ", ".join(name.rpartition(":")[2] for name in part.taken)
        said.append(f"from numbers a row that the evidence keeps: {names}")
    return ", ".join([*said, *([part.why] if part.why else [])])


def _differences(found: Replay) -> Iterator[str]:
    for part in found.parts:
        for one in part.differences[:_MOST_SHOWN]:
            yield f"{part.name}: {one.where}"
            yield f"    signed {_value(one.signed)}, recomputed {_value(one.recomputed)}"
        if len(part.differences) > _MOST_SHOWN:
            yield f"{part.name}: {len(part.differences) - _MOST_SHOWN:,} more places; --json lists them"


def _tolerances(found: Replay) -> Iterator[str]:
    """By tolerance, which numbers used it; how far they were apart."""
    used: dict[tuple[float, str], list[Tolerance]] = {}
    for part in found.parts:
        for one in part.tolerances:
            used.setdefault((one.within, one.because), []).append(one)
    if not any(one.close for some in used.values() for one in some):
        return
    yield "how far two machines may lie apart, by what the metric's card says:"
    for (within, because), some in sorted(used.items()):
        allowed = f"within {within:g} of its size" if within else "to the last bit"
        close = sum(one.close for one in some)
        yield f"    {allowed}: {sum(one.values for one in some):,} values; {because}"
        if close:
            farthest = max(some, key=lambda one: one.largest)
            metric = farthest.metric or "an interval, table or chart"
            yield f"        {close:,} not to the last bit, {metric} the farthest: {farthest.largest:.1e}"


def _turns(found: Replay) -> Iterator[str]:
    if found.turns:
        yield "at its bound, so that another machine may judge otherwise within the tolerance:"
    for one in found.turns:
        yield f"    rule {one.rule}: {one.outcome} here, {one.may_be} there"


def _value(value: str | float | None) -> str:
    return "none" if value is None else f"'{value[:120]}'" if isinstance(value, str) else repr(value)


def _versions(found: Replay) -> Iterator[str]:
    if found.versions:
        yield "not as at the audit, and able to change the last bits of a number, or more:"
    for one in found.versions:
        yield f"    {one.name}: {_short(one.audit)} at the audit, {_short(one.here)} here"


def _short(version: str | None) -> str:
    """A version, with enough of its digest to tell two apart."""
    if version is None:
        return "none"
    number, _, digest = version.partition(" sha256:")
    return f"{number} sha256:{digest[:8]}" if digest else number


def _as_signed(found: Replay) -> str:
    return ", as signed" if found.verdict == found.signed_verdict else f", signed as {found.signed_verdict.upper()}"


def _totals(found: Replay) -> str:
    differing = sum(len(part.differences) for part in found.parts)
    close = sum(part.close for part in found.parts)
    values = sum(part.values for part in found.parts)
    withheld = sum(part.withheld for part in found.parts)
    left = sum(part.left for part in found.parts)
    return (
        f"{values:,} compared: {differing:,} differ, {close:,} within their tolerance, all others equal to the bit; "
        f"{withheld:,} withheld" + (f"; {left:,} not recomputed" if left else "")
    )


def _conclusion(found: Replay) -> str:
    said = {
        0: "every number follows from the evidence",
        1: "the signed result does not follow from the evidence",
        2: "not everything could be recomputed",
    }
    do = {
        1: "\n  next: do not rely on it; show these lines to who signed it"
        + (", or replay with the audit's own versions" if found.versions else ""),
        2: "\n  next: install what is named above; who signed it has the inputs, texts and rows that are not here",
    }
    return f"{said[found.exit_code]}  (exit {found.exit_code}){do.get(found.exit_code, '')}"
