"""One kind of input each: a column of texts as tokens, one of images as pixels, columns of a table as numbers.

A part makes of a batch of rows the tensors that the module's `forward` takes under the part's name, and tells which of
the rows lack it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from auditkit import DataError, canonical_label
from auditkit.files import InputFile
from auditkit.images import Images, refuse_no_images
from auditkit.inputs import Columns, Encoder

Flags = npt.NDArray[np.bool_]


class Part(Protocol):
    """What goes into a module under one name."""

    @property
    def name(self) -> str:
        """The keyword of `forward`."""

    def given(self, rows: Any) -> tuple[Any, Flags]:
        """Rows of a table -> a tensor [n, ...], or a dict of such; and [n, ...]: what of it is there."""

    def blank(self) -> tuple[Any, Flags]:
        """The same of one row of nothing in particular."""

    def beside(self) -> tuple[Any, Flags]:
        """The same of that row, and of another behind it."""


@dataclass(frozen=True)
class Note:
    """A column of texts."""

    name: str
    encoder: Encoder
    may_be_missing: bool

    def given(self, rows: Any) -> tuple[dict[str, Any], Flags]:
        """Tokens, padded to the longest text: input_ids [n, t], attention_mask [n, t]."""
        texts, there = self.texts(rows)
        return self._tokens(texts), there

    def blank(self) -> tuple[dict[str, Any], Flags]:
        """Tokens of a text of one letter."""
        return self._tokens(["a"]), np.ones(1, dtype=bool)

    def beside(self) -> tuple[dict[str, Any], Flags]:
        """The text of one letter, padded to the length of another."""
        return self._tokens(["a", "a longer one of more words"]), np.ones(2, dtype=bool)

    def _tokens(self, texts: list[str]) -> dict[str, Any]:
        import torch

        return self.encoder.batch(texts, torch.device("cpu"))

    def texts(self, rows: Any) -> tuple[list[str], Flags]:
        """[n]: the texts, an empty one where there is none; and where there is one.

        Raises:
            DataError: a row has none, and it may not be missing; or it is no text.
        """
        cells = rows[self.name].tolist()
        there = np.array([not _is_blank(cell) for cell in cells], dtype=bool)
        _refuse_missing(there, self.name, "text", may_be=self.may_be_missing)
        for place, cell in enumerate(cells, start=1):
            if there[place - 1] and not isinstance(cell, str):
                raise DataError(
                    f"column '{self.name}' holds a {type(cell).__name__} in row {place}, not a text: {cell!r:.60}",
                    hint="[model] texts names the columns of texts",
                )
        return [cell if known else "" for cell, known in zip(cells, there, strict=True)], there


@dataclass(frozen=True)
class Film:
    """A column of images."""

    name: str
    images: Images
    may_be_missing: bool

    def given(self, rows: Any) -> tuple[Any, Flags]:
        """Pixels [n, channels, rows, columns], 0 where there is no image."""
        import torch

        cells, there = self.cells(rows)
        shape = self.images.blank().shape
        pixels = np.zeros((len(cells), *shape), dtype=np.float32)
        if there.any():
            pixels[there] = self.images.batch([cell for cell, known in zip(cells, there, strict=True) if known])
        return torch.from_numpy(pixels), there

    def blank(self) -> tuple[Any, Flags]:
        """A grey picture."""
        import torch

        return torch.from_numpy(self.images.blank()[None]), np.ones(1, dtype=bool)

    def beside(self) -> tuple[Any, Flags]:
        """A grey picture and a brighter one."""
        import torch

        grey = self.images.blank()
        return torch.from_numpy(np.stack([grey, grey + np.float32(0.5)])), np.ones(2, dtype=bool)

    def ahead(self, rows: Any) -> None:
        """Begin to decode the images of some rows."""
        self.images.ahead(cell for cell in rows[self.name].tolist() if isinstance(cell, InputFile))

    def cells(self, rows: Any) -> tuple[list[Any], Flags]:
        """[n]: files or arrays of pixels, and where there is one.

        Raises:
            DataError: a row has none, and it may not be missing; or it is no image.
        """
        cells = rows[self.name].tolist()
        there = np.array([cell is not None and not isinstance(cell, float) for cell in cells], dtype=bool)
        _refuse_missing(there, self.name, "image", may_be=self.may_be_missing)
        refuse_no_images((cell for cell, known in zip(cells, there, strict=True) if known), column=self.name)
        return cells, there


@dataclass(frozen=True)
class Table:
    """Columns of numbers and categories."""

    columns: Columns
    may_be_missing: bool
    name: str = "table"

    def given(self, rows: Any) -> tuple[Any, Flags]:
        """Numbers [n, d], 0 where there is none; and [n, d]: where there is one.

        Raises:
            DataError: a cell is empty, and it may not be missing; or it is no number, or none of the categories.
        """
        import torch

        matrix = self.columns.matrix(rows)
        there = ~np.isnan(matrix) & self._named(rows)
        if not self.may_be_missing:
            for name in self.columns.names:
                known = np.array([canonical_label(cell) not in (None, "") for cell in rows[name].tolist()], dtype=bool)
                _refuse_missing(known, name, "value", may_be=False)
        return torch.from_numpy(np.where(there, matrix, np.float32(0.0))), there

    def blank(self) -> tuple[Any, Flags]:
        """A row of zeros."""
        import torch

        return torch.zeros((1, self.columns.width)), np.ones((1, self.columns.width), dtype=bool)

    def beside(self) -> tuple[Any, Flags]:
        """A row of zeros, and one of halves: of a category's place they are the first."""
        import torch

        width = self.columns.width
        return torch.stack([torch.zeros(width), torch.full((width,), 0.5)]), np.ones((2, width), dtype=bool)

    def _named(self, rows: Any) -> Flags:
        """[n, d]: False at the zeros of a category that is missing."""
        parts = []
        for name in self.columns.names:
            known = [canonical_label(cell) is not None for cell in rows[name].tolist()]
            width = len(self.columns.categories.get(name, ())) if self.columns.encoding == "one-hot" else 1
            parts.append(np.repeat(np.array(known, dtype=bool)[:, None], width or 1, axis=1))
        return np.concatenate(parts, axis=1)


def _is_blank(cell: Any) -> bool:
    return canonical_label(cell) is None or (isinstance(cell, str) and not cell.strip())


def _refuse_missing(there: Sequence[bool] | Flags, column: str, what: str, *, may_be: bool) -> None:
    absent = np.flatnonzero(~np.asarray(there, dtype=bool))
    if len(absent) and not may_be:
        raise DataError(
            f"column '{column}' has no {what} in {len(absent):,} rows of a batch, first in its row {absent[0] + 1}",
            hint='[model] lacking = "mask" tells the module what is missing; or leave those rows out',
        )
