"""What a process can do after it has given up its rights: everything that a hostile check would try, tried."""

from __future__ import annotations

import errno
import json
import os
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="Landlock and seccomp are Linux's",
)

ATTEMPTS = """
import ctypes, fcntl, json, os, pathlib, resource, signal, socket, subprocess, sys, tempfile

own, outside, parent = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), os.getppid()
libc = ctypes.CDLL(None, use_errno=True)
os.setpgrp()

def call(*numbers):
    if libc.syscall(*map(ctypes.c_long, numbers)) < 0:
        raise OSError(ctypes.get_errno(), "no")

def datagrams_to(name):
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"rows", name)

def mounted():
    if libc.mount(b"none", str(own).encode(), b"tmpfs", 0, None) < 0:
        raise OSError(ctypes.get_errno(), "no")

def typed():
    fcntl.ioctl(0, 0x5412, b"x")

def emptied():
    os.close(os.open(outside / "kept", os.O_RDONLY | os.O_TRUNC))

ATTEMPTS = {
    "tcp": lambda: socket.socket(),
    "tcp6": lambda: socket.socket(socket.AF_INET6),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "raw": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "name of a host": lambda: socket.getaddrinfo("example.org", 80),
    "datagrams to a path": lambda: datagrams_to(str(outside / "ear")),
    "datagrams to an abstract name": lambda: datagrams_to(b"\\0auditkit-test-" + str(parent).encode()),
    "ring": lambda: call(425, 8, ctypes.addressof(ctypes.create_string_buffer(120))),
    "trace the parent": lambda: call({"x86_64": 101}.get(os.uname().machine, 117), 16, parent, 0, 0),
    "memory of the parent": lambda: open(f"/proc/{parent}/mem", "rb"),
    "secrets of the parent": lambda: pathlib.Path(f"/proc/{parent}/environ").read_bytes(),
    "descriptors of the parent": lambda: list(pathlib.Path(f"/proc/{parent}/fd").iterdir())[0].readlink(),
    "signal to the parent": lambda: os.kill(parent, 0),
    "limits of the parent": lambda: resource.prlimit(parent, resource.RLIMIT_CORE, (0, 0)),
    "a child that leaves the group": lambda: subprocess.run(["true"], start_new_session=True, check=True),
    "typing into the terminal": typed,
    "shared memory that stays": lambda: call({"x86_64": 29}.get(os.uname().machine, 194), 0, 4096, 0o1600),
    "write outside": lambda: (outside / "new").write_text("no"),
    "write over": lambda: (outside / "kept").write_text("no"),
    "append": lambda: open(outside / "kept", "a"),
    "empty by name": lambda: os.truncate(outside / "kept", 0),
    "empty in passing": emptied,
    "remove": lambda: (outside / "kept").unlink(),
    "folder": lambda: (outside / "folder").mkdir(),
    "rename outside": lambda: (outside / "kept").rename(outside / "other"),
    "move in": lambda: (outside / "kept").rename(own / "taken"),
    "move out": lambda: (own / "mine").rename(outside / "put"),
    "hard link in": lambda: os.link(outside / "kept", own / "linked"),
    "hard link out": lambda: os.link(own / "mine", outside / "linked"),
    "write through a link": lambda: (own / "way" / "new").write_text("no"),
    "write through a link to a file": lambda: (own / "door").write_text("no"),
    "write through a descriptor's name": lambda: open(f"/proc/self/fd/{os.open(outside / 'kept', os.O_RDONLY)}", "w"),
    "new link": lambda: (own / "new-way").symlink_to(outside),
    "device": lambda: os.mknod(own / "disk", 0o60600, os.makedev(254, 0)),
    "device without power": lambda: os.mknod(own / "zero", 0o20600, os.makedev(1, 5)),
    "temporary folder of all": lambda: open("/tmp/auditkit-test-no", "x"),
    "home": lambda: open(os.path.expanduser("~/auditkit-test-no"), "x"),
    "by another program": lambda: subprocess.run(["sh", "-c", f"echo no > {outside}/by-sh"], check=True),
    "mount": mounted,
    "own file": lambda: (own / "mine").write_text("yes"),
    "temporary file": lambda: tempfile.NamedTemporaryFile(dir=own).write(b"yes"),
    "own folder, moved": lambda: ((own / "a").mkdir(), (own / "a").rename(own / "b")),
    "read": lambda: (outside / "kept").read_text(),
    "null": lambda: open("/dev/null", "w").write("x"),
    "another program": lambda: subprocess.run(["true"], check=True),
    "a pair of streams": lambda: socket.socketpair(),
    "own limits": lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
    "another's rights": lambda: os.chmod(outside / "kept", 0o777),
    "another's time": lambda: os.utime(outside / "kept", (1, 1)),
}

from auditkit.isolation.sandbox import take_away
(own / "mine").write_text("mine")
left = take_away(writable=[own])
could, refused = [], {}
for name, attempt in ATTEMPTS.items():
    try:
        attempt()
    except (OSError, subprocess.CalledProcessError) as error:
        refused[name] = getattr(error, "errno", None)
        continue
    could.append(name)
said = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
print(json.dumps({"left": left, "could": could, "refused": refused, "capabilities": int(said["CapEff"], 16)}))
"""

STAYS_FREE = {
    "own file", "temporary file", "own folder, moved", "read", "null", "another program", "a pair of streams",
    "own limits", "another's rights", "another's time",
}  # fmt: skip
"""Of which the last two do nothing, see below."""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], Path]:
    root = tmp_path_factory.mktemp("sandbox")
    own, outside = root / "own", root / "outside"
    own.mkdir()
    outside.mkdir()
    (outside / "kept").write_text("kept")
    os.utime(outside / "kept", (1_000_000_000, 1_000_000_000))
    (outside / "kept").chmod(0o640)
    (own / "way").symlink_to(outside)
    (own / "door").symlink_to(outside / "kept")
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as named,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nameless,
    ):
        named.bind(str(outside / "ear"))
        nameless.bind(f"\0auditkit-test-{os.getpid()}".encode())
        done = _done(own, outside)
    (outside / "ear").unlink()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), root


def _done(own: Path, outside: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ATTEMPTS, str(own), str(outside)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.PIPE,
    )


def test_nothing_but_its_own_folder_is_left_to_it(tried):
    found, _ = tried
    assert found["left"] == {}
    assert set(found["could"]) == STAYS_FREE
    # Without the filter these would fail too, with another error.
    assert {found["refused"][name] for name in ("ring", "typing into the terminal", "mount")} == {errno.EPERM}


def test_outside_nothing_has_changed(tried):
    _, root = tried
    kept = root / "outside" / "kept"
    assert [path.name for path in (root / "outside").iterdir()] == ["kept"]
    assert kept.read_text() == "kept"
    assert (kept.stat().st_mode & 0o777, kept.stat().st_mtime) == (0o640, 1_000_000_000)


def test_of_roots_powers_only_those_over_files_are_kept(tried):
    found, _ = tried
    assert found["capabilities"] & ~0b110 == 0


LACKING = """
import json, socket, sys
from pathlib import Path
from auditkit.isolation import sandbox

own, outside = Path(sys.argv[1]), Path(sys.argv[2])
{lacks}

def could(what):
    try:
        what()
    except OSError:
        return False
    return True

left = sandbox.take_away(writable=[own])
print(json.dumps([left, could(socket.socket), could(lambda: (outside / "new").write_text("no"))]))
"""
NO_LANDLOCK = "sandbox._LANDLOCK_CREATE = 9999"
NO_FILTER = "sandbox.MACHINES = dict()"
OLD = """
called = sandbox._call
def _call(number, *arguments):
    is_version = number == sandbox._LANDLOCK_CREATE and arguments[0] is None
    return 2 if is_version else called(number, *arguments)
sandbox._call = _call
"""


@pytest.mark.parametrize(
    ("lacks", "left", "could"),
    [
        (NO_LANDLOCK, {"writing": "Function not implemented"}, [False, True]),
        (NO_FILTER, {"network": f"no filter of system calls is known for {platform.machine()}"}, [True, False]),
        (OLD, {"writing": "a Linux before 6.2 lets files be emptied"}, [False, False]),
    ],
    ids=["no Landlock", "no filter", "an old Landlock"],
)
def test_what_a_system_lacks_is_said_and_the_rest_is_taken(tmp_path, lacks, left, could):
    own, outside = tmp_path / "own", tmp_path / "outside"
    own.mkdir()
    outside.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", LACKING.replace("{lacks}", lacks), str(own), str(outside)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [left, *could]
