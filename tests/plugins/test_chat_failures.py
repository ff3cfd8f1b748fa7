"""What an endpoint does wrong: it stumbles, answers with nothing, never ends, refuses; and who waits how long."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from chat_models import PROMPTS, opened, told
from chat_server import ChatServer, Fault, completion, said_to

from auditkit import CrashError, ModelError
from auditkit.evidence import EvidenceStore
from auditkit.kept import Kept
from auditkit_llm import open_chat
from auditkit_llm.deadline import PackedError, unpacked
from auditkit_llm.pacing import backoff, retry_after

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def server():
    with ChatServer() as running:
        yield running


PASSING = [
    Fault(500, '{"error": {"message": "the engine has stalled"}}'),
    Fault(429, "{}"),
    Fault(503, "busy"),
    Fault(200, "<html>a proxy</html>"),
    Fault(200, '{"choices": []}'),
    Fault(200, '{"choices": [{"mess', cuts=True),
    Fault(408, ""),
]


@pytest.mark.parametrize("fault", PASSING, ids=["500", "429", "503", "no JSON", "no choice", "cut off", "408"])
def test_what_passes_is_asked_again(server, fault):
    server.faults = [fault, fault]
    model = opened(server, kept=Kept(), parallel=1, repeat_check=0)
    assert model.predict(PROMPTS[:2]).texts == ("Answer to Question 0", "Answer to Question 1")
    assert server.prompts == ["Question 0", "Question 0", "Question 0", "Question 1"]
    first, second = model.endpoint.slept
    assert 0.25 <= first <= 0.5 <= second <= 1.0
    said = told(model, PROMPTS[:2])
    assert "2 answers took 4 requests, 20 tokens of prompts and 8 of answers" in said
    assert "2 requests were sent again" in said


STRANGE = [
    "[" * 100_000,
    "1" * 10_000,
    "null",
    '{"choices": {"0": 1}}',
    '{"choices": [7]}',
    '{"choices": [{"message": "hello"}]}',
    "",
    "\x00\x1b[2J",
]


@pytest.mark.parametrize(
    "text", STRANGE, ids=["nested", "digits", "null", "object", "number", "text", "nothing", "codes"]
)
def test_replies_that_are_none_are_asked_for_again_and_then_told(server, text):
    server.answer = lambda _: Fault(200, text)
    with pytest.raises(CrashError, match="did not answer after 2 tries: its reply is no ") as caught:
        opened(server, retries=1).predict(PROMPTS[:1])
    assert caught.value.message.isprintable()


def test_an_endpoint_that_says_when_is_heeded_by_all(server):
    server.faults = [Fault(429, "", {"Retry-After": "7"}), Fault(503, "", {"Retry-After": "3"})]
    model = opened(server, parallel=1)
    model.predict(PROMPTS[:1])
    assert model.endpoint.slept == [7, 3]
    model.endpoint.pace.hold(5)  # what it says to one is for all
    model.predict(PROMPTS[1:2])
    assert model.endpoint.slept == [7, 3, 5]


def test_an_endpoint_that_wants_hours_is_not_waited_for(server):
    server.faults = [Fault(429, "", {"Retry-After": "86400"})]
    with pytest.raises(CrashError, match="asks to come back in 86,400 seconds"):
        opened(server, parallel=1).predict(PROMPTS[:1])


def test_after_all_tries_it_ends_and_what_is_there_is_kept(server, tmp_path):
    kept = Kept.beside(EvidenceStore.open(tmp_path))
    server.answer = lambda body: Fault(500, "") if said_to(body) == "Question 3" else completion("Yes.")
    with pytest.raises(CrashError, match="did not answer after 3 tries: 500: no words") as caught:
        opened(server, kept=kept, parallel=1, retries=2).predict(PROMPTS)
    assert "are kept" in caught.value.hint
    server.answer = lambda _: completion("Now.")
    server.seen.clear()
    answer = opened(server, kept=Kept.beside(EvidenceStore.open(tmp_path)), parallel=1, retries=7).predict(PROMPTS)
    assert answer.texts == ("Yes.", "Yes.", "Yes.", "Now.", "Now.", "Now.")
    assert server.prompts == ["Question 3", "Question 4", "Question 5"]


def test_an_answer_that_takes_too_long_is_given_up(server):
    event = threading.Event()
    server.faults = [Fault(200, "late", silent_until=event)]
    try:
        model = opened(server, parallel=1, timeout=0.3)
        assert model.predict(PROMPTS[:1]).texts == ("Answer to Question 0",)
    finally:
        event.set()
    assert len(server.seen) == 2


TRICKLES = [
    (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x10\0\0\0\0\0\0", b"a"),
    (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
]


@pytest.mark.parametrize(("begin", "more"), TRICKLES, ids=["headers", "not yet", "name of a file", "spaces"])
def test_a_reply_that_never_ends_is_given_up(begin, more):
    over = threading.Event()

    def trickle(listening):
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(1 << 16)
            connection.sendall(begin)
            while not over.wait(0.02):
                connection.sendall(more)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=trickle, args=(listening,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        model = open_chat(None, device="auto", kept=None, spec_folder=Path(), endpoint=url, model="tiny", timeout=0.3,
                          retries=0)  # fmt: skip
        try:
            with pytest.raises(CrashError, match=r"it took more than 0\.3 seconds"):
                model.predict(PROMPTS[:1])
        finally:
            over.set()
            thread.join()


def test_a_reply_is_unpacked_once_and_no_further_than_a_reply_goes():
    text = b"0" * 5_000_000
    packed = gzip.compress(text)
    assert b"".join(unpacked([packed[:100], packed[100:]], "gzip", most=len(text))) == text
    assert len(next(unpacked([packed], "gzip", most=1000))) == 1001
    with pytest.raises(PackedError, match="packed as 'gzip, gzip'"):
        list(unpacked([gzip.compress(packed)], "gzip, gzip", most=1000))
    with pytest.raises(PackedError, match="damaged"):
        list(unpacked([b"{}"], "gzip", most=1000))


def test_nobody_at_the_address(server):
    with ChatServer() as gone:
        url = gone.url
    with pytest.raises(CrashError, match="did not answer after 2 tries: no connection"):
        opened(server, endpoint=url, retries=1).predict(PROMPTS[:1])


REFUSALS = [
    (Fault(401, '{"error": {"message": "Incorrect API key"}}'), "refuses with 401: Incorrect API key", "key_env"),
    (Fault(404, '{"detail": "no such model"}'), "refuses with 404: no such model", "[model] model"),
    (Fault(400, "logprobs are not supported\x1b[31m"), "refuses with 400: logprobs are not supported [31m", "logprobs"),
    (Fault(307, "", {"Location": "http://evil.example/v1"}), "redirect, 307, to 'http://evil.example/v1'", "endpoint"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "words", "hint"), REFUSALS, ids=["key", "model", "option", "redirect"])
def test_a_refusal_is_told_in_the_servers_words_and_not_repeated(server, fault, words, hint):
    server.faults = [fault]
    with pytest.raises(ModelError) as caught:
        opened(server, parallel=1).predict(PROMPTS)
    assert words in caught.value.message
    assert hint in caught.value.hint
    assert len(server.seen) == 1
    server.faults = [fault]
    model = opened(server, parallel=1, kept=Kept())
    server.faults = []
    model.predict(PROMPTS[:1])
    server.faults = [fault]
    with pytest.raises(CrashError):  # the spec was right a moment ago
        model.predict(PROMPTS[1:])


def test_waits_double_are_drawn_and_end_at_a_minute():
    waits = [backoff(attempt, np.random.default_rng(3)) for attempt in range(1, 12)]
    assert waits == [backoff(attempt, np.random.default_rng(3)) for attempt in range(1, 12)]
    assert all(0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(waits[:7]))
    assert max(waits) <= 60.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-1", 0.0),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30.0),
        ("soon", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        (None, None),
    ],
)
def test_retry_after_holds_seconds_or_a_date(header, seconds):
    assert retry_after(header, now=datetime(2026, 11, 22, 10, 0, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(("status", "counts"), [(504, True), (408, True), (503, False), (500, False)])
def test_what_a_gateway_gave_up_counts_in_the_budget_as_no_answer_does(server, status, counts):
    server.faults = [Fault(status, "late")]
    model = opened(server, max_tokens=50, max_total_tokens=150, retries=1)
    if counts:
        with pytest.raises(CrashError, match="could pass max_total_tokens = 150"):
            model.predict(PROMPTS[:1])
    else:
        assert model.predict(PROMPTS[:1]).texts == ("Answer to Question 0",)
