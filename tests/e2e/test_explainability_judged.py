"""A text classifier whose explanations are put to their tests, from the command line to the replay."""

from __future__ import annotations

import json

import pytest
from commands import as_csv
from tiny_bert import SENTENCES, build, notes_spec

CHECKS = """
[[checks]]
use = "explainability.faithfulness"
methods = ["gradient x input", "occlusion"]
most_rows = 30
orders = 3
draws = 6
[[checks]]
use = "explainability.stability"
methods = ["gradient x input"]
most_rows = 30
neighbours = 3
[[checks]]
use = "explainability.randomisation"
methods = ["gradient x input"]
most_rows = 30
randomisations = 2
[[checks]]
use = "explainability.agreement"
methods = ["gradient x input", "occlusion"]
most_rows = 30
[[policy.rules]]
metric = "faithfulness_over_random"
conditions = {method = "occlusion"}
min = 0.0
because = "a test"
[[policy.rules]]
metric = "randomisation_entropy_rise"
conditions = {method = "gradient x input"}
min = 0.0
because = "a test"
"""
FOUR = ("faithfulness", "stability", "randomisation", "agreement")


@pytest.fixture(scope="module")
def audited(make_folder):
    folder = make_folder()
    build(folder.path / "model")
    rows = [(f"{SENTENCES[row % 6]} seen {row}", ("no", "yes")[row % 2], "FM"[row // 2 % 2]) for row in range(60)]
    folder.write("rows.csv", as_csv(("note", "outcome", "sex"), rows))
    head, policy, tail = notes_spec(data='groups = ["sex"]').partition("[report]")
    spec = head + CHECKS + policy + tail
    folder.write("audit.toml", spec.replace("[policy]\n", "[policy]\nmin_group_size = 10\n"))
    return folder


def test_all_four_are_audited_reported_and_replayed(audited):
    answer = audited.run_here()
    assert answer.code in {0, 1, 5}, answer
    for name in FOUR:
        finding = audited.finding(f"explainability.{name}")
        assert finding["status"] == "measured", finding
        assert all(control["passed"] for control in finding["controls"])
    judged = audited.finding("explainability.faithfulness")["measurements"]
    over = [one for one in judged if one["metric"] == "faithfulness_over_random" and not one["group"]]
    (occlusion,) = [one for one in over if one["conditions"]["method"] == "occlusion"]
    # What falls the most when it is taken out alone is taken out first.
    assert occlusion["interval"]["low"] > 0
    assert {one["group"].get("sex") for one in judged} == {None, "F", "M", "*"}
    page = audited.page()
    assert "Whether explanations name what the answer hangs on" in page
    assert "better than a random one" in page
    again = audited.run_here("replay", str(audited.bundle), "--allow-dev-key", "--json")
    assert again.code == 0, again
    parts = {part["name"]: part for part in json.loads(again.out)["parts"]}
    assert all(parts[f"explainability.{name}"]["replayed"] for name in FOUR)
