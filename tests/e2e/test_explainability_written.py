"""A chat model whose explanations are put to their tests, from the command line to the replay; and an endpoint."""

from __future__ import annotations

import json

import pytest
from chat_server import ChatServer, completion
from commands import as_csv
from tiny_chat import QUESTIONS, build_chat

SPEC = """\
name = "A consultant"
[model]
adapter = "chat"
{where}
max_tokens = 8
[data]
audit = "prompts.csv"
input = "prompt"
target = "answer"
[[checks]]
use = "explainability.faithfulness"
most_rows = 24
orders = 2
draws = 4
[[checks]]
use = "explainability.agreement"
methods = ["occlusion", "kernel shap"]
most_rows = 4
[policy]
min_group_size = 10
[[policy.rules]]
metric = "faithfulness_over_random"
conditions = {{method = "occlusion"}}
min = 0.0
because = "a test"
[report]
formats = ["html"]
"""
BOTH = ("faithfulness", "agreement")


def written(folder, where, rows=24):
    """The folder, with short prompts of which no two are the same."""
    prompts = [(f"{' '.join(QUESTIONS[row % 4].split()[:5])} {row}", "Rest.") for row in range(rows)]
    folder.write("prompts.csv", as_csv(["prompt", "answer"], prompts))
    folder.write("audit.toml", SPEC.format(where=where))
    return folder


def test_what_a_model_writes_is_judged_reported_and_replayed(folder):
    build_chat(folder.path / "model")
    answer = written(folder, 'path = "model"').run_here("run", "audit.toml", "--no-pdf")
    assert answer.code in {0, 1, 5}, answer
    for name in BOTH:
        finding = folder.finding(f"explainability.{name}")
        assert finding["status"] == "measured", finding
        assert all(control["passed"] for control in finding["controls"])
    judged = folder.finding("explainability.faithfulness")["measurements"]
    over = [one for one in judged if one["metric"] == "faithfulness_over_random"]
    assert [(one["conditions"], one["n"]) for one in over] == [({"method": "occlusion"}, 24)]
    assert "Whether explanations name what the answer hangs on" in folder.page()
    again = folder.run_here("replay", str(folder.bundle), "--allow-dev-key", "--json")
    assert again.code == 0, again
    parts = {part["name"]: part for part in json.loads(again.out)["parts"]}
    assert all(parts[f"explainability.{name}"]["replayed"] for name in BOTH)


@pytest.mark.usefixtures("loopback")
def test_an_endpoint_that_tells_no_chances_is_not_judged_and_it_is_said_why(folder, monkeypatch):
    monkeypatch.setenv("CHAT_KEY", "sk-test-0")
    with ChatServer() as server:
        server.answer = lambda _: completion("Rest, and drink water.")
        where = f'endpoint = "{server.url}"\nmodel = "tiny"\nkey_env = "CHAT_KEY"'
        written(folder, where, rows=12).run_here("run", "audit.toml", "--no-pdf")
    for name in BOTH:
        finding = folder.finding(f"explainability.{name}")
        assert finding["status"] == "not_applicable", finding
        assert "not those that others wrote" in json.dumps(finding)
