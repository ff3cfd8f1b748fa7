"""Which system calls an isolated worker has to do without, as a filter that the kernel runs before each of them.

The filter is a program of classic BPF (McCanne and Jacobson 1993, "The BSD packet filter"; for system calls the
kernel's Documentation/userspace-api/seccomp_filter.rst). Numbers are those of the kernel's tables, arch/*/syscall.tbl.
"""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass

_X32 = 0x40000000  # a second numbering of x86_64
_STREAM = 1  # a pair of streams reaches itself alone; one of datagrams can be pointed at any socket of this machine
_TYPE_INTO_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: what is typed so is the user's next command


@dataclass(frozen=True)
class Machine:
    """What a filter of system calls must know of a processor."""

    audit: int
    """Its number in AUDIT_ARCH_*."""
    seccomp: int
    socketpair: int
    ioctl: int
    prlimit: int
    refused: tuple[int, ...]
    """Sockets; rings, which open sockets without the call of that name; other processes' memory and descriptors; memory
    and queues that stay behind; leaving the group of processes that the supervisor ends."""
    passed_over: tuple[int, ...]
    """Rights, owners, times and attributes of files, which Landlock does not know: nothing happens, and nothing is
    said, for libraries ask it of their own temporary files."""


_LATER = (438, 425)  # pidfd_getfd, io_uring_setup: numbered alike everywhere
_LATER_RIGHTS = (452, 463, 466)  # fchmodat2, setxattrat, removexattrat

MACHINES = {
    "x86_64": Machine(
        audit=0xC000003E,
        seccomp=317,
        socketpair=53,
        ioctl=16,
        prlimit=302,
        # socket, ptrace, process_vm_readv, process_vm_writev, shmget, semget, msgget, mq_open, setpgid, setsid
        refused=(41, 101, 310, 311, 29, 64, 68, 240, 109, 112, *_LATER),
        # chmod, fchmod, chown, fchown, lchown, utime, utimes, fchownat, futimesat, fchmodat, utimensat,
        # *setxattr, *removexattr
        passed_over=(90, 91, 92, 93, 94, 132, 235, 260, 261, 268, 280, 188, 189, 190, 197, 198, 199, *_LATER_RIGHTS),
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        seccomp=277,
        socketpair=199,
        ioctl=29,
        prlimit=261,
        refused=(198, 117, 270, 271, 194, 190, 186, 180, 154, 157, *_LATER),
        # fchmod, fchmodat, fchownat, fchown, utimensat, *setxattr, *removexattr
        passed_over=(52, 53, 54, 55, 88, 5, 6, 7, 14, 15, 16, *_LATER_RIGHTS),
    ),
}

_LOAD, _EQUAL, _AT_LEAST, _AND, _GIVE = 0x20, 0x15, 0x35, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24  # in struct seccomp_data; of arguments the lower half
_ANSWERS = {"allow": 0x7FFF0000, "refuse": 0x00050000 | errno.EPERM, "pass over": 0x00050000}

_Line = tuple[int, int, str, str]
"""Instruction, its value, and where to go on if it holds and if not; "": the next line."""


def filter_for(machine: Machine) -> bytes:
    """The program for a processor; a call of another processor's numbering is refused."""
    jumps: list[_Line] = [(_EQUAL, number, "refuse", "") for number in machine.refused]
    jumps += [(_EQUAL, number, "pass over", "") for number in machine.passed_over]
    special = {"socketpair": machine.socketpair, "ioctl": machine.ioctl, "prlimit": machine.prlimit}
    jumps += [(_EQUAL, number, name, "") for name, number in special.items()]
    parts: dict[str, list[_Line]] = {
        "start": [
            (_LOAD, _ARCHITECTURE, "", ""),
            (_EQUAL, machine.audit, "", "refuse"),
            (_LOAD, _NUMBER, "", ""),
            (_AT_LEAST, _X32, "refuse", ""),
            *jumps,
        ],
        "allow": [(_GIVE, _ANSWERS["allow"], "", "")],
        "socketpair": [(_LOAD, _SECOND, "", ""), (_AND, 0xF, "", ""), (_EQUAL, _STREAM, "allow again", "refuse")],
        "ioctl": [
            (_LOAD, _SECOND, "", ""),
            *((_EQUAL, one, "refuse", "") for one in _TYPE_INTO_TERMINAL),
            (_GIVE, _ANSWERS["allow"], "", ""),
        ],
        "prlimit": [(_LOAD, _FIRST, "", ""), (_EQUAL, 0, "allow again", "refuse")],  # 0: of the process itself
        "pass over": [(_GIVE, _ANSWERS["pass over"], "", "")],
        "refuse": [(_GIVE, _ANSWERS["refuse"], "", "")],
        "allow again": [(_GIVE, _ANSWERS["allow"], "", "")],
    }
    return _assembled(parts)


def _assembled(parts: dict[str, list[_Line]]) -> bytes:
    """Instructions with their jumps as distances; they lead forwards alone."""
    places: dict[str, int] = {}
    lines: list[_Line] = []
    for name, part in parts.items():
        places[name] = len(lines)
        lines += part
    return b"".join(
        struct.pack("HBBI", code, *(places[to] - at - 1 if to else 0 for to in (then, otherwise)), value)
        for at, (code, value, then, otherwise) in enumerate(lines)
    )
