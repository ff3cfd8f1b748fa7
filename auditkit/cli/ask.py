"""`auditkit ask`: the process questions, which people answer."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from auditkit.governance.answering import Question, State
    from auditkit.governance.sheets import Answer

_PROMPT = "  answer, n/a: WHY, or nothing to leave it open"


def ask(
    spec: Annotated[Path, typer.Argument(help="The spec: audit.toml or audit.yaml.")],
    *,
    author: Annotated[str | None, typer.Option(help="Who answers: a name of the record of owners.")] = None,
    answer: Annotated[
        list[str] | None, typer.Option(help="ID=TEXT: an answer, without being asked; 'n/a: WHY' where none applies.")
    ] = None,
    list_all: Annotated[bool, typer.Option("--list", help="List the questions and which are open; ask none.")] = False,
    language: Annotated[str | None, typer.Option(help="en or zh-CN; the spec's unless said.")] = None,
) -> None:
    """Answer the process questions that no measurement and no record answers.

    Answers are kept in answers.toml of the folder that [governance] records names, with who gave them and when. An
    empty answer leaves a question open; what is answered is asked again after a year, or when its words change. Who
    answers is one of those whom the records of owners name, where there is one. Exit 2 where there is no terminal to
    ask on and questions are open.
    """
    from auditkit.errors import AuditError
    from auditkit.governance.asking import Desk

    desk = Desk.of(spec)
    tongue = language or desk.language
    if list_all:
        typer.echo(_table(desk.states(), tongue))
        return
    for said in answer or ():
        desk.give(said, author)
    waiting = desk.waiting()
    if answer or not waiting:
        typer.echo(f"{len(waiting)} of {len(desk.states())} questions are open; kept in {desk.place}")
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        typer.echo(_table(desk.states(), tongue))
        raise AuditError(
            f"{len(waiting)} questions are open, and there is no terminal to ask on",
            hint=f"answer one so: auditkit ask {spec} --author NAME --answer {waiting[0].id}='...'",
        )
    name = desk.known(author or typer.prompt("Who answers", type=str))
    for place, question in enumerate(waiting, start=1):
        typer.echo(
            f"\n{place} of {len(waiting)}  {question.words(tongue)}\n        ({question.source}; id {question.id})"
        )
        while said := typer.prompt(_PROMPT, default="", show_default=False).strip():
            try:
                desk.give(f"{question.id}={said}", name)
                break
            except AuditError as error:
                typer.echo(f"  {error}: {error.hint}")
    typer.echo(f"\n{len(desk.waiting())} questions are open; kept in {desk.place}")


def _table(states: list[tuple[Question, State, Answer | None]], language: str) -> str:
    from auditkit.cli.console import columns

    return columns(
        [(state, question.id, question.words(language), _when(answer)) for question, state, answer in states]
    )


def _when(answer: Answer | None) -> str:
    if answer is None:
        return ""
    return f"{answer.author}, {answer.date.isoformat() if isinstance(answer.date, date) else answer.date or ''}"
