"""Columns as numbers: at once where that can be, and bit for bit what looking at each cell gives."""

import re

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import DataError
from auditkit.numbers import own_numbers, parse_numbers


def cells_of(*cells: object) -> np.ndarray:
    found = np.empty(len(cells), dtype=object)
    found[:] = cells
    return found


def one_by_one(cells: np.ndarray) -> np.ndarray:
    """The reference: pandas' parser on each cell."""
    return pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(dtype=np.float64)


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether floats are the same, zeros with their signs; one NaN is as good as another."""
    known = ~np.isnan(one)
    return np.array_equal(known, ~np.isnan(other)) and one[known].tobytes() == other[known].tobytes()


def written(spelling: str) -> np.ndarray:
    """Numbers of all magnitudes, as somebody's program wrote them."""
    draw = np.random.default_rng(7)
    numbers = draw.normal(size=2000) * 10.0 ** draw.integers(-90, 90, 2000)
    return cells_of(*(format(number, spelling) if spelling else repr(number) for number in numbers.tolist()))


FLAGS = [True, False]
COLUMNS = {
    "shortest decimals": written(""),
    "more digits than a float has": written(".25e"),
    "few digits": written(".4g"),
    "without an exponent": written("f"),
    "whole numbers": cells_of("1", "007", "-3", "+4"),
    "beyond 2^53": cells_of("9007199254740993", "-9007199254740993", "18446744073709551617", "9223372036854775808"),
    "whole numbers with a signed zero": cells_of("-0", "1", "-00"),
    "floats with a signed zero": cells_of("-0", "1.5", "-0.0"),
    "no digits before the point": cells_of(".5", "5.", "-.5e3", "1E5", "1e+05", "1e0005"),
    "endless": cells_of("inf", "-Infinity", "+INF", "1e400", "-1e400", "1.7976931348623159e308"),
    "next to nothing": cells_of("4.9e-324", "2e-324", "1e-400"),
    "missing among texts": cells_of("1.5", None, "2", ""),
    "spelt as missing": cells_of("1.5", "nan", "NaN", " ", "-nan", "+nan"),
    "spaces": cells_of(" 1", "2 ", "\t3\n"),
    "texts and numbers": cells_of("1.5", 2, 3.5, None),
    "booleans": cells_of(*FLAGS),
    "booleans with a gap": cells_of(*FLAGS, None),
    "floats with gaps": cells_of(1.5, None, float("nan"), -0.0),
    "floats": cells_of(1.5, float("nan"), -0.0, float("inf")),
    "integers": cells_of(1, -(2**53) - 1, 2**63),
    "integers with a gap": cells_of(2**53 + 1, None),
    "bytes": cells_of(b"1.5", "2"),
    "nothing": cells_of(None, None),
    "no row": cells_of(),
}


@pytest.mark.parametrize("cells", COLUMNS.values(), ids=COLUMNS)
def test_a_column_is_read_as_pandas_reads_each_cell(cells):
    before = cells.copy()
    assert same_bits(parse_numbers(cells, column="x"), one_by_one(cells))
    assert all(one is other for one, other in zip(cells, before, strict=True))


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16, np.int64, np.uint64, np.int8])
def test_numbers_of_numpy_are_what_their_cells_are(kind):
    column = np.array([0, 1, 3, 100], dtype=kind)
    assert same_bits(parse_numbers(column, column="x"), one_by_one(column.astype(object)))


def test_a_column_of_texts_knows_their_values():
    """Worked by hand."""
    found = parse_numbers(cells_of("0.1", "-02.50", None, "1e2", "9007199254740993"), column="x")
    assert found.tolist()[:2] == [0.1, -2.5]
    assert np.isnan(found[2])
    assert found.tolist()[3:] == [100.0, 9007199254740992.0]


REFUSED = {
    "a word": (("1", "2", "high"), "holds 'high' in row 3; wanted a number"),
    "a comma": (("1", "1,5"), "holds '1,5' in row 2; wanted a number"),
    "a word after one that is missing": (("nan", "", "x"), "holds 'x' in row 3; wanted a number"),
    "underscores": (("1_000",), "holds '1_000' in row 1; wanted a number"),
    "a hexadecimal number": (("0x10",), "holds '0x10' in row 1; wanted a number"),
    "digits of another script": (("\N{ARABIC-INDIC DIGIT ONE}",), "in row 1; wanted a number"),
    "half of a character pair": (("1", "\ud800"), "in row 2; wanted a number"),
    "a text too large": (("1", "-1e200"), "holds '-1e200' in row 2; wanted at most 1e+100"),
    "a number too large": ((1.0, 1e200), "holds '1e+200' in row 2; wanted at most 1e+100"),
    "too large beside one that is missing": ((float("nan"), 1e200), "holds '1e+200' in row 2; wanted at most"),
    "too large beside an endless one": (("inf", "1e101"), "holds '1e101' in row 2; wanted at most"),
}


@pytest.mark.parametrize(("cells", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_number_is_named(cells, words):
    with pytest.raises(DataError, match=re.escape(words)):
        parse_numbers(cells_of(*cells), column="x")


@pytest.mark.parametrize(
    ("column", "missing", "wanted"),
    [
        ([1.5, 3.0, np.inf], ["NA", "3"], [1.5, np.nan, np.inf]),
        ([1e-07, 3.0], ["1e-07", "3.0", "x"], [np.nan, 3.0]),
        ([np.inf, -0.0, 1.0], ["inf", "0"], [np.nan, np.nan, 1.0]),
        (np.array([1, 3], dtype=np.float32), [], [1.0, 3.0]),
    ],
)
def test_floats_that_are_marked_are_missing(column, missing, wanted):
    found = own_numbers(pd.Series(column), frozenset(missing))
    assert found is not None
    assert found.dtype == np.float64
    assert np.array_equal(found, wanted, equal_nan=True)


def test_whole_numbers_stay_whole_unless_one_may_be_missing():
    column = pd.Series(np.array([1, 3], dtype=np.int16))
    found = own_numbers(column, frozenset(["NA", "3.0"]))
    assert found is not None
    assert found.dtype == np.int64
    assert found.tolist() == [1, 3]
    assert own_numbers(column, frozenset(["-9"])) is None
    large = own_numbers(pd.Series([2**64 - 1], dtype=np.uint64), frozenset())
    assert large is not None
    assert large.tolist() == [2**64 - 1]
    for other in (
        pd.Series([1, None], dtype="Int64"),
        pd.Series([True]),
        pd.Series(["1"]),
        pd.Series([1], dtype=object),
    ):
        assert own_numbers(other, frozenset()) is None
