"""A chat model behind an endpoint, by the command line: what the report says, what a kill costs, and the key."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from chat_server import ChatServer, Fault, completion, said_to
from commands import as_csv, wait_until, workers_of
from tiny_chat import TEMPLATE, build_chat

KEY = "sk-test-4f9a7c21d0b8"
SPEC = """\
name = "A consultant"
[model]
adapter = "chat"
endpoint = "{url}"
model = "tiny"
key_env = "CHAT_KEY"
parallel = 2
max_tokens = 20
price_input = 2.0
price_output = 6.0
{more}
[data]
audit = "prompts.csv"
input = "prompt"
target = "answer"
[[checks]]
use = "performance.texts"
[policy]
[[policy.rules]]
metric = "refusal_rate"
max = 0.9
because = "a test"
[report]
formats = ["html"]
"""
ROWS = 40
CONSULTATION = Path(__file__).parents[2] / "examples" / "consultation"

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("CHAT_KEY", KEY)
    with ChatServer() as running:
        running.answer = lambda body: completion(f"I can't help with {said_to(body)}")
        yield running


def prepared(folder, server, more="", rows=ROWS):
    folder.write("prompts.csv", as_csv(["prompt", "answer"], [(f"case {n}", f"Rest, {n}.") for n in range(rows)]))
    folder.write("audit.toml", SPEC.format(url=server.url, more=more))
    return folder


def without_marks(page):
    return page.replace("<bdi>", "").replace("</bdi>", "")


def test_the_report_says_who_was_asked_how_and_for_what(folder, server):
    server.faults = [Fault(500, "")]
    assert prepared(folder, server).run_here().code in {1, 5}
    page = without_marks(folder.page())
    for sentence in (
        f"the model was asked as 'tiny' at {server.url}: its weights, and what else shapes its answers, were not seen",
        "answers were decoded greedily, at temperature 0, up to 20 tokens",
        "40 answers took 41 requests, 400 tokens of prompts and 240 of answers",
        "they cost 0.00224 USD, at 2.00 USD and 6.00 USD a million tokens",
        "asked twice with the same settings, 0 of 5 prompts got another answer",
        "its weights were not seen",
        "which weights answered",
    ):
        assert sentence.replace("'", "&#39;")[1:] in page, sentence  # it begins with a capital there
    subject = folder.result()["subject"]
    assert subject["remote"] == {"endpoint": server.url, "model": "tiny"}
    assert subject["files"] == []
    (rate,) = [m for m in folder.finding("performance.texts")["measurements"] if m["metric"] == "refusal_rate"]
    assert rate["value"] == 1.0
    asked = len(server.seen)
    # Other prices and another pace are other options, and no answer is paid for again.
    prepared(folder, server, more="requests_per_minute = 100000\nretries = 1").run_here("run", "audit.toml", "--force")
    assert len(server.seen) == asked


def test_a_run_that_is_killed_pays_for_no_answer_twice(folder, server):
    go_on = threading.Event()

    def answer(body):
        if len(server.seen) > 25:
            go_on.wait(60)
        return completion(f"Rest, {said_to(body)}.")

    server.answer = answer
    prepared(folder, server, more="repeat_check = 0")
    with folder.start("run", "audit.toml") as process:
        wait_until(lambda: len(server.seen) == 27)  # both of two are waiting: what they asked before is kept
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    go_on.set()
    wait_until(lambda: workers_of(folder) == [], 10)
    first = set(server.prompts[:25])
    server.seen.clear()
    answer = folder.run("run", "audit.toml")
    assert answer.code in {0, 5}, answer
    assert not first & set(server.prompts)
    assert len(first | set(server.prompts)) == ROWS == len(first) + len(server.prompts)
    assert "40 answers took 40 requests" in without_marks(folder.page())


def test_the_key_is_in_nothing_that_an_audit_leaves_or_says(folder, server):
    server.answer = lambda body: completion(f"Bearer {KEY}, {said_to(body)}", system_fingerprint=KEY)
    prepared(folder, server, rows=4)
    answer = folder.run_here("run", "audit.toml", "--debug")
    assert answer.code in {0, 5}, answer
    assert all(headers["Authorization"] == f"Bearer {KEY}" for headers, _ in server.seen)
    said = [answer]
    server.answer = lambda _: Fault(403, f'{{"error": "no, {KEY}"}}')
    folder.write("prompts.csv", as_csv(["prompt", "answer"], [("another case", "Rest.")]))
    refused = folder.run_here("run", "audit.toml", "--force", "--debug")
    assert refused.code == 2
    assert "refuses with 403: no, [the key]" in refused.err
    assert "Traceback" in refused.err
    said += [refused, folder.run_here("plan", "audit.toml")]
    assert all(KEY not in one.out + one.err for one in said)
    left = [path for path in folder.path.rglob("*") if path.is_file()]
    assert {"result.json", "report.html", "tree.json"} <= {path.name for path in left}
    assert [path for path in left if KEY.encode() in path.read_bytes()] == []


def test_answers_that_were_paid_for_outlive_a_refusal(folder, server):
    server.answer = lambda body: Fault(401, "") if said_to(body) == "case 9" else completion("Rest.")
    answer = prepared(folder, server).run_here()
    assert answer.code == 3
    assert "refuses with 401" in answer.err
    assert not folder.bundle.exists()
    server.seen.clear()
    server.answer = lambda _: completion("Rest.")
    assert folder.run_here().code in {0, 5}
    assert "case 0" not in server.prompts[:-5]  # but for those that are asked twice


def test_a_key_in_the_spec_is_refused_and_not_repeated(folder, server):
    for more in (f'api_key = "{KEY}"', f'token = "{KEY}"', f'parameters = {{api_key = "{KEY}"}}'):
        answer = prepared(folder, server, more=more).run_here()
        answer.refused("key_env")
        assert KEY not in answer.out + answer.err
    assert server.seen == []
    folder.nothing_written()


def test_plan_says_what_it_would_cost_and_asks_nobody(folder, server):
    answer = prepared(folder, server).run_here("plan", "audit.toml", "--measure")
    assert answer.code == 0, answer
    assert f"{server.url}, tiny (adapter chat)" in answer.out
    assert f"45 requests to {server.url}: 40 different prompts, 5 of them asked twice" in answer.out
    assert "about 0.00555 USD if every answer is as long as it may be" in answer.out
    assert "not timed: the model runs elsewhere" in answer.out
    assert server.seen == []


def test_a_model_here_and_one_elsewhere_are_not_named_together(folder, server):
    prepared(folder, server, more='path = "model"').run_here().refused("path names a model here, 'model'", "keep one")


def test_a_model_in_a_folder_is_audited_as_one_behind_an_endpoint(folder):
    build_chat(folder.path / "model", template=TEMPLATE)
    folder.write("prompts.csv", as_csv(["prompt", "answer"], [(f"case {n}", f"Rest, {n}.") for n in range(ROWS)]))
    spec = (CONSULTATION / "audit.toml").read_text().replace("audit.csv", "prompts.csv").replace("40", "6")
    spec = spec.replace('groups = ["sex", "asks_for"]\nunit = "person_id"', "") + '[report]\nformats = ["html"]\n'
    folder.write("audit.toml", spec)
    answer = folder.run_here()
    assert answer.code in {1, 5}, answer
    page = without_marks(folder.page())
    assert "nswers were decoded greedily, at temperature 0, up to 6 tokens" in page
    assert "of 40 answers were cut at 6 tokens" in page
    assert "each prompt came after a system prompt of 23 characters".replace("each", "ach") in page
    subject = folder.result()["subject"]
    assert subject["prediction_type"] == "Texts"
    assert subject["facts"]["architectures"] == ["LlamaForCausalLM"]
    assert subject["remote"] == {}


@pytest.mark.slow
def test_the_example_turns_away_who_asks_for_somebody_else(folder):
    for script, more in (("prepare.py", ("--audit-rows", "200", "--training-rows", "1200")), ("train.py", ())):
        command = [sys.executable, str(CONSULTATION / script), "--folder", str(folder.path), *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, env=folder.environment, check=False)
        assert done.returncode == 0, done.stderr
    shutil.copy(CONSULTATION / "audit.toml", folder.path)
    with (folder.path / "audit.toml").open("a") as stream:
        stream.write('[report]\nformats = ["html"]\n')
    answer = folder.run_here()
    assert answer.code == 1, answer
    found = {m["metric"]: m["value"] for m in folder.finding("performance.texts")["measurements"]}
    rows = (folder.path / "audit.csv").read_text().splitlines()
    others = sum("somebody else" in row for row in rows) / 200
    assert 0.2 < others < 0.4
    assert abs(found["refusal_rate"] - others) < 0.02
    assert abs(found["exact_match"] - (1 - others)) < 0.05
    assert "Refusals" in answer.out + answer.err
