"""Where the process of isolated checks begins: it gives up its rights before it imports what could use them."""

from __future__ import annotations

import os
import pickle
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

from auditkit.isolation.sandbox import WRITING, take_away


def begin(pipe: Connection, writable: str, temporary: str, rest: bytes) -> None:
    """Take everything away, then work as any worker does.

    Args:
        pipe: to the supervisor.
        writable: the folder that may be changed.
        temporary: in it, for the temporary files of libraries.
        rest: the worker's arguments, still pickled: to read them imports what they are made of.
    """
    os.environ.update(TMPDIR=temporary, MPLCONFIGDIR=temporary, HF_HUB_OFFLINE="1")
    tempfile.tempdir = None
    left = take_away(writable=[Path(writable)])
    if threads := _other_threads():
        left.setdefault(WRITING, f"{threads} threads were there already")
    from auditkit.isolation.messages import PlainPipe
    from auditkit.supervisor import work

    work(PlainPipe(pipe), *pickle.loads(rest), kept_rights=left)  # noqa: S301  from our own supervisor, by a pipe that only it holds


def _other_threads() -> int:
    try:
        return len(os.listdir("/proc/self/task")) - 1  # noqa: PTH208  pathlib is no lighter here
    except OSError:
        return 0
