"""What the cells of the audit rows hold, column by column, as marks a row that a replay finds in the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, canonical_label

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_BITS = 48
"""Columns whose flags share one number a row."""


def input_names(case: Case[Any]) -> tuple[str, ...]:
    """The columns that the model is given, but no recorded prediction; none of a table of users."""
    if case.settings.given:
        return tuple(name for name in case.settings.given if name not in case.settings.recorded)
    if case.settings.recorded:
        return ()
    given = case.given
    names = [str(name) for name in given.columns] if hasattr(given, "columns") else [str(getattr(given, "name", ""))]
    return tuple(name for name in names if name != "None") if hasattr(given, "iloc") else ()


def cells_of(case: Case[Any], name: str) -> npt.NDArray[Any]:
    """[n]: the cells of one input column, of whatever type; nothing where a file cannot be read is left here."""
    given = case.given
    given = given.iloc[:] if hasattr(given, "iloc") else given
    column = given[name] if hasattr(given, "columns") else given
    cells = np.empty(len(column), dtype=object)
    cells[:] = list(column)
    return cells


def are_missing(cells: npt.NDArray[Any]) -> Flags:
    """[n]: which cells are missing as the loader and `[data] missing` have it."""
    import pandas as pd

    return np.asarray(pd.isna(cells), dtype=bool)


@dataclass(frozen=True)
class Labels:
    """A column of single cells as texts, each distinct one once."""

    codes: Integers
    """[n]; -1: missing."""
    words: tuple[str, ...]

    @classmethod
    def of(cls, cells: npt.NDArray[Any]) -> Labels | None:
        """None where cells are pictures, lists or files."""
        import pandas as pd

        kept = [cell for cell in cells if cell is not None]
        if not all(isinstance(cell, str | bool | int | float | np.generic) or pd.api.types.is_scalar(cell)
                   for cell in kept):  # fmt: skip
            return None
        labels = np.array([canonical_label(cell) for cell in cells], dtype=object)
        codes, words = pd.factorize(labels)
        return cls(codes, tuple(str(word) for word in words))

    def flagged(self, chosen: Flags) -> Flags:
        """[n]: the rows whose word is chosen."""
        return np.append(chosen, np.zeros(1, dtype=bool))[self.codes]

    def numbers(self) -> Floats:
        """[words]: NaN where a word is no number."""
        return np.array([_number(word) for word in self.words], dtype=np.float64)

    def counts(self) -> Integers:
        """[words]."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")


def marked(case: Case[Any], function: Callable[..., Any], names: tuple[str, ...], **about: Any) -> dict[str, Flags]:
    """[n] of each column: the flags that `function(case, names=..., **about)` finds, as `in_bits` keeps them."""
    found: dict[str, Flags] = {}
    for start in range(0, len(names), _BITS):
        some = names[start : start + _BITS]
        numbers = np.asarray(case.compute(function, names=list(some), **about), dtype=np.int64)
        found |= {name: numbers >> place & 1 == 1 for place, name in enumerate(some)}
    return found


def in_bits(flags: Iterator[Flags], rows: int) -> Integers:
    """[n]: what `marked` reads: bit k of a number is the k-th column's flag."""
    numbers = np.zeros(rows, dtype=np.int64)
    for place, one in enumerate(flags):
        numbers |= one.astype(np.int64) << place
    return numbers


def also_coded(case: Case[Any], names: tuple[str, ...]) -> dict[str, Flags]:
    """[n] of each protected attribute that is none of the columns: where it is missing."""
    groups = case.groups if case.has_groups else {}
    return {name: codes.codes < 0 for name, codes in groups.items() if name not in names}
