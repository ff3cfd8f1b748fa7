"""Isolation, part by part: the filter, the store apart, and the messages, which are never unpickled."""

from __future__ import annotations

import json
import multiprocessing
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from auditkit.checks.events import CheckFinished, CheckStarted, PlanMade, Predicting, Stage
from auditkit.errors import AuditError, SpecError
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.isolation.messages import PlainPipe, decoded, encoded
from auditkit.isolation.store import StoreApart
from auditkit.isolation.syscalls import MACHINES, filter_for
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
    pipe = PlainPipe(ours)
    pipe.read()
    with pytest.raises(ValueError, match=r".+"):
        pipe.next()
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


X86 = MACHINES["x86_64"]
ALLOWED, REFUSED, PASSED_OVER = 0x7FFF0000, 0x00050001, 0x00050000


@pytest.mark.parametrize(
    ("number", "arguments", "answer"),
    [
        (0, (), ALLOWED),  # read
        (42, (), ALLOWED),  # connect, with nothing to connect
        (41, (), REFUSED),  # socket
        (425, (), REFUSED),  # io_uring_setup
        (0x40000000 + 41, (), REFUSED),  # socket, in the numbering of x32
        (53, (1, 1), ALLOWED),  # socketpair(AF_UNIX, SOCK_STREAM)
        (53, (1, 1 | 0o2000000), ALLOWED),  # the same, closed when another program is started
        (53, (1, 2), REFUSED),  # SOCK_DGRAM
        (16, (0, 0x5401), ALLOWED),  # ioctl TCGETS
        (16, (0, 0x5412), REFUSED),  # TIOCSTI
        (16, (0, 0x541C), REFUSED),  # TIOCLINUX
        (302, (0,), ALLOWED),  # prlimit of itself
        (302, (17,), REFUSED),  # of another
        (112, (), REFUSED),  # setsid
        (101, (), REFUSED),  # ptrace
        (90, (), PASSED_OVER),  # chmod
        (466, (), PASSED_OVER),  # removexattrat
    ],
)
def test_the_filter_by_the_kernels_numbers(number, arguments, answer):
    assert _run(filter_for(X86), audit=X86.audit, number=number, arguments=arguments) == answer


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_the_filter_refuses_the_numbers_of_another_processor(machine):
    assert _run(filter_for(machine), audit=0x40000003, number=0) == REFUSED
    for number in machine.refused:
        assert _run(filter_for(machine), audit=machine.audit, number=number) == REFUSED
    for number in machine.passed_over:
        assert _run(filter_for(machine), audit=machine.audit, number=number) == PASSED_OVER


def _run(program: bytes, *, audit: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What classic BPF, interpreted by the book, answers to a system call."""
    lines = [struct.unpack("HBBI", program[at : at + 8]) for at in range(0, len(program), 8)]
    said = {0: number, 4: audit} | {16 + 8 * at: value for at, value in enumerate(arguments)}
    place, loaded = 0, 0
    while True:
        code, then, otherwise, value = lines[place]
        place += 1
        if code == 0x20:
            loaded = said.get(value, 0)
        elif code == 0x54:
            loaded &= value
        elif code == 0x15:
            place += then if loaded == value else otherwise
        elif code == 0x35:
            place += then if loaded >= value else otherwise
        else:
            assert code == 0x06
            return int(value)
