"""`chat` behind an endpoint: a real server that answers, refuses, stumbles and dies, and a key that nobody sees."""

from __future__ import annotations

import contextlib
import gzip
import ipaddress
import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from chat_server import ChatServer, Fault, completion, said_to
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from auditkit import CrashError, DataError, Embeds, ModelError, Texts
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.kept import Kept
from auditkit.testing import obey_contract
from auditkit_llm import open_chat
from auditkit_llm.adapter import costs, named
from auditkit_llm.deadline import PackedError, unpacked
from auditkit_llm.pacing import Pace, backoff, retry_after

KEY = "sk-test-4f9a7c21d0b8"
PROMPTS = pd.Series([f"Question {number}" for number in range(6)])
HOST = Host.installed()

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def server():
    with ChatServer() as running:
        yield running


def opened(server, *, kept=None, **options):
    how = {"device": "auto", "kept": kept, "spec_folder": Path(), "endpoint": server.url, "model": "tiny"}
    model = open_chat(None, **(how | options))
    # Nobody waits in a test: what would be slept is written down, and the clock put forward.
    model.endpoint.slept = []

    def sleep(seconds):
        model.endpoint.slept.append(seconds)

    model.endpoint.sleep = model.endpoint.pace.sleep = sleep
    model.endpoint.pace.clock = lambda: sum(model.endpoint.slept)
    return model


def told(model, prompts=PROMPTS):
    return " | ".join(map(str, [*model.notes, *model.notes_on(prompts)]))


def test_each_prompt_is_asked_as_the_protocol_has_it(server):
    answer = opened(server, system="Be kind.", max_tokens=20, stop=("\n",)).predict(PROMPTS)
    assert answer == Texts(tuple((f"Answer to {prompt}",) for prompt in PROMPTS))
    assert sorted(server.prompts) == sorted(PROMPTS)
    assert set(server.paths) == {"/v1/chat/completions"}
    headers, body = server.seen[0]
    assert body == {
        "model": "tiny", "temperature": 0.0, "max_tokens": 20, "stop": ["\n"],
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": said_to(body)}],
    }  # fmt: skip
    assert "Authorization" not in headers


def test_it_obeys_its_contract(server):
    given = {option.name: option.default for option in HOST.adapters["chat"].options}
    given |= {"device": "auto", "kept": None, "spec_folder": Path(), "endpoint": server.url, "model": "tiny"}
    given |= {"temperature": 0.5, "samples": 2, "logprobs": True}
    obey_contract(HOST.adapters["chat"], path=None, inputs=pd.Series([*PROMPTS, "Question 0"]), **given)


def test_samples_bear_seeds_of_their_own_and_log_probabilities_are_those_of_the_first(server):
    answer = opened(server, temperature=0.7, samples=3, logprobs=True, parameters={"top_k": 5}).predict(PROMPTS[:2])
    assert [len(row) for row in answer.samples] == [3, 3]
    bodies = [body for _, body in server.seen]
    assert len({body["seed"] for body in bodies}) == 6
    assert all(body["top_k"] == 5 and body["logprobs"] is True and 0 <= body["seed"] < 2**31 for body in bodies)
    np.testing.assert_array_equal(answer.logprobs, [-2.0, -2.0])  # four words


def test_a_temperature_of_the_endpoints_own_is_not_sent_and_no_seed_either(server):
    model = opened(server, temperature="default", samples=2, kept=Kept())
    answer = model.predict(PROMPTS[:1])
    assert [len(row) for row in answer.samples] == [2]
    assert all(not {"temperature", "seed"} & body.keys() for _, body in server.seen)
    assert "neither a temperature nor a seed was sent" in told(model, PROMPTS[:1])
    asked = len(server.seen)
    opened(server, temperature=0.0, kept=model.kept, repeat_check=0).predict(PROMPTS[:1])
    assert len(server.seen) == asked + 1  # another decoding, another answer


def test_who_refuses_a_temperature_is_told_how_to_leave_it_out(server):
    server.faults = [Fault(400, '{"error": {"message": "Unsupported value: \'temperature\' does not support 0"}}')]
    with pytest.raises(ModelError, match="temperature") as caught:
        opened(server).predict(PROMPTS[:1])
    assert caught.value.hint == 'temperature = "default" sends none, for models that refuse one'


def test_several_are_asked_at_once_and_no_more_than_parallel(server):
    barrier = threading.Barrier(3, timeout=30)

    def together(body):
        barrier.wait()  # each waits for two others: asked one after another, none would ever be answered
        return completion(said_to(body))

    server.answer = together
    opened(server, parallel=3).predict(PROMPTS)
    assert server.most_at_once == 3


def test_equal_prompts_are_asked_once_and_the_report_says_so(server):
    model = opened(server, kept=Kept(), repeat_check=0)
    answer = model.predict(pd.Series(["a", "b", "a", "a"]))
    assert answer.texts == ("Answer to a", "Answer to b", "Answer to a", "Answer to a")
    assert sorted(server.prompts) == ["a", "b"]
    assert "4 rows hold 2 different prompts; each was asked once" in told(model, pd.Series(["a", "b", "a", "a"]))


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


def test_counts_that_cannot_be_are_none(server):
    usage = {"prompt_tokens": 10**30, "completion_tokens": -4}
    server.answer = lambda _: completion("Yes.", usage=usage, model=7)
    model = opened(server, kept=Kept(), repeat_check=0)
    assert set(model.predict(PROMPTS).texts) == {"Yes."}
    assert "6 answers came without a count of tokens" in told(model)


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


def test_answers_without_log_probabilities_are_refused_where_they_were_asked_for(server):
    server.answer = lambda _: (
        completion("Yes.") | {"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}
    )
    with pytest.raises(ModelError, match="bear no log-probabilities") as caught:
        opened(server, logprobs=True, parallel=1).predict(PROMPTS)
    assert caught.value.hint == "[model] logprobs = false"


def test_cut_filtered_and_empty_answers_are_counted_and_named(server):
    replies = {
        "Question 0": completion("one two three", finish="length"),
        "Question 1": completion("", finish="content_filter"),
        "Question 2": {
            "choices": [{"message": {"content": None, "refusal": "I can't help."}, "finish_reason": "stop"}]
        },
        "Question 3": completion("half \ud800 pair"),
    }
    server.answer = lambda body: replies.get(said_to(body), completion("Yes.", finish="tool_calls"))
    model = opened(server, kept=Kept(), repeat_check=0, max_tokens=3)
    assert model.predict(PROMPTS).texts == ("one two three", "", "I can't help.", "half ? pair", "Yes.", "Yes.")
    said = told(model)
    assert "1 of 6 answers were cut at 3 tokens" in said
    assert "1 of 6 answers were withheld or cut by the endpoint's content filter" in said
    assert "2 of 6 answers ended with 'tool_calls'" in said
    assert "1 answers came without a count of tokens" in said


def test_what_answers_cost_is_told_and_forecast(server):
    model = opened(server, kept=Kept(), price_input=2.0, price_output=6.0, currency="EUR", repeat_check=0)
    model.predict(PROMPTS)
    said = told(model)
    # 6 x 10 tokens at 2 and 6 x 4 at 6 EUR a million: 120 + 144 millionths.
    assert "they cost 0.000264 EUR, at 2.00 EUR and 6.00 EUR a million tokens" in said
    assert "the answers say that they are from tiny-1" in said
    lines = list(
        costs(
            PROMPTS,
            endpoint=server.url,
            model="tiny",
            max_tokens=100,
            price_input=2.0,
            price_output=6.0,
            repeat_check=3,
        )
    )
    assert lines[0] == f"9 requests to {server.url}: 6 different prompts, 3 of them asked twice"
    assert (
        lines[1] == "about 22 tokens of prompts, and at most 900 of answers"
    )  # 60 characters, half as many again, by 4
    assert lines[2].startswith("about 0.005444 USD")
    assert list(costs(PROMPTS)) == []


def test_an_endpoint_that_answers_otherwise_the_second_time_is_caught(server):
    count = iter(range(100))
    server.answer = lambda body: completion("The same." if said_to(body) == "Question 0" else f"Answer {next(count)}")
    model = opened(server, kept=Kept(), repeat_check=3)
    first = model.predict(PROMPTS)
    said = told(model)
    assert "asked twice with the same settings, 2 of 3 prompts got another answer" in said
    assert len(server.seen) == 6 + 3
    assert model.predict(PROMPTS) == first  # the first askings are what is audited
    assert len(server.seen) == 9
    assert "whether the endpoint answers the same again is not known" in told(opened(server, repeat_check=0))


def test_a_budget_of_tokens_stops_before_it_is_passed(server, tmp_path):
    store = EvidenceStore.open(tmp_path)
    # A prompt has 10 bytes and 32 for what stands around it; with 8 for an answer, 50 are set aside, and 14 used.
    model = opened(server, kept=Kept.beside(store), parallel=2, max_tokens=8, max_total_tokens=92, repeat_check=0)
    with pytest.raises(CrashError, match="could pass max_total_tokens = 92: 56 tokens are used") as caught:
        model.predict(PROMPTS)
    assert "raise it and run again" in caught.value.hint
    assert len(server.seen) == 4
    with pytest.raises(CrashError, match="56 tokens are used"):  # what was used before counts
        opened(server, kept=Kept.beside(store), max_tokens=8, max_total_tokens=92).predict(PROMPTS)
    assert len(server.seen) == 4
    rest = opened(server, kept=Kept.beside(store), parallel=1, max_tokens=8, max_total_tokens=200, repeat_check=0)
    assert len(rest.predict(PROMPTS)) == 6
    assert len(server.seen) == 6


def test_a_budget_of_money_stops_before_it_is_passed(server):
    prices = {"price_input": 1e6, "price_output": 1e6}  # a token costs one
    with pytest.raises(CrashError, match=r"could pass max_cost = 92\.00 USD: 56\.00 USD is spent"):
        opened(server, parallel=1, max_tokens=8, max_cost=92.0, **prices).predict(PROMPTS)
    assert len(server.seen) == 4


def test_requests_and_tokens_are_spread_over_the_minute():
    now, slept = [100.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(requests_per_minute=30, clock=lambda: now[0], sleep=sleep)
    for _ in range(3):
        pace.wait(1_000)
    assert slept == [2.0, 2.0]
    slept.clear()
    pace = Pace(tokens_per_minute=600, clock=lambda: now[0], sleep=sleep)
    pace.wait(100)  # 10 seconds' worth
    pace.settle(100, 40)  # it was 4
    pace.wait(100)
    assert slept == [pytest.approx(4.0)]


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


def test_the_key_is_sent_and_shown_nowhere(server, monkeypatch, tmp_path):
    monkeypatch.setenv("CHAT_KEY", KEY)
    echo = {"error": {"message": f"Bearer {KEY} may not do that"}}
    server.answer = lambda body: completion(f"Your key is {KEY}. {said_to(body)}", model=f"model-{KEY}")
    kept = Kept.beside(EvidenceStore.open(tmp_path))
    model = opened(server, key_env="CHAT_KEY", kept=kept, parallel=1)
    assert model.predict(PROMPTS[:1]).texts == ("Your key is [the key]. Question 0",)
    assert server.seen[0][0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in told(model, PROMPTS[:1]) + repr(model)
    server.answer = lambda _: Fault(403, json.dumps(echo))
    with pytest.raises(CrashError, match=r"Bearer \[the key\] may not do that") as caught:
        model.predict(PROMPTS[3:4])
    assert caught.value.__cause__ is None
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(KEY.encode() in path.read_bytes() for path in files)


def test_a_key_that_a_server_spells_by_numbers_is_shown_nowhere(server, monkeypatch):
    monkeypatch.setenv("CHAT_KEY", KEY)
    spelt = "".join(f"\\u{ord(char):04x}" for char in KEY)
    server.answer = lambda _: Fault(200, json.dumps(completion("Your key is KEY")).replace("KEY", spelt))
    assert opened(server, key_env="CHAT_KEY").predict(PROMPTS[:1]).texts == ("Your key is [the key]",)
    server.answer = lambda _: Fault(401, json.dumps({"error": {"message": "no KEY here"}}).replace("KEY", spelt))
    with pytest.raises(ModelError, match=r"no \[the key\] here"):
        opened(server, key_env="CHAT_KEY").predict(PROMPTS[:1])


def test_the_bound_on_answers_may_be_sent_by_its_newer_name(server):
    opened(server, max_tokens=50, parameters={"max_completion_tokens": 50}).predict(PROMPTS[:1])
    ((_, body),) = server.seen
    assert body["max_completion_tokens"] == 50
    assert "max_tokens" not in body


SECRETS = [
    ({"key_env": KEY}, "not the name of an environment variable in capital letters"),
    ({"key_env": "NOT_SET_KEY"}, "'NOT_SET_KEY' that [model] key_env names is not set"),
    ({"key_env": "AKIA4F9A7C21D0B8"}, "the environment variable that [model] key_env names is not set"),
    ({"key_env": "SHORT_KEY"}, "holds no key"),
    ({"key_env": "CHAT_KEY", "system": f"use {KEY}"}, "the key stands in the spec too"),
    ({"key_env": "CHAT_KEY", "endpoint": "http://models.example/v1"}, "go to models.example unencrypted"),
    ({"endpoint": f"https://user:{KEY}@models.example/v1"}, "it is not shown"),
    ({"endpoint": f"https://models.example/v1?key={KEY}"}, "it is not shown"),
    ({"endpoint": KEY}, "it is not shown, for it may be a key"),
    ({"parameters": {"api_key": KEY}}, "a key 'api_key', which is called like a secret"),
]


@pytest.mark.parametrize(("options", "words"), SECRETS)
def test_a_key_in_the_wrong_place_is_refused_and_not_repeated(server, monkeypatch, options, words):
    monkeypatch.setenv("CHAT_KEY", KEY)
    monkeypatch.setenv("SHORT_KEY", "abc")
    with pytest.raises(ModelError) as caught:
        opened(server, **options)
    assert words in caught.value.message
    assert KEY not in caught.value.message + caught.value.hint
    assert "AKIA" not in caught.value.message + caught.value.hint


MISTAKES = [
    ({"model": ""}, "does not say which model"),
    ({"endpoint": "models.example/v1"}, "which is no address"),
    ({"endpoint": "ftp://models.example"}, "which is no address"),
    ({"endpoint": None}, "there is no endpoint to ask for it"),
    ({"parallel": 0}, "parallel is 0"),
    ({"timeout": -1.0}, "timeout is -1"),
    ({"retries": -1}, "retries is -1"),
    ({"price_input": 1.0}, "one of price_input and price_output"),
    ({"parameters": {"max_tokens": 9000}}, "max_tokens = 9000, and \\[model\\] max_tokens is 256"),
    ({"parameters": {"max_completion_tokens": 9000}}, "max_completion_tokens = 9000, and"),
    ({"timeout": float("inf")}, "timeout is inf"),
    ({"price_input": float("nan"), "price_output": 1.0}, "a price is below 0, or no number"),
    ({"price_input": 1.0, "price_output": 1.0, "max_cost": float("nan")}, "max_cost is nan"),
    ({"temperature": float("nan")}, "temperature is nan"),
    ({"parameters": {"top_p": float("nan")}}, "parameters holds what JSON does not know"),
    ({"parameters": {"since": datetime(2026, 1, 1, tzinfo=UTC)}}, "parameters holds what JSON does not know"),
    ({"max_cost": 1.0}, "max_cost needs to know what tokens cost"),
    ({"parameters": {"temperature": 2}}, "the key 'temperature'"),
    ({"ca_file": "none.pem"}, "ca_file 'none.pem' cannot be read"),
]


@pytest.mark.parametrize(("options", "words"), MISTAKES)
def test_what_cannot_be_meant_is_refused(server, options, words):
    with pytest.raises(ModelError, match=words) as caught:
        opened(server, **options).predict(PROMPTS[:1])
    assert caught.value.hint
    assert server.seen == []


def test_what_names_it_is_the_address_and_the_model():
    assert named(endpoint="https://models.example/v1/chat/completions", model="m") == {
        "endpoint": "https://models.example/v1",
        "model": "m",
    }
    assert named() is None


def test_a_proxy_is_not_asked_for_what_is_on_this_machine(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    assert opened(server).predict(PROMPTS[:1]).texts == ("Answer to Question 0",)


def own_certificate(folder):
    """A certificate of 127.0.0.1 that nobody but itself vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    days = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(days[0]).not_valid_after(days[1]).add_extension(address, critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


def test_a_certificate_is_verified_and_an_own_authority_is_named(tmp_path):
    with ChatServer(certificate=own_certificate(tmp_path)) as server:
        with pytest.raises(ModelError, match="its certificate is not trusted") as caught:
            opened(server, parallel=1).predict(PROMPTS[:1])
        assert "ca_file" in caught.value.hint
        assert server.seen == []
        model = opened(server, ca_file="cert.pem", spec_folder=tmp_path)
        assert model.predict(PROMPTS[:1]).texts == ("Answer to Question 0",)


def test_it_draws_more_where_a_check_asks_and_shows_no_vectors(server):
    model = opened(server, kept=Kept())
    drawn = model.generate(PROMPTS[:2], samples=3, rng=np.random.default_rng(0))
    assert [len(row) for row in drawn.samples] == [3, 3]
    assert {body["temperature"] for _, body in server.seen} == {1.0}
    assert len({body["seed"] for _, body in server.seen}) == 6
    assert not isinstance(model, Embeds)
    assert "Embeds" in model.cannot


def test_a_row_without_a_prompt_is_told_before_anything_is_asked(server):
    with pytest.raises(DataError, match="row 2 is missing or empty"):
        opened(server).predict(pd.Series(["a", ""]))
    assert server.seen == []


@pytest.mark.parametrize("logprob", ["1" + "0" * 400, "-1e308", "true"])
def test_a_log_probability_that_cannot_be_is_none(server, logprob):
    token = f'{{"logprob": {logprob}}}'
    reply = '{"choices": [{"message": {"content": "Yes"}, "logprobs": {"content": [%s, %s]}}]}' % (token, token)  # noqa: UP031
    server.answer = lambda _: Fault(200, reply)
    with pytest.raises(ModelError, match="its answers bear no log-probabilities"):
        opened(server, logprobs=True).predict(PROMPTS[:1])


def test_log_probabilities_end_where_the_answer_does(server):
    tokens = [{"token": word, "logprob": -0.5} for word in ("Rest", " now", ".", "END", " more")]
    choice = {"message": {"content": "Rest now.END more"}, "logprobs": {"content": tokens}}
    server.answer = lambda _: completion("") | {"choices": [choice]}
    found = opened(server, logprobs=True, stop=("END",)).predict(PROMPTS[:1])
    assert found.texts == ("Rest now.",)
    assert found.logprobs.tolist() == [-1.5]
    server.answer = lambda _: completion("Rest now END more")  # its tokens are the words, without the spaces
    with pytest.raises(ModelError, match="its tokens do not say where that lies"):
        opened(server, logprobs=True, stop=("END",)).predict(PROMPTS[:1])


@pytest.mark.parametrize(("status", "counts"), [(504, True), (408, True), (503, False), (500, False)])
def test_what_a_gateway_gave_up_counts_in_the_budget_as_no_answer_does(server, status, counts):
    server.faults = [Fault(status, "late")]
    model = opened(server, max_tokens=50, max_total_tokens=150, retries=1)
    if counts:
        with pytest.raises(CrashError, match="could pass max_total_tokens = 150"):
            model.predict(PROMPTS[:1])
    else:
        assert model.predict(PROMPTS[:1]).texts == ("Answer to Question 0",)
