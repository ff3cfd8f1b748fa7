"""Arrays that lie in files: written piece by piece, mapped into memory, and given back to the system after a look.

Pages of a mapped file count as memory of the process while they are mapped, although the system can drop them at any
time. Whoever goes through a long array releases what it has seen, so that its memory does not grow with the rows.
"""

from __future__ import annotations

import mmap
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

PIECE = 65_536
"""Rows at once. A table of more is read, digested and predicted in pieces of so many."""


def pieces_of(rows: int, size: int = PIECE) -> Iterator[slice]:
    """Slices of at most `size` that cover so many rows, in order; one without a row when there are none."""
    for start in range(0, max(rows, 1), size):
        yield slice(start, min(start + size, rows))


def mapping_of(array: Any) -> mmap.mmap | None:
    """The mapped file that an array is a view of; None: it lies in memory."""
    while isinstance(array, np.ndarray):
        array = array.base
    return array if isinstance(array, mmap.mmap) else None


def release(*arrays: Any) -> None:
    """Give the pages of mapped arrays back. What is read again is read from the file; what was written stays there."""
    for array in arrays:
        drop(mapping_of(array))


def drop(mapped: mmap.mmap | None) -> None:
    """Give the pages of a mapped file back."""
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def taken(array: npt.NDArray[Any], rows: npt.NDArray[np.integer]) -> npt.NDArray[Any]:
    """`array[rows]`; of a mapped array some rows at a time, so that it is never in memory as a whole."""
    if mapping_of(array) is None or len(rows) <= PIECE:
        return np.asarray(array[rows])
    found = np.empty((len(rows), *array.shape[1:]), dtype=array.dtype)
    for part in pieces_of(len(rows)):
        found[part] = array[rows[part]]
        release(array)
    return found


def save(stream: IO[bytes], array: npt.NDArray[Any]) -> None:
    """What `np.save` writes; a mapped array piece by piece."""
    if mapping_of(array) is None or not array.flags.c_contiguous or len(array) <= PIECE:
        np.save(stream, array, allow_pickle=False)
        return
    np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(array))
    for part in pieces_of(len(array)):
        stream.write(np.ascontiguousarray(array[part]).data.cast("B"))
        release(array)


def nameless(folder: Path, *, of: object) -> IO[bytes]:
    """A file in `folder` that nobody sees, and that goes with its owner, even when the process is killed."""
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  its owner ends it
    weakref.finalize(of, file.close)
    return file


class ColumnFile:
    """A column, or several side by side, that grows in a nameless file and then is an array mapped from it."""

    def __init__(self, folder: Path, dtype: npt.DTypeLike) -> None:
        """A column without a row."""
        self._file = nameless(folder, of=self)
        self._dtype = np.dtype(dtype)
        self._shape: tuple[int, ...] = (0,)

    def append(self, values: npt.NDArray[Any]) -> None:
        """Add rows: [m] or [m, k]."""
        self._file.write(np.ascontiguousarray(values, dtype=self._dtype).data.cast("B"))
        self._shape = (self._shape[0] + len(values), *values.shape[1:])

    def mapped(self) -> npt.NDArray[Any]:
        """All rows, read only; after that none is added."""
        self._file.flush()
        with self._file:  # the mapping holds what is in it
            return np.memmap(self._file, dtype=self._dtype, mode="r", shape=self._shape)


def mapped_like(folder: Path, first: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    """An array of so many rows of the type and width of `first`, to write into, in a nameless file."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return np.memmap(file, dtype=first.dtype, mode="w+", shape=(rows, *first.shape[1:]))


def narrowest(labels: int) -> npt.DTypeLike:
    """The type of codes of so many labels, and of -1."""
    return next(kind for kind in (np.int8, np.int16, np.int32, np.int64) if labels <= np.iinfo(kind).max)
