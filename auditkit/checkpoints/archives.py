"""Zip archives that somebody else made: looked at by their central directory before a library unpacks any of them."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path, PurePosixPath

from auditkit.errors import ModelError

_MOST = 20
"""A whole archive unpacks to at most this many times its size: numbers shrink to a tenth at the very best."""
_SMALL = 64 << 20
"""Below this many bytes it may unpack to what it likes."""
_END = b"PK\x05\x06"
_END_SIZE = 22

_HINT = "save the model anew, with the library that it was trained with"


def is_archive(path: Path) -> bool:
    """Whether a file begins as zip archives do, which is how torch tells one."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def refuse_strange_archive(path: Path) -> tuple[zipfile.ZipInfo, ...]:
    """Refuse an archive that leads out of itself, unpacks to far more than it is, or reads in two ways.

    Returns:
        Its members.

    Raises:
        ModelError: it is not as it should be.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members, start = archive.infolist(), archive.start_dir
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ModelError(f"'{path.name}' is no whole zip archive: {error}", hint=_HINT) from error
    _refuse_two_readings(path, start)
    seen: set[str] = set()
    for member in members:
        _refuse_member(path, member)
        # Without case, which is how torch looks a member up.
        if member.filename.casefold() in seen:
            raise ModelError(f"'{path.name}' holds '{member.filename[:200]}' twice", hint=_HINT)
        seen.add(member.filename.casefold())
    _refuse_bomb(path, members)
    return tuple(members)


def _refuse_two_readings(path: Path, start: int) -> None:
    """Refuse a directory that is not at the very end, where another reader would find another one."""
    with path.open("rb") as stream:
        stream.seek(-_END_SIZE, 2)
        end = stream.read()
    (said,) = struct.unpack("<L", end[16:20])
    if end[:4] != _END or said not in {start, 0xFFFFFFFF}:
        raise ModelError(f"'{path.name}' holds something before or after its zip archive", hint=_HINT)


def _refuse_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in name[:2]:
        raise ModelError(f"'{path.name}' holds '{name[:200]}', which leads out of its folder", hint=_HINT)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ModelError(f"'{path.name}' holds '{name[:200]}', a symbolic link", hint=_HINT)
    if member.flag_bits & 0x1:
        raise ModelError(f"'{path.name}' holds '{name[:200]}', which is encrypted", hint=_HINT)


def _refuse_bomb(path: Path, members: list[zipfile.ZipInfo]) -> None:
    size = path.stat().st_size
    if sum(member.compress_size for member in members) > size:
        raise ModelError(f"'{path.name}' holds members that lie upon one another", hint=_HINT)
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(_SMALL, _MOST * size):
        raise ModelError(
            f"'{path.name}' has {size:,} bytes and would unpack to {unpacked:,}: more than {_MOST} times as many",
            hint=_HINT,
        )
