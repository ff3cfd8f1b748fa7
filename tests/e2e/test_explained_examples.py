"""Rows as examples, from the command line to the report and its replay: what the spec releases, and nothing else."""

from __future__ import annotations

import html
import random
import re

import pytest
from commands import as_csv

SPEC = """\
name = "A ward's admissions"
seed = 1
[model]
adapter = "tabular"
path = "model.skops"
[data]
audit = "rows.csv"
input = ["need", "age", "bed"]
target = "outcome"
positive = "yes"
groups = ["sex", "age_band"]
bands = {age = [60]}
quasi_identifiers = ["bed"]
[[checks]]
use = "explainability.examples"
judged_rows = 60
orders = 3
draws = 8
most_rows = 1
MORE
[report]
formats = ["html"]
evidence = "rows"
examples = "ALLOWED"
[policy]
min_group_size = 10
[[policy.rules]]
metric = "examples_shown"
max = 4
because = "a test"
required = false
"""
HEADER = ("need", "age", "bed", "sex", "outcome")


@pytest.fixture
def ward(folder):
    """People whose need decides, and a logistic regression of it."""
    import pandas as pd
    import skops.io
    from sklearn.linear_model import LogisticRegression

    draw = random.Random(3)
    rows = []
    for row in range(120):
        need, age = round(draw.random(), 3), draw.randint(20, 90)
        outcome = need + draw.gauss(0, 0.1) > 0.5
        rows.append((need, age, 7000 + row, draw.choice("FM"), "yes" if outcome else "no"))
    folder.write("rows.csv", as_csv(HEADER, [tuple(map(str, row)) for row in rows]))
    table = pd.DataFrame(rows, columns=HEADER)
    model = LogisticRegression(max_iter=5000).fit(table[list(HEADER[:3])], table["outcome"])
    skops.io.dump(model, folder.path / "model.skops")
    return folder


def spec(folder, allowed: str, more: str = "") -> None:
    folder.write("audit.toml", SPEC.replace("ALLOWED", allowed).replace("MORE", more))


def shown(folder):
    return folder.finding("explainability.examples")["evidence"]


def test_released_rows_reach_the_report_without_who_they_are(ward):
    spec(ward, "released")
    answer = ward.run_here()
    assert answer.code in {0, 5}, answer
    examples = shown(ward)
    assert [one["made_up"] for one in examples] == [False, False]
    for one in examples:
        held = {piece["says"]: piece["value"] for piece in one["pieces"]}
        assert 0 <= float(held["need"]) <= 1
        # A band of ages is a group: the age itself tells more.
        assert held["age"] == held["bed"] == {"msgid": "not shown", "params": {}}
        assert one["relied"]
    page = html.unescape(ward.page())
    assert "Example 1: no" in page
    assert "a row of the audit, which the spec releases" in page
    assert not re.search(r"<bdi>7[01]\d\d</bdi>", page)
    again = ward.run_here("replay", str(ward.bundle), "--allow-dev-key")
    assert again.code == 2, again
    assert "not replayed  explainability.examples" in again.out
    assert "the evidence holds no inputs" in again.out


def test_made_up_rows_alone_are_shown_where_the_spec_says_so(ward):
    ward.write("made-up.csv", "need,age,bed\n0.9,50,1\n")
    spec(ward, "synthetic", 'rows = "made-up.csv"')
    answer = ward.run_here()
    assert answer.code in {0, 5}, answer
    (one,) = shown(ward)
    assert one["made_up"]
    assert one["answer"]["params"]["label"] == "yes"
    assert ward.finding("explainability.examples")["options"]["rows"]["name"] == "made-up.csv"


def test_without_a_word_nothing_is_shown_and_the_finding_says_what_to_write(ward):
    spec(ward, "none")
    ward.run_here()
    finding = ward.finding("explainability.examples")
    assert finding["status"] == "not_applicable"
    assert finding["evidence"] == []
    assert "[report] examples" in finding["hint"]
