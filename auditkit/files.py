"""Files that rows name, such as images: found below their table's folder, read whole, digested and looked at.

An adapter that is given files says so with `files=...` in its decorator. Each cell of the columns that it names then
becomes an `InputFile`, whose label is the digest of its bytes: a split's digest, and the key of what was predicted from
it, change with any byte of any file. A file that nobody can read leaves its row out of the split, and the data say so.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from auditkit.document import Text
from auditkit.errors import DataError
from auditkit.labels import canonical_label

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT = "{count} of {rows} {called} of the {split} split cannot be used, and their rows were left out: {which}"
"""The note on rows that are not audited, by which page one finds it."""
LARGEST = 1 << 30
"""Bytes of one file, which is read whole."""
_LONGEST, _LONGEST_NAME = 1000, 255
"""Characters of a path, and bytes of each name in it, which is as much as common file systems take."""
_HINT = "a path is relative to the table that names it, and stays below the table's folder"
_NAMED = 5
"""Rows that a note or an error names."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One cell that names a file: what a model is given of it."""

    folder: Path
    name: str
    """As the table writes it."""
    sha256: str

    def __str__(self) -> str:
        """The label of the cell: a name can stay while the file changes."""
        return f"sha256:{self.sha256}"

    def read(self) -> bytes:
        """The bytes that were digested.

        Raises:
            DataError: the file is gone, or another one than it was.
        """
        raw = _bytes_of(self.folder / self.name)
        if hashlib.sha256(raw).hexdigest() != self.sha256:
            raise DataError(
                f"'{self.name}' has changed since the audit read it", hint="run again, when nobody writes to the data"
            )
        return raw


@dataclass(frozen=True)
class FileLook:
    """What a look into one file told."""

    problem: str = ""
    """Why it cannot be used, e.g. `cut short`; empty: it can."""
    personal: tuple[str, ...] = ()
    """Names, never values, of what it says about a person beside its content, e.g. `PatientName`."""
    remarks: tuple[str, ...] = ()
    """What is done to it, as message ids with {count}, {rows} and {split}: the report says of how many it is so."""


@dataclass(frozen=True)
class FileInputs:
    """Which columns hold files, and how an adapter looks at one."""

    columns: tuple[str, ...]
    look: Callable[[bytes], FileLook]
    """Raises DataError for what no limit excuses, such as a format that is not supported. Called in threads."""
    called: str = "files"
    """What they are, in the plural."""
    max_corrupt: float = 0.0
    """The share of rows that may be left out because a file of theirs cannot be used; an option of the adapter."""
    may_be_missing: bool = False
    """Whether a row may name no file: its cell is then None."""


@dataclass(frozen=True)
class _Opened:
    """One file that was read."""

    file: InputFile | None
    look: FileLook


_NO_FILE = _Opened(None, FileLook())
"""Of a cell that names none, where that may be."""


@dataclass(frozen=True)
class FoundFiles:
    """A table whose cells are files."""

    frame: pd.DataFrame
    notes: tuple[Text, ...]
    digests: Mapping[str, str]
    """Name, as written -> SHA-256: of the files that were left out, too."""


def find_files(wanted: FileInputs, frame: pd.DataFrame, folder: Path, *, split: str, where: str) -> FoundFiles:
    """Read the files that a table names, and leave out the rows whose files cannot be used.

    Args:
        wanted: the columns, and the adapter's look.
        frame: the table.
        folder: the paths are relative to it.
        split: the rows' name, for notes.
        where: the table's name, for messages.

    Raises:
        DataError: a cell is empty, leads out of the folder, or names no file; or too many files cannot be used.
    """
    columns = [name for name in wanted.columns if name in frame.columns]
    opened: dict[str, list[_Opened]] = {
        column: list(_opened(wanted, frame[column].tolist(), folder, where)) for column in columns
    }
    if not opened:
        return FoundFiles(frame, (), {})
    bad = _bad_rows(opened)
    _refuse_too_many(bad, len(frame), wanted, where)
    looks = [one for files in opened.values() for row, one in enumerate(files) if row not in bad]
    counts = {"rows": len(frame), "split": split}
    notes = [*_left_out(bad, wanted, counts), *_personal(looks, wanted, counts), *_remarks(looks, counts)]
    digests = {one.file.name: one.file.sha256 for files in opened.values() for one in files if one.file}
    return FoundFiles(_table(frame, opened, bad), tuple(notes), digests)


def _opened(wanted: FileInputs, cells: Sequence[Any], folder: Path, where: str) -> Iterator[_Opened]:
    """Each cell's file, in order; read and looked at in threads, a thousand at a time."""
    checked: set[Path] = set()

    def open_one(numbered: tuple[int, Any]) -> _Opened:
        row, cell = numbered
        if wanted.may_be_missing and _names_nothing(cell):
            return _NO_FILE
        try:
            name = _name_of(cell)
            path = _below(folder, name, checked)
            raw = _bytes_of(path)
            return _Opened(InputFile(folder, name, hashlib.sha256(raw).hexdigest()), wanted.look(raw))
        except DataError as error:
            raise DataError(f"row {row} of '{where}': {error.message}", hint=error.hint) from error

    with ThreadPoolExecutor(max_workers=workers(), thread_name_prefix="auditkit-files") as pool:
        numbered = list(enumerate(cells, start=1))
        for start in range(0, len(numbered), 1000):
            yield from pool.map(open_one, numbered[start : start + 1000])


def workers() -> int:
    """How many threads read files: one a core that this process may use, at most eight."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, min(8, available))


def _names_nothing(cell: Any) -> bool:
    return canonical_label(cell) is None or cell == ""


def _name_of(cell: Any) -> str:
    if _names_nothing(cell):
        raise DataError("it names no file", hint="every row names its file; leave out the rows that have none")
    if (
        not isinstance(cell, str)
        or len(cell) > _LONGEST
        or any(len(part.encode("utf-8", "replace")) > _LONGEST_NAME for part in cell.split("/"))
    ):
        raise DataError(f"{cell!r:.60} is no path of a file", hint=_HINT)
    return cell


def _below(folder: Path, name: str, checked: set[Path]) -> Path:
    """The path of a file below a folder: no link on the way, and no step up.

    Args:
        folder: where the table lies.
        name: as the table writes it.
        checked: folders on the way that are known to be no links; grows.
    """
    steps = PurePosixPath(name)
    if steps.is_absolute() or Path(name).is_absolute() or ".." in steps.parts or "\\" in name or "\0" in name:
        raise DataError(f"'{name[:200]}' leads out of the table's folder", hint=_HINT)
    path = folder / steps
    for step in [*reversed(path.relative_to(folder).parents[:-1]), None]:
        here = path if step is None else folder / step
        if here in checked:
            continue
        if here.is_symlink():
            raise DataError(
                f"'{name[:200]}' goes through a link, '{here.name[:100]}'", hint="put the file itself there"
            )
        if step is not None:
            checked.add(here)
    return path


def _bytes_of(path: Path) -> bytes:
    """A regular file's bytes."""
    try:
        # Not blocking: a pipe with nobody at its other end would keep the audit waiting for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise DataError(f"'{path.name}' cannot be read: {error.strerror or error}", hint=_HINT) from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise DataError(f"'{path.name}' is no file", hint=_HINT)
        if found.st_size > LARGEST:
            raise DataError(
                f"'{path.name}' has {found.st_size:,} bytes, and a file may have {LARGEST:,}",
                hint="is it one image, or a whole archive?",
            )
        with open(handle, "rb", closefd=False) as stream:
            return stream.read()
    finally:
        os.close(handle)


def _bad_rows(opened: Mapping[str, Sequence[_Opened]]) -> dict[int, str]:
    """Row, from 0 -> what is wrong with one of its files."""
    return {row: one.look.problem for files in opened.values() for row, one in enumerate(files) if one.look.problem}


def _refuse_too_many(bad: Mapping[int, str], rows: int, wanted: FileInputs, where: str) -> None:
    if rows and len(bad) / rows > wanted.max_corrupt:
        raise DataError(
            f"{len(bad):,} of {rows:,} {wanted.called} in '{where}' cannot be used: {_some(bad)}",
            hint=f"mend them, or leave out as many: [model] max_corrupt = {_share_above(len(bad) / rows)}"
            if len(bad) < rows
            else "are they what the adapter reads?",
        )


def _share_above(share: float) -> float:
    return min(0.99, round(share + 0.005, 2))


def _some(bad: Mapping[int, str]) -> str:
    rows = sorted(bad)
    shown = ", ".join(f"row {row + 1} ({bad[row]})" for row in rows[:_NAMED])
    return shown if len(rows) <= _NAMED else f"{shown} and {len(rows) - _NAMED:,} more"


def _left_out(bad: Mapping[int, str], wanted: FileInputs, counts: Mapping[str, Any]) -> Iterator[Text]:
    if bad:
        yield Text.of(LEFT_OUT, count=len(bad), called=wanted.called, which=_some(bad), **counts)


def _personal(looks: Iterable[_Opened], wanted: FileInputs, counts: Mapping[str, Any]) -> Iterator[Text]:
    told = [one.look.personal for one in looks if one.look.personal]
    if told:
        counts_of = Counter(name for names in told for name in set(names))
        tags = ", ".join(sorted(counts_of, key=lambda name: (-counts_of[name], name)))
        message = "{count} of {rows} {called} of the {split} split carry personal data in their headers: {tags}"
        yield Text.of(message, count=len(told), called=wanted.called, tags=tags, **counts)


def _remarks(looks: Iterable[_Opened], counts: Mapping[str, Any]) -> Iterator[Text]:
    told = Counter(remark for one in looks for remark in set(one.look.remarks))
    for remark in sorted(told):
        yield Text.of(remark, count=told[remark], **counts)


def _table(frame: pd.DataFrame, opened: Mapping[str, Sequence[_Opened]], bad: Mapping[int, str]) -> pd.DataFrame:
    import pandas as pd

    cells = {column: pd.Series([one.file for one in files], dtype=object) for column, files in opened.items()}
    whole = frame.reset_index(drop=True).assign(**cells)
    return whole.drop(index=sorted(bad)).reset_index(drop=True) if bad else whole
