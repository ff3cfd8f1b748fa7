"""Isolation, part by part: the filter, the store apart, and the messages, which are never unpickled."""

from __future__ import annotations

import json
import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest

from auditkit.checks.events import CheckFinished, CheckStarted, PlanMade, Predicting, Stage
from auditkit.errors import AuditError, SpecError
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.isolation.messages import PlainPipe, decoded, encoded
from auditkit.isolation.sandbox import _filter, _Machine
from auditkit.isolation.store import StoreApart
from auditkit.testing.results import toy_result

FINDING = toy_result().findings[0]
EVENTS = [
    Stage("predicting"),
    Predicting("audit", 1, 3, 2.5),
    PlanMade(("a.b", "c.d")),
    CheckStarted(2, "a.b"),
    CheckFinished(2, FINDING, 0.25, resumed=True, detail="what a crash said"),
    "was ended by KeyboardInterrupt",
]


def key(name: str) -> str:
    return evidence_key("test", name=name)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_message_comes_over_as_it_was(event):
    assert decoded(encoded(event)) == event


def test_an_error_comes_over_as_its_words():
    error = decoded(encoded(SpecError("no such column", hint="name one")))
    assert isinstance(error, AuditError)
    assert (error.message, error.hint) == ("no such column", "name one")


@pytest.mark.parametrize(
    "raw",
    [
        pickle.dumps(Stage("x")),
        b"[]",
        b"{",
        b'{"kind": "Stage", "said": {"name": "x", "more": 1}}',
        b'{"kind": "CheckFinished", "said": {"place": 1}}',
        b'{"kind": "Measured", "said": {}}',
    ],
)
def test_what_is_no_message_is_a_value_error_and_is_never_run(raw):
    with pytest.raises(ValueError, match=r".+"):
        decoded(raw)


def test_a_pipe_that_was_written_a_pickle_to_unpickles_nothing(tmp_path: Path):
    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "run",))

    ours, theirs = multiprocessing.Pipe(duplex=False)
    theirs.send(Hostile())
    with pytest.raises(ValueError, match=r".+"):
        PlainPipe(ours).recv()
    assert list(tmp_path.iterdir()) == []


def test_a_store_apart_reads_what_is_under_it_and_writes_its_own(tmp_path: Path):
    under = EvidenceStore.open(tmp_path)
    under.put(key("shared"), {"answer": np.arange(3)})
    apart = StoreApart.over(under, "nosy")
    assert apart.get(key("shared"))["answer"].tolist() == [0, 1, 2]
    apart.put(key("own"), 7)
    assert (apart.get(key("own")), key("own") in apart, key("own") in under) == (7, True, False)


def test_a_store_apart_cannot_stand_in_front_of_what_is_under_it(tmp_path: Path):
    under = EvidenceStore.open(tmp_path)
    apart = StoreApart.over(under, "nosy")
    apart.put(key("predictions"), "forged")
    under.put(key("predictions"), "true")
    assert apart.get(key("predictions")) == "true"
    assert json.loads(json.dumps(under.get(key("predictions")))) == "true"


def test_a_store_apart_is_forgotten_with_the_one_under_it(tmp_path: Path):
    StoreApart.over(EvidenceStore.open(tmp_path), "nosy").put(key("own"), 7)
    fresh = StoreApart.over(EvidenceStore.open(tmp_path, fresh=True), "nosy")
    assert key("own") not in fresh


@pytest.mark.parametrize(
    ("audit", "number", "allowed"),
    [(1, 0, True), (1, 41, False), (1, 425, False), (1, 0x40000000 + 41, False), (2, 0, False), (1, 42, True)],
)
def test_the_filter_refuses_sockets_and_other_numberings(audit, number, allowed):
    assert _run(_filter(_Machine(audit=1, socket=41, seccomp=0)), audit=audit, number=number) == allowed


def _run(program: bytes, *, audit: int, number: int) -> bool:
    """Whether classic BPF, interpreted by the book, lets a system call through."""
    import struct

    lines = [struct.unpack("HBBI", program[at : at + 8]) for at in range(0, len(program), 8)]
    place, loaded = 0, 0
    while True:
        code, then, otherwise, value = lines[place]
        place += 1
        if code == 0x20:
            loaded = {0: number, 4: audit}[value]
        elif code == 0x15:
            place += then if loaded == value else otherwise
        elif code == 0x35:
            place += then if loaded >= value else otherwise
        else:
            return value == 0x7FFF0000
