"""From a column of labels, whatever library holds it, to small integers: text that Arrow holds never becomes Python's.

Labels that Python holds equal are one label: True, 1 and 1.0 in a column of objects of several types.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

MISSING = -1

_NARROW_SPAN = 1024
"""Whole numbers that lie so close together are coded by subtraction, not by hashing."""
_KINDS = (np.int8, np.int16, np.int32, np.int64)
_LOOKED_AT = 65_536
"""Python's own cells are copied so many at a time."""


@dataclass(frozen=True)
class Coded:
    """A column as integers: `labels[codes[i]]` is row i's label."""

    codes: npt.NDArray[np.integer]
    """[n]; -1 where the value is missing."""
    labels: tuple[Hashable, ...]
    """Each label once, as Python's own value, in no order to be relied on; a dictionary's own may lack rows."""


def code_column(values: Any) -> Coded:
    """Code a column; None, NaN, NaT and pandas' NA are missing.

    Arrow's own dictionaries and pandas' categories are taken as they are; text in Arrow's memory, which is what pandas
    3 holds, is hashed there.

    Args:
        values: [n]: a NumPy array, a pandas Series or extension array, an Arrow array (chunked or not), or a sequence.

    Raises:
        TypeError: a cell cannot be hashed, e.g. a list.
    """
    if _is_arrow(values):
        return _of_arrow(values)
    if isinstance(values, np.ndarray):
        return _of_array(values)
    kind = getattr(values, "dtype", None)
    if isinstance(kind, np.dtype):  # a Series of numbers, or of Python's own objects
        return _of_array(np.asarray(values))
    inner = getattr(values, "array", values)  # any other Series holds one
    if hasattr(inner, "categories") and hasattr(inner, "codes"):
        return Coded(np.asarray(inner.codes), _python(inner.categories))
    if _is_held_by_arrow(inner):
        import pyarrow as pa

        return _of_arrow(pa.array(inner))
    return _hashed(_cells(values) if kind is None else inner)


def _is_arrow(values: Any) -> bool:
    return type(values).__module__.partition(".")[0] == "pyarrow"


def _is_held_by_arrow(array: Any) -> bool:
    kind = getattr(array, "dtype", None)
    return hasattr(array, "__arrow_array__") and (
        getattr(kind, "storage", None) == "pyarrow" or hasattr(kind, "pyarrow_dtype")
    )


def _cells(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    """A sequence as cells; one that is itself a list does not become a dimension."""
    cells = np.empty(len(values), dtype=object)
    for start in range(0, len(values), _LOOKED_AT):
        cells[start : start + _LOOKED_AT] = values[start : start + _LOOKED_AT]
    return cells


def _of_arrow(column: pa.Array | pa.ChunkedArray) -> Coded:
    import pyarrow as pa

    if column.null_count == len(column):
        return Coded(np.full(len(column), MISSING, dtype=np.int8), ())
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    kind = column.type
    if column.null_count == 0 and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return _of_array(column.to_numpy(zero_copy_only=False))
    if pa.types.is_floating(kind):
        return _of_array(column.to_numpy(zero_copy_only=False))  # a null becomes NaN
    if not pa.types.is_dictionary(kind):
        try:
            column = column.dictionary_encode()
        except pa.ArrowNotImplementedError:
            return _hashed(_cells(column.to_pylist()))
    return _of_dictionary(column)


def _of_dictionary(column: pa.DictionaryArray) -> Coded:
    """Arrow's codes; only a dictionary with a gap or with one label twice makes them be written anew."""
    import pyarrow as pa

    indices = column.indices
    if indices.null_count:
        kind = pa.from_numpy_dtype(narrowest(len(column.dictionary)))
        indices = indices.cast(kind).fill_null(MISSING)
    codes = indices.to_numpy(zero_copy_only=False)
    place: dict[Hashable, int] = {}
    found = [MISSING if _is_missing(v) else place.setdefault(v, len(place)) for v in column.dictionary.to_pylist()]
    if found == list(range(len(found))):
        return Coded(codes, tuple(place))
    return Coded(np.array([*found, MISSING], dtype=narrowest(len(place)))[codes], tuple(place))


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124  NaN


def _of_array(values: npt.NDArray[Any]) -> Coded:
    if values.dtype == bool:
        return Coded(values.view(np.int8), (False, True))
    if values.dtype.kind not in "iu" or len(values) == 0:
        return _hashed(values.astype(object) if values.dtype.kind in "SU" else values)
    low, high = int(values.min()), int(values.max())
    if high - low <= 1:  # a yes or no: both ends occur
        return Coded((values != low).view(np.int8), tuple(range(low, high + 1)))
    if high - low >= _NARROW_SPAN:
        return _hashed(values)
    wide = values.astype(np.int16) if values.dtype.itemsize == 1 else values  # their difference may not fit a byte
    places = (wide - wide.dtype.type(low)).astype(np.int16)
    occurs = np.bincount(places, minlength=high - low + 1) > 0
    labels = tuple((np.flatnonzero(occurs) + low).tolist())
    if not occurs.all():
        places = (np.cumsum(occurs) - 1).astype(np.int16)[places]
    return Coded(places, labels)


def _hashed(values: Any) -> Coded:
    import pandas as pd

    codes, uniques = pd.factorize(values)
    return Coded(codes, _python(uniques))


def _python(labels: Any) -> tuple[Hashable, ...]:
    return tuple(label.item() if isinstance(label, np.generic) else label for label in labels.tolist())


def narrowest(labels: int, kinds: Sequence[type[np.signedinteger]] = _KINDS) -> np.dtype[np.signedinteger]:
    """The first of the types that holds codes of so many labels, and -1."""
    return np.dtype(next(kind for kind in kinds if labels <= np.iinfo(kind).max))
