"""The digests of files, and of folders of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from auditkit.result import FileDigest


def file_digest(path: Path, name: str) -> FileDigest:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileDigest(name=name, sha256=sha256, size=path.stat().st_size)


def digest_of_path(path: Path, name: str, known: Mapping[str, str] | None = None) -> FileDigest:
    """SHA-256 of a file; of a folder: of the lines that `sha256sum` writes of its files, sorted by name.

    Args:
        path: the file's or the folder's.
        name: what the result calls it.
        known: name below the folder -> SHA-256, of files that were digested already.
    """
    if not path.is_dir():
        return file_digest(path, name)
    total, size = hashlib.sha256(), 0
    for below, file in sorted((one.relative_to(path).as_posix(), one) for one in path.rglob("*") if one.is_file()):
        sha256 = (known or {}).get(below) or file_digest(file, below).sha256
        total.update(f"{sha256}  {below}\n".encode())
        size += file.stat().st_size
    return FileDigest(name=name, sha256=total.hexdigest(), size=size)
