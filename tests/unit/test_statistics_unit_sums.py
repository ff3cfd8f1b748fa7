"""Sums of units and of weighted rows that are added a piece at a time, and the median of many numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from auditkit.statistics import (
    RATES,
    Outcome,
    OutcomeTable,
    UnitEntries,
    UnitSums,
    join_outcomes,
    outcomes_of_units,
    plain_where_possible,
    random_gap_lows,
    streamed_median,
)

NO, YES = Outcome.UNKNOWN_NEGATIVE, Outcome.UNKNOWN_POSITIVE


def test_rows_of_a_unit_add_up_whatever_piece_they_lie_in() -> None:
    sums = UnitSums(3)
    sums.add(np.array([2, 0, 2]), units=np.array([7, 1, 7]), weights=np.array([1.0, 2.0, 0.5]))
    sums.add(np.array([2, 1, 1]), units=np.array([7, 7, 1]), weights=np.array([4.0, 0.0, 3.0]))
    found = sums.entries()
    # By hand: unit 1 has one row in cell 0 and one in cell 1; unit 7 three rows in cell 2, that of weight 0 left out.
    assert (found.units.tolist(), found.cells.tolist()) == ([1, 1, 7], [0, 1, 2])
    assert found.masses is not None
    assert (found.rows.tolist(), found.masses.tolist()) == ([1, 1, 3], [2.0, 3.0, 5.5])


def test_rows_without_a_unit_are_told_apart_by_cell_and_weight() -> None:
    sums = UnitSums(2)
    sums.add(np.array([0, 1, 0, 0]), units=np.array([-1, -1, -1, 3]), weights=np.array([1.5, 1.5, 1.5, 1.5]))
    sums.add(np.array([0]), weights=np.array([2.5]))
    found = sums.entries()
    assert found.masses is not None
    told = set(zip(found.units.tolist(), found.cells.tolist(), found.rows.tolist(), found.masses.tolist(), strict=True))
    assert told == {(-1, 0, 2, 3.0), (-1, 1, 1, 1.5), (-1, 0, 1, 2.5), (3, 0, 1, 1.5)}


def test_sums_are_settled_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditkit.statistics.unit_sums._LEAST", 4)
    draws = np.random.default_rng(1)
    cells, units = draws.integers(0, 3, 200), draws.integers(0, 10, 200)
    sums = UnitSums(3)
    for start in range(0, 200, 7):
        part = slice(start, start + 7)
        sums.add(cells[part], units=units[part])
        assert sum(len(keys) for keys, *_ in sums._parts) <= 2 * 30 + 7
    found = sums.entries()
    assert found.rows.tolist() == [int(np.sum((units == u) & (cells == c))) for u in range(10) for c in range(3)]


@given(st.lists(st.integers(-1, 4), max_size=30), st.integers(1, 9))
def test_parts_of_entries_hold_whole_units(units: list[int], most: int) -> None:
    units = sorted(units)
    whole = UnitEntries(np.arange(len(units)), np.array(units, dtype=int), np.ones(len(units), dtype=int), None)
    parts = list(whole.parts(most))
    assert np.concatenate([part.cells for part in parts]).tolist() == whole.cells.tolist()
    seen = [set(part.units[part.units >= 0].tolist()) for part in parts]
    assert sum(map(len, seen)) == len(set().union(*seen))
    assert len(parts) == 1 or all(len(part.cells) for part in parts)


def test_nothing_added_is_no_entry() -> None:
    found = UnitSums(4).entries()
    assert (len(found.cells), found.masses) == (0, None)
    table = outcomes_of_units(found, found.cells, found.cells, group_count=2, weigh=True)
    assert table.rows.tolist() == [[0] * 6] * 2


def test_too_many_cells_are_refused() -> None:
    with pytest.raises(ValueError, match="wanted fewer than"):
        UnitSums(1 << 50)
    sums = UnitSums(1 << 40)
    with pytest.raises(ValueError, match="too many together"):
        sums.add(np.array([0]), units=np.array([1 << 30]))


def _entries(units: list[int], rows: list[int], masses: list[float] | None = None) -> UnitEntries:
    of_each = np.array(rows, dtype=float) if masses is None else np.array(masses)
    return UnitEntries(np.zeros(len(units), dtype=int), np.array(units), np.array(rows), of_each)


def test_units_that_are_alike_are_one_kind() -> None:
    entries = _entries([0, 0, 1, 1, 2, -1], [1, 2, 1, 2, 5, 4])
    outcomes = np.array([NO, YES, NO, YES, YES, YES])
    groups = np.array([0, 0, 0, 0, 1, 1])
    table = outcomes_of_units(entries, groups, outcomes, group_count=2, weigh=False)
    assert table.rows[:, [NO, YES]].tolist() == [[2, 4], [0, 9]]
    assert table.clusters is not None
    assert table.clusters.times is not None
    kinds = sorted(
        (int(group), *map(int, rows[[NO, YES]]), int(times))
        for group, rows, times in zip(table.clusters.groups, table.clusters.rows, table.clusters.times, strict=True)
    )
    # Two units with one no and two yes; one of five yes; and four rows that are units of their own.
    assert kinds == [(0, 1, 2, 2), (1, 0, 1, 4), (1, 0, 5, 1)]
    assert table.people(RATES["selection_rate"]).tolist() == [2, 5]
    joined = join_outcomes([table, table], weigh=False)
    assert joined.people(RATES["selection_rate"]).tolist() == [4, 10]
    assert joined.clusters is not None
    assert len(joined.clusters.groups) == 3


def test_units_of_one_row_say_no_more_than_rows() -> None:
    alone = outcomes_of_units(
        _entries([0, 1, -1], [1, 1, 7]), np.zeros(3, int), np.full(3, YES), group_count=1, weigh=False
    )
    assert plain_where_possible(alone, weigh=False).clusters is None
    weighed = outcomes_of_units(
        _entries([0, 1], [1, 1], [1.0, 2.0]), np.zeros(2, int), np.full(2, YES), group_count=1, weigh=True
    )
    assert plain_where_possible(weighed, weigh=True).clusters is not None


def test_random_groupings_deal_every_unit_of_a_kind() -> None:
    draws = np.random.default_rng(2)
    units = np.repeat(np.arange(400), 3)
    cells, group = draws.integers(0, 2, 1200), (np.arange(400) % 2)[units]
    sums = UnitSums(2)
    sums.add(cells, units=units)
    entries = sums.entries()
    kinds = outcomes_of_units(
        entries, (np.arange(400) % 2)[entries.units], entries.cells + NO, group_count=2, weigh=False
    )
    assert kinds.clusters is not None
    assert len(kinds.clusters.groups) <= 8
    assert group.sum() == 600
    rates, both = [RATES["selection_rate"]], np.ones(2, dtype=bool)
    lows = random_gap_lows(kinds, rates, both, rng=np.random.default_rng(3))
    alike = random_gap_lows(_expanded(kinds), rates, both, rng=np.random.default_rng(3))
    assert lows == pytest.approx(alike, abs=1e-15)


def _expanded(table: OutcomeTable) -> OutcomeTable:
    from auditkit.statistics.counts import Clusters

    one = table.clusters
    assert one is not None
    assert one.times is not None
    places = np.repeat(np.arange(len(one.times)), one.times)
    return OutcomeTable(table.rows, Clusters(one.groups[places], one.rows[places], one.masses[places]))


@given(
    arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e300, 1e300)),
    st.integers(1, 60),
)
def test_a_median_in_pieces_is_that_of_all(numbers: npt.NDArray[np.float64], size: int) -> None:
    def pieces() -> Iterator[npt.NDArray[np.float64]]:
        return (numbers[start : start + size] for start in range(0, len(numbers), size))

    assert streamed_median(pieces) == np.median(numbers)


def test_a_median_among_many_equal_numbers_is_found_by_all_their_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditkit.statistics.selecting._FEW", 2)
    numbers = np.concatenate([np.full(50, 0.1), np.nextafter(np.full(51, 0.1), 1), [-3.0, 7.0, -0.0]])
    assert streamed_median(lambda: [numbers[:60], numbers[60:]]) == np.median(numbers)
    assert streamed_median(lambda: [-numbers]) == np.median(-numbers)
    assert np.isnan(streamed_median(list))
