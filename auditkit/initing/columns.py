"""What the first rows tell of each column: how many different values, numbers or texts, entities, paths of images."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.errors import DataError
from auditkit.labels import canonical_label
from auditkit.numbers import parse_numbers

if TYPE_CHECKING:
    import pandas as pd

MOST_LABELS = 20
"""More different values than this in the first rows are no classes and no groups."""
_IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".dcm", ".dicom")
_TRIED = 20


@dataclass(frozen=True)
class Column:
    """A column of the first rows."""

    name: str
    cells: tuple[Any, ...]
    """Those that are not missing."""

    @cached_property
    def is_nested(self) -> bool:
        """Whether a cell is a list or an object."""
        return any(isinstance(cell, list | dict | np.ndarray) for cell in self.cells)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Its different values, sorted; none: there are more than `MOST_LABELS`, or they are lists."""
        found = () if self.is_nested else {label for cell in self.cells if (label := canonical_label(cell)) is not None}
        return tuple(sorted(found)) if len(found) <= MOST_LABELS else ()

    @cached_property
    def distinct(self) -> int:
        """How many different values the first rows have."""
        return len({canonical_label(cell) for cell in self.cells}) if not self.is_nested else len(self.cells)

    @cached_property
    def are_different(self) -> bool:
        """Whether no two rows share a value."""
        return self.distinct == len(self.cells)

    @cached_property
    def numbers(self) -> Any:
        """Its numbers; None: some cell is none."""
        if self.is_nested or not self.cells or any(isinstance(cell, bool) for cell in self.cells):
            return None
        try:
            return parse_numbers(np.array(self.cells, dtype=object), column=self.name)
        except DataError:
            return None

    @cached_property
    def length(self) -> float:
        """How many characters its texts have on average; 0: it holds none."""
        texts = [len(cell) for cell in self.cells if isinstance(cell, str)]
        return sum(texts) / len(texts) if texts and self.numbers is None else 0.0

    @cached_property
    def span_labels(self) -> frozenset[str] | None:
        """The labels of the entities that its cells list; None: they list none."""
        found: set[str] = set()
        for cell in self.cells[:_TRIED]:
            spans = _spans(cell)
            if spans is None:
                return None
            found |= {str(span["label"]) for span in spans}
        return frozenset(found) if self.cells else None

    @cached_property
    def names_images(self) -> bool:
        """Whether its cells are names of image files."""
        first = self.cells[:_TRIED]
        return bool(first) and all(isinstance(cell, str) and cell.lower().endswith(_IMAGES) for cell in first)

    def lies_in(self, folder: Path) -> bool:
        """Whether the first of the files that it names are there."""
        return all((folder / cell).is_file() for cell in self.cells[:3])


def _spans(cell: Any) -> list[dict[str, Any]] | None:
    """The entities of a row; None: the cell lists none."""
    if isinstance(cell, str):
        if not cell.lstrip().startswith("["):
            return None
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            return None
    if not isinstance(cell, list | np.ndarray):
        return None
    wanted = {"start", "end", "label"}
    return list(cell) if all(isinstance(span, dict) and span.keys() >= wanted for span in cell) else None


def columns_of(rows: pd.DataFrame) -> dict[str, Column]:
    """The columns of the first rows, by name."""
    return {
        str(name): Column(str(name), tuple(cell for cell in rows[name].to_numpy(dtype=object) if not _is_missing(cell)))
        for name in rows.columns
    }


def _is_missing(cell: Any) -> bool:
    return not isinstance(cell, list | dict | np.ndarray) and canonical_label(cell) is None
