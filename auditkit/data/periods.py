"""When a row was: dates told from labels, and labels put in order."""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from auditkit.dataset import Codes
from auditkit.errors import DataError

MOST_LABELS = 1000
"""More labels than this are no periods; they are not looked at further."""

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")


def labels_in_order(codes: Codes | None) -> tuple[str, ...]:
    """The labels of periods, numbers by size and words by alphabet; none where all are dates, or there is no column.

    Raises:
        DataError: most are dates and one is not: as labels they would all be periods of their own, and it the last one.
    """
    if codes is None:
        return ()
    others = [place for place, label in enumerate(codes.vocabulary) if as_date(label) is None]
    if not others:
        return ()
    if 2 * len(others) < len(codes.vocabulary):
        row = int(np.flatnonzero(codes.codes == others[0])[0]) + 1
        raise DataError(
            f"[data] period names a column of dates, and the cell in row {row} is none",
            hint="write it as 2026-03-31, or leave it empty where nobody knows",
        )
    return codes.vocabulary[: MOST_LABELS + 1]


def as_date(label: str) -> date | None:
    """The day of an ISO 8601 date, with or without a time of day after it; None: it is none."""
    found = _ISO.fullmatch(label.strip())
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None
