"""Arrays of numbers out of .npz, .npy and .safetensors files, none of which can run code or fill the memory."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from auditkit import ModelError, needs_extra

Array = npt.NDArray[Any]

_PACKED = 1 << 28
"""Bytes that a compressed file may always grow to; what grows beyond must not be packed more tightly than _RATIO."""
_RATIO = 100

_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError, SyntaxError, ValueError, TypeError, KeyError,
    OSError, EOFError, OverflowError, MemoryError, RuntimeError,
)  # fmt: skip
"""What zipfile and numpy raise of damaged files; numpy reads the header of an array as a line of Python."""

_SAVE = "write it anew: np.savez('factors.npz', user_factors=..., item_factors=...)"


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of an .npz or .safetensors file by their names.

    Raises:
        ModelError: it is no such file, is damaged, holds objects, or would grow beyond measure.
    """
    return _read_safetensors(path) if path.suffix == ".safetensors" else _read_npz(path)


def map_array(path: Path) -> Array:
    """The array of an .npy file, left on disk: rows are read when they are asked for.

    Raises:
        ModelError: it is no such file, is damaged, or holds objects.
    """
    try:
        mapped: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except _BROKEN as error:
        raise _damaged(path, error, "np.save('scores.npy', scores)") from error
    if not isinstance(mapped, np.memmap):
        raise ModelError(f"'{path.name}' holds no one array", hint="np.save('scores.npy', scores)")
    return mapped


def _read_npz(path: Path) -> dict[str, Array]:
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(path, archive)
            for member in archive.infolist():
                with archive.open(member) as stream:
                    _refuse_header(path, member, stream)
        with np.load(path, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except ModelError:
        raise
    except _BROKEN as error:
        raise _damaged(path, error, _SAVE) from error


def _refuse_bomb(path: Path, archive: zipfile.ZipFile) -> None:
    size, packed = sum(one.file_size for one in archive.infolist()), path.stat().st_size
    if size > _PACKED and size > _RATIO * packed:
        raise ModelError(
            f"'{path.name}' would grow from {packed:,} bytes to {size:,}",
            hint="write it anew with np.savez, which does not compress",
        )


def _refuse_header(path: Path, member: zipfile.ZipInfo, stream: IO[bytes]) -> None:
    """Refuse an array of objects, and one that says that it is larger than it is, before any memory is taken."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    name = member.filename.removesuffix(".npy")
    if dtype.hasobject:
        raise ModelError(
            f"'{path.name}' holds Python objects in '{name}', which are a pickle and could run code",
            hint=f"{name}.astype('float32') before np.savez; ids belong into users.json and items.json",
        )
    count = 1
    for length in shape:  # Python's integers: a product of numpy's could overflow
        count *= int(length)
    if count * dtype.itemsize > member.file_size:
        raise ModelError(
            f"'{path.name}' is damaged: '{name}' says {count * dtype.itemsize:,} bytes and has {member.file_size:,}",
            hint=_SAVE,
        )


def _read_safetensors(path: Path) -> dict[str, Array]:
    with needs_extra("models"):
        from safetensors import SafetensorError, safe_open
    try:
        with safe_open(path, framework="np") as tensors:
            return {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118  no mapping
    except TypeError as error:  # what numpy has no type for
        raise ModelError(
            f"'{path.name}' is stored in a type that numpy does not know: {str(error)[:100]}",
            hint="save it as float32: save_file({name: tensor.float() ...}, 'factors.safetensors')",
        ) from error
    except (SafetensorError, OSError, ValueError, struct.error) as error:
        raise _damaged(path, error, "safetensors.numpy.save_file({'user_factors': ...}, file)") from error


def _damaged(path: Path, error: Exception, hint: str) -> ModelError:
    said = (str(error).splitlines() or [""])[0][:200]
    return ModelError(f"'{path.name}' cannot be read: {type(error).__name__}: {said}", hint=hint)


def as_floats(name: str, array: Array, *, dimensions: int) -> npt.NDArray[np.floating]:
    """An array of finite numbers as float32; as float64 when it is stored so.

    Raises:
        ModelError: it is none of numbers, has another number of dimensions, or holds NaN or infinite numbers.
    """
    if array.ndim != dimensions or array.dtype.kind not in "fiu":
        raise ModelError(
            f"'{name}' of the model is {array.dtype} of the shape {array.shape}",
            hint="numbers, " + ("[rows, factors]" if dimensions == 2 else "one for each row"),  # noqa: PLR2004
        )
    floats: npt.NDArray[np.floating] = array.astype(np.float64 if array.dtype == np.float64 else np.float32, copy=False)
    bad = int(np.count_nonzero(~np.isfinite(floats)))
    if bad:
        row = int(np.flatnonzero(~np.isfinite(floats).reshape(len(floats), -1).all(axis=1))[0])
        raise ModelError(
            f"'{name}' of the model holds NaN or infinite numbers in {bad:,} places, first in row {row + 1}",
            hint="its training went wrong: audit a model that was saved before that",
        )
    return floats


def known_names(path: Path, arrays: Mapping[str, Array], known: frozenset[str]) -> None:
    """Refuse arrays that have no part in the model: a misspelt one would be left out unseen. Single numbers may stay.

    Raises:
        ModelError: there is one.
    """
    import difflib

    other = next((name for name, array in arrays.items() if name not in known and array.ndim), None)
    if other is not None:
        near = difflib.get_close_matches(other, sorted(known), n=1)
        raise ModelError(
            f"'{path.name}' holds '{other}', which has no part in a model of {' and '.join(sorted(known)[:2])}",
            hint=f"did you mean '{near[0]}'?" if near else f"arrays are called {', '.join(sorted(known))}",
        )
