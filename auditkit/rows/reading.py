"""A file of rows read back without trusting it: exactly the columns that auditkit writes, and no more memory."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from auditkit.errors import IntegrityError
from auditkit.predictions import Predictions
from auditkit.rows.answers import column_types, numbers_of, predictions_of
from auditkit.rows.layout import METADATA, Layout

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

LARGEST_FILE = 1 << 30
"""Bytes of a file of rows; of a million rows of ten classes it has a tenth of that."""
LARGEST_UNPACKED = 1 << 32
"""Bytes of all its columns, unpacked."""
LARGEST_LAYOUT = 1 << 26
_CELL = 8
MEMORY = 3 * LARGEST_UNPACKED
"""Bytes that reading may take beyond what the process has: a page may unpack to more than the file says."""


@dataclass(frozen=True)
class SplitRows:
    """One split as it was kept."""

    layout: Layout
    columns: dict[str, Any]
    """As `case.split_columns` has them."""
    predictions: Predictions | None
    """None: the split was not predicted, or texts were, of which nothing is kept."""
    decisions: npt.NDArray[np.int64] | None
    """[n], of class scores on the audit split."""
    numbers: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    """What was asked -> [n]: numbers that a check had computed; a masked array where some rows were not asked about."""


def read_rows(raw: bytes, *, name: str, rows: int) -> SplitRows:
    """Read one file.

    Args:
        raw: its bytes.
        name: what to call it in messages.
        rows: how many rows the signed result says that the split has.

    Raises:
        IntegrityError: it is not what auditkit writes, or is about another number of rows.
    """
    import pyarrow as pa

    if len(raw) > LARGEST_FILE:
        raise IntegrityError(f"{name} is larger than {LARGEST_FILE >> 20} MiB: auditkit writes none so large")
    try:
        with _bounded_memory():
            layout, columns = _read(raw, name, rows)
            return _split(layout, columns)
    except (pa.ArrowException, OSError, MemoryError) as error:
        said = " ".join(str(error).split())[:200]
        raise IntegrityError(f"{name} cannot be read: {type(error).__name__}: {said}") from error
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        raise IntegrityError(f"{name} is not what auditkit writes: {str(error)[:200]}") from error


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Let no file, however it was packed, take the machine's memory."""
    try:
        import resource
        from pathlib import Path

        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        wanted = taken + MEMORY
        if soft != resource.RLIM_INFINITY and soft < wanted:
            wanted = soft
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    except (ImportError, OSError, ValueError):  # not Linux: what the file itself says is the only bound
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _read(raw: bytes, name: str, rows: int) -> tuple[Layout, dict[str, pa.Array]]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(raw), thrift_string_size_limit=LARGEST_LAYOUT)
    described = file.metadata
    unpacked = sum(described.row_group(place).total_byte_size for place in range(described.num_row_groups))
    if described.num_rows != rows:
        raise IntegrityError(f"{name} holds {described.num_rows:,} rows, and the signed result is about {rows:,}")
    if not 0 <= unpacked <= LARGEST_UNPACKED:
        raise IntegrityError(f"{name} unpacks to more than {LARGEST_UNPACKED >> 20:,} MiB: auditkit writes none such")
    # Cells that are all alike take no room in the file, whatever it says that they unpack to.
    if rows * described.num_columns * _CELL > LARGEST_UNPACKED:
        raise IntegrityError(f"{name} says that it has {rows:,} rows: auditkit writes none so long")
    layout = _layout(file, name, rows)
    wanted = _wanted(layout)
    _refuse_other_columns(file, wanted, name)
    table = file.read(use_threads=False)
    columns = {column: table.column(column).combine_chunks() for column in wanted}
    for column, array in columns.items():
        array.validate(full=True)
        may_miss = column == "target" or column.startswith(("group:", "number:"))
        if len(array) != rows or (array.null_count and not may_miss):
            raise IntegrityError(f"{name}: the column '{column}' has {array.null_count} empty cells")
    return layout, columns


def _layout(file: pq.ParquetFile, name: str, rows: int) -> Layout:
    raw = (file.schema_arrow.metadata or {}).get(METADATA)
    if raw is None:
        raise IntegrityError(f"{name} does not say what its columns are", hint="it was not written by this auditkit")
    try:
        layout = Layout.from_json(raw)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise IntegrityError(f"{name} says of its columns what auditkit does not write: '{where}'") from error
    if layout.rows != rows:
        raise IntegrityError(f"{name} says that it has {layout.rows:,} rows, and has {rows:,}")
    for answers in (layout.predictions, layout.truth):
        if answers is not None and answers.width * max(rows, 1) * _CELL > LARGEST_UNPACKED:
            raise IntegrityError(
                f"{name} says that {answers.width:,} items stand in a row: auditkit writes none so wide"
            )
    return layout


def _wanted(layout: Layout) -> dict[str, tuple[pa.DataType, ...]]:
    """The columns that there must be, by name, with the types that each may have."""
    import pyarrow as pa

    coded = (pa.dictionary(pa.int32(), pa.string()), pa.string())
    wanted: dict[str, tuple[pa.DataType, ...]] = {"row": (pa.string() if layout.keyed else pa.int64(),)}
    wanted |= {f"group:{name}": coded for name, _ in layout.groups}
    wanted |= {"unit": (pa.int64(),)} if layout.units is not None else {}
    wanted |= {"weight": (pa.float64(),)} if layout.weights else {}
    wanted |= {"target": coded} if layout.target is not None else {}
    wanted |= {f"target:{name}": (pa.bool_(),) for name in layout.labels or ()}
    if layout.predictions is not None:
        if layout.predictions.type == "ClassScores" and layout.split == "audit":
            wanted["decision"] = coded
        wanted |= column_types(layout.predictions, "")
    wanted |= {"truth:known": (pa.bool_(),)} if layout.truth_known else {}
    wanted |= {f"number:{place}": _number_types() for place in range(len(layout.numbers))}
    return wanted | (column_types(layout.truth, "truth:") if layout.truth is not None else {})


def _number_types() -> tuple[pa.DataType, ...]:
    import pyarrow as pa

    whole = (pa.int64(), pa.int32(), pa.int16(), pa.int8(), pa.uint64(), pa.uint32(), pa.uint16(), pa.uint8())
    return (pa.float64(), pa.float32(), pa.float16(), *whole, pa.bool_())


def _refuse_other_columns(file: pq.ParquetFile, wanted: Mapping[str, tuple[pa.DataType, ...]], name: str) -> None:
    schema = file.schema_arrow
    if sorted(schema.names) != sorted(wanted):
        odd = sorted(set(schema.names) ^ set(wanted)) or sorted(schema.names)
        raise IntegrityError(f"{name} has other columns than it says: '{odd[0]}'")
    for column, kinds in wanted.items():
        # A list's element is called `item` or `element`, as the version of pyarrow likes; that changes nothing.
        if not any(
            schema.field(column).type.equals(kind) or _same_list(schema.field(column).type, kind) for kind in kinds
        ):
            raise IntegrityError(f"{name}: the column '{column}' holds {schema.field(column).type}, not {kinds[0]}")


def _same_list(found: pa.DataType, wanted: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_list(found) and pa.types.is_list(wanted) and bool(found.value_type.equals(wanted.value_type))


def _split(layout: Layout, columns: Mapping[str, pa.Array]) -> SplitRows:
    flags = [_flags(columns[f"target:{name}"]) for name in layout.labels or ()]
    stored = {
        "targets": None if layout.target is None else (_codes(columns["target"], layout.target), layout.target),
        "label_targets": None if layout.labels is None else np.column_stack(flags),
        "rows": layout.rows,
        "groups": {name: (_codes(columns[f"group:{name}"], labels), labels) for name, labels in layout.groups},
        "units": None if layout.units is None else _units(columns["unit"], layout.units),
        "weights": numbers_of(columns["weight"]) if layout.weights else None,
        "row_digests": tuple(columns["row"].to_pylist()) if layout.keyed else None,
        "digest": layout.rows_digest,
        "rows_digest": layout.rows_digest,
        "truth_known": _flags(columns["truth:known"]) if layout.truth_known else None,
        "truth": None if layout.truth is None else predictions_of(layout.truth, columns, "truth:", layout.rows),
    }
    said = None if layout.predictions is None else predictions_of(layout.predictions, columns, "", layout.rows)
    _refuse_unsound(said, layout.rows)
    decided = columns.get("decision")
    names = () if layout.predictions is None else layout.predictions.names
    numbers = {one.asked: _numbers(columns[f"number:{place}"]) for place, one in enumerate(layout.numbers)}
    return SplitRows(layout, stored, said, None if decided is None else _codes(decided, names), numbers)


def _numbers(column: pa.Array) -> npt.NDArray[Any]:
    if not column.null_count:
        return numbers_of(column)
    missing = np.array(column.is_null(nan_is_null=False).to_numpy(zero_copy_only=False), dtype=bool)
    return np.ma.masked_array(numbers_of(column.fill_null(False if column.type == "bool" else 0)), missing)


def _flags(column: pa.Array) -> npt.NDArray[np.bool_]:
    return np.array(column.to_numpy(zero_copy_only=False), dtype=bool)


def _refuse_unsound(predictions: Predictions | None, rows: int) -> None:
    """Refuse what no adapter's answer could have been: checks rely on it."""
    from auditkit.errors import ModelError
    from auditkit.soundness import sound_predictions

    if predictions is None:
        return
    try:
        sound_predictions(predictions, rows=range(1, rows + 1), who="the evidence")
    except ModelError as error:
        raise ValueError(error.message) from error


def _codes(column: pa.Array, vocabulary: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """[n]: each label's place in the vocabulary, -1 where the cell is empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    labels = column.cast(pa.string())
    if len(set(vocabulary)) != len(vocabulary):
        raise ValueError("a label stands twice in a vocabulary")
    places = pc.index_in(labels, value_set=pa.array(vocabulary, pa.string()))
    if places.null_count != labels.null_count:
        raise ValueError("a label is not in its vocabulary")
    return np.array(places.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _units(column: pa.Array, count: int) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    codes = np.array(column.to_numpy(), dtype=np.int64)
    if count > len(codes) or codes.min(initial=0) < -1 or codes.max(initial=-1) >= count:
        raise ValueError("the units are not numbered from 0 without a gap")
    return codes, tuple(f"unit {place}" for place in range(count))
