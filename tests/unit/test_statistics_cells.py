"""From columns to counts: the same cells as pandas' groupby, whatever holds the columns and however they are cut."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from auditkit.statistics import (
    RATES,
    OutcomeTable,
    code_column,
    code_outcomes,
    count_cells,
    count_outcomes,
    count_stream,
    outcomes_of,
    rate_values,
)
from auditkit.statistics.cells import cell_places

WORDS = ["female", "", "männlich", "女", "a label that is longer than the others"]


def labels_of(values):
    found = code_column(values)
    return [None if code < 0 else found.labels[code] for code in found.codes]


TEXTS = ["b", None, "a", "b", "", None, "女"]
HOLDERS = {
    "a list": list,
    "numpy objects": lambda cells: np.array(cells, dtype=object),
    "pandas objects": lambda cells: pd.Series(cells, dtype=object),
    "pandas text": lambda cells: pd.Series(cells, dtype="str"),
    "pandas string, python": lambda cells: pd.Series(cells, dtype="string[python]"),
    "pandas string, pyarrow": lambda cells: pd.Series(cells, dtype="string[pyarrow]"),
    "pandas ArrowDtype": lambda cells: pd.Series(cells, dtype=pd.ArrowDtype(pa.string())),
    "pandas categories": lambda cells: pd.Series(cells, dtype=pd.CategoricalDtype(["unused", "女", "a", "", "b"])),
    "arrow": pa.array,
    "arrow, large": lambda cells: pa.array(cells, pa.large_string()),
    "arrow, chunks": lambda cells: pa.chunked_array([cells[:2], cells[2:]]),
    "arrow, no chunk": lambda cells: pa.chunked_array([pa.array(cells)]),
    "arrow, dictionary": lambda cells: pa.array(cells).dictionary_encode(),
    "arrow, several dictionaries": lambda cells: pa.chunked_array(
        [pa.array(cells[:3]).dictionary_encode(), pa.array(cells[3:]).dictionary_encode()]
    ),
    "a slice of arrow": lambda cells: pa.array(["x", *cells, "y"]).slice(1, len(cells)),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_text_is_coded_whoever_holds_it(holder):
    assert labels_of(HOLDERS[holder](TEXTS)) == TEXTS
    assert labels_of(HOLDERS[holder]([])) == []
    assert labels_of(HOLDERS[holder]([None, None])) == [None, None]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (np.array([True, False, True]), [True, False, True]),
        (np.array([3, 3, 3]), [3, 3, 3]),
        (np.array([1, 0, 1], dtype=np.uint8), [1, 0, 1]),
        (np.array([-7, 5, -7, 0]), [-7, 5, -7, 0]),
        (np.array([0, 2**63], dtype=np.uint64), [0, 2**63]),
        (np.array([-100, 100], dtype=np.int8), [-100, 100]),
        (np.array([-128, 127, 0], dtype=np.int8), [-128, 127, 0]),
        (np.array([-(2**63), 2**63 - 1]), [-(2**63), 2**63 - 1]),
        (np.array([0.5, np.nan, 2.0]), [0.5, None, 2.0]),
        (np.array(["a", "b", "a"]), ["a", "b", "a"]),
        (pd.Series([1, None, 2], dtype="Int64"), [1, None, 2]),
        (pd.Series([True, None], dtype="boolean"), [True, None]),
        (pd.Series([1, 2], dtype="int64[pyarrow]"), [1, 2]),
        (pa.array([1, None, 2]), [1, None, 2]),
        (pa.array([True, None, False]), [True, None, False]),
        (pa.array([0.5, None, float("nan")]), [0.5, None, None]),
        (pa.DictionaryArray.from_arrays([0, 1, 2, 0, None], ["a", None, "a"]), ["a", None, "a", "a", None]),
        (pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.uint8()), ["a", "b"]), ["a", "b", None]),
        (pa.DictionaryArray.from_arrays([1, 0], pa.array([float("nan"), 2.0])), [2.0, None]),
    ],
)
def test_other_labels_are_pythons_own(values, labels):
    found = labels_of(values)
    assert found == labels
    assert [type(label) for label in found] == [type(label) for label in labels]


def test_a_cell_that_cannot_be_hashed_is_refused():
    with pytest.raises(TypeError):
        code_column([["a"], ["b"]])
    with pytest.raises(TypeError):
        code_column(pa.array([["a"], ["b"]]))


def test_counts_by_hand():
    table = {"sex": ["F", "M", None, "F"], "site": [2, 10, 2, 10]}
    found = count_cells(table, ["sex", "site"])
    assert found.labels == (("F", "M"), (2, 10))
    assert found.counts.tolist() == [[0, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert found.known.tolist() == [[1, 1], [0, 1]]
    # One attribute alone: the row without a sex counts among the sites.
    assert found.by("site").known.tolist() == [2, 2]
    assert found.by("site", "sex").known.tolist() == [[1, 0], [1, 1]]
    assert found.by().counts == found.rows == 4


ROW = st.tuples(st.sampled_from([*WORDS, None]), st.integers(-1, 2), st.booleans(), st.sampled_from([0.0, 0.5, 3.0]))
ROWS = st.lists(ROW, min_size=1, max_size=60)
NAMES = ["word", "number", "flag"]


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=[*NAMES, "weight"])
    return frame.astype({"word": "str"})


def as_mapping(cells, values):
    """Label tuples -> what is counted, without cells of nobody; None is missing."""
    places = [(None, *labels) for labels in cells.labels]
    return {
        tuple(own[at] for own, at in zip(places, where, strict=True)): value
        for where, value in np.ndenumerate(values)
        if value
    }


def by_pandas(frame, names, of=None):
    groups = frame.groupby([frame[name] for name in names], dropna=False)
    found = groups.size() if of is None else groups[of].sum()
    return {
        tuple(None if pd.isna(part) else part for part in (labels if isinstance(labels, tuple) else (labels,))): value
        for labels, value in found.items()
        if value
    }


@given(ROWS, st.integers(1, 20), st.integers(1, 3))
@settings(deadline=None, max_examples=25)
def test_cells_are_those_of_a_groupby_however_the_table_is_cut(rows, at_once, threads):
    frame = frame_of(rows)
    weights = frame["weight"].to_numpy()
    found = count_cells(frame, NAMES, weights=weights, at_once=at_once, threads=threads)
    assert as_mapping(found, found.counts) == by_pandas(frame, NAMES)
    assert as_mapping(found, found.masses) == pytest.approx(by_pandas(frame, NAMES, "weight"))
    for names in (["word"], ["flag", "word"]):
        part = found.by(*names)
        assert as_mapping(part, part.counts) == by_pandas(frame, names)
        assert as_mapping(part, part.masses) == pytest.approx(by_pandas(frame, names, "weight"))
    whole = count_cells(pa.Table.from_pandas(frame), NAMES)
    assert whole.labels == found.labels
    np.testing.assert_array_equal(whole.counts, found.counts)


@given(ROWS, st.integers(0, 60))
@settings(deadline=None, max_examples=50)
def test_outcomes_are_those_that_are_counted_row_by_row(rows, cut):
    words, targets, decided, _ = (list(column) for column in zip(*rows, strict=True))
    table = {"word": words, "target": [None if target < 0 else target for target in targets], "decided": decided}
    table["decided"] = [1 if yes else 2 for yes in decided]
    parts = [{name: column[part] for name, column in table.items()} for part in (slice(0, cut), slice(cut, None))]
    found = count_stream(parts, list(table))
    coded = code_column(words)
    for positive in (0, 1, 2, "a class that nobody has"):
        wanted, known = np.array([t == positive for t in table["target"]]), np.array(targets) >= 0
        outcomes = code_outcomes(np.array([d == positive for d in table["decided"]]), wanted, known)
        order = np.array([*(found.labels[0].index(label) for label in coded.labels), -1])
        expected = count_outcomes(order[coded.codes], outcomes, group_count=len(found.labels[0]))
        table_of_groups = outcomes_of(found, target="target", decision="decided", positive=positive)
        np.testing.assert_array_equal(table_of_groups.rows, expected.rows)


def test_rates_of_intersections_are_fairlearns():
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score

    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"a": rng.choice(["x", "y"], 2000), "b": rng.choice(["p", "q", "r"], 2000)})
    frame["y"], frame["d"] = rng.integers(0, 2, 2000), rng.integers(0, 2, 2000)
    metrics = {
        "selection_rate": selection_rate,
        "true_positive_rate": true_positive_rate,
        "false_positive_rate": false_positive_rate,
        "accuracy": accuracy_score,
    }
    peer = MetricFrame(metrics=metrics, y_true=frame.y, y_pred=frame.d, sensitive_features=frame[["a", "b"]]).by_group
    table = outcomes_of(count_cells(frame, ["a", "b", "y", "d"]), target="y", decision="d")
    for name in metrics:
        assert table.shares(RATES[name]).value == pytest.approx(peer[name].to_numpy(dtype=float), abs=1e-12)


def test_a_parquet_file_is_counted_group_by_group_with_labels_that_come_late(tmp_path):
    first = pa.table({"sex": ["F", "M", None], "site": pa.array(["a", "b", "a"]).dictionary_encode(), "y": [1, 0, 1]})
    last = pa.table({"sex": ["X", "F"], "site": pa.array(["0", "a"]).dictionary_encode(), "y": [1, None]})
    with parquet.ParquetWriter(tmp_path / "rows.parquet", first.schema) as writer:
        writer.write_table(first)
        writer.write_table(last)
    names = ["sex", "site", "y"]
    file = parquet.ParquetFile(tmp_path / "rows.parquet", read_dictionary=["sex", "site"])
    found = count_stream(file.iter_batches(batch_size=2), names)
    assert found.labels == (("F", "M", "X"), ("0", "a", "b"), (0, 1))
    whole = pd.concat([first.to_pandas(), last.to_pandas()]).astype({"site": "str"})
    assert as_mapping(found, found.counts) == by_pandas(whole, names)


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(ValueError, match="wanted columns of one length"):
        count_cells({"a": [1, 2], "b": [1]}, ["a", "b"])
    with pytest.raises(ValueError, match="no table"):
        count_stream([], ["a"])
    names = [f"name {place}" for place in range(300)]
    with pytest.raises(ValueError, match="combinations"):
        count_cells(dict.fromkeys("abcd", names), list("abcd"))
    with pytest.raises(ValueError, match="cannot be added"):
        count_cells({"a": [1]}, ["a"]) + count_cells({"b": [1]}, ["b"])
    with pytest.raises(ValueError, match="without"):
        count_cells({"a": [1]}, ["a"]) + count_cells({"a": [1]}, ["a"], weights=np.ones(1))


@pytest.mark.parametrize("labels", [[2, 3], [200, 200], [50_000, 50_000], [1]])
def test_a_cell_of_every_code_is_its_place_in_the_tensor(labels):
    rng = np.random.default_rng(0)
    columns = [np.append(rng.integers(-1, count, 50), [-1, count - 1]) for count in labels]
    expected = np.ravel_multi_index([codes + 1 for codes in columns], [count + 1 for count in labels])
    assert cell_places(columns, labels).tolist() == expected.tolist()


def test_rates_of_many_tables_are_those_of_each():
    counts = np.random.default_rng(3).integers(0, 4, (5, 7, 6))
    counts[0, 0] = 0
    found = rate_values(counts, list(RATES.values()))
    for place, rate in enumerate(RATES.values()):
        for one, table in enumerate(counts):
            np.testing.assert_array_equal(found[place, one], OutcomeTable(table).shares(rate).value)
    assert np.isnan(found[:, 0, 0]).all()
