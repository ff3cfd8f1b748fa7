"""A text classifier asked who its answers rest on, and by which words, from the command line to the replay."""

from __future__ import annotations

import json

import pytest
from commands import as_csv
from tiny_bert import SENTENCES, build, notes_spec

CHECKS = """
[[checks]]
use = "explainability.reliance"
attributes = ["sex", "age"]
most_rows = 40
[[checks]]
use = "explainability.shortcuts"
most_words = 3
most_rows = 30
[[policy.rules]]
metric = "protected_excess_effect"
conditions = {attribute = "sex"}
max = 1.0
because = "a test"
[[policy.rules]]
metric = "shortcut_effect"
max = 1.0
because = "a test"
"""
TERMS = '[ward]\nsides = ["north", "south"]\nwords = [["gardening", "cooking"]]\n'


@pytest.fixture(scope="module")
def audited(make_folder):
    folder = make_folder()
    build(folder.path / "model")
    who = ("a woman of 72 years old", "a man", "an elderly lady", "nobody")
    rows = [
        (f"{SENTENCES[row % 6]} in {who[row % 4]} seen today {row}", ("no", "yes")[row % 2], "FM"[row % 2])
        for row in range(120)
    ]
    folder.write("rows.csv", as_csv(("note", "outcome", "sex"), rows))
    folder.write("terms.toml", TERMS)
    head, policy, tail = notes_spec(data='groups = ["sex"]').partition("[report]")
    spec = head + CHECKS + policy + tail
    folder.write("audit.toml", spec.replace("[policy]\n", "[policy]\nmin_group_size = 10\n"))
    return folder


def test_both_are_audited_reported_and_replayed(audited):
    answer = audited.run_here()
    assert answer.code in {0, 1, 5}, answer
    for check in ("explainability.reliance", "explainability.shortcuts"):
        finding = audited.finding(check)
        assert finding["status"] == "measured", finding
        assert all(control["passed"] for control in finding["controls"])
    reliance = audited.finding("explainability.reliance")["measurements"]
    assert {m["conditions"].get("attribute") for m in reliance} == {None, "sex", "age"}
    assert any(m["metric"] == "protected_excess_effect_difference" for m in reliance)
    mentions = {m["conditions"]["attribute"]: m["value"] for m in reliance if m["metric"] == "protected_mention_rate"}
    assert 0.4 < mentions["sex"] < 1.0
    assert "What changing who somebody is did to the answers" in audited.page()
    again = audited.run_here("replay", str(audited.bundle), "--allow-dev-key")
    assert again.code == 0, again


def test_words_of_the_users_own_are_asked_about_and_cannot_be_replayed(audited):
    spec = (audited.path / "audit.toml").read_text()
    spec = spec.replace('conditions = {attribute = "sex"}', 'conditions = {attribute = "ward"}')
    own = spec.replace('attributes = ["sex", "age"]', 'attributes = ["ward"]\nterms = "terms.toml"', 1)
    audited.write("own.toml", own)
    answer = audited.run_here("run", "own.toml", "--out", "own", "--force")
    assert answer.code in {0, 1, 5}, answer
    result = json.loads((audited.path / "own" / "result.json").read_bytes())
    (found,) = [one for one in result["findings"] if one["check"] == "explainability.reliance"]
    assert {m["conditions"].get("attribute") for m in found["measurements"]} == {None, "ward"}
    assert "cooking" not in json.dumps(result)
    again = audited.run_here("replay", str(audited.path / "own"), "--allow-dev-key", "--json")
    parts = {part["name"]: part for part in json.loads(again.out)["parts"]}
    assert not parts["explainability.reliance"]["replayed"]
    assert not any(part["differences"] for part in parts.values())
