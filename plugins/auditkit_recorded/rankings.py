"""What `auditkit init` is told of recorded rankings: a table of users, items and ranks in the place of a model."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from auditkit.recognising import Glimpse, Recognised, Setting

if TYPE_CHECKING:
    import pandas as pd

_ORDERS = ("rank", "score")
"""The columns that say in what order items were shown, as the reader of rankings knows them."""
_SEPARATORS = (",", "\t", ";", "|")
_BOTH = 2
"""A column of users and one of items."""


def recognise_rankings(seen: Glimpse) -> Recognised | None:
    """A table with a rank or a score, and two columns that the interactions beside it have: the user and the item."""
    if seen.path is None or seen.rows is None or not seen.is_file:
        return None
    names = _columns(seen)
    order = next((name for name in _ORDERS if name in names), None)
    shared = [name for name in names if name not in _ORDERS and name in seen.rows.columns]
    if order is None or len(shared) < _BOTH or not _come_again(seen.rows, shared):
        return None
    reason = f"a table of recommendations: a column '{order}' beside {', '.join(map(repr, shared[:_BOTH]))}"
    rankings = Setting("rankings", seen.path, f"what was recommended, best first by '{order}'")
    return Recognised("likely", reason, (), (rankings,), "ranking", takes="interactions", gives="Rankings")


def _come_again(rows: pd.DataFrame, names: list[str]) -> bool:
    """Whether users come again, as they do in interactions and not in a table of one row each."""
    return any(rows[name].duplicated().any() for name in names)


def _columns(seen: Glimpse) -> list[str]:
    """The names in the header of a table; none: it is no table, or none that can be told by its beginning."""
    if seen.head(4) == b"PAR1":
        return _of_parquet(seen)
    try:
        first = seen.head().decode("utf-8-sig", errors="ignore").lstrip().splitlines()[0]
    except IndexError:
        return []
    if first.startswith("{"):
        try:
            found = json.loads(first)
        except (ValueError, RecursionError):  # no line of JSON
            return []
        return [str(name) for name in found]
    headers = [next(csv.reader(io.StringIO(first), delimiter=separator), []) for separator in _SEPARATORS]
    return max(headers, key=len)


def _of_parquet(seen: Glimpse) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return [str(name) for name in pq.read_schema(seen.path).names]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):  # it begins as one, and is damaged
        return []
