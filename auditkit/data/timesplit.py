"""One table of interactions, divided by time: what came later is judged, what came before is the training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit.data.interactions import FILE_ROWS, Table
from auditkit.dataset import MISSING, SplitName
from auditkit.document import Text
from auditkit.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.spec import AuditSpec

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Times:
    """When each row of a table was, in numbers that can be compared."""

    moments: npt.NDArray[Any]
    """[rows]: int64 nanoseconds since 1970, UTC, or numbers as they stand."""
    kind: Literal["dates", "numbers"]


@dataclass(frozen=True)
class Divided:
    """The two parts of a table, and what the report says of them."""

    audit: pd.DataFrame
    training: pd.DataFrame
    notes: tuple[Text, ...]


Named = tuple["pd.DataFrame", str]
"""A table, and what messages call it."""


def by_time(spec: AuditSpec, tables: Mapping[SplitName, Named]) -> tuple[dict[SplitName, Named], tuple[Text, ...]]:
    """The tables of interactions, the audit's divided where the spec asks for it, and what there is to say of times."""
    import pandas as pd

    # Rows are found again by their number in the file, whichever part they come to lie in.
    found = {
        name: (frame.set_axis(pd.RangeIndex(len(frame), name=FILE_ROWS)), where)
        for name, (frame, where) in tables.items()
    }
    frame, where = found["audit"]
    notes: tuple[Text, ...] = ()
    if spec.data.split_at is not None or spec.data.holdout is not None:
        divided = divide(Table(spec, frame, where))
        found |= {"audit": (divided.audit, where), "training": (divided.training, where)}
        notes = divided.notes
    if "training" in found:
        notes = (*notes, *leaks(spec, found["audit"], found["training"]))
    return found, notes


def divide(table: Table) -> Divided:
    """The rows of a table by `[data] split_at`, or by `holdout`.

    Raises:
        DataError: a row has no time, the times cannot be told, or all rows fall to one side.
    """
    data, times = table.spec.data, times_of(table)
    held_out, notes = _last(table, times) if data.holdout is not None else _from(table, times)
    for name, part in (("audit", held_out), ("training", ~held_out)):
        if not part.any():
            key = "holdout" if data.holdout is not None else "split_at"
            raise table.spec.source.error(
                ("data", key),
                f"is '{getattr(data, key)}', which leaves no row of '{table.where}' to the {name} split",
                f"times run from {_shown(times, times.moments.min())} to {_shown(times, times.moments.max())}",
            )
    return Divided(table.frame[held_out], table.frame[~held_out], (*notes,))


def _from(table: Table, times: Times) -> tuple[Flags, list[Text]]:
    at = table.spec.data.split_at
    assert at is not None  # noqa: S101  it is what was asked for
    held_out = times.moments >= _moment(table, times, at)
    note = Text.of(
        "{count} of {rows} interactions are at or after {moment} and were audited; those before are the training",
        count=int(held_out.sum()),
        rows=len(held_out),
        moment=at,
    )
    return held_out, [note]


def _last(table: Table, times: Times) -> tuple[Flags, list[Text]]:
    """Each user's last row; of rows at one time the last of the table. A single row of a user stays in training."""
    users, names = table.names("user")
    order = np.lexsort((times.moments, users))
    is_last = np.append(np.diff(users[order]) != 0, True)  # the last of all is somebody's last
    held_out = np.zeros(len(users), dtype=bool)
    held_out[order[is_last]] = True
    single = np.bincount(users, minlength=len(names)) == 1
    held_out &= ~single[users]
    notes = [
        Text.of(
            "the last interaction of each of {count} users was audited; those before are the training",
            count=int(held_out.sum()),
        )
    ]
    if alone := int(single.sum()):
        message = "{count} users have one interaction alone: it is in the training, and they were not audited"
        notes.append(Text.of(message, count=alone))
    return held_out, notes


def _moment(table: Table, times: Times, written: str) -> float:
    """The moment that the spec names, in the numbers of the table."""
    import pandas as pd

    try:
        if times.kind == "numbers":
            return float(written)
        return int(pd.to_datetime([written], format="ISO8601", utc=True).as_unit("us").asi8[0])
    except ValueError:
        wanted = "a number" if times.kind == "numbers" else "a date"
        raise table.spec.source.error(
            ("data", "split_at"),
            f"is '{written}', and '{table.where}' column '{table.spec.data.time}' holds {times.kind}: wanted {wanted}",
            f"for example: split_at = {_shown(times, np.sort(times.moments)[len(times.moments) * 4 // 5])}",
        ) from None


def times_of(table: Table) -> Times:
    """The column of times: numbers, or dates and times in ISO 8601, which are UTC where they name no zone.

    Raises:
        DataError: a row has none, or one that is neither.
    """
    import pandas as pd

    name = table.spec.data.time
    cells = pd.Series(table.column("time", name), dtype=object)
    missing = np.flatnonzero(cells.isna() | (cells == ""))
    if len(missing):
        raise DataError(
            f"'{table.where}' column '{name}' is empty in {len(missing):,} rows, first in row {missing[0] + 1}",
            hint="every interaction needs its time",
        )
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64)
    if np.isfinite(numbers).all():
        return Times(numbers, "numbers")
    dates = pd.to_datetime(cells, format="ISO8601", utc=True, errors="coerce")
    bad = np.flatnonzero(dates.isna() | np.isfinite(numbers))
    if len(bad):
        raise DataError(
            f"'{table.where}' column '{name}' holds '{str(cells[bad[0]])[:40]}' in row {bad[0] + 1}; "
            "wanted a date and time, or numbers in all rows",
            hint=f"{len(bad):,} such rows; write them like 2026-01-31 or 2026-01-31T09:30:00Z",
        )
    return Times(pd.DatetimeIndex(dates).as_unit("us").asi8, "dates")


def _shown(times: Times, value: Any) -> str:
    import pandas as pd

    if times.kind == "numbers":
        return f"{value:.15g}"
    return pd.Timestamp(int(value), unit="us", tz="UTC").isoformat().replace("+00:00", "Z")


def leaks(spec: AuditSpec, audit: Named, training: Named) -> tuple[Text, ...]:
    """What the report says of training interactions that are later than some that are audited.

    Args:
        spec: names the columns.
        audit: the table, and what it is called.
        training: the same. Where one of the two has no times, nothing can be said.
    """
    tables = [Table(spec, *audit), Table(spec, *training)]
    if not all(spec.data.time in table.frame.columns for table in tables):
        if "time" in spec.data.model_fields_set:
            _ = [table.cells("time") for table in tables]
        return ()
    try:
        judged, before = (times_of(table) for table in tables)
    except DataError:
        if "time" in spec.data.model_fields_set:
            raise
        return ()  # a column that only happens to bear that name need not hold times
    if judged.kind != before.kind and "time" not in spec.data.model_fields_set:
        return ()
    if judged.kind != before.kind:
        raise DataError(
            f"column '{spec.data.time}' holds {judged.kind} in '{audit[1]}' and {before.kind} in '{training[1]}'",
            hint="write the times of both tables in the same way",
        )
    later = before.moments > judged.moments.min()
    if not later.any():
        return ()
    message = (
        "{count} of {rows} training interactions are later than the first that was audited ({moment}), {own} of them "
        "later than the first of the same user: a model that has seen what came after does not foretell"
    )
    own = int((before.moments > _first_of_user(tables, judged)).sum())
    # The day: to the second it would be one person's.
    moment = _shown(judged, judged.moments.min()).partition("T")[0]
    return (Text.of(message, count=int(later.sum()), rows=len(later), moment=moment, own=own),)


def _first_of_user(tables: list[Table], judged: Times) -> npt.NDArray[Any]:
    """[training rows]: when the first audited interaction of the same user was; the largest number where none was."""
    import pandas as pd

    (users, names), (others, other_names) = (table.names("user") for table in tables)
    never = np.inf if judged.kind == "numbers" else np.iinfo(np.int64).max
    first = np.full(len(names) + 1, never, dtype=judged.moments.dtype)
    np.minimum.at(first, users, judged.moments)
    places = pd.Index(names).get_indexer(pd.Index(other_names))
    return np.asarray(first[np.where(places == MISSING, len(names), places)][others])
