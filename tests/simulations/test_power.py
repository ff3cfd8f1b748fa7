"""Gaps of the size that a report tells are found as often as it says, and the rows that it asks for decide."""

from __future__ import annotations

from math import sqrt

import pytest
from simulation_tables import PAGE

from benchmarks import power

ERROR = sqrt(0.8 * 0.2 / power.DRAWS)


def _cells(line: object) -> list[str]:
    return str(line).strip("| ").split(" | ")


LINES = [_cells(line) for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]


@pytest.mark.slow
@pytest.mark.parametrize("rate", power.RATES)
@pytest.mark.parametrize("sizes", power.SIZES, ids=power.named)
def test_planted_gaps_are_found_as_often_as_promised(sizes: tuple[int, ...], rate: float) -> None:
    for row in power.planted_gaps(sizes, rate):
        found = [one for one in (row.above, row.below) if one is not None]
        # Of two groups the harder direction has 0.8; the other one, and more groups, only add to it.
        assert min(found) >= 0.8 - 3 * ERROR, row
        assert len(sizes) > 2 or min(found) <= 0.82 + 3 * ERROR, row
        *about, above, below = _cells(row)
        (line,) = [one for one in LINES if one[:4] == about]
        for told, seen in zip(line[4:], (above, below), strict=True):
            assert told == seen or float(told) == pytest.approx(float(seen), abs=0.03), row


@pytest.mark.slow
@pytest.mark.parametrize(("counts", "bound"), power.UNDECIDED)
def test_so_many_rows_as_are_asked_for_decide(counts: power.Counts, bound: float) -> None:
    row = power.rows_asked_for(counts, bound)
    # Two errors: of these 500 audits, and of the thousand or fewer that say how many times the rows.
    assert row.decided == pytest.approx(0.8, abs=0.08), row
    assert row.third < 0.6, row
    (line,) = [one for one in LINES if one[0] == row.name and one[1] == _cells(row)[1]]
    assert float(line[2]) == pytest.approx(row.value, abs=0.001)
    assert float(line[3]) == pytest.approx(row.times, rel=0.15), row
    assert float(line[4]) == pytest.approx(row.decided, abs=0.06), row
