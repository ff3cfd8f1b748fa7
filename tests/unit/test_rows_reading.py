"""A file of rows comes from a stranger: whatever is wrong with it is one IntegrityError, and takes little memory."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit import ClassScores
from auditkit.errors import IntegrityError
from auditkit.rows import evidence_files
from auditkit.rows.layout import METADATA
from auditkit.rows.reading import read_rows
from auditkit.testing import toy_case

ROWS = 40


def honest() -> bytes:
    yes = np.linspace(0, 1, ROWS)
    predictions = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    case = toy_case(predictions, ["no", "yes"] * 20, {"sex": ["F", "M"] * 20}, units=list(range(ROWS)))
    return evidence_files(case, "rows")["audit.parquet"]


HONEST = honest()


def read(raw: bytes, rows: int = ROWS) -> Any:
    return read_rows(raw, name="audit.parquet", rows=rows)


def changed(change: Callable[[pa.Table], pa.Table]) -> bytes:
    table = pq.read_table(io.BytesIO(HONEST), use_threads=False)
    stream = io.BytesIO()
    pq.write_table(change(table), stream)
    return stream.getvalue()


def with_column(name: str, values: Any) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.column_names.index(name), name, pa.array(values))

    return change


def saying(**fields: Any) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        layout = json.loads(table.schema.metadata[METADATA]) | fields
        return table.replace_schema_metadata({METADATA: json.dumps(layout).encode()})

    return change


def answers(**fields: Any) -> dict[str, Any]:
    table = pq.read_table(io.BytesIO(HONEST), use_threads=False)
    return {"predictions": json.loads(table.schema.metadata[METADATA])["predictions"] | fields}


WRONG = {
    "no metadata": (lambda table: table.replace_schema_metadata({}), "does not say what its columns are"),
    "metadata that are no JSON": (lambda t: t.replace_schema_metadata({METADATA: b"{"}), "does not write"),
    "an unknown field": (saying(model="x"), "does not write: 'model'"),
    "another version": (saying(version=2), "does not write: 'version'"),
    "another number of rows": (saying(rows=41), "says that it has 41 rows"),
    "a column more": (lambda t: t.append_column("input", pa.array(["x"] * ROWS)), "than it says: 'input'"),
    "a column less": (lambda table: table.drop_columns(["unit"]), "other columns than it says: 'unit'"),
    "a column twice": (
        lambda t: t.append_column("unit", t.column("unit")), "other columns than it says: 'decision'|cannot be read"
    ),
    "texts for scores": (with_column("score:yes", ["0.5"] * ROWS), "'score:yes' holds string, not double"),
    "whole numbers for scores": (with_column("score:yes", [1] * ROWS), "holds int64"),
    "an empty score": (with_column("score:yes", [None, *[0.5] * 39]), "has 1 empty cells"),
    "scores of two widths": (with_column("score:yes", np.full(ROWS, 0.5, dtype=np.float32)), "scores of one width"),
    "a score beyond 1": (with_column("score:yes", [7.5] * ROWS), "is not what auditkit writes"),
    "a score that is no number": (with_column("score:yes", [float("nan")] * ROWS), "is not what auditkit writes"),
    "a target that is no label": (with_column("target", ["maybe"] * ROWS), "a label is not in its vocabulary"),
    "a label twice": (saying(target=["no", "no", "yes"]), "a label stands twice"),
    "units beyond their number": (with_column("unit", np.arange(ROWS) + 1), "units are not numbered"),
    "more units than rows": (saying(units=10**12), "units are not numbered"),
    "classes that are not there": (saying(**answers(names=["no", "never"])), "other columns"),
    "a class twice": (saying(**answers(names=["yes", "yes"])), "other columns"),
    "no class": (saying(**answers(names=[])), "other columns"),
    "a type with other columns": (saying(**answers(type="Rankings", width=3)), "other columns"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_auditkit_does_not_write_is_refused(name):
    change, words = WRONG[name]
    with pytest.raises(IntegrityError, match=words) as caught:
        read(changed(change))
    assert caught.value.exit_code == 4


def test_honest_rows_are_read_back_from_any_writer():
    found = read(changed(lambda table: table))
    assert found.layout.rows == ROWS
    assert read(HONEST).columns["units"][0].tolist() == found.columns["units"][0].tolist()


def test_rows_that_the_result_is_not_about_are_refused():
    with pytest.raises(IntegrityError, match="holds 40 rows, and the signed result is about 39"):
        read(HONEST, rows=39)


def test_a_width_that_no_memory_holds_is_refused():
    columns = {"row": np.arange(2), "user": np.arange(2), "item": pa.array([["a"], []], pa.list_(pa.string()))}
    layout = json.loads(pq.read_table(io.BytesIO(HONEST), use_threads=False).schema.metadata[METADATA])
    layout |= {
        "rows": 2,
        "target": None,
        "units": None,
        "groups": [],
        "predictions": {"type": "Rankings", "width": 2**45},
    }
    stream = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata({METADATA: json.dumps(layout).encode()}), stream)
    with pytest.raises(IntegrityError, match="auditkit writes none so wide"):
        read(stream.getvalue(), rows=2)


def test_columns_that_unpack_to_more_than_there_may_be_are_refused_before_they_are_read(monkeypatch):
    raw = changed(with_column("target", [str(row) * 50_000 for row in range(ROWS)]))
    assert len(raw) < 1 << 20
    monkeypatch.setattr("auditkit.rows.reading.LARGEST_UNPACKED", 1 << 20)
    with pytest.raises(IntegrityError, match="unpacks to more than 1 MiB"):
        read(raw)


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, len(HONEST) - 1), byte=st.integers(0, 255), cut=st.booleans())
def test_damaged_bytes_are_refused_or_read_as_rows(place, byte, cut):
    raw = HONEST[:place] if cut else HONEST[:place] + bytes([byte]) + HONEST[place + 1 :]
    try:
        assert read(raw).layout.rows == ROWS
    except IntegrityError:
        return


def test_the_memory_of_the_process_is_as_free_as_before():
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    read(HONEST)
    with pytest.raises(IntegrityError):
        read(b"PAR1" + os.urandom(100))
    assert resource.getrlimit(resource.RLIMIT_AS) == before
