"""How much memory a worker and all that it has started hold, so that a check that takes too much can be stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

_PROCESSES = Path("/proc")
GIB = 2**30
_OWN = ("RssAnon", "RssShmem")
_OWN_SHARED_OUT = ("Pss_Anon", "Pss_Shmem")


def is_told() -> bool:
    """Whether this system tells what memory a process holds for itself: Linux does."""
    return _kilobytes(_PROCESSES / "self" / "status", _OWN) is not None


def held_by(group: int, *, at_most: int) -> int | None:
    """Bytes of memory that the processes of a group hold, without the pages of files that are mapped into it.

    What several of them share counts once, as soon as that decides whether they hold more than `at_most`. None: the
    system does not tell.
    """
    members = list(_members(group))
    own = [_kilobytes(member / "status", _OWN) for member in members]
    held = sum(one for one in own if one is not None) * 1024
    if not any(one is not None for one in own):
        return None
    if held <= at_most or len(members) == 1:
        return held
    # After a fork both count the same pages as theirs; the kernel shares them out only where it is asked page by page.
    shares = [_kilobytes(member / "smaps_rollup", _OWN_SHARED_OUT) for member in members]
    return held if None in shares else sum(one for one in shares if one is not None) * 1024


def processes_in(group: int) -> int:
    """How many processes a group has; 0 where the system does not tell."""
    return sum(1 for _ in _members(group))


def _members(group: int) -> Iterator[Path]:
    for process in _PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
            # The name stands in brackets, and may hold any character.
            state = (process / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(state[2]) == group:
                yield process


def _kilobytes(file: Path, names: tuple[str, ...]) -> int | None:
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    said = {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}
    found = [int(said[name][0]) for name in names if said.get(name)]
    return sum(found) if found else None
