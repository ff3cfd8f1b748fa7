"""What processes hold for themselves: by what they allocate, never by the files that they map."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from auditkit.memory import held_by, is_told

pytestmark = pytest.mark.skipif(not is_told(), reason="this system does not tell what memory a process holds")

MIB = 2**20
TOLD = "print('ready', flush=True); import sys; sys.stdin.read()"


@contextmanager
def holding(code: str) -> Iterator[int]:
    """A process group of its own that has run some code, and waits."""
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}\n{TOLD}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid


def test_what_is_allocated_counts():
    with holding("pass") as bare, holding(f"block = b'x' * {64 * MIB}") as full:
        without, held = held_by(bare, at_most=0), held_by(full, at_most=0)
    assert without is not None
    assert held is not None
    assert 60 * MIB < held - without < 80 * MIB


def test_pages_of_a_file_do_not_count(tmp_path):
    path = tmp_path / "table"
    path.write_bytes(b"x" * 64 * MIB)
    mapping = f"import mmap; file = open({str(path)!r}, 'rb'); it = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)"
    with holding(f"{mapping}; read = sum(it[at] for at in range(0, len(it), 4096))") as mapped:
        held = held_by(mapped, at_most=0)
    assert held is not None
    assert held < 32 * MIB


def test_what_a_process_starts_counts_and_what_they_share_counts_once():
    fork = "import os, sys; child = os.fork(); child == 0 and (sys.stdin.read(), os._exit(0))"
    with (
        holding(f"block = b'x' * {64 * MIB}; {fork}") as shared,
        holding(f"{fork}; block = b'x' * {64 * MIB}") as twice,
    ):
        both, once = held_by(twice, at_most=0), held_by(shared, at_most=0)
        quick = held_by(shared, at_most=2**40)
    assert both is not None
    assert once is not None
    assert quick is not None
    assert both < 100 * MIB  # the child waits above, so that the parent alone has the block
    assert once < 100 * MIB
    assert quick > 120 * MIB  # where it decides nothing, nobody asks page by page


def test_a_group_that_has_ended_holds_nothing_that_is_told():
    with holding("pass") as gone:
        pass
    assert held_by(gone, at_most=0) is None
