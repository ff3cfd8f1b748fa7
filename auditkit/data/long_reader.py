"""From long data files to Splits, piece by piece: what `reader` does for tables that are read whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.data.faults import (
    FLAGS,
    no_flag,
    no_such_column,
    refuse_many_groups,
    refuse_missing_units,
    refuse_nested,
    refuse_unknown_bands,
    refuse_weights,
)
from auditkit.data.long_tables import Coder, InputFile, cells_of, labels_of_column, numbers_of_column
from auditkit.data.mapped import PIECE, ColumnFile
from auditkit.data.portions import LongDigests, in_portions
from auditkit.data.roles import input_columns, recorded_columns, roles_of, target_columns
from auditkit.data.tasks import CLASS_TASKS, said_task
from auditkit.data.truth import read_truth
from auditkit.dataset import Content, Split, SplitName
from auditkit.errors import CrashError, DataError
from auditkit.predictions import Values

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from auditkit.host import Host
    from auditkit.spec import AuditSpec, Task

Integers = npt.NDArray[np.integer]
_TASKS = (None, "binary", "multiclass", "multilabel", "regression")
_TARGET_KEYS = frozenset({"input", "predicted"})
"""Keys of `[data]` whose cells may be lists or objects."""


def can_be_long(spec: AuditSpec, host: Host) -> bool:
    """Whether the spec's tables can be read in pieces: what a row is for must not rest on all rows together.

    A salt gives each row a digest of its own, images and rankings are other tables; labels that were recorded without
    scores tell their classes only together, and numbers whether they are classes.
    """
    data = spec.data
    loader, _ = host.loader_for(spec)
    told = bool(data.scores or data.classes or said_task(spec) == "regression") or not data.predicted
    return (
        loader.pieces is not None
        and data.salt_file is None
        and said_task(spec) in _TASKS
        and told
        and host.file_inputs(spec) is None
    )


def read_long(
    spec: AuditSpec, host: Host, name: SplitName, path: Path, *, task: Task, prepare: Callable[[pd.DataFrame], Any]
) -> Split | None:
    """The split of a table of more than `PIECE` rows; None: it is shorter, and is read whole.

    Args:
        spec: for which `can_be_long`.
        host: its plugins.
        name: which split it is.
        path: the file.
        task: what the rows are for.
        prepare: makes of a table of some rows' input columns what the model is given.

    Raises:
        DataError: a column is missing, or a value cannot be what it should be.
        CrashError: the disk beside the spec is full or cannot be written.
    """
    if path.stat().st_size <= PIECE:  # a row has at least a byte, unless it says nothing
        return None
    if not _is_long(host.read_pieces(spec, path)):
        return None
    reader = _Reader(spec, name, path.name, task)
    try:
        for portion in in_portions(host.read_pieces(spec, path)):
            reader.add(portion)
        return reader.split(prepare)
    except OSError as error:
        raise CrashError(
            f"cannot write beside the spec, in '{spec.folder}': {error.strerror or error}",
            hint="free some disk: a table of many rows is kept there while it is audited",
        ) from error


def _is_long(tables: Iterable[pa.Table]) -> bool:
    """Whether there are more rows than a piece has; they are read again, for to hold them would take most memory."""
    return any(count > PIECE for count in accumulate(map(len, tables)))


class _Reader:
    """One table, under the roles that the spec gives its columns."""

    def __init__(self, spec: AuditSpec, name: SplitName, where: str, task: Task) -> None:
        self.spec, self.data, self.name, self.where, self.task = spec, spec.data, name, where, task
        self.rows = 0
        self.missing = frozenset(spec.data.missing)
        self.is_reference = name == "reference"
        self.has_truth = task not in CLASS_TASKS and not self.is_reference
        self.digests = LongDigests(spec.folder, recorded_columns(spec.data))
        self.inputs = InputFile(spec.folder)
        targets = () if self.is_reference or self.has_truth else target_columns(self.data)
        self.flags = ColumnFile(spec.folder, np.bool_) if isinstance(self.data.target, tuple) and targets else None
        units = [self.data.unit] if self.data.unit and not self.is_reference else []
        self.readers = self.data.readers if name == "audit" else ()
        self.expected = self.data.expected.columns if name == "audit" else {}
        self.period = self.data.period if name == "audit" else None
        when = [self.period] if self.period else []
        people = (
            *self.data.groups,
            *self.data.quasi_identifiers,
            *self.readers,
            *self.expected.values(),
            *units,
            *when,
        )
        coded = dict.fromkeys((*people, *(() if self.flags else targets)))
        self.coders = {column: Coder(spec.folder) for column in coded}
        self.weights = ColumnFile(spec.folder, np.float64)
        self.truth, self.known = ColumnFile(spec.folder, np.float64), ColumnFile(spec.folder, np.bool_)
        self.extremes: list[float] = []  # the least and the largest weight of each piece

    def add(self, piece: pa.Table) -> None:
        """Take the next rows."""
        roles = self._roles(piece)
        contents = {column: self._content(piece, column, key) for column, key in roles.items()}
        self.digests.add(contents, len(piece))
        for column, coder in self.coders.items():
            coded = contents[column]
            coder.add(*(self._labels(piece, column) if isinstance(coded, np.ndarray) else coded))
            if column in self.data.groups:
                refuse_many_groups(self.spec, column, len(coder.known))
        if self.is_reference:
            self.inputs.add(piece)
        else:
            self.inputs.add(
                piece.select(list(dict.fromkeys([*input_columns(self.data), *recorded_columns(self.data)])))
            )
            self._add_numbers(piece)
        self.rows += len(piece)

    def _roles(self, piece: pa.Table) -> dict[str, str]:
        if self.name == "audit":
            refuse_unknown_bands(self.spec, {self.where: piece.column_names})
        roles = roles_of(self.data, readers=self.name == "audit")
        if self.is_reference:
            roles = dict.fromkeys(piece.column_names, "input")
            roles |= dict.fromkeys(self.data.quasi_identifiers, "quasi_identifiers")
            roles |= dict.fromkeys(self.data.groups, "groups")
        for column, key in roles.items():
            if column not in piece.column_names:
                raise no_such_column(self.spec, key, column, where=self.where, names=piece.column_names)
        return roles

    def _content(self, piece: pa.Table, column: str, key: str) -> Content:
        if key == "scores":
            return self._numbers(piece, column)
        if key not in _TARGET_KEYS and _is_nested(piece[column]):
            refuse_nested(cells_of(piece[column]), column, where=self.where, first=self.rows)
        return self._labels(piece, column)

    def _labels(self, piece: pa.Table, column: str) -> tuple[Integers, list[str | None]]:
        return labels_of_column(piece[column], self.missing)

    def _numbers(self, piece: pa.Table, column: str) -> npt.NDArray[np.float64]:
        where = f"'{self.where}'"
        return numbers_of_column(piece[column], missing=self.missing, name=column, where=where, first=self.rows)

    def _add_numbers(self, piece: pa.Table) -> None:
        """Weights, flags of several labels, and what is true where it is no class."""
        if self.data.weights:
            weights = self._numbers(piece, self.data.weights)
            refuse_weights(weights, self.data.weights, where=self.where, is_all=False)
            positive = weights[weights > 0]
            self.extremes += [positive.min(), positive.max()] if len(positive) else []
            self.weights.append(weights)
        if self.flags is not None:
            self.flags.append(np.column_stack([self._flags(piece, name) for name in target_columns(self.data)]))
        if self.has_truth and isinstance(self.data.target, str):
            self._add_truth(piece, self.data.target)

    def _flags(self, piece: pa.Table, column: str) -> Any:
        codes, labels = self._labels(piece, column)
        used = [*(labels[code] if code >= 0 else None for code in np.unique(codes))]
        bad = next((label for label in used if label not in FLAGS), "")
        if bad != "":
            raise no_flag(bad, column, where=self.where)
        return np.array([FLAGS.get(str(label), False) for label in labels])[codes]

    def _add_truth(self, piece: pa.Table, target: str) -> None:
        numbers = self._numbers(piece, target)
        try:
            values, known = read_truth(numbers, self.task, column=target, where=f"'{self.where}'")
        except DataError as error:
            raise DataError(f"{error.message} (from row {self.rows + 1:,} on)", hint=error.hint) from error
        assert isinstance(values, Values)  # noqa: S101  the only such task that is read in pieces
        self.truth.append(values.values)
        self.known.append(known)

    def split(self, prepare: Callable[[pd.DataFrame], Any]) -> Split:
        """All rows."""
        data, (digest, rows_digest) = self.data, self.digests.hexdigests()
        codes = {column: coder.finished() for column, coder in self.coders.items()}
        quasi = {column: codes[column] for column in data.quasi_identifiers}
        if self.is_reference:
            rows = self.inputs.finished(lambda frame: frame.copy())  # numbers lie in the file, where nobody writes
            groups = {attribute: codes[attribute] for attribute in data.groups}
            return Split(self.name, rows, None, None, groups, None, None, digest, quasi_identifiers=quasi)
        if data.unit:
            refuse_missing_units(codes[data.unit].missing, data.unit, where=self.where)
        if data.weights:
            refuse_weights(np.array(self.extremes), data.weights, where=self.where)
        is_true = self.has_truth and isinstance(data.target, str)
        return Split(
            name=self.name,
            inputs=self.inputs.finished(prepare),
            targets=codes[data.target] if isinstance(data.target, str) and not self.has_truth else None,
            label_targets=None if self.flags is None else self.flags.mapped(),
            groups={attribute: codes[attribute] for attribute in data.groups},
            units=codes[data.unit] if data.unit else None,
            weights=self.weights.mapped() if data.weights else None,
            digest=digest,
            rows_digest=rows_digest,
            truth=Values(self.truth.mapped()) if is_true else None,
            truth_known=self.known.mapped() if is_true else None,
            quasi_identifiers=quasi,
            readers={column: codes[column] for column in self.readers},
            expected={role: codes[column] for role, column in self.expected.items()},
            period=codes[self.period] if self.period else None,
        )


def _is_nested(column: pa.ChunkedArray) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_nested(column.type))
