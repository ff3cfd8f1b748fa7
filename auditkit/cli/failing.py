"""How a command ends: its exit code, and for an expected failure two lines instead of a traceback."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from auditkit.checks.stopping import STOPPED, Terminated
from auditkit.errors import AuditError
from auditkit.terminal import printable

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
CRASHED = 3
_GO_ON = "what was computed is kept: run the same command to go on"
_AGAIN = "run the same command again"


@contextlib.contextmanager
def termination() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that the worker is stopped and nothing half-written stays."""

    def stop(_: int, __: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def exit_code_of(command: Callable[[], Any], *, debug: bool, keeps: bool = False) -> int:
    """Run a command; say what went wrong, if anything did; return the exit code.

    Args:
        command: returns its exit code, or None.
        debug: whether tracebacks are printed.
        keeps: whether what it computed before it was stopped is there when it is run again.
    """
    logging.basicConfig(level=logging.INFO if debug else logging.CRITICAL, format="%(name)s: %(message)s")
    try:
        code = command()
    except AuditError as error:
        _say(error.message, error.hint, error if debug else None)
        return error.exit_code
    except STOPPED as stop:
        return _stopped(TERMINATED if isinstance(stop, Terminated) else INTERRUPTED, keeps=keeps)
    except SystemExit as leaving:
        return _left(leaving)
    except BaseException as error:  # noqa: BLE001  the last place where a crash can be told from a verdict
        if type(error).__name__ != "Abort":
            return _unexpected(error, debug=debug)
        print(file=sys.stderr)  # noqa: T201  behind the question, at which somebody pressed Ctrl-C or Ctrl-D
        code = INTERRUPTED
    if code == INTERRUPTED:  # typer has caught the KeyboardInterrupt
        return _stopped(code, keeps=keeps)
    return code if isinstance(code, int) else 0


def _left(leaving: SystemExit) -> int:
    if isinstance(leaving.__context__, BrokenPipeError):  # typer's answer to `auditkit checks | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    # A plugin that calls sys.exit(0) must not look like an audit that was passed.
    _say(f"a plugin ended the audit with sys.exit({leaving.code!r})", "auditkit plugins")
    return CRASHED


def _stopped(code: int, *, keeps: bool) -> int:
    _say("stopped by SIGTERM" if code == TERMINATED else "interrupted", _GO_ON if keeps else _AGAIN)
    return code


def _unexpected(error: BaseException, *, debug: bool) -> int:
    # Typer's own errors: a missing argument, an unknown option. It may carry its own copy of click.
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        context = getattr(error, "ctx", None)
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the whole page of help
            print(error.format_message(), file=sys.stderr)  # noqa: T201  the command line prints
            return 2
        command = context.command_path if context is not None else "auditkit"
        _say(error.format_message().rstrip("."), f"{command} --help")
        return 2
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()
        return CRASHED
    if isinstance(error, OSError):
        _say(
            f"{error.strerror or error}: '{error.filename}'" if error.filename else str(error),
            "look at the disk and its permissions",
            error if debug else None,
        )
        return CRASHED
    _say(
        f"auditkit itself failed: {type(error).__name__}: {error}".removesuffix(": "),
        "run again with --debug, and report what it prints",
        error if debug else None,
    )
    return CRASHED


def _say(message: str, hint: str, error: BaseException | None = None) -> None:
    if error is not None:
        traceback.print_exception(error, file=sys.stderr)
    print(f"error: {printable(message)}", file=sys.stderr)  # noqa: T201  the command line prints
    if hint:
        print(f"  hint: {printable(hint)}", file=sys.stderr)  # noqa: T201  same
