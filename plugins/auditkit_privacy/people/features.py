"""Rows as numbers and words that a small classifier can learn from, without any model's part in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Texts
from auditkit_privacy.people.rows_seen import is_prose, numbers_in, plain, table_of, texts_in

Floats = npt.NDArray[np.floating]
Array = npt.NDArray[Any]

MOST_CATEGORIES = 12
"""Labels of a column that have a column of their own: the most frequent ones."""
WORDS_HASHED = 32
TRUTH = "\0truth"
"""No column has this name."""
THUMBNAIL = 8
"""Pixels a side, to which a picture is shrunk."""

_MOSTLY = 0.5


@dataclass(frozen=True)
class Features:
    """The rows of both sides, the members first."""

    numbers: Floats
    """[m + n, d]; NaN where a cell is missing."""
    texts: Array | None
    """[m + n]: the row's sentences; None: it has none."""
    sees_inputs: bool
    """Whether anything beside the truth and the groups is among them."""
    origins: tuple[str, ...] = ()
    """[d]: the column or the group that each of the numbers is of; `TRUTH` for what is true of the row."""

    def without(self, names: Collection[str]) -> Features:
        """The same without the numbers of some columns and groups."""
        kept = [place for place, origin in enumerate(self.origins) if origin not in names]
        return replace(self, numbers=self.numbers[:, kept], origins=tuple(self.origins[place] for place in kept))

    def dense(self) -> Floats:
        """[m + n, d + 33]: with a hash of the words and their number, for what takes no sparse columns."""
        if self.texts is None:
            return self.numbers
        from sklearn.feature_extraction.text import HashingVectorizer

        hashed = HashingVectorizer(n_features=WORDS_HASHED, alternate_sign=True).transform(self.texts)
        length = np.log1p([len(text) for text in self.texts])
        return np.column_stack([self.numbers, hashed.toarray(), length])

    @classmethod
    def of(cls, members: Case[Any], others: Case[Any]) -> Features:
        """What is known of the rows of both sides."""
        tables = [table_of(case) for case in (members, others)]
        named, prose = _of_truth(members, others), []
        sees = all(table is not None for table in tables)
        if sees:
            for name in tables[0].columns:  # type: ignore[union-attr]
                cells = np.concatenate([np.asarray(table[name], dtype=object) for table in tables])  # type: ignore[index]
                made, texts = _of_column(cells)
                named += [(str(name), column) for column in made]
                prose += [] if texts is None else [texts]
        if isinstance(members.predictions, Texts) and members.has_truth and others.has_truth:
            known = [plain(text) for case in (members, others) for text in written(case)]
            prose.append(np.array(known, dtype=object))
        joined = None
        if prose:
            joined = np.array([" \n ".join(parts) for parts in zip(*prose, strict=True)], dtype=object)
        rows = len(members) + len(others)
        columns = [column for _, column in named]
        numbers = np.column_stack(columns) if columns else np.zeros((rows, 0))
        return cls(numbers, joined, sees, tuple(name for name, _ in named))


def _of_truth(members: Case[Any], others: Case[Any]) -> list[tuple[str, Floats]]:
    """What is true of a row, and its groups: both may differ between the sides without any model's part in it."""
    found: list[Floats] = []
    if hasattr(members.predictions, "classes"):
        found += _one_hot(
            np.array([label for case in (members, others) for label in case.targets.labels()], dtype=object)
        )
    elif hasattr(members.predictions, "labels"):
        found += list(np.concatenate([members.label_targets, others.label_targets]).astype(float).T)
    elif hasattr(members.predictions, "values"):
        found += [np.concatenate([members.truth.values, others.truth.values]).astype(float)]
    named = [(TRUTH, column) for column in found]
    if members.has_groups and others.has_groups:
        for name in [name for name in members.groups if name in others.groups]:
            labels = [label for case in (members, others) for label in case.groups[name].labels()]
            named += [(name, column) for column in _one_hot(np.array(labels, dtype=object))]
    return named


def written(case: Case[Any]) -> tuple[str, ...]:
    """[n]: what a model that writes should have written; empty where nobody says."""
    return case.truth.texts if case.has_truth else ("",) * len(case)


def _of_column(cells: Array) -> tuple[list[Floats], Array | None]:
    """A column as numbers, and as sentences where it holds these."""
    if len(cells) and all(hasattr(cell, "sha256") for cell in cells):
        return list(np.array([picture_numbers(cell) for cell in cells]).T), None
    numbers = numbers_in(cells)
    if np.isfinite(numbers).mean() > _MOSTLY:
        return [np.where(np.isfinite(numbers), numbers, np.nan)], None
    texts = texts_in(cells)
    if is_prose(texts):
        return [], np.array([plain(text) for text in texts], dtype=object)
    return _one_hot(texts), None


def _one_hot(labels: Array) -> list[Floats]:
    names, counts = np.unique([str(label) for label in labels], return_counts=True)
    frequent = names[np.lexsort((names, -counts))[:MOST_CATEGORIES]]
    texts = np.array([str(label) for label in labels], dtype=object)
    return [(texts == name).astype(float) for name in frequent]


def picture_numbers(file: Any) -> tuple[float, ...]:
    """Of a picture its size, each channel's mean and spread, and a thumbnail; of an unreadable one its bytes.

    Decoded once, for baseline, quantile attack and its control, and known again by the digest of its bytes: these are
    read each time, so that a file that has changed is refused each time.
    """
    raw = file.read()
    if file.sha256 not in _KNOWN:
        if len(_KNOWN) >= _PICTURES_KEPT:
            _KNOWN.clear()
        _KNOWN[file.sha256] = _decoded(raw)
    return _KNOWN[file.sha256]


_KNOWN: dict[str, tuple[float, ...]] = {}
_PICTURES_KEPT = 8_192
"""Pictures whose numbers are kept, some 2 kB each."""


def _decoded(raw: bytes) -> tuple[float, ...]:
    from auditkit.images import Reading, decode

    try:
        picture = decode(raw, Reading(), channels=3)
    except AuditError:
        return (float(len(raw)), *[np.nan] * (8 + THUMBNAIL**2))
    pixels = np.asarray(picture, dtype=np.float64)
    small = np.asarray(picture.convert("L").resize((THUMBNAIL, THUMBNAIL)), dtype=np.float64).ravel()
    means, spreads = pixels.mean(axis=(0, 1)), pixels.std(axis=(0, 1))
    return (float(len(raw)), *map(float, picture.size), *means.tolist(), *spreads.tolist(), *small.tolist())
