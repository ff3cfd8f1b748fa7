"""Whole rows of both splits as vectors: what the model makes of them, or what their columns hold."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Text, canonical_label
from auditkit_shift.reading import Column, are_texts, cells_of, columns_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

HASHED = 256
"""Into so many numbers the words of a text are counted."""


@dataclass(frozen=True)
class Rows:
    """Some rows of both splits, in an order that what they hold decides."""

    features: Floats
    """[n, d]."""
    is_audit: Flags
    """[n]."""
    units: Integers | None
    what: Text
    """What the features are, in words."""


def rows_of(case: Case[Any], most_rows: int) -> Rows:
    """At most so many rows of either split, drawn by what they hold.

    Raises:
        NotApplicable: the splits have nothing in common that could be compared.
    """
    drawn = [_drawn(one, name, most_rows) for one, name in ((case.reference, "reference"), (case, "audit"))]
    found = _embedded(case, drawn)
    what = Text.of("the model's own vectors of the rows")
    if found is None:
        found, what = _of_columns(case, drawn), Text.of("the columns of the rows")
    # Sorted, so that the order of a file has no part in how they are dealt out.
    orders = [_order(side) for side in found]
    both = np.concatenate([side[order] for side, order in zip(found, orders, strict=True)])
    kept = [rows[order] for rows, order in zip(drawn, orders, strict=True)]
    is_audit = np.arange(len(both)) >= len(kept[0])
    return Rows(_scaled(both), is_audit, _units(case, kept), what)


def _drawn(case: Case[Any], name: str, most_rows: int) -> Integers:
    """The rows that are compared, in their order: drawn by what they hold, and not by their place."""
    if len(case) <= most_rows:
        return np.arange(len(case), dtype=np.int64)
    order = np.array([int(mark[:15], 16) for mark in _marks(case.given)])
    places = case.rng(f"rows of the {name}").permutation(len(order))[:most_rows]
    return np.sort(np.argsort(order, kind="stable")[places]).astype(np.int64)


def _marks(given: Any) -> list[str]:
    """[n]: a digest of each row's cells."""
    given = given.iloc[:] if hasattr(given, "iloc") else given
    columns = [list(given[name]) for name in given.columns] if hasattr(given, "columns") else [list(given)]
    return [hashlib.sha256("\0".join(map(_words, row)).encode("utf-8", "surrogatepass")).hexdigest()
            for row in zip(*columns, strict=True)]  # fmt: skip


def _words(cell: Any) -> str:
    if isinstance(cell, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(cell).tobytes()).hexdigest()
    return str(cell)


def _order(features: Floats) -> Integers:
    return np.asarray(np.lexsort(np.round(features, 9).T[::-1]), dtype=np.int64)


def _units(case: Case[Any], kept: Sequence[Integers]) -> Integers | None:
    """[n], whose row each is; a unit of one split is none of the other's."""
    sides = [case.reference.units, case.units]
    if all(one is None for one in sides):
        return None
    codes = [
        np.arange(len(rows)) if one is None else np.unique(one.codes[rows], return_inverse=True)[1]
        for one, rows in zip(sides, kept, strict=True)
    ]
    return np.concatenate([codes[0], codes[1] + codes[0].max(initial=-1) + 1])


def _embedded(case: Case[Any], drawn: Sequence[Integers]) -> list[Floats] | None:
    if case.settings.recorded:
        return None
    try:
        sides = [one.narrowed(rows).embeddings for one, rows in zip((case.reference, case), drawn, strict=True)]
    except NotApplicable:
        return None
    return [np.asarray(side, dtype=float) for side in sides]


def _of_columns(case: Case[Any], drawn: Sequence[Integers]) -> list[Floats]:
    texts = list(_texts(case))
    named = {name for name, _ in texts}
    columns = [column for column in columns_of(case) if column.name.partition(": ")[0] not in named]
    parts = [*(part for column in columns for part in _numbers(column)), *(counted for _, counted in texts)]
    return [np.concatenate([part[place][rows] for part in parts], axis=1) for place, rows in enumerate(drawn)]


def _texts(case: Case[Any]) -> Any:
    for name, *cells in cells_of(case):
        labels = [
            np.array([canonical_label(cell) if isinstance(cell, str) else None for cell in one], object)
            for one in cells
        ]
        if are_texts(labels):
            yield name, tuple(_counted(side) for side in labels)


def _counted(texts: npt.NDArray[Any]) -> Floats:
    """[n, HASHED]: square roots of how often words come, by a hash that is the same everywhere."""
    found = np.zeros((len(texts), HASHED))
    for row, text in enumerate(texts):
        for word in str(text or "").lower().split():
            found[row, zlib.crc32(word.encode("utf-8", "surrogatepass")) % HASHED] += 1
    return np.sqrt(found)


def _numbers(column: Column) -> list[tuple[Floats, Floats]]:
    """A number, and where some are missing whether it is; or one flag a category."""
    if column.kind == "categories":
        return [tuple((side[:, None] == np.arange(column.cells)[None]).astype(float) for side in column.sides)]
    known = np.concatenate([side[~np.isnan(side)] for side in column.sides])
    middle, spread = (float(known.mean()), float(known.std())) if len(known) else (0.0, 1.0)
    parts = [tuple(np.nan_to_num((side - middle) / (spread or 1.0), nan=0.0)[:, None] for side in column.sides)]
    if any(np.isnan(side).any() for side in column.sides):
        parts.append(tuple(np.isnan(side).astype(float)[:, None] for side in column.sides))
    return parts


def _scaled(features: Floats) -> Floats:
    spread = features.std(axis=0)
    return np.asarray((features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
