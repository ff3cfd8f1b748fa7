"""Numbers as bands, so that people can be compared by age: `[data.bands] age = [40, 65]` makes a column `age_band`."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from auditkit.errors import DataError
from auditkit.labels import canonical_label
from auditkit.numbers import parse_numbers

if TYPE_CHECKING:
    import pandas as pd


def band_names(begins: Sequence[float]) -> tuple[str, ...]:
    """What the bands are called, from the lowest: `under 40`, `40 to under 65`, `65 and over`."""
    # All digits: two bands of one name would be one group.
    said = [np.format_float_positional(begin, trim="-") for begin in begins]
    between = [f"{low} to under {high}" for low, high in itertools.pairwise(said)]
    return (f"under {said[0]}", *between, f"{said[-1]} and over")


def with_bands(
    frame: pd.DataFrame,
    bands: Mapping[str, Sequence[float]],
    *,
    where: str,
    missing: Collection[str] = (),
    first: int = 0,
) -> pd.DataFrame:
    """The same rows with a column `NAME_band` behind the others for each column of numbers that is banded.

    A column that the table lacks is left to the others: users have ages, and interactions have none. A missing number,
    and a cell that `missing` lists, has no band. `first` is the number of the rows before these, for messages.

    Raises:
        DataError: a cell is no number, or an infinite one, or the table has a column of that name already.
    """
    import pandas as pd

    for name, begins in bands.items():
        if name not in frame.columns:
            continue
        new = f"{name}_band"
        if new in frame.columns:
            raise DataError(
                f"[data.bands] {name} would make a column '{new}', and '{where}' has one",
                hint=f'leave the bands out, and name it: groups = ["{new}"]',
            )
        cells = frame[name].to_numpy(dtype=object)
        if missing:
            cells = np.array([None if canonical_label(cell) in missing else cell for cell in cells], dtype=object)
        numbers = parse_numbers(cells, column=name, where=f"'{where}'", rows=range(first, first + len(cells)))
        endless = np.flatnonzero(np.isinf(numbers))
        if len(endless):
            place = int(endless[0])
            raise DataError(
                f"'{where}' column '{name}' holds '{cells[place]}' in row {first + place + 1}; wanted a finite number",
                hint=f'{len(endless):,} such rows; leave them empty, or mark them with [data] missing = ["inf"]',
            )
        named = np.array([*band_names(begins), None], dtype=object)
        places = np.where(np.isnan(numbers), len(named) - 1, np.searchsorted(begins, numbers, side="right"))
        frame = frame.assign(**{new: pd.Series(named[places], dtype=object, index=frame.index)})
    return frame
