"""The command line: one small file a verb. Verbs parse, call and print; nothing here measures or judges."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from auditkit.cli.ask import ask
from auditkit.cli.canaries import canaries
from auditkit.cli.demo import demo
from auditkit.cli.diff import diff
from auditkit.cli.doctor import doctor
from auditkit.cli.gate import gate
from auditkit.cli.history import history
from auditkit.cli.init import init
from auditkit.cli.installed import adapters, checks, plugins, policies
from auditkit.cli.keygen import keygen
from auditkit.cli.new_plugin import new_plugin
from auditkit.cli.plan import plan
from auditkit.cli.policy import policy
from auditkit.cli.render import render
from auditkit.cli.replay import replay
from auditkit.cli.revoke import revoke
from auditkit.cli.run import run
from auditkit.cli.seal import seal
from auditkit.cli.selftest import selftest
from auditkit.cli.sign import sign
from auditkit.cli.sigstore import sigstore
from auditkit.cli.timestamp import timestamp
from auditkit.cli.verify import verify
from auditkit.garbage import look_seldom

_EXIT_CODES = (
    "Exit codes: 0 pass, 1 fail, 2 something is wrong with what was asked, 3 a crash, or a required rule "
    "without evidence, 4 not to be trusted, 5 inconclusive. Add --debug to any command for tracebacks."
)

app = typer.Typer(
    name="auditkit", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001  as click calls it
    if wanted:
        from importlib.metadata import version

        typer.echo(f"auditkit {version('auditkit')}")
        raise typer.Exit


@app.callback(epilog=_EXIT_CODES)
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which it is.")
    ] = False,
) -> None:
    """Audit a trained model, and sign what was found."""
    del version


for _verb in (
    init, ask, seal, run, sign, timestamp, sigstore, verify, replay, plan, gate, diff, history, render, canaries, demo,
    keygen, revoke, plugins, checks, adapters, policies, selftest, new_plugin, doctor,
):  # fmt: skip
    app.command()(_verb)
app.add_typer(policy, name="policy")


def _open_missing_streams() -> None:
    """Give a command that was started without standard streams some that lead nowhere.

    A number that is free would be given to the next file or pipe, and what is printed would end up there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003  the standard library's order
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  until the process ends
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  same


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    _open_missing_streams()
    look_seldom()
    # What a model calls its classes must never stop a terminal that cannot show it.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    from auditkit.cli.failing import exit_code_of

    words = [word for word in given if word != "--debug"]
    sys.exit(exit_code_of(lambda: app(words, standalone_mode=False), debug=debug, keeps=words[:1] == ["run"]))
