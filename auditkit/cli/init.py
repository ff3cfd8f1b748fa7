"""`auditkit init`: a first spec, from a model and a data file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from auditkit.initing.answers import Question
    from auditkit.initing.drafting import Draft, Line, Scene


def init(  # noqa: PLR0913  each is an option
    model: Annotated[
        str | None, typer.Argument(help="A model's folder or file, or a server's address; the data alone: recorded.")
    ] = None,
    data: Annotated[
        str | None, typer.Argument(help="The rows to audit: a table, CoNLL, or a folder of images.")
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="The spec to write.")] = Path("audit.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a spec that is there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take every guess that is safe.")] = False,
    target: Annotated[list[str] | None, typer.Option(help="The column of what is true; again for each label.")] = None,
    positive: Annotated[str | None, typer.Option(help="The class that counts as selected; '*': each in turn.")] = None,
    input: Annotated[list[str] | None, typer.Option(help="An input column; again for each, in order.")] = None,
    attribute: Annotated[list[str] | None, typer.Option(help="A protected attribute; again for each.")] = None,
    unit: Annotated[str | None, typer.Option(help="The column of whom a row belongs to.")] = None,
    training: Annotated[Path | None, typer.Option(help="The rows that the model was trained on.")] = None,
    adapter: Annotated[str | None, typer.Option(help="What opens the model, see auditkit adapters.")] = None,
    loader: Annotated[str | None, typer.Option(help="What reads the data.")] = None,
    task: Annotated[str | None, typer.Option(help="binary, multiclass, multilabel, regression, tokens, text.")] = None,
    name: Annotated[str | None, typer.Option(help="What the report is called.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE: any other key, e.g. model.module=net:build.")
    ] = None,
) -> None:
    """Look at a model and a data file, ask what cannot be known, and write a commented audit.toml.

    Nothing is opened, unpickled, run or fetched. Of the data the first 1,000 rows are read.
    """
    from auditkit.cli.console import columns
    from auditkit.host import Host
    from auditkit.initing.answers import Answers, OpenQuestionsError, setting_of
    from auditkit.initing.asking import look, settle
    from auditkit.initing.layout import spec_text
    from auditkit.initing.placing import place, read_back, refuse_existing

    refuse_existing(out, force=force)
    given = {
        "data.target": _one_or_more(target),
        "data.positive": positive,
        "data.input": _one_or_more(input),
        "data.groups": attribute,
        "data.unit": unit,
        "data.training": training,
        "model.adapter": adapter,
        "data.loader": loader,
        "task": task,
        "name": name,
    }
    said = {key: value for key, value in given.items() if value not in (None, [])}
    answers = Answers(said | dict(map(setting_of, settings or [])))
    host = Host.installed()
    seen = look(host, model, data, answers)
    ask = None if yes or not (sys.stdin.isatty() and sys.stdout.isatty()) else _ask
    try:
        scene, draft = settle(seen, answers, out=out, ask=ask)
    except OpenQuestionsError as error:
        typer.echo(columns([("open", one.key, _asked(one)) for one in error.questions]), err=True)
        raise
    text = spec_text(draft, spec=out.name)
    read_back(text, out, host)
    place(text, out, force=force)
    typer.echo(_told(scene, draft, out))


def _one_or_more(names: list[str] | None) -> str | list[str] | None:
    return names[0] if names and len(names) == 1 else names


def _asked(question: Question) -> str:
    """A question with some of what it can be."""
    shown = ", ".join(question.choices[:12])
    return f"{question.asks}: {shown}{', ...' if len(question.choices) > 12 else ''}" if shown else question.asks  # noqa: PLR2004


def _told(scene: Scene, draft: Draft, out: Path) -> str:
    """What was found, what was guessed, and what to type next."""
    from auditkit.cli.console import columns

    rows = 0 if scene.loader.rows is None else len(scene.loader.rows)
    guessed = {one.key for one in draft.guessed}
    found = [
        ("model", scene.pair.model.id, scene.model.reason),
        ("data", scene.pair.loader.id, f"{len(scene.columns)} columns, by the first {rows:,} rows"),
        *((key, "none" if line.is_off else _short(line.value), line.why) for key, line in _looked_for(draft)),
    ]
    marked = [
        (*row[:2], f"guessed: {row[2]}" if f"data.{row[0]}" in guessed and row[1] != "none" else row[2])
        for row in found
    ]
    next_steps = [("wrote", str(out), "read it: each guess says why"), ("next", f"auditkit plan {out}", "")]
    return columns(marked) + "\n\n" + columns(next_steps)


def _looked_for(draft: Draft) -> Iterator[tuple[str, Line]]:
    for key in ("target", "positive", "input", "groups", "unit"):
        line = draft.data.get(key)
        if line is not None and (not line.is_off or key == "groups"):
            yield key, line


def _short(value: Any) -> str:
    said = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return said if len(said) <= 40 else f"{said[:37]}..."  # noqa: PLR2004  a column of a terminal


def _ask(question: Question) -> Any:
    """Ask at the terminal until the answer is one of what it can be."""
    from auditkit.initing.answers import value_of
    from auditkit.terminal import printable

    typer.echo("")
    if question.choices:
        typer.echo(printable(f"  {', '.join(question.choices[:30])}"))
    how = " (with commas, none: -)" if question.is_many else ""
    default = _default(question.guess)
    while True:
        said = typer.prompt(printable(f"{question.asks}{how}"), default=default, type=str).strip()
        if default is not None and said == default.strip():  # a name in it may hold commas, or what is not printed
            return question.guess
        if not question.is_text:
            return value_of(said)
        if said == "-":
            return [] if question.is_many else None
        is_list = question.is_many and said not in question.choices
        names = [part.strip() for part in said.split(",")] if is_list else [said]
        strange = [one for one in names if question.choices and one not in question.choices]
        if not strange:
            return names if question.is_many else names[0]
        typer.echo(printable(f"  '{strange[0]}' is none of them"))


def _default(guess: Any) -> str | None:
    """What is taken when nothing is typed; None: something has to be."""
    from auditkit.initing.toml import toml_value
    from auditkit.terminal import printable

    if guess is None:
        return None
    if isinstance(guess, str):
        return printable(guess)
    return printable(", ".join(guess) or "-") if isinstance(guess, list) else toml_value(guess)
