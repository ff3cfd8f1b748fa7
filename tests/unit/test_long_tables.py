"""A table of more rows than are looked at once: the same split, the same numbers, and memory that does not grow."""

import subprocess
import sys
import textwrap
import types

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from datadesk import Desk

from auditkit import ClassScores, adapter, hookimpl
from auditkit.compute import Broker
from auditkit.data import gathering
from auditkit.data import long_tables as longtables
from auditkit.data.long_tables import LongInputs, cells_of
from auditkit.data.mapped import PIECE
from auditkit.data.portions import PORTION, LongDigests, in_portions
from auditkit.data.reader import make_split, read_dataset
from auditkit.dataset import TableDigest
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.hosting.discovery import Plugin
from auditkit.inputs import Columns
from auditkit.spec import read_spec

ROWS = 2 * PIECE + 1_000
SPEC = """
input = ["note", "age"]
target = "y"
positive = "yes"
scores = ["p"]
groups = ["sex", "site", "age_band"]
quasi_identifiers = ["age", "sex", "y"]
unit = "who"
weights = "w"
missing = ["?"]
[data.bands]
age = [40, 65]
[data.expected]
same_question = "note"
"""


def rows(count: int = ROWS) -> dict[str, pa.Array]:
    """Columns of every kind; a group, `late`, is only in the last piece."""
    rng = np.random.default_rng(5)
    site = np.array(["02", "b", "?", None], dtype=object)[rng.integers(0, 4, count)]
    site[-3:] = "late"
    age = rng.integers(18, 90, count).astype(str).astype(object)
    age[rng.random(count) < 0.01] = "?"
    return {
        "note": pa.array([f"note {at % 977} of 'é'" for at in range(count)]),
        "age": pa.array(age, pa.string()),
        "y": pa.array(np.where(rng.random(count) < 0.3, "yes", "no")),
        "p": pa.array(rng.random(count).round(4)),
        "sex": pa.array(np.where(rng.random(count) < 0.5, "F", "M")),
        "site": pa.array(site, pa.string()),
        "who": pa.array([f"P{at // 2}" for at in range(count)]),
        "w": pa.array(rng.integers(0, 4, count)),
    }


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Desk:
    found = Desk(tmp_path_factory.mktemp("long"))
    table = pa.table(rows())
    pc.write_csv(table, found.folder / "a.csv")
    # A dictionary of the file's own, in another order and with a label that no row has.
    sexes = pa.DictionaryArray.from_arrays(pa.array((table["sex"].to_numpy() == "F") + 1, pa.int8()), ["X", "M", "F"])
    pq.write_table(
        table.set_column(4, "sex", sexes), found.folder / "a.parquet", row_group_size=50_000, store_schema=True
    )
    return found


@pytest.fixture(scope="module")
def whole(desk):
    """What is read of the same rows at once."""
    from auditkit.data.bands import with_bands

    spec = desk.spec(SPEC)
    frame = pd.read_csv(desk.folder / "a.csv", dtype=str, keep_default_na=False).astype(object)
    frame = frame.where(frame != "", None)
    frame = with_bands(frame, spec.data.bands, where="a.csv", missing=spec.data.missing)
    return make_split(spec, "audit", frame, "a.csv", task="binary")


@pytest.mark.parametrize("loader", ["csv", "parquet"])
def test_a_table_in_pieces_is_the_split_that_it_would_be_as_a_whole(desk, whole, loader):
    found = desk.read(f'loader = "{loader}"\n{SPEC}', audit=f"a.{loader}").audit
    assert isinstance(found.inputs, LongInputs)
    assert len(found) == ROWS
    assert list(found.groups) == ["sex", "site", "age_band"]
    for name, codes in whole.groups.items():
        assert found.groups[name].vocabulary == codes.vocabulary
        assert np.array_equal(found.groups[name].codes, codes.codes)
        assert found.groups[name].counts().tolist() == codes.counts().tolist()
        assert found.groups[name].missing == codes.missing
    assert list(found.quasi_identifiers) == ["age", "sex", "y"]
    for name, codes in whole.quasi_identifiers.items():
        assert found.quasi_identifiers[name].vocabulary == codes.vocabulary
        assert np.array_equal(found.quasi_identifiers[name].codes, codes.codes)
    assert found.expected["same_question"].vocabulary == whole.expected["same_question"].vocabulary
    assert np.array_equal(found.expected["same_question"].codes, whole.expected["same_question"].codes)
    for codes, wanted in ((found.targets, whole.targets), (found.units, whole.units)):
        assert codes is not None
        assert codes.vocabulary == wanted.vocabulary
        assert np.array_equal(codes.codes, wanted.codes)
    assert np.array_equal(found.weights, whole.weights)
    assert found.digest == whole.digest
    assert found.rows_digest == whole.rows_digest


def test_portions_are_of_a_few_megabytes_and_end_where_pieces_do():
    short, long = pa.table({"a": ["x" * 10] * 100_000}), pa.table({"a": ["y" * 100_000] * 100})
    found = list(in_portions([short, long, *[short.slice(0, 3)] * 5, short.slice(0, 0)]))
    assert pa.concat_tables(found).equals(pa.concat_tables([short, long, *[short.slice(0, 3)] * 5]))
    sizes = [len(part) for part in found]
    assert sum(sizes) == 100_115
    assert PIECE in np.cumsum(sizes)  # none is over the seam
    assert max(part.nbytes for part in found) < 2 * PORTION
    assert len(found) < 10  # and not one a row, nor one a table
    assert list(in_portions([])) == list(in_portions([short.slice(0, 0)])) == []


def test_the_digests_of_portions_are_those_of_whole_pieces(tmp_path):
    """Labels come again, are missing, or longer than what is kept of them; numbers hold -0.0 and NaN."""
    draw = np.random.default_rng(3)
    count = PIECE + 700
    codes = draw.integers(-1, 400, count)
    labels = [str(at) * (1 + at % 4 * 200) for at in range(400)]
    numbers = np.where(draw.random(count) < 0.1, np.nan, draw.integers(-2, 3, count) * -0.0)
    whole, rows, parts = TableDigest(), TableDigest(), LongDigests(tmp_path, ["p"])
    for start, stop in ((0, PIECE), (PIECE, count)):
        columns = [("y", (codes[start:stop], labels)), ("p", numbers[start:stop])]
        own, used = pd.factorize(codes[start:stop])
        columns[0] = ("y", (own, [labels[at] if at >= 0 else None for at in used]))
        whole.add(columns, stop - start)
        rows.add(columns[:1], stop - start)
        for low in range(start, stop, 20_000):
            high = min(low + 20_000, stop)
            own, used = pd.factorize(codes[low:high])
            names = [labels[at] if at >= 0 else None for at in used]
            parts.add({"y": (own, names), "p": numbers[low:high]}, high - low)
    assert parts.hexdigests() == (whole.hexdigest(), rows.hexdigest())


SOME = [
    slice(PIECE - 2, PIECE + 2),
    slice(ROWS - 2, ROWS + 9),
    slice(0, 0),
    np.array([ROWS - 1, 3, PIECE, 3, 0]),
    np.array([], dtype=np.int64),
]


@pytest.mark.parametrize("chosen", SOME, ids=["over a seam", "the end", "none", "any order", "an empty array"])
def test_some_rows_of_the_inputs_are_what_a_frame_would_give(desk, whole, chosen):
    found = desk.read(SPEC).audit.inputs.iloc[chosen]
    pd.testing.assert_frame_equal(found, whole.inputs.iloc[chosen], check_index_type=False)
    assert found.attrs == {"where": "'a.csv'"}


def test_pages_are_given_back_after_each_look_at_rows_from_everywhere(desk, monkeypatch, tmp_path):
    inputs = desk.read(SPEC).audit.inputs
    dropped = []
    monkeypatch.setattr(longtables, "drop", dropped.append)
    monkeypatch.setattr(longtables, "_BETWEEN_DROPS", 2)
    inputs.iloc[np.array([part.start for part in inputs.portions()])]  # in five record batches
    assert len(dropped) == 2 + 1
    # Of the answers too: put in at places from everywhere they would map all of their file.
    released = []
    monkeypatch.setattr(gathering, "release", lambda *arrays: released.append(len(arrays)))
    answer = ClassScores(("no", "yes"), np.full((2, 2), 0.5))
    found = gathering.Gathered(tmp_path, 6, answer)
    found.put(answer, slice(0, 2))
    assert released == []
    found.put(answer, np.array([5, 2]))
    assert released == [1]


def of_model(desk, name):
    """A spec of the notes for an opened model."""
    (desk.folder / "model").mkdir(exist_ok=True)
    text = f'name = "t"\n[model]\nadapter = "{name}"\npath = "model"\n[data]\naudit = "a.csv"\n'
    desk.write("model.toml", text + 'input = "note"\ntarget = "y"\n')
    return read_spec(desk.folder / "model.toml")


def test_one_input_column_is_a_series(desk):
    spec = of_model(desk, "text-classifier")
    inputs = read_dataset(spec, Host.installed(spec)).audit.inputs
    assert inputs.iloc[PIECE - 1 : PIECE + 1].tolist() == [f"note {at % 977} of 'é'" for at in (PIECE - 1, PIECE)]
    assert next(iter(inputs)) == "note 0 of 'é'"
    assert inputs.iloc[:1].name == "note"


BANDS = 'missing = ["?"]\nbands = {age = [40]}'
WRONG = {
    "a column that is not there": ('groups = ["sex", "sec"]', {}, "has no column 'sec'"),
    "bands of a column that is not there": ("bands = {ag = [40]}", {}, "[data.bands] ag names a column that is not"),
    "a score that is none": ("", {"p": "high"}, f"column 'p' holds 'high' in row {PIECE + 9}; wanted a number"),
    "a score out of all bounds": ("", {"p": "1e200"}, f"holds '1e200' in row {PIECE + 9}; wanted at most"),
    "a banded number that is none": (BANDS, {"age": "old"}, f"'age' holds 'old' in row {PIECE + 9};"),
    "a banded number without end": (BANDS, {"age": "inf"}, f"'age' holds 'inf' in row {PIECE + 9};"),
    "a unit that is missing": ('unit = "who"', {"who": ""}, "column 'who' is empty in 1 rows"),
    "a negative weight": ('weights = "w"', {"w": "-1"}, "column 'w' holds weights that are missing, negative"),
    "a weight far from those before": ('weights = "w"', {"w": "1e-101"}, "column 'w' holds weights from 1e-101 to"),
    "a column of names": ('groups = ["who"]', {}, "different values: it does not name groups"),
    "a short row": ("", None, f"line {PIECE + 10} has 1 cells, and the header 8"),
}


@pytest.mark.parametrize(("more", "cells", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_deep_in_a_long_table_is_named_by_its_row(tmp_path, desk, more, cells, words):
    lines = (desk.folder / "a.csv").read_text().splitlines()[: PIECE + 20]
    at = PIECE + 9
    if cells is None:
        lines[at] = "alone"
    else:
        columns = lines[0].replace('"', "").split(",")
        row = lines[at].split(",")
        for name, cell in cells.items():
            row[columns.index(name)] = cell
        lines[at] = ",".join(row)
    other = Desk(tmp_path)
    other.write("a.csv", "\n".join(lines) + "\n")
    data = f'target = "y"\npositive = "yes"\nscores = ["p"]\n{more}'
    assert words in other.refused(data)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".auditkit")] in ([], [".auditkit"])


def test_scores_count_the_same_as_numbers_whatever_wrote_them(tmp_path):
    """0.50 in a text file and 0.5 in a binary one are one score; another score is another digest."""
    desk, scores = Desk(tmp_path), np.full(PIECE + 10, 0.5)
    data = 'target = "y"\npositive = "yes"\nscores = ["p"]\n'
    digests = []
    for written in ("0.50", "0.5", "0.51"):
        desk.write("a.csv", "y,p\n" + f"yes,{written}\n" * len(scores))
        digests.append(desk.read(data).audit.digest)
    desk.write("a.parquet", b"")
    pq.write_table(pa.table({"y": ["yes"] * len(scores), "p": scores}), desk.folder / "a.parquet")
    digests.append(desk.read('loader = "parquet"\n' + data, audit="a.parquet").audit.digest)
    first, same, other, parquet = digests
    assert first == same == parquet != other


def test_a_model_is_asked_for_some_rows_at_a_time_and_its_answers_lie_in_order(desk, tmp_path):
    asked: list[int] = []
    counted: list[int] = []

    def sizes(inputs):
        counted.append(len(inputs))
        return np.array([len(text) for text in inputs])

    def predict(inputs):
        asked.append(len(inputs))
        number = np.array([int(text.split()[1]) for text in inputs], dtype=np.float32) / 1000
        return ClassScores(("no", "yes"), np.column_stack([1 - number, number]))

    @adapter("toy")
    def toy(path):  # noqa: ARG001
        """A model that reads the number off a note."""
        return types.SimpleNamespace(predict=predict, sizes=sizes, batch_size=5_000)

    module = types.ModuleType("toy_plugin")
    module.auditkit_register_adapters = hookimpl(lambda: [toy])
    spec = of_model(desk, "toy")
    host = Host([*Host.installed(spec).plugins, Plugin.of_module(module)])
    broker = Broker(spec, host, read_dataset(spec, host))
    store = EvidenceStore.open(tmp_path)
    found = store.remember("a" * 64, lambda: broker.predict_split("audit", store, "key"))
    wanted = np.arange(ROWS) % 977 / np.float32(1000)
    assert found.scores.dtype == np.float32
    assert np.array_equal(found.scores[:, 1], wanted.astype(np.float32))
    assert max(asked) == 5_000
    assert sum(counted) == ROWS
    assert max(counted) < PIECE  # of no more texts at once than are in a portion
    assert broker.predict_split("audit", store, "key").scores.tobytes() == found.scores.tobytes()


GROWTH = """
    import resource, sys
    from pathlib import Path
    from auditkit.host import Host
    from auditkit.checks.measuring import measure
    from auditkit.pipeline import case_of
    from auditkit.rows import evidence_files
    from auditkit.spec import read_spec

    for name in ("short", "long"):
        spec = read_spec(Path(sys.argv[1]) / name / "audit.toml")
        host = Host.installed(spec)
        found = measure(spec, host, lambda event: None)
        assert all(finding.status == "measured" for finding in found.findings), found.findings
        evidence_files(case_of(spec, host, found), "aggregates")
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="another system counts memory in another way")
def test_memory_does_not_grow_with_rows_that_are_only_counted(tmp_path):
    """Read whole, the rows that the long table has more would take another 100 MB."""
    for name, count in (("short", PIECE + 1), ("long", 300_000)):
        folder = tmp_path / name
        folder.mkdir()
        rng = np.random.default_rng(2)
        columns = {"p": rng.random(count), "y": rng.integers(0, 2, count), "sex": rng.integers(0, 2, count)}
        pq.write_table(pa.table(columns), folder / "a.parquet", row_group_size=PIECE)
        data = 'loader = "parquet"\ntarget = "y"\npositive = "1"\nscores = ["p"]\ngroups = ["sex"]\n'
        asked = "".join(f'[[checks]]\nuse = "fairness.{name}"\n' for name in ("gaps", "group-rates"))
        Desk(folder).spec(data + asked, audit="a.parquet")
        (folder / "spec.toml").rename(folder / "audit.toml")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(GROWTH), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    short, long = (int(line) / 1024 for line in done.stdout.split())
    assert long - short < 50, f"{short:.0f} MB of {PIECE + 1:,} rows, {long:.0f} MB of 300,000"


@pytest.mark.parametrize(
    "column",
    [
        pa.chunked_array([[1.5, float("nan")], [2.0]]),
        pa.chunked_array([pa.array([1.5], pa.float32())]),
        pa.chunked_array([pa.array([1, 255], pa.uint8())]),
        pa.chunked_array([[1, None]]),
        pa.chunked_array([[1.5, None]]),
        pa.chunked_array([["a", None]]),
        pa.chunked_array([[True, None]]),
    ],
    ids=lambda column: str(column.type),
)
def test_cells_are_what_arrow_says_they_are_in_python(column):
    found, wanted = cells_of(column).tolist(), column.to_pylist()
    assert [type(cell) for cell in found] == [type(cell) for cell in wanted]
    assert str(found) == str(wanted)


KINDS = """
input = ["whole", "gap", "large", "high", "short", "float", "holes", "nan", "flag", "text", "spaced", "name"]
predicted = "y"
"""


def columns_of_all_kinds(count: int) -> dict[str, pa.Array]:
    """A column with a gap has its only one in the last row, so that most of its pieces have none."""
    draw = np.random.default_rng(8)
    numbers = draw.normal(size=count)
    late = np.arange(count) == count - 1
    return {
        "whole": pa.array(draw.integers(-9, 9, count), pa.int8()),
        "gap": pa.array(draw.integers(0, 9, count), mask=late),
        "large": pa.array(2**53 + 1 + draw.integers(0, 9, count)),
        "high": pa.array(np.uint64(2**63) + draw.integers(0, 9, count).astype(np.uint64)),
        "short": pa.array(numbers.astype(np.float32)),
        "float": pa.array(numbers),
        "holes": pa.array(numbers, mask=late),
        "nan": pa.array(np.where(late, np.nan, numbers)),
        "flag": pa.array(numbers > 0),
        "text": pa.array([repr(number) for number in numbers.tolist()]),
        "spaced": pa.array([f" {number:.3f}" for number in numbers.tolist()]),
        "name": pa.array(np.where(numbers > 1, "1e3", "02")),
        "y": pa.array(np.where(numbers > 0, "1", "0")),
    }


@pytest.mark.parametrize("marks", ["[]", '["3", "-2.5", "02"]'], ids=["no marks", "marks"])
def test_cells_of_every_type_reach_a_model_alike_from_long_and_short_tables(tmp_path, marks):
    """In one type a column in all its rows, and as the numbers that its cells are when each is looked at alone."""
    desk, count = Desk(tmp_path), PIECE + 500
    table = pa.table(columns_of_all_kinds(count))
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=30_000)
    data = f'loader = "parquet"\nmissing = {marks}\n{KINDS}'
    spec = desk.spec(data + 'classes = ["0", "1"]\n', audit="a.parquet")
    host = Host.installed(spec)
    long = read_dataset(spec, host).audit
    short = make_split(spec, "audit", host.read_table(spec, tmp_path / "a.parquet"), "a.parquet", task="binary")
    objects = pd.DataFrame({name: pd.Series(table[name].to_pylist(), dtype=object) for name in table.column_names})
    plain = make_split(spec, "audit", objects, "a.parquet", task="binary")
    assert isinstance(long.inputs, LongInputs)
    assert long.digest == short.digest == plain.digest
    some = np.array([count - 1, 3, PIECE, 3, 0])
    for chosen in (slice(0, 300), slice(PIECE - 200, count), some):
        found, wanted = long.inputs.iloc[chosen], short.inputs.iloc[chosen]
        pd.testing.assert_frame_equal(found, wanted, check_index_type=False)
        cells = plain.inputs.iloc[chosen]
        as_cells = found.astype(object).where(found.notna(), None)
        pd.testing.assert_frame_equal(as_cells, cells.where(cells.notna(), None), check_index_type=False)
        columns = Columns((*found.columns[:8], "text", "spaced"), {})
        for made in (columns.matrix, lambda rows, columns=columns: columns.frame(rows).to_numpy()):
            assert made(found).tobytes() == made(wanted).tobytes() == made(cells).tobytes()


def test_a_model_may_write_into_the_rows_that_it_is_given(tmp_path):
    desk = Desk(tmp_path)
    pq.write_table(pa.table({"x": np.arange(PIECE + 5.0), "y": ["1"] * (PIECE + 5)}), tmp_path / "a.parquet")
    data = 'loader = "parquet"\ninput = ["x"]\npredicted = "y"\nclasses = ["0", "1"]\n'
    inputs = desk.read(data, audit="a.parquet").audit.inputs
    rows = inputs.iloc[:3]
    rows.loc[0, "x"] = 9.0
    assert rows["x"].tolist() == [9.0, 1.0, 2.0]
    assert inputs.iloc[:3]["x"].tolist() == [0.0, 1.0, 2.0]
