"""A text classifier asked who its answers rest on, and by which words, from the command line to the replay."""

from __future__ import annotations

import json

import pytest
from commands import as_csv
from tiny_bert import SENTENCES, build, notes_spec
from tiny_images import build_images, files_of, pixels

CHECKS = """
[[checks]]
use = "explainability.reliance"
attributes = ["sex", "age"]
most_rows = 24
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


FILMS = """\
name = "Films asked where they were taken"
[model]
adapter = "image-classifier"
path = "model"
[data]
audit = "films/rows.csv"
input = "film"
target = "finding"
positive = "yes"
groups = ["sex"]
[[checks]]
use = "explainability.reliance"
regions = {tag = [0, 0.8, 0.3, 1]}
most_rows = 30
[[checks]]
use = "explainability.shortcuts"
most_regions = 2
[policy]
min_group_size = 5
[[policy.rules]]
metric = "shortcut_effect"
max = 1.0
because = "a test"
[report]
formats = ["html"]
"""


def test_films_are_masked_and_searched_and_replayed(make_folder):
    folder, rows = make_folder(), 36
    place = folder.path / "films"
    place.mkdir()
    files_of(place, [pixels(seed) for seed in range(rows)])
    build_images(folder.path / "model", ("no", "yes"), kind="resnet")
    table = [(f"{row}.png", ("no", "yes")[row % 2], "FM"[row % 2]) for row in range(rows)]
    (place / "rows.csv").write_text(as_csv(("film", "finding", "sex"), table))
    folder.write("audit.toml", FILMS)
    answer = folder.run_here()
    assert answer.code in {0, 5}, answer
    reliance = folder.finding("explainability.reliance")
    assert reliance["options"]["regions"] == {"tag": [0.0, 0.8, 0.3, 1.0]}
    assert {m["conditions"].get("region") for m in reliance["measurements"]} == {None, "border", "corners", "tag"}
    (largest,) = [
        m
        for m in folder.finding("explainability.shortcuts")["measurements"]
        if m["metric"] == "shortcut_effect" and not m["conditions"]
    ]
    assert largest["interval"]["low"] <= largest["value"] <= largest["interval"]["high"]
    again = folder.run_here("replay", str(folder.bundle), "--allow-dev-key")
    assert again.code == 0, again
