"""AuditDataset and its splits: inputs, targets and groups as integer codes with a vocabulary, units, digests."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit.data.mapped import PIECE, pieces_of, release, taken
from auditkit.document import Text
from auditkit.labels import canonical_label
from auditkit.numbers import parse_numbers
from auditkit.predictions import Predictions, TokenLabels

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data.history import History
    from auditkit.data.items import ItemGroups
    from auditkit.document import Text
    from auditkit.spec import Task

SplitName = Literal["audit", "training", "reference", "canaries"]

MISSING = -1


@dataclass(frozen=True)
class Codes:
    """A column of labels as integers: `vocabulary[codes[i]]` is row i's label; -1 is a row that has none."""

    codes: npt.NDArray[np.int64]
    vocabulary: tuple[str, ...]

    @classmethod
    def of(cls, labels: Sequence[Any], vocabulary: Sequence[str] | None = None) -> Codes:
        """Code labels of any scalar type; None and NaN are missing.

        Args:
            labels: ints, strings, booleans, None; compared as strings, see `canonical_label`.
            vocabulary: the labels in order; absent: those that occur, numbers by size and words by alphabet.

        Raises:
            KeyError: a label is not in the vocabulary.
        """
        codes, names = distinct_labels(_as_cells(labels))
        known = tuple(vocabulary) if vocabulary is not None else in_natural_order({n for n in names if n is not None})
        place = {name: index for index, name in enumerate(known)}
        table = np.array([MISSING if name is None else place[name] for name in names] + [MISSING], dtype=np.int64)
        return cls(table[codes], known)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.codes)

    def take(self, rows: npt.NDArray[np.integer] | slice) -> Codes:
        """The same column for some of the rows."""
        found = taken(self.codes, rows) if isinstance(rows, np.ndarray) and rows.dtype != bool else self.codes[rows]
        # A long column is kept in the narrowest type; whoever computes with it must not fall over its edge.
        return Codes(found.astype(np.int64, copy=False), self.vocabulary)

    def counts(self) -> npt.NDArray[np.int64]:
        """How many rows each label has, in the order of the vocabulary."""
        return self._with_missing()[1:]

    @property
    def missing(self) -> int:
        """How many rows have no label."""
        return int(self._with_missing()[0])

    def _with_missing(self) -> npt.NDArray[np.int64]:
        total = np.zeros(len(self.vocabulary) + 1, dtype=np.int64)
        for part in pieces_of(len(self.codes)):
            total += np.bincount(self.codes[part].astype(np.int64) + 1, minlength=len(total))
        release(self.codes)
        return total

    def labels(self) -> list[str | None]:
        """The labels, row by row."""
        return [None if code < 0 else self.vocabulary[code] for code in self.codes]


def in_natural_order(labels: Collection[str]) -> tuple[str, ...]:
    """Labels in the order of a vocabulary that nobody gave."""
    return tuple(sorted(labels, key=_natural))


def _natural(label: str) -> tuple[int, float, str]:
    """Numbers by size, then words by alphabet: 2 before 10. `nan` is a word: it has no place among numbers."""
    try:
        number = float(label)
    except ValueError:
        return 1, 0.0, label
    return (1, 0.0, label) if math.isnan(number) else (0, number, label)


def _as_cells(labels: Sequence[Any]) -> npt.NDArray[np.object_]:
    if isinstance(labels, np.ndarray):
        return labels.astype(object)
    # Not np.array(labels): a cell that is itself a list would become a dimension.
    cells = np.empty(len(labels), dtype=object)
    cells[:] = labels
    return cells


def distinct_labels(cells: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.intp], list[str | None]]:
    """Codes [n] of cells of any type, and the label that each code stands for, in order of first occurrence.

    Code -1, and a label that is None, are missing.
    """
    import pandas as pd

    # In Python True == 1 and 1 == 1.0: cells of one type are told apart by value, all others by their label.
    if pd.api.types.infer_dtype(cells, skipna=True) not in _ONE_TYPE:
        cells = np.array([canonical_label(cell) for cell in cells], dtype=object)
    # Factorise first: a million rows hold few distinct labels, and only those need the slow, careful path.
    codes, uniques = pd.factorize(cells)
    return codes, [canonical_label(value) for value in uniques]


_ONE_TYPE = frozenset({"string", "integer", "floating", "boolean", "empty", "decimal"})
"""Pandas' names of columns whose equal cells have equal labels."""


@dataclass(frozen=True)
class Split:
    """Some rows: what the model is given, what is true of them, and who they are about."""

    name: SplitName
    inputs: Any
    """What the adapter's `predict` takes: a DataFrame, or a Series when the spec names one input column."""
    targets: Codes | None
    """[n]; None: the spec names no target."""
    label_targets: npt.NDArray[np.bool_] | None
    """[n, k], for multi-label data: which labels are right."""
    groups: Mapping[str, Codes]
    units: Codes | None
    weights: npt.NDArray[np.float64] | None
    digest: str
    """Over every column that has a part in the audit, recorded predictions too."""
    row_digests: tuple[str, ...] | None = None
    """HMACs of the rows under the salt file; None: there is none, and rows pair by position."""
    rows_digest: str = ""
    """Over the rows without what a model said of them: equal for two models on the same rows. Absent: `digest`."""
    truth: Predictions | None = None
    """[n]: what is true, in the type of the answers, when those are no classes: Values, Rankings, TokenLabels, Texts.

    A row without a truth is NaN, has no item, no span, or the empty text; `truth_known` tells it from an empty truth.
    """
    truth_known: npt.NDArray[np.bool_] | None = None
    """[n]: which rows have a truth; None: all of them."""
    quasi_identifiers: Mapping[str, Codes] = field(default_factory=dict)
    readers: Mapping[str, Codes] = field(default_factory=dict)
    """Column -> the class that each reader, a clinician for example, gave each row; missing where not read."""
    expected: Mapping[str, Codes] = field(default_factory=dict)
    """Role -> the cell of each row that says what its answer is to hold; see `[data.expected]`."""
    period: Codes | None = None
    """[n], when each audit row was, as the table writes it; None: the spec names no such column."""
    given: Any = None
    """What the model is given of reference rows, whose `inputs` hold their whole table; None: `inputs`."""
    included: npt.NDArray[np.bool_] | None = None
    """[n], of canaries: whether the row's coin put it into the training data."""
    barred: npt.NDArray[np.object_] | None = None
    """[n, width], of audited users: the items that `[data] contraindications` bars for each; None where fewer are."""
    item_groups: ItemGroups | None = None
    """Of audited rankings: what `[data] item_groups` says of each item of the catalogue."""

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.inputs)


@dataclass(frozen=True)
class AuditDataset:
    """The rows that are judged, and what they are held against."""

    name: str
    audit: Split
    training: Split | None = None
    reference: Split | None = None
    files: Mapping[str, Any] = field(default_factory=dict)
    """Split name -> FileDigest of the file that it was read from."""
    task: Task | None = None
    """As the spec says or its columns tell; None: one class a row, or whatever the model answers."""
    history: History | None = None
    """What a recommender is told of the interactions; None: its adapter does not ask, or there are none."""
    notes: tuple[Text, ...] = ()
    """What the report says of how the rows were come by."""
    canaries: Split | None = None
    """Rows of which each was put into the training data by a coin, or left out."""

    @property
    def splits(self) -> tuple[Split, ...]:
        """Those that there are, the audit split first."""
        return tuple(split for split in (self.audit, self.training, self.reference, self.canaries) if split is not None)


def frame_digest(frame: pd.DataFrame, salt: bytes | None, *, numbers: Collection[str] = ()) -> str:
    """SHA-256 over a table's columns and cells, or an HMAC of it under a salt.

    A plain digest of a small table of personal data can be guessed by trying; a keyed one cannot. Cells enter as their
    labels, so that 1, 1.0 and "1" are the same cell whichever loader read it; a text such as "1.0" is another one.

    Args:
        frame: the rows.
        salt: None: a plain digest.
        numbers: columns of scores, which enter a long table's digest as numbers: see `TableDigest`.
    """
    if len(frame) <= PIECE:
        return _keyed(_digest_of([(str(name), _coded(frame[name])) for name in frame.columns], len(frame)), salt)
    total = TableDigest()
    for part in pieces_of(len(frame)):
        piece = frame.iloc[part]
        columns: list[tuple[str, Content]] = [
            (str(name), parse_numbers(piece[name], column=str(name)) if name in numbers else _coded(piece[name]))
            for name in frame.columns
        ]
        total.add(columns, len(piece))
    return total.hexdigest(salt)


Content = tuple[npt.NDArray[np.integer], list[str | None]] | npt.NDArray[np.float64]
"""A column as codes and the label of each, or as numbers."""


class TableDigest:
    """The digest of a table of more rows than are looked at once: SHA-256 over the digests of its pieces, in order.

    A piece has `mapped.PIECE` rows, the last one what is left. Scores enter it as numbers (float64): a hundred million
    of them would take hours to write out. A short table's digest is the one of its only piece, all cells as labels.
    """

    def __init__(self) -> None:
        """The digest of a table without a row."""
        self._total = hashlib.sha256(b"a table in pieces")

    def add(self, columns: Sequence[tuple[str, Content]], rows: int) -> None:
        """Add the next piece: its columns by name, in the table's order."""
        self.add_piece(_digest_of(columns, rows))

    def add_piece(self, digest: bytes) -> None:
        """Add the next piece by its own digest; see `data.portions`."""
        self._total.update(digest)

    def hexdigest(self, salt: bytes | None = None) -> str:
        """The digest, or an HMAC of it."""
        return _keyed(self._total.digest(), salt)


def _keyed(digest: bytes, salt: bytes | None) -> str:
    import hmac

    return digest.hex() if salt is None else hmac.new(salt, digest, hashlib.sha256).hexdigest()


def _coded(column: pd.Series[Any]) -> Content:
    return distinct_labels(column.to_numpy(dtype=object))


def _digest_of(columns: Sequence[tuple[str, Content]], rows: int) -> bytes:
    total = hashlib.sha256(rows.to_bytes(8, "big"))
    for name, content in columns:
        total.update(written_cell(name))
        if isinstance(content, np.ndarray):
            total.update(b"numbers")
            total.update(written_numbers(content))
            continue
        # Distinct cells once, and then their order: a million rows hold few distinct labels.
        codes, labels = _in_order(*content)
        total.update(len(labels).to_bytes(8, "big"))
        total.update(b"".join(written_cell(label) for label in labels))
        total.update(np.ascontiguousarray(codes, dtype="<i8").tobytes())
    return total.digest()


def written_numbers(numbers: npt.NDArray[np.float64]) -> bytes:
    """Scores as they enter a digest: without -0.0, and with one NaN."""
    return (np.where(np.isnan(numbers), np.nan, numbers) + 0.0).astype("<f8").tobytes()


def _in_order(
    codes: npt.NDArray[np.integer], labels: list[str | None]
) -> tuple[npt.NDArray[np.integer], dict[str, int]]:
    """The same codes with each label once: the text "1" and the number 1 are one label."""
    place: dict[str, int] = {}
    table = [MISSING if label is None else place.setdefault(label, len(place)) for label in labels]
    return np.array([*table, MISSING], dtype=np.int64)[codes], place


def row_digests(frame: pd.DataFrame, salt: bytes) -> tuple[str, ...]:
    """An HMAC of each row under the salt: the same row has the same digest in every release that keeps the salt.

    Args:
        frame: the columns that say whose row it is and what is true of it; not what a model said of it.
        salt: the salt file's bytes.
    """
    import hmac

    names = sorted(frame.columns, key=str)
    heads = [written_cell(str(name)) for name in names]
    columns = [frame[name].to_numpy(dtype=object) for name in names]
    return tuple(
        hmac.new(
            salt, b"".join(head + written_cell(cell) for head, cell in zip(heads, row, strict=True)), hashlib.sha256
        ).hexdigest()
        for row in zip(*columns, strict=True)
    )


def written_cell(value: Any) -> bytes:
    """A cell, or a column's name, as it enters a digest."""
    label = canonical_label(value)
    raw = b"\0" if label is None else b"\1" + label.encode("utf-8", "surrogatepass")
    # Length first, so that no two rows run together into the same bytes.
    return len(raw).to_bytes(8, "big") + raw


def labels_of(split: Split) -> tuple[str, ...]:
    """The labels that the target of some rows takes: classes, or labels of entities."""
    if split.targets is not None:
        return split.targets.vocabulary
    if isinstance(split.truth, TokenLabels):
        return tuple(sorted({label for row in split.truth.spans for _, _, label, _ in row}))
    return ()
