"""Putting a folder of files in place: complete or absent, whatever happens in between."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from auditkit.abandoned import remove_abandoned
from auditkit.bundle import layout
from auditkit.errors import AuditError, CrashError

_OUT_OF_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# Some file systems sync no folders, and a folder may be written to but not read: the files themselves are safe.
_FOLDER_CANNOT_BE_SYNCED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES})


def place_folder(files: Mapping[str, bytes], out: Path, *, may_replace: Callable[[Path], None] | None = None) -> Path:
    """Write the files into a hidden folder beside `out`, sync them to the disk, and rename it to `out`.

    Args:
        files: name -> content; a name may have a folder in it.
        out: the folder that will hold them.
        may_replace: called with `out` when it exists, and raises when it must stay; None: it must always stay.

    Raises:
        AuditError: `out` exists and must stay, or cannot be written there.
        CrashError: the disk is full, or failed.
    """
    refuse_to_overwrite(out, may_replace)
    with explained(out):
        beginning = f".{out.name[:100]}.partial."
        remove_abandoned((p for p in out.parent.iterdir() if p.name.startswith(beginning)), beginning)
        aside = _make_beside(out, "partial")
        try:
            _fill(aside, files)
            if os.path.lexists(out):
                _swap(aside, out)
            else:
                aside.rename(out)
            _sync(out.parent)
        except BaseException:  # Ctrl-C too: half a bundle must not stay
            shutil.rmtree(aside, ignore_errors=True)
            raise
    return out


def replace_file(place: Path, content: bytes) -> None:
    """Write one file whole, on the disk, in the place of one that may be there; the errors of `explained`."""
    aside = place.with_name(f".{place.name}.{os.getpid()}.partial")
    with explained(place):
        try:
            _write_new(aside, content)
            aside.replace(place)
        finally:
            aside.unlink(missing_ok=True)


def place_beside(path: Path, content: bytes) -> None:
    """Write a new file, whose folder is made if it lacks; the errors of `explained`, also when the file is there."""
    with explained(path):
        path.parent.mkdir(exist_ok=True)
        _write_new(path, content)


def refuse_to_overwrite(out: Path, may_replace: Callable[[Path], None] | None) -> None:
    """Raise the AuditError that `place_folder` would raise because of what is at `out`, before any work is done."""
    if not out.parent.is_dir():
        raise AuditError(f"there is no folder '{out.parent}'", hint=f"mkdir -p {out.parent}")
    _refuse_inside(out)
    if not os.path.lexists(out):
        return
    if may_replace is None:
        raise AuditError(f"'{out}' exists", hint="--force to replace it, or --out ANOTHER-FOLDER")
    may_replace(out)


def _refuse_inside(out: Path) -> None:
    """A bundle inside a bundle would make that one false, and one inside an evidence store goes with `--fresh`."""
    for folder in out.absolute().parents:
        if folder.name == ".auditkit" or (folder / layout.MANIFEST).is_file():
            raise AuditError(
                f"'{out}' lies inside '{folder.name}', which is auditkit's own", hint="--out ANOTHER-FOLDER"
            )


def _swap(aside: Path, out: Path) -> None:
    """Put `aside` where `out` is; if that fails, `out` is what it was."""
    old = _free_name(out, "old")
    try:
        out.rename(old)
        aside.rename(out)
    except BaseException:  # Ctrl-C too
        if os.path.lexists(old) and not os.path.lexists(out):
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _make_beside(out: Path, ending: str) -> Path:
    beside = _free_name(out, ending)
    beside.mkdir()
    return beside


def _free_name(out: Path, ending: str) -> Path:
    return out.with_name(f".{out.name[:100]}.{ending}.{os.getpid()}-{secrets.token_hex(6)}")


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in sorted(files.items()):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        _write_new(path, content)
    for inside in sorted({(folder / name).parent for name in files} | {folder}):
        _sync(inside)


def _write_new(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _FOLDER_CANNOT_BE_SYNCED:
            raise


def refuse_unwritable(out: Path) -> None:
    """Raise the error that writing to `out` would end in, before any work is done.

    Tried, not asked: permissions do not tell of a file system that nobody can write to, nor anything to root.
    """
    with explained(out):
        Path(tempfile.mkdtemp(prefix=f".{out.name[:100]}.partial.{os.getpid()}-", dir=out.parent)).rmdir()


@contextmanager
def explained(out: Path) -> Iterator[None]:
    """Turn what the file system says into an error that tells whether the folder or the disk is wrong.

    Raises:
        AuditError: `out` cannot be written there.
        CrashError: the disk is full, or failed.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in _OUT_OF_SPACE:
            raise CrashError(
                f"'{out}' cannot be written: {why}", hint="make room, then run again: it resumes"
            ) from error
        if error.errno == errno.EIO:
            raise CrashError(f"'{out}' cannot be written: {why}", hint="check the disk, then run again") from error
        raise AuditError(f"'{out}' cannot be written: {why}", hint="--out a folder that you may write to") from error
