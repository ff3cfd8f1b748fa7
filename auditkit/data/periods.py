"""When a row was: dates told from labels, and labels put in order."""

from __future__ import annotations

import re
from datetime import date

from auditkit.dataset import Codes

MOST_LABELS = 1000
"""More labels than this are no periods; they are not looked at further."""

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")


def labels_in_order(codes: Codes | None) -> tuple[str, ...]:
    """The labels of periods, numbers by size and words by alphabet; none where all are dates, or there is no column."""
    if codes is None or all(as_date(label) is not None for label in codes.vocabulary):
        return ()
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
