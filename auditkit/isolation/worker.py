"""Where the process of isolated checks begins: it gives up its rights before it imports what could use them."""

from __future__ import annotations

import contextlib
import os
import pickle
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from auditkit.isolation.sandbox import WRITING, take_away
from auditkit.secret_names import is_secret


def begin(pipe: Connection, writable: str, temporary: str, rest: bytes) -> None:
    """Take everything away, then work as any worker does.

    Args:
        pipe: to the supervisor.
        writable: the folder that may be changed.
        temporary: in it, for the temporary files of libraries.
        rest: the worker's arguments, still pickled: to read them imports what they are made of.
    """
    # Before the right to it is gone: a group is how all that this process starts is ended.
    os.setpgrp()
    os.environ.update(TMPDIR=temporary, MPLCONFIGDIR=temporary, HF_HUB_OFFLINE="1")
    tempfile.tempdir = None
    left = take_away(writable=[Path(writable)])
    if threads := _other_threads():
        left.setdefault(WRITING, f"{threads} threads were there already")
    from auditkit.isolation.messages import PlainPipe, Rights
    from auditkit.supervisor import work

    plain = PlainPipe(pipe)
    plain.send(Rights(left))
    work(plain, *pickle.loads(rest))  # noqa: S301  from our own supervisor, by a pipe that only it holds


@contextlib.contextmanager
def without_secrets() -> Iterator[None]:
    """What is started in here is not told the passwords and tokens of this process's environment.

    They are known by their names. To take them away later would leave them readable, in /proc/self/environ.
    """
    secret = {name: value for name, value in os.environ.items() if is_secret(name)}
    for name in secret:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(secret)


def _other_threads() -> int:
    try:
        return len(os.listdir("/proc/self/task")) - 1  # noqa: PTH208  pathlib is no lighter here
    except OSError:
        return 0
