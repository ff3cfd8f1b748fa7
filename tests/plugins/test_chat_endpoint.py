"""`chat` behind an endpoint: what a real server is asked, what its answers are, what they cost and how fast."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from chat_models import PROMPTS, opened, told
from chat_server import ChatServer, Fault, completion, said_to

from auditkit import CrashError, DataError, Embeds, ModelError
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.kept import Kept
from auditkit.testing import obey_contract
from auditkit_llm.adapter import costs
from auditkit_llm.pacing import Pace

HOST = Host.installed()

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def server():
    with ChatServer() as running:
        yield running


def test_each_prompt_is_asked_as_the_protocol_has_it(server):
    answer = opened(server, system="Be kind.", max_tokens=20, stop=("\n",)).predict(PROMPTS)
    assert answer.samples == tuple((f"Answer to {prompt}",) for prompt in PROMPTS)
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


def test_counts_that_cannot_be_are_none(server):
    usage = {"prompt_tokens": 10**30, "completion_tokens": -4}
    server.answer = lambda _: completion("Yes.", usage=usage, model=7)
    model = opened(server, kept=Kept(), repeat_check=0)
    assert set(model.predict(PROMPTS).texts) == {"Yes."}
    assert "6 answers came without a count of tokens" in told(model)


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
    found = model.predict(PROMPTS)
    assert found.texts == ("one two three", "", "I can't help.", "half ? pair", "Yes.", "Yes.")
    # Three tokens are all that there is room for, whatever the server calls such an end.
    assert found.cut.tolist() == [True, True, False, True, False, False]
    assert opened(server, max_tokens=30, stop=("zzz",)).predict(PROMPTS).cut.all()  # a stop is called "stop" too
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
    assert list(costs(PROMPTS, samples=5)) == ["30 answers: 5 to each of 6 prompts"]


def test_an_endpoint_that_answers_otherwise_the_second_time_is_caught(server):
    count = iter(range(100))
    server.answer = lambda body: completion("The same." if said_to(body) == "Question 0" else f"Answer {next(count)}")
    model = opened(server, kept=Kept(), repeat_check=3)
    first = model.predict(PROMPTS)
    said = told(model)
    assert "asked twice with the same settings, 2 of 3 prompts got another answer" in said
    assert len(server.seen) == 6 + 3
    assert model.predict(PROMPTS).samples == first.samples  # the first askings are what is audited
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


def test_the_bound_on_answers_may_be_sent_by_its_newer_name(server):
    opened(server, max_tokens=50, parameters={"max_completion_tokens": 50}).predict(PROMPTS[:1])
    ((_, body),) = server.seen
    assert body["max_completion_tokens"] == 50
    assert "max_tokens" not in body


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
