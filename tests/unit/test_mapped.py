"""Arrays in files: the same numbers as in memory, whatever is given back in between."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.data.cells import CellCounts, distinct_rows
from auditkit.data.gathering import Gathered, taken_in_blocks
from auditkit.data.mapped import PIECE, ColumnFile, mapping_of, narrowest, pieces_of, release, save, taken
from auditkit.dataset import Codes
from auditkit.predictions import ClassScores, Values

LONG = 2 * PIECE + 5


@pytest.fixture
def column(tmp_path):
    file = ColumnFile(tmp_path, np.int16)
    for part in pieces_of(LONG, 50_000):
        file.append(np.arange(part.start, part.stop) % 30_000)
    return file.mapped()


WANTED = (np.arange(LONG) % 30_000).astype(np.int16)


def test_a_column_in_a_file_is_the_array_that_was_put_in(column, tmp_path):
    assert column.dtype == np.int16
    assert np.array_equal(column, WANTED)
    release(column)
    assert np.array_equal(column[::-1], WANTED[::-1])
    assert mapping_of(column[5:]) is not None
    assert mapping_of(np.arange(3)) is None
    assert list(tmp_path.iterdir()) == []  # nothing to clear up after a process that was killed


def test_many_rows_are_taken_in_blocks(column):
    chosen = np.random.default_rng(1).integers(0, LONG, PIECE + 100)
    assert np.array_equal(taken(column, chosen), WANTED[chosen])
    kept = ClassScores(("a", "b"), np.column_stack([WANTED, -WANTED]).astype(float), "score")
    assert np.array_equal(taken_in_blocks(kept, chosen).scores, kept.scores[chosen])


@pytest.mark.parametrize("shape", [(LONG,), (LONG, 2)])
def test_a_mapped_array_is_saved_as_numpy_saves_it(tmp_path, shape):
    file = ColumnFile(tmp_path, np.float64)
    file.append(np.random.default_rng(1).random(shape))
    ours, theirs, mapped = io.BytesIO(), io.BytesIO(), file.mapped()
    save(ours, mapped)
    np.save(theirs, mapped)
    assert ours.getvalue() == theirs.getvalue()


def test_codes_are_as_narrow_as_they_can_be_and_wide_when_they_are_taken(column):
    assert [np.dtype(narrowest(count)).itemsize for count in (1, 127, 128, 32_767, 32_768, 1 << 31)] == [
        1, 1, 2, 2, 4, 8,
    ]  # fmt: skip
    codes = Codes(column, tuple(map(str, range(30_000))))
    assert codes.take(slice(0, 4)).codes.dtype == np.int64
    assert codes.counts().tolist() == np.bincount(WANTED, minlength=30_000).tolist()


def test_answers_that_come_in_any_order_lie_in_the_order_of_the_rows(tmp_path):
    order = np.random.default_rng(3).permutation(LONG)
    values = np.random.default_rng(4).random(LONG)
    first = Values(values[order[:10]].astype(np.float32), spread=values[order[:10]])
    gathered = Gathered(tmp_path, LONG, first)
    gathered.put(first, order[:10])
    gathered.put(Values(values[order[10:]], spread=values[order[10:]]), order[10:])
    found = gathered.whole()
    assert isinstance(found, Values)
    assert found.values.dtype == np.float64  # as numpy joins floats of two widths
    assert np.array_equal(found.values[order[10:]], values[order[10:]])
    assert np.array_equal(found.spread, values)


def test_cells_are_counted_in_pieces_as_they_are_at_once():
    rng = np.random.default_rng(6)
    columns, units = rng.integers(-1, 4, (3, 900)), rng.integers(0, 60, 900)
    counts = CellCounts(most=5)
    for part in pieces_of(900, 250):
        counts.add(columns[:, part], units[part])
    known = (columns >= 0).all(axis=0)
    cells, places, rows = np.unique(columns.T[known], axis=0, return_inverse=True, return_counts=True)
    assert counts.rows == {tuple(cell): row for cell, row in zip(cells.tolist(), rows.tolist(), strict=True)}
    for place, cell in enumerate(cells.tolist()):
        people = len(set(units[known][places.ravel() == place]))
        assert min(counts.people(tuple(cell)), 5) == min(people, 5)
        assert people >= 5 or counts.people(tuple(cell)) == people


def test_rows_of_very_many_labels_are_told_apart():
    wide = [np.array([-1, 1 << 40, 1 << 40, 7]), np.array([1 << 40, 3, 3, -1])]
    cells, places, counts = distinct_rows(wide)
    assert cells.tolist() == [[-1, 1 << 40], [7, -1], [1 << 40, 3]]
    assert places.tolist() == [0, 2, 2, 1]
    assert counts.tolist() == [1, 1, 2]


@given(st.lists(st.tuples(st.integers(-1, 3), st.sampled_from([-1, 0, 7, 5000])), min_size=1, max_size=40))
@settings(deadline=None, max_examples=50)
def test_different_rows_are_those_of_unique_whether_they_are_sorted_or_counted(rows):
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    for some in (columns, columns[:1], columns[1:]):
        expected, places, counts = np.unique(np.column_stack(some), axis=0, return_inverse=True, return_counts=True)
        found = distinct_rows(some)
        for one, other in zip(found, (expected, places.ravel(), counts), strict=True):
            np.testing.assert_array_equal(one, other)
