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
from pathlib import Path

from auditkit.isolation.syscalls import MACHINES, filter_for

NETWORK, WRITING = "network", "writing"

_NO_NEW_PRIVS = 38
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION, _LANDLOCK_PATH_BENEATH = 1, 1
_SECCOMP_FILTER, _SECCOMP_ALL_THREADS = 1, 1

# The rights of Landlock that change something, by the version that brought them. Reading and running stay free.
_CHANGES = {1: 0x1FF2, 2: 1 << 13, 3: 1 << 14}  # write, make, remove; move between folders; truncate
_TRUNCATING_VERSION = 3
_OF_A_FILE = (1 << 1) | (1 << 14)
_NOT_EVEN_INSIDE = (1 << 6) | (1 << 9) | (1 << 11) | (1 << 12)
"""Devices, sockets and links: what is written through them lies elsewhere."""
_SCOPES_VERSION = 6
_SCOPES = 1 | 2
"""Abstract sockets and signals end at this process and what it starts."""

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")
_ACCELERATORS = ("nvidia*", "dri", "kfd", "accel*")

_CAPABILITIES_VERSION = 0x20080522
_KEPT_CAPABILITIES = (1 << 1) | (1 << 2)
"""To read, and where Landlock lets it to write, what belongs to others, as root may in a container."""


def take_away(*, writable: Iterable[Path]) -> dict[str, str]:
    """Forbid sockets, and changes of files but beneath `writable`, to this process and all that it starts.

    Of root it takes what root may do beside reading and writing files. Call it while the process has one thread: those
    that are there already keep the right to write.

    Returns:
        What could not be taken away -> why; empty: all is.
    """
    left: dict[str, str] = {}
    try:
        _drop_capabilities()
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
    scoped = _SCOPES if version >= _SCOPES_VERSION else 0
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
    if version < _TRUNCATING_VERSION:
        raise OSError(errno.ENOSYS, "a Linux before 6.2 lets files be emptied")


def _may_change(writable: Iterable[Path]) -> list[Path]:
    """The folders that are left, memory that processes share, and devices that hold nothing."""
    accelerators = [path for name in _ACCELERATORS for path in Path("/dev").glob(name)]
    paths = [*writable, Path("/dev/shm"), *map(Path, _DEVICES), *accelerators]  # noqa: S108  shared memory, as libraries use it
    return [path for path in paths if path.exists()]


def _allow(rules: int, path: Path, handled: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = handled & ~_NOT_EVEN_INSIDE if path.is_dir() else handled & _OF_A_FILE
        # struct landlock_path_beneath_attr, which is packed
        _call(_LANDLOCK_ADD, rules, _LANDLOCK_PATH_BENEATH, struct.pack("=Qi", rights, opened), 0)
    finally:
        os.close(opened)


def _drop_capabilities() -> None:
    """Keep of root's powers those over files: others load code into the kernel, or write past Landlock."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{sys.platform} has no Landlock and no seccomp")
    libc = _libc()
    head = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    # twice 32 capabilities, each as effective, permitted, inheritable
    held = ctypes.create_string_buffer(24)
    _checked(libc.capget(head, held))
    effective, permitted, _, *_more = struct.unpack("6I", held.raw)
    kept = struct.pack("6I", effective & _KEPT_CAPABILITIES, permitted & _KEPT_CAPABILITIES, 0, 0, 0, 0)
    _checked(libc.capset(head, kept))


def _forbid_sockets() -> None:
    machine = MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        raise OSError(errno.ENOSYS, f"no filter of system calls is known for {platform.machine()}")
    program = filter_for(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions, and where
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    _no_new_privileges()
    _call(machine.seccomp, _SECCOMP_FILTER, _SECCOMP_ALL_THREADS, head)


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
