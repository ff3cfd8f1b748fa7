"""Work in a Python process of its own, with limits: where the input or the library could hang, crash or eat the memory.

The child reads the job from its standard input and writes the answer to its standard output. It may write no file, has
so much memory and so much time, and never sees the passphrase of a key.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from auditkit.errors import AuditError
from auditkit.secret_names import is_secret

MEBIBYTE = 1 << 20
_REFUSED = 10
_OUT_OF_MEMORY = 11
_LONGEST_LINE = 300
_GRACE = 5
"""Seconds in which a process whose time is over can end."""
# What Python says where an exception can go no further, GLib before it aborts, and Fontconfig.
_SAYS_NO_MEMORY = re.compile(r"^MemoryError\b|failed to allocate [0-9,]+ bytes|\bout of memory$", re.MULTILINE)


@dataclass(frozen=True)
class Limits:
    """What a child may use."""

    seconds: int
    """Of the clock, which others on the machine use too."""
    memory: int
    """Bytes of address space."""
    processor: int | None = None
    """Seconds of the processor's time; None: as many as of the clock."""

    @property
    def work(self) -> int:
        """Seconds of the processor's time."""
        return self.seconds if self.processor is None else self.processor


class Died(Exception):  # noqa: N818  the caller says what that means
    """The child gave no answer: it hung, was killed, or raised what nobody expected."""


class Refused(Exception):  # noqa: N818  the caller says what that means
    """The child says what is wrong with its job."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def run_confined(module: str, job: bytes, limits: Limits) -> bytes:
    """Run `python -m module` on a job; the module ends in `serve`.

    Raises:
        Refused: the work raised an AuditError.
        Died: there is no answer, and why.
    """
    command = [sys.executable, "-P", "-B", "-m", module, str(limits.work), str(limits.memory)]
    try:
        done = subprocess.run(  # noqa: S603  our own module
            command, input=job, capture_output=True, timeout=limits.seconds, env=_environment(), check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Died(f"took longer than {limits.seconds} seconds") from error
    if done.returncode == 0:
        return done.stdout
    if done.returncode == _REFUSED:
        said = json.loads(done.stderr.splitlines()[-1])
        raise Refused(said["message"], said["hint"])
    raise Died(_fate(done.returncode, done.stderr.decode(errors="replace"), limits))


def serve(work: Callable[[bytes], bytes]) -> None:
    """Do one job and end the process; called by a module that `run_confined` has started."""
    _confine(seconds=int(sys.argv[1]), memory=int(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no part of the answer
    try:
        answer = work(sys.stdin.buffer.read())
    except AuditError as error:
        sys.stderr.write("\n" + json.dumps({"message": error.message, "hint": error.hint}) + "\n")
        sys.exit(_REFUSED)
    except Exception as error:
        if _lacked_memory(error):
            os._exit(_OUT_OF_MEMORY)  # the orderly way out allocates, and would end with another code
        raise
    with answers:
        answers.write(answer)


def _lacked_memory(error: BaseException | None) -> bool:
    """Whether an error is, or comes of, a lack of memory: a library may raise its own in the place of Python's."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _confine(*, seconds: int, memory: int) -> None:
    wanted = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in wanted.items():
        # Some systems know a limit and refuse to set it; the clock of `run_confined` holds everywhere.
        with contextlib.suppress(ValueError, OSError):
            # At the soft limit of processor time comes a signal that says so; at the hard one it is killed.
            resource.setrlimit(kind, (most, most + _GRACE if kind == resource.RLIMIT_CPU else most))


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not is_secret(name)}
    # The child imports what this process imports, from the same places, and hashes alike in every run.
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "0"}


def _fate(code: int, said: str, limits: Limits) -> str:
    if code == _OUT_OF_MEMORY or _SAYS_NO_MEMORY.search(said):
        return f"needed more than {limits.memory // MEBIBYTE} MiB of memory"
    if code == -signal.SIGXCPU:
        return f"took more than {limits.work} seconds of the processor's time"
    if code == -signal.SIGKILL:
        return f"was stopped: {signal.Signals(-code).name}"
    last = ([line.strip() for line in said.splitlines() if line.strip()] or ["nothing"])[-1][:_LONGEST_LINE]
    ended = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"{ended}, and said: {last}"
