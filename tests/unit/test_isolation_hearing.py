"""What a worker of its own may say: its turns, its own findings, and no number that is none."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading

import pytest

from auditkit import Measurement, check
from auditkit.checks.checking import not_applicable
from auditkit.checks.events import CheckFinished, CheckStarted, PlanMade, Predicting, Stage
from auditkit.checks.planning import Planned
from auditkit.document import Text
from auditkit.finding import Finding, Interval
from auditkit.isolation.hearing import Order, own_answers
from auditkit.isolation.messages import PlainPipe, Rights, decoded, encoded
from auditkit.isolation.worker import without_secrets
from auditkit.result import CheckTime
from auditkit.spec import AuditSpec, DataSpec, ModelSpec
from auditkit.testing.results import toy_result


@check("hearing.one", on=None)
def one(_, *, times: int = 2):
    """A question."""
    assert times
    yield Measurement.share("x", [True])


@check("hearing.two", on=None)
def two(_):
    """Another question."""
    yield Measurement.share("x", [True])


PLAN = (Planned(one, {"times": 2}), Planned(two, {}))
FINDINGS = tuple(not_applicable(item, Text.of("because")) for item in PLAN)
TIMES = tuple(CheckTime(check=item.check.id, seconds=1.0) for item in PLAN)
SPEC = AuditSpec(name="x", model=ModelSpec(adapter="a"), data=DataSpec(audit="a"))
BEGIN = (Rights({}), PlanMade(("hearing.one", "hearing.two")), Stage("reading the data"), Stage("checking"))
FIRST = (CheckStarted(0, "hearing.one"), CheckFinished(0, FINDINGS[0], 1.0, resumed=False))
SECOND = (
    CheckStarted(1, "hearing.two"),
    Predicting("audit", 1, 2, 3.0),
    CheckFinished(1, FINDINGS[1], 1.0, resumed=False),
)


def measured(findings=FINDINGS, times=TIMES):
    from auditkit.checks.measuring import Measured

    toy = toy_result()
    return Measured(
        subject=toy.subject, data=toy.data, findings=findings, times=times, batch_plans=(), sizes=(), keys={}
    )  # fmt: skip


def heard(*messages):
    order = Order(PLAN)
    return [order.admitted(message) for message in messages]


def test_what_a_worker_says_is_heard_in_its_turn():
    everything = (*BEGIN, *FIRST, *SECOND, measured())
    assert heard(*everything) == list(everything)


@pytest.mark.parametrize(
    "messages",
    [
        (Stage("reading the data"),),  # before it says what it could keep
        (Rights({}), Rights({})),
        (Rights({}), PlanMade(("hearing.one",))),
        (Rights({}), CheckStarted(0, "hearing.one")),
        (*BEGIN, Stage("reading the data")),
        (*BEGIN, CheckStarted(1, "hearing.two")),
        (*BEGIN, CheckStarted(0, "hearing.two")),
        (*BEGIN, FIRST[0], FIRST[0]),
        (*BEGIN, FIRST[1]),
        (*BEGIN, FIRST[0], CheckFinished(0, FINDINGS[1], 1.0, resumed=False)),
        (*BEGIN, *FIRST, FIRST[0]),
        (*BEGIN, *FIRST, *SECOND, CheckStarted(2, "hearing.three")),
        (*BEGIN, *FIRST, measured()),
        (*BEGIN, *FIRST, SECOND[0], measured()),
        (*BEGIN, *FIRST, *SECOND, measured(findings=FINDINGS[:1])),
        (*BEGIN, *FIRST, *SECOND, measured(times=TIMES[:1])),
    ],
)
def test_what_is_out_of_turn_is_a_value_error(messages):
    with pytest.raises(ValueError, match="out of turn"):
        heard(*messages)


def answered(finding: Finding, **said: object):
    times = (TIMES[0].model_copy(update=said), TIMES[1])
    return own_answers(SPEC, PLAN, (0,), measured(findings=(finding, FINDINGS[1]), times=times), {})


def test_a_finding_of_its_own_is_taken_with_the_supervisors_notes():
    forged = Text.of("in a worker of its own, without everything")
    finding, took = answered(FINDINGS[0], apart=(forged,), seconds=-5.0, check="performance.overall")[0]
    assert finding == FINDINGS[0]
    assert (took.check, took.seconds) == ("hearing.one", 0.0)
    assert [str(text) for text in took.apart] == ["in a worker of its own, without network and writing"]


def test_what_could_not_be_taken_away_is_told():
    (_, took) = own_answers(SPEC, PLAN, (0,), measured(), {"network": "Invalid argument"})[0]
    assert [str(text) for text in took.apart] == [
        "in a worker of its own, without writing",
        "this system could not take network from it: Invalid argument",
    ]


def with_interval(level: float) -> Finding:
    interval = Interval(low=0.1, high=0.9, level=level, method="wilson")
    reading = Measurement(metric="x", value=0.5, n=50, interval=interval)
    return FINDINGS[0].model_copy(update={"status": "measured", "reason": None, "measurements": (reading,)})


@pytest.mark.parametrize(
    ("finding", "why"),
    [
        (FINDINGS[1], "it answered for another check"),
        (FINDINGS[0].model_copy(update={"options": {"times": 3}}), "it answered for another check"),
        (with_interval(0.5), "x: an interval of level 0.5 in an audit at 0.95"),
    ],
)
def test_a_finding_that_is_not_its_own_is_refused(finding, why):
    assert answered(finding) == {0: why}


@pytest.mark.parametrize(
    "said",
    [
        '{"kind": "CheckStarted", "said": {"place": "0", "check": []}}',
        '{"kind": "Predicting", "said": {"split": "audit", "done": 1, "of": 2, "seconds_left": 1e999}}',
        '{"kind": "Predicting", "said": {"split": "audit", "done": 1, "of": 2, "seconds_left": NaN}}',
        '{"kind": "Rights", "said": {"kept": ["network"]}}',
        '{"kind": ["Stage"], "said": {}}',
        '{"kind": "Measured", "said": {"times": NaN}}',
        "[" * 200_000,
        "9" * 10_000,
    ],
)
def test_what_fits_no_message_is_a_value_error(said):
    with pytest.raises(ValueError, match=r".+"):
        decoded(said.encode())


def test_its_words_are_cut_and_cannot_steer_a_terminal():
    said = decoded(json.dumps({"kind": "Stage", "said": {"name": "\x1b[2Jdone\n" + "x" * 5000}}).encode())
    assert said.name.startswith(r"\x1b[2Jdone\nxxx")
    assert len(said.name) < 1100


def test_a_finding_with_a_value_that_is_no_number_is_none():
    raw = encoded(CheckFinished(0, with_interval(0.95), 1.0, resumed=False))
    assert decoded(raw).finding == with_interval(0.95)
    with pytest.raises(ValueError, match=r".+"):
        decoded(raw.replace(b'"value": 0.5', b'"value": NaN'))


def test_a_message_that_comes_in_pieces_is_none_until_it_is_whole():
    ours, theirs = multiprocessing.Pipe(duplex=False)
    sent, got = Stage("x" * 300), PlainPipe(ours)
    raw = encoded(sent)
    whole = len(raw).to_bytes(8, "big") + raw
    for part in (whole[:3], whole[3:20], whole[20:] + whole[:9]):
        assert got.next() is None
        os.write(theirs.fileno(), part)
        got.read()
    assert got.next() == sent
    assert got.next() is None


def test_a_message_larger_than_a_pipe_comes_over():
    ours, theirs = multiprocessing.Pipe(duplex=False)
    sent = Rights({f"right {place}": "because" * 20 for place in range(5000)})
    sending = threading.Thread(target=PlainPipe(theirs).send, args=(sent,))
    sending.start()
    got = PlainPipe(ours)
    while (message := got.next()) is None:
        got.read()
    sending.join()
    assert message == sent


def test_passwords_of_the_environment_are_told_apart_by_their_names(monkeypatch):
    for name in (
        "AUDITKIT_KEY_PASSPHRASE",
        "AUDITKIT_KEY_PIN",
        "HF_TOKEN",
        "OPENAI_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "db_password",
    ):
        monkeypatch.setenv(name, "hidden")
    for name in ("KEYBOARD", "MONKEY", "HF_HOME"):
        monkeypatch.setenv(name, "shown")
    with without_secrets():
        assert "hidden" not in os.environ.values()
        assert [os.environ[name] for name in ("KEYBOARD", "MONKEY", "HF_HOME")] == ["shown"] * 3
    assert list(os.environ.values()).count("hidden") == 6
