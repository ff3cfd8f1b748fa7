"""Texts that repeat in a Parquet file, which holds each of them once: they are unpacked some megabytes at a time."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditkit.data.portions import PORTION, in_portions
from auditkit_loaders.tables import parquet_pieces

ROWS = 20_000
LETTERS = 5_000
NOTES = [chr(97 + place) * LETTERS for place in range(20)]
CODES = np.random.default_rng(3).integers(0, len(NOTES), ROWS).astype(np.int32)


def plain():
    return pa.array(np.array(NOTES, dtype=object)[CODES])


def packed(kind=None):
    return pa.DictionaryArray.from_arrays(pa.array(CODES), pa.array(NOTES, kind))


# Made by the test that reads it: each is 100 MB, or as many codes.
COLUMNS = pytest.mark.parametrize(
    "column", [plain, packed, lambda: packed(pa.large_string())], ids=["texts", "codes", "large"]
)


def written(folder, **columns):
    pq.write_table(pa.table(columns), folder / "rows.parquet")
    return folder / "rows.parquet"


def unpacked(piece):
    """Bytes of the notes, each in its row."""
    return sum(map(len, piece["note"].to_pylist()))


@COLUMNS
def test_notes_that_repeat_are_read_some_megabytes_at_a_time(tmp_path, column):
    """100 MB of notes lie in a file of some kilobytes; at most 8 MiB of them are decoded at once."""
    path = written(tmp_path, note=column(), row=np.arange(ROWS))
    assert path.stat().st_size < 1 << 20
    pieces = list(parquet_pieces(path))
    assert max(map(unpacked, pieces)) <= 1 << 23
    assert sum(map(len, pieces)) == ROWS
    assert pa.concat_tables(pieces).equals(pq.read_table(path))


@COLUMNS
def test_a_portion_has_as_many_rows_as_fit_once_they_are_unpacked(column):
    table = pa.table({"note": column()})
    portions = list(in_portions([table]))
    assert pa.concat_tables(portions).equals(table)
    # A portion is cut off by the row that fills it, of parts that are no larger than one.
    assert max(map(unpacked, portions)) <= 2 * PORTION


def test_one_long_text_that_may_repeat_does_not_make_rows_be_read_one_by_one(tmp_path):
    """Of one note of nine million letters, 8 MiB hold no row; 64 are read at once all the same."""
    path = written(tmp_path, note=["x" * 9_000_000, *["short"] * 999])
    assert [len(piece) for piece in parquet_pieces(path)] == [64] * 15 + [40]


def test_short_labels_do_not_make_pieces_shorter(tmp_path):
    """Two labels of a letter: 65,536 rows at once, as of numbers."""
    path = written(tmp_path, sex=pa.array(["F", "M"] * 50_000))
    assert [len(piece) for piece in parquet_pieces(path)] == [65_536, 34_464]


def test_the_longest_texts_of_two_columns_count_together_and_nested_ones_do_not(tmp_path):
    long, other = ["a" * 40_000, "b"] * 500, ["c" * 43_000, "d"] * 500
    path = written(tmp_path, note=long, more=other, tags=[["tag"]] * 1_000)
    # 8 MiB are 8,388,608 bytes, of which two such texts have 83,000: 101 rows at once.
    assert [len(piece) for piece in parquet_pieces(path)] == [101] * 9 + [91]


def test_a_table_without_rows_has_none(tmp_path):
    path = written(tmp_path, note=pa.array([], pa.string()))
    assert sum(map(len, parquet_pieces(path))) == 0
