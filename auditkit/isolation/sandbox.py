"""Take network and writing from this process, for good, by what Linux lets any process take from itself.

Landlock (Linux 5.13) forbids every change of files but beneath given folders, and a filter of system calls (seccomp)
forbids sockets. Neither needs rights, and neither can be taken back: all that the process starts inherits both. What a
system does not have is said and not passed over.

Sources: the kernel's documentation of both, Documentation/userspace-api/landlock.rst and seccomp_filter.rst.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NETWORK, WRITING = "network", "writing"

_NO_NEW_PRIVS = 38
_SECCOMP_FILTER, _SECCOMP_ALL_THREADS = 1, 1
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION, _LANDLOCK_PATH_BENEATH = 1, 1
_IO_URING_SETUP = 425  # opens sockets without the call of that name

# The rights of Landlock that change something, by the version that brought them. Reading and running stay free.
_CHANGES = {1: 0x1FF2, 2: 1 << 13, 3: 1 << 14}  # write, make, remove; move between folders; truncate
_OF_A_FILE = (1 << 1) | (1 << 14)
_SIGNALS_VERSION, _SIGNALS_SCOPE = 6, 2

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")
_ACCELERATORS = ("nvidia*", "dri", "kfd", "accel*")


@dataclass(frozen=True)
class _Machine:
    """What a filter of system calls must know of a processor."""

    audit: int
    socket: int
    seccomp: int


_MACHINES = {"x86_64": _Machine(0xC000003E, 41, 317), "aarch64": _Machine(0xC00000B7, 198, 277)}
_X32 = 0x40000000  # a second numbering of x86_64


def take_away(*, writable: Iterable[Path]) -> dict[str, str]:
    """Forbid sockets, and changes of files but beneath `writable`, to this process and all that it starts.

    Call it while the process has one thread: those that are there already keep the right to write.

    Returns:
        What could not be taken away -> why; empty: all is.
    """
    left: dict[str, str] = {}
    try:
        _forbid_writing(writable)
    except OSError as error:
        left[WRITING] = error.strerror or str(error)
    try:
        _forbid_sockets()
    except OSError as error:
        left[NETWORK] = error.strerror or str(error)
    return left


def _forbid_writing(writable: Iterable[Path]) -> None:
    version = _call(_LANDLOCK_CREATE, None, 0, _LANDLOCK_VERSION)
    handled = sum(rights for since, rights in _CHANGES.items() if since <= version)
    scoped = _SIGNALS_SCOPE if version >= _SIGNALS_VERSION else 0
    # struct landlock_ruleset_attr: files, network (left to the filter), what is scoped
    attributes = struct.pack("QQQ", handled, 0, scoped)[: 24 if scoped else 8]
    rules = _call(_LANDLOCK_CREATE, attributes, len(attributes), 0)
    try:
        for path in _may_change(writable):
            _allow(rules, path, handled)
        _no_new_privileges()
        _call(_LANDLOCK_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _may_change(writable: Iterable[Path]) -> list[Path]:
    """The folders that are left, memory that processes share, and devices that hold nothing."""
    accelerators = [path for name in _ACCELERATORS for path in Path("/dev").glob(name)]
    paths = [*writable, Path("/dev/shm"), *map(Path, _DEVICES), *accelerators]  # noqa: S108  shared memory, as libraries use it
    return [path for path in paths if path.exists()]


def _allow(rules: int, path: Path, handled: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = handled if path.is_dir() else handled & _OF_A_FILE
        # struct landlock_path_beneath_attr, which is packed
        _call(_LANDLOCK_ADD, rules, _LANDLOCK_PATH_BENEATH, struct.pack("=Qi", rights, opened), 0)
    finally:
        os.close(opened)


def _forbid_sockets() -> None:
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        raise OSError(errno.ENOSYS, f"no filter of system calls is known for {platform.machine()}")
    program = _filter(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions, and where
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    _no_new_privileges()
    _call(machine.seccomp, _SECCOMP_FILTER, _SECCOMP_ALL_THREADS, head)


def _filter(machine: _Machine) -> bytes:
    """A program of classic BPF: refuse what opens sockets, and system calls of another processor's numbering."""
    load, equal, least, give = 0x20, 0x15, 0x35, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EPERM
    lines = [
        (load, 0, 0, 4),  # seccomp_data.arch
        (equal, 0, 5, machine.audit),
        (load, 0, 0, 0),  # seccomp_data.nr
        (least, 3, 0, _X32),
        (equal, 2, 0, machine.socket),
        (equal, 1, 0, _IO_URING_SETUP),
        (give, 0, 0, allow),
        (give, 0, 0, refuse),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def _no_new_privileges() -> None:
    _checked(_libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))


def _call(number: int, *arguments: bytes | int | None) -> int:
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{sys.platform} has no Landlock and no seccomp")
    plain = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return _checked(_libc().syscall(ctypes.c_long(number), *plain))


def _checked(returned: int) -> int:
    if returned < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return returned


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
