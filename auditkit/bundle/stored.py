"""A bundle as it lies on a disk, read without trusting it: no links followed, nothing large taken in."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from auditkit.bundle import layout
from auditkit.errors import IntegrityError

_BLOCK = 1 << 20


@dataclass(frozen=True)
class StoredFolder:
    """What is in a folder, two levels deep: a bundle has no more."""

    path: Path
    files: frozenset[str]
    """Regular files, e.g. `report.html`, `evidence/rows.parquet`."""
    folders: frozenset[str]
    oddities: tuple[str, ...]
    """What no bundle holds: links, devices, folders in folders."""
    _read: dict[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def scan(cls, path: Path) -> Self:
        """List a folder; IntegrityError when it cannot be listed, or holds more than any bundle does."""
        files, folders, oddities = set(), set(), []
        try:
            for count, (name, kind) in enumerate(_walk(path)):
                if count > layout.MOST_FILES:
                    raise IntegrityError(f"there are more than {layout.MOST_FILES} files in the folder")
                if kind == "file":
                    files.add(name)
                elif kind == "folder" and "/" not in name:
                    folders.add(name)
                else:
                    oddities.append(name)
        except OSError as error:
            raise IntegrityError(f"'{path}' cannot be listed: {error.strerror}") from error
        return cls(path, frozenset(files), frozenset(folders), tuple(sorted(oddities)))

    def content(self, name: str) -> bytes:
        """All of a file that is small enough to be taken in; read once, so that all checks see the same bytes.

        Raises:
            IntegrityError: it is missing, not a regular file, too large, or cannot be read.
        """
        if name not in self._read:
            if name not in self.files:
                raise IntegrityError(f"{name} is missing")
            self._read[name] = read_bounded(self.path / name, name=name)
        return self._read[name]

    def sha256(self, name: str, *, size: int) -> str:
        """The digest of a file; IntegrityError, before much is read, when its size is not `size`."""
        if layout.largest(name) is not None:
            return hashlib.sha256(self.content(name)).hexdigest()
        digest, seen = hashlib.sha256(), 0
        with _opened(self.path / name, name) as file:
            while block := file.read(_BLOCK):
                seen += len(block)
                if seen > size:
                    break
                digest.update(block)
        if seen != size:
            raise IntegrityError(f"{name} was changed: it is not {size} bytes long")
        return digest.hexdigest()

    def may_be_added(self, name: str) -> bool:
        """Whether it is a file that may be added to a bundle when it is made, and is checked by itself."""
        return name in (layout.TIMESTAMP, layout.SIGSTORE) or self.is_countersignature(name)

    def is_countersignature(self, name: str) -> bool:
        """Whether a file lies where countersignatures do, and is called as they are."""
        folder, _, rest = name.partition("/")
        return folder == layout.SIGNATURES and layout.is_plain_name(rest) and rest.endswith(".dsse.json")


def read_bounded(path: Path, *, name: str, limit: int | None = None) -> bytes:
    """A regular file's bytes; IntegrityError when it is a link, is larger than it may be, or cannot be read."""
    most = limit or layout.largest(name) or layout.LARGEST_ENVELOPE
    with _opened(path, name) as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise IntegrityError(f"{name} is larger than {most // layout.MEBIBYTE} MiB: auditkit writes none so large")
    return raw


@contextmanager
def _opened(path: Path, name: str) -> Iterator[BinaryIO]:
    try:
        # O_NONBLOCK: opening a pipe must not wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise IntegrityError(f"{name} is not a regular file")
            yield file
    except OSError as error:
        raise IntegrityError(f"{name} cannot be read: {error.strerror}") from error


def _walk(path: Path, within: str = "") -> Iterator[tuple[str, str]]:
    with os.scandir(path) as entries:
        for entry in entries:
            name = f"{within}{entry.name}"
            if entry.is_file(follow_symlinks=False):
                yield name, "file"
            elif entry.is_dir(follow_symlinks=False):
                yield name, "folder"
                if not within:
                    yield from _walk(Path(entry.path), f"{name}/")
            else:
                yield name, "other"
