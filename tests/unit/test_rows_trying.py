"""Rows of a stranger are read in a process of their own first: bombs and crashes are an IntegrityError, exit 4."""

from __future__ import annotations

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditkit import ClassScores
from auditkit.confined import Limits, run_confined
from auditkit.errors import IntegrityError
from auditkit.rows import evidence_files
from auditkit.rows.layout import METADATA
from auditkit.rows.trying import try_rows
from auditkit.testing import toy_case

ROWS = 20
CASE = toy_case(ClassScores(("no", "yes"), np.tile([0.4, 0.6], (ROWS, 1))), ["no", "yes"] * 10)
HONEST = evidence_files(CASE, "rows")["audit.parquet"]
LAYOUT = json.loads(pq.read_table(io.BytesIO(HONEST), use_threads=False).schema.metadata[METADATA])


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that were started in a process of their own, which other tests do without."""
    started = []

    def start(module: str, job: bytes, limits: Limits) -> bytes:
        started.append(module)
        return run_confined(module, job, limits)

    monkeypatch.setattr("auditkit.confined.run_confined", start)
    return started


def written(columns: dict, **said) -> bytes:
    stream = io.BytesIO()
    metadata = {METADATA: json.dumps(LAYOUT | said).encode()}
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), stream, compression="zstd")
    return stream.getvalue()


def alike(count: int) -> dict:
    """Columns of so many equal cells, which a file packs into almost nothing."""
    rows = pa.array(np.zeros(count, dtype=np.int64))
    score = pa.array(np.full(count, 0.5))
    label = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, dtype=np.int32)), pa.array(["no"]))
    return {"row": rows, "score:no": score, "score:yes": score, "target": label, "decision": label}


def nested() -> dict:
    deep = pa.array([[[[0.5]]]] * ROWS)
    return alike(ROWS) | {"score:no": deep}


HOSTILE = {
    "truncated": (lambda: HONEST[:-200], ROWS, "cannot be read"),
    "no Parquet": (lambda: b"PAR1" * 50, ROWS, "cannot be read"),
    "fewer rows than the result says": (lambda: HONEST, ROWS + 1, "holds 20 rows"),
    "a billion empty rows": (lambda: written({"row": pa.nulls(10**9)}, rows=10**9), 10**9, "none so long"),
    "lists in lists for scores": (lambda: written(nested()), ROWS, "'score:no' holds list"),
    "a huge vocabulary": (
        lambda: written(alike(ROWS), target=["x" * (1 << 20)] * 70), ROWS, "cannot be read|not what",
    ),
    "millions of items a row": (
        lambda: written(alike(ROWS), predictions={"type": "Rankings", "width": 2**45}), ROWS, "none so wide"
    ),
}  # fmt: skip
"""What makes the file, the rows that the result tells of, and what is said of it."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_rows_are_refused(name):
    make, rows, words = HOSTILE[name]
    raw = make()
    with pytest.raises(IntegrityError, match=words) as caught:
        try_rows({"evidence/audit.parquet": (raw, rows)})
    assert caught.value.exit_code == 4


def test_what_takes_the_memory_of_the_child_is_refused_here():
    raw = written(alike(20_000_000), rows=20_000_000)
    assert len(raw) < 1 << 20
    with pytest.raises(IntegrityError) as caught:
        try_rows({"evidence/audit.parquet": (raw, 20_000_000)}, Limits(seconds=60, memory=1 << 30))
    assert caught.value.exit_code == 4


def test_honest_rows_of_several_splits_pass(asked):
    try_rows({"evidence/audit.parquet": (HONEST, ROWS), "evidence/training.parquet": (HONEST, ROWS)})
    assert asked == ["auditkit.rows.trying"]


def test_a_replay_tries_its_rows_in_a_process_of_their_own(asked, folder):
    assert folder.run_here().code == 0
    assert folder.run_here("replay", "audit-audit", "--allow-dev-key").code == 0
    assert asked == ["auditkit.rows.trying"]
