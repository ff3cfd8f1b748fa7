"""`auditkit policy`: look a policy over before it judges anything, and print the JSON schema of a policy file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditkit.linting import Remark

policy = typer.Typer(help="Look a policy over, or print its schema.", no_args_is_help=True, rich_markup_mode=None)


@policy.command("check")
def check_policy(
    files: Annotated[list[Path], typer.Argument(help="Specs, or policy files.")],
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings count as errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the remarks as JSON.")] = False,
) -> None:
    """Say what is wrong with a policy, by line, and which waivers have ended or will within 30 days.

    Exit 0 when it can judge, 2 when it has errors.
    """
    from auditkit.auditing import created
    from auditkit.linting import remarks_on

    today = created().date()
    found = [(path, remarks_on(path, today)) for path in files]
    counting = {"error", "warning"} if strict else {"error"}
    code = 2 if any(remark.level in counting for _, remarks in found for remark in remarks) else 0
    typer.echo(_as_json(found, code) if as_json else "\n".join(_lines(found)))
    raise typer.Exit(code)


@policy.command("schema")
def policy_schema() -> None:
    """Print the JSON schema of a policy file, for an editor that completes and checks it."""
    import json

    from auditkit.policy import Policy

    said = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Policy.model_json_schema()}
    typer.echo(json.dumps(said, indent=1, sort_keys=True))


def _lines(found: Sequence[tuple[Path, Sequence[Remark]]]) -> Iterator[str]:
    from auditkit.terminal import printable

    for path, remarks in found:
        for remark in remarks:
            yield printable(f"{path}:{remark.line}: {remark.level}: {remark.message}")
            if remark.hint:
                yield printable(f"  hint: {remark.hint}")
        counts = [sum(remark.level == level for remark in remarks) for level in ("error", "warning")]
        yield printable(f"{path}: {_counted(counts[0], 'error')}, {_counted(counts[1], 'warning')}")


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _as_json(found: Sequence[tuple[Path, Sequence[Remark]]], code: int) -> str:
    import json
    from dataclasses import asdict

    files: list[dict[str, Any]] = [
        {"file": str(path), "remarks": [asdict(remark) for remark in remarks]} for path, remarks in found
    ]
    return json.dumps({"exit_code": code, "files": files}, indent=2)
