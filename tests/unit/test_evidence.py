"""The evidence store: what goes in comes out, whole or not at all."""

import multiprocessing
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditkit import ClassScores, TokenLabels
from auditkit.document import Text
from auditkit.errors import CrashError
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.finding import Finding, Measurement
from auditkit.predictions import Predictions

KEY = evidence_key("test", of="a value")


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore.open(tmp_path)


def files(store: EvidenceStore) -> list[Path]:
    return sorted(path for path in store.root.rglob("*") if path.is_file())


def test_document_comes_back(store):
    finding = Finding(
        check="a.b",
        title=Text.of("t"),
        text=Text.of("t"),
        status="measured",
        measurements=(Measurement.rate("x", 1, 3),),
    )
    store.put(KEY, {"finding": finding, "more": [1, (2.5, None)]})
    assert store.get(KEY) == {"finding": finding, "more": [1, (2.5, None)]}


def test_predictions_come_back_memory_mapped(store):
    store.put(KEY, ClassScores(("a", "b"), np.array([[0.25, 0.75]])))
    found = store.get(KEY)
    assert isinstance(found.scores, np.memmap)
    assert (found.classes, found.kind, found.scores.tolist()) == (("a", "b"), "probability", [[0.25, 0.75]])


UNFIT = [{1}, b"bytes", object(), np.datetime64("2026-01-01"), "\ud800"]


@pytest.mark.parametrize("value", UNFIT, ids=lambda value: type(value).__name__)
def test_what_cannot_be_kept_is_refused_by_its_type(store, value):
    with pytest.raises(TypeError, match="evidence cannot hold"):
        store.put(KEY, [value])
    assert KEY not in store
    assert files(store) == []


def test_absent_key_is_a_key_error(store):
    with pytest.raises(KeyError):
        store.get(KEY)


def test_an_error_in_what_is_computed_comes_of_nothing_in_the_store(store):
    def compute():
        raise ValueError("the model crashed")

    with pytest.raises(ValueError, match="the model crashed") as caught:
        store.remember(KEY, compute)
    assert caught.value.__context__ is None
    assert KEY not in store


def test_every_damaged_byte_is_found(store):
    value = {"array": np.arange(3, dtype=np.int8), "text": "seven", "number": 7}
    store.put(KEY, value)
    for path in files(store):
        good = path.read_bytes()
        for place in range(len(good)):
            path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
            try:
                found = store.get(KEY)
            except CrashError:
                continue  # found
            else:
                assert np.array_equal(found.pop("array"), value["array"])
                assert found == {"text": "seven", "number": 7}
        for cut in (0, 1, len(good) // 2, len(good) - 1):
            path.write_bytes(good[:cut])
            with pytest.raises(CrashError):
                store.get(KEY)
        path.write_bytes(good)


def test_lost_array_is_a_crash_and_a_lost_tree_is_computed_again(store):
    store.put(KEY, np.arange(3))
    tree, array = store.root / KEY[:2] / KEY / "tree.json", store.root / KEY[:2] / KEY / "0.npy"
    raw = array.read_bytes()
    array.unlink()
    with pytest.raises(CrashError, match=KEY[:12]) as caught:
        store.get(KEY)
    assert "--fresh" in caught.value.hint
    array.write_bytes(raw)
    tree.unlink()
    assert store.remember(KEY, lambda: np.arange(5)).tolist() == [0, 1, 2, 3, 4]
    assert store.get(KEY).tolist() == [0, 1, 2, 3, 4]
    assert not list(store.root.glob(".writing-*"))


def test_value_is_computed_once(store):
    calls: list[int] = []

    def compute() -> int:
        calls.append(1)
        return 42

    assert [store.remember(KEY, compute), store.remember(KEY, compute)] == [42, 42]
    assert len(calls) == 1


def test_store_is_private_and_fresh_forgets(tmp_path):
    store = EvidenceStore.open(tmp_path)
    store.put(KEY, 1)
    for folder in (store.root, *[path for path in store.root.rglob("*") if path.is_dir()]):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert KEY in EvidenceStore.open(tmp_path)
    assert KEY not in EvidenceStore.open(tmp_path, fresh=True)


def _write_often(root: Path, barrier: Any) -> None:
    store = EvidenceStore(root)
    for number in range(40):
        barrier.wait()
        store.put(evidence_key("shared", of=number), np.full(500, number))


def test_two_writers_of_one_key_both_succeed(store):
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    writers = [context.Process(target=_write_often, args=(store.root, barrier)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    for number in range(40):
        assert store.get(evidence_key("shared", of=number)).tolist() == [number] * 500
    assert not list(store.root.glob(".writing-*"))


WRITER = """
import sys, numpy as np
from pathlib import Path
from auditkit.evidence import EvidenceStore, evidence_key
store = EvidenceStore(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(10**6):
    store.put(evidence_key("killed", of=number), [np.full(20_000, number), number])
"""


@pytest.mark.parametrize("after", [0.01, 0.06, 0.11])
def test_killed_writer_leaves_entries_whole_or_absent(store, after):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(store.root)], stdout=subprocess.PIPE)
    with writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(after)
        writer.send_signal(signal.SIGKILL)
    number = 0
    while evidence_key("killed", of=number) in store:
        array, written = store.get(evidence_key("killed", of=number))
        assert written == number
        assert set(array.tolist()) == {number}
        number += 1
    again = EvidenceStore.open(store.root.parent)
    assert not list(again.root.glob(".writing-*"))
    assert sum((folder / "tree.json").is_file() for folder in again.root.glob("*/*")) == number


def test_half_entry_of_a_living_process_is_left_alone(store):
    mine, nobodys = store.root / f".writing-{os.getpid()}-x", store.root / ".writing-99999999999999999999-x"
    mine.mkdir()
    nobodys.mkdir()
    EvidenceStore.open(store.root.parent)
    assert mine.is_dir()
    assert not nobodys.exists()


def test_full_disk_is_an_error_and_leaves_nothing(store):
    store.put(KEY, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(CrashError, match="cannot write the evidence store") as caught:
            store.put(evidence_key("big"), np.zeros(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.exit_code == 3
    assert evidence_key("big") not in store
    assert store.get(KEY) == 1
    assert not list(store.root.glob(".writing-*"))


def test_store_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / ".auditkit").write_text("a file in its place")
    with pytest.raises(CrashError, match="cannot write"):
        EvidenceStore.open(tmp_path)


def test_keys_differ_by_all_that_a_value_came_from():
    keys = {evidence_key("a", x=1), evidence_key("b", x=1), evidence_key("a", x=2), evidence_key("a", y=1)}
    assert len(keys) == 4
    assert evidence_key("a", x=1, y=2) == evidence_key("a", y=2, x=1)


@dataclass(frozen=True)
class _Explained(ClassScores):
    """An adapter's own child of a prediction type."""

    why: str = ""


class _Foreign(Predictions):
    """A prediction type that is none of ours."""


def test_a_child_of_a_prediction_type_comes_back_as_its_parent(store):
    store.put(evidence_key("x"), _Explained(("no", "yes"), np.eye(2), why="because"))
    found = store.get(evidence_key("x"))
    assert type(found) is ClassScores
    assert found.scores.tolist() == [[1, 0], [0, 1]]


def test_a_prediction_type_that_nobody_can_read_back_is_not_kept(store):
    with pytest.raises(TypeError, match="_Foreign"):
        store.put(evidence_key("x"), _Foreign())
    assert evidence_key("x") not in store


@pytest.mark.parametrize(
    "rows",
    [
        (),
        ((), ()),
        (((0, 3, "DRUG", 0.25), (4, 9, "AGE", 1.0)), (), ((7, 7, "DRUG", -0.0),)),
        (((0, 2**70, "DRUG", 0.5),),),
        (((0, 1, "DRUG", 1),),),
    ],
)
def test_entities_come_back_as_they_were(tmp_path, rows):
    store = EvidenceStore.open(tmp_path)
    store.put("0" * 64, TokenLabels(rows))
    found = store.get("0" * 64)
    assert repr(found.spans) == repr(rows)
