"""When a row was: dates are told from labels."""

from __future__ import annotations

from datetime import date

import pytest

from auditkit.data.periods import MOST_LABELS, as_date, labels_in_order
from auditkit.dataset import Codes
from auditkit.errors import DataError


@pytest.mark.parametrize("written", ["2025-03-09", " 2025-03-09 ", "2025-03-09T12:30:00Z", "2025-03-09 12:30"])
def test_a_date_is_one_with_or_without_a_time(written):
    assert as_date(written) == date(2025, 3, 9)


@pytest.mark.parametrize("written", ["2025-13-01", "2025-03", "09.03.2025", "wave 2", "20250309", ""])
def test_other_labels_are_no_dates(written):
    assert as_date(written) is None


def test_labels_are_in_their_natural_order_and_dates_have_none():
    assert labels_in_order(Codes.of(["10", "9", "spring", None])) == ("9", "10", "spring")
    assert labels_in_order(Codes.of(["2025-01-01", "2024-01-01"])) == ()
    assert labels_in_order(None) == ()
    assert len(labels_in_order(Codes.of([str(row) for row in range(5000)]))) == MOST_LABELS + 1


def test_a_cell_that_is_no_date_among_dates_is_refused_by_its_row():
    dates = [f"2025-01-{day:02}" for day in range(1, 12)]
    with pytest.raises(DataError, match="the cell in row 12 is none") as refused:
        labels_in_order(Codes.of([*dates, "Anna's day", None]))
    assert "Anna" not in f"{refused.value} {refused.value.hint}"
    assert labels_in_order(Codes.of([*dates, None])) == ()
