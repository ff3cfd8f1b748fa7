"""The columns of a table as a model takes them: numbers, and categories as numbers or as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from auditkit.data.mapped import pieces_of
from auditkit.errors import DataError, ModelError
from auditkit.labels import canonical_label
from auditkit.numbers import parse_numbers

if TYPE_CHECKING:
    import pandas as pd

_CACHED = 4096
"""Rows of a matrix that are written at once, so that a processor's cache holds them meanwhile."""

Encoding = Literal["one-hot", "codes"]
Categories = dict[str, tuple[str, ...]] | tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """Which columns go in, in which order, and which of them hold categories."""

    names: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    """The column -> its categories, in order; none at all: they are taken as they come."""
    encoding: Encoding = "one-hot"

    @classmethod
    def of(cls, given: str | Sequence[str] | None, categories: Categories, encoding: Encoding) -> Columns:
        """The columns that `[data] input` names.

        Raises:
            ModelError: it names none, or `categories` names one that is not among them or twice the same category.
        """
        names = (given,) if isinstance(given, str) else tuple(given or ())
        if not names:
            raise ModelError("no column goes into the model", hint='[data] input = ["age", ...], in its own order')
        known = dict(categories) if isinstance(categories, dict) else dict.fromkeys(categories, ())
        for name, values in known.items():
            if name not in names:
                raise ModelError(
                    f"[model] categories names '{name}', which is not among the inputs",
                    hint=f"[data] input holds: {', '.join(names[:8])}",
                )
            if len(set(values)) != len(values):
                raise ModelError(f"[model] categories holds a value of '{name}' twice", hint="name each once")
        return cls(names, known, encoding)

    @property
    def width(self) -> int:
        """How many numbers a row becomes."""
        return len(self.positions)

    @property
    def positions(self) -> tuple[str, ...]:
        """[width]: the column that each number of a row is of."""
        if self.encoding == "codes":
            return self.names
        wide = {name: len(values) for name, values in self.categories.items()}
        return tuple(name for name in self.names for _ in range(wide.get(name, 1)))

    def refuse_unlisted(self) -> None:
        """Refuse categories without values, of which no numbers can be made.

        Raises:
            ModelError: a column has none.
        """
        bare = next((name for name, values in self.categories.items() if not values), None)
        if bare is not None:
            raise ModelError(
                f"nothing says which categories '{bare}' has, nor in which order the model takes them",
                hint=f'[model] categories = {{{bare} = ["no", "yes"]}}, in the order of its training',
            )

    def matrix(self, inputs: Any) -> Any:
        """Float32 [n, width]: a number as it is, NaN where it is missing; a category as its code, or one-hot.

        Raises:
            DataError: a cell is no number, or none of the categories; with codes, a category is missing.
        """
        import numpy as np

        table = self._table(inputs)
        parts = [
            self._coded(table, name) if name in self.categories else _numbers(table, name)[:, None]
            for name in self.names
        ]
        # In rows: a matrix that lies in columns is multiplied in another order.
        found = np.empty((len(table), self.width), dtype=np.float32)
        ends = np.cumsum([part.shape[1] for part in parts])
        for rows in pieces_of(len(table), _CACHED):
            for part, end in zip(parts, ends, strict=True):
                found[rows, end - part.shape[1] : end] = part[rows]
        return found

    def frame(self, inputs: Any) -> pd.DataFrame:
        """A DataFrame: numbers as float64, NaN where missing; categories as texts, NaN where missing.

        Raises:
            DataError: a cell is no number, or none of the categories where those are listed.
        """
        import numpy as np
        import pandas as pd

        table = self._table(inputs)
        if not self.categories:
            # One array for all, as an estimator takes it: nothing is put together again.
            block = np.empty((len(self.names), len(table)))
            for place, name in enumerate(self.names):
                block[place] = _numbers(table, name)
            return pd.DataFrame(block.T, columns=pd.Index(list(self.names)), copy=False)
        columns = {}
        for name in self.names:
            if name not in self.categories:
                columns[name] = pd.Series(_numbers(table, name))
                continue
            labels = _labels(table, name)
            if self.categories[name]:
                _refuse_strangers(labels, self.categories[name], name)
            columns[name] = pd.Series([np.nan if label is None else label for label in labels], dtype=object)
        return pd.DataFrame(columns, columns=pd.Index(list(self.names)))

    def _table(self, inputs: Any) -> pd.DataFrame:
        table: pd.DataFrame = inputs.to_frame(self.names[0]) if getattr(inputs, "ndim", 2) == 1 else inputs
        absent = next((name for name in self.names if name not in table.columns), None)
        if absent is not None:
            raise DataError(f"the rows lack the column '{absent}'", hint="[data] input names the model's columns")
        return table

    def _coded(self, table: pd.DataFrame, name: str) -> Any:
        import numpy as np

        values = self.categories[name]
        labels = _labels(table, name)
        _refuse_strangers(labels, values, name)
        place = {value: index for index, value in enumerate(values)}
        codes = np.array([-1 if label is None else place[label] for label in labels], dtype=np.int64)
        if self.encoding == "one-hot":
            return (codes[:, None] == np.arange(len(values))).astype(np.float32)
        missing = np.flatnonzero(codes < 0)
        if len(missing):
            raise DataError(
                f"column '{name}' is missing in {len(missing):,} rows, first in row {missing[0] + 1}, and has no code",
                hint='[model] encoding = "one-hot" gives it zeros; or give it a category of its own in the data',
            )
        return codes[:, None].astype(np.float32)


def _numbers(table: pd.DataFrame, name: str) -> Any:
    cells = table[name].to_numpy()
    try:
        # Dates and the like as pandas writes them, which NumPy would turn into numbers.
        return parse_numbers(cells if cells.dtype.kind in "fiu" else table[name].to_numpy(dtype=object), column=name)
    except DataError as error:
        hint = f'a column of texts: [model] categories = {{{name} = ["no", "yes"]}}; {error.hint}'
        raise DataError(error.message, hint=hint) from error


def _labels(table: pd.DataFrame, name: str) -> list[str | None]:
    return [canonical_label(cell) for cell in table[name].to_numpy(dtype=object)]


def _refuse_strangers(labels: Sequence[str | None], values: tuple[str, ...], name: str) -> None:
    known = {None, *values}
    row = next((row for row, label in enumerate(labels) if label not in known), None)
    if row is not None:
        listed = ", ".join(f"'{value}'" for value in values[:8])
        raise DataError(
            f"column '{name}' holds '{labels[row]}' in row {row + 1}, which is none of its categories, {listed}",
            hint="[model] categories lists all that the model was trained with; others do not belong in its data",
        )
