"""A model of a table and one of texts seen as a whole: from the command line to the report and its replay."""

from __future__ import annotations

import random

import numpy as np
import pytest
from commands import as_csv
from tiny_bert import SENTENCES, build, notes_spec

TABLE = """\
name = "A ward's admissions"
seed = 1
[model]
adapter = "tabular"
path = "model.skops"
categories = ["ward", "sex"]
[data]
audit = "rows.csv"
input = ["need", "age", "ward", "sex"]
target = "outcome"
positive = "yes"
groups = ["sex"]
protected_inputs = {sex = "sex"}
[[checks]]
use = "explainability.effects"
most_rows = 150
shuffles = 1
[[checks]]
use = "explainability.surrogate"
[[checks]]
use = "explainability.recourse"
most_rows = 40
[[checks]]
use = "explainability.drivers"
most_rows = 80
[report]
formats = ["html"]
evidence = "rows"
[policy]
min_group_size = 10
[[policy.rules]]
metric = "effect_range"
conditions = {column = "sex"}
max = 0.05
because = "a test"
[[policy.rules]]
metric = "recourse_found_rate"
min = 0.1
because = "a test"
"""
CHECKS = ("explainability.effects", "explainability.surrogate", "explainability.recourse", "explainability.drivers")


@pytest.fixture
def admissions(folder):
    """People whose need, age and ward decide, and a logistic regression of them."""
    import pandas as pd
    import skops.io
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    draw = random.Random(3)
    rows = []
    for _ in range(160):
        need, age, ward = round(draw.random(), 3), draw.randint(20, 90), draw.choice(("north", "south", "east"))
        outcome = need + age / 200 + 0.3 * (ward == "north") + draw.gauss(0, 0.2) > 0.9
        rows.append((need, age, ward, draw.choice("FM"), "yes" if outcome else "no"))
    header = ("need", "age", "ward", "sex", "outcome")
    folder.write("rows.csv", as_csv(header, [tuple(map(str, row)) for row in rows]))
    table = pd.DataFrame(rows, columns=header)
    kinds = make_column_transformer((OneHotEncoder(), ["ward", "sex"]), remainder="passthrough")
    model = make_pipeline(kinds, LogisticRegression(max_iter=2000)).fit(table[list(header[:4])], table["outcome"])
    skops.io.dump(model, folder.path / "model.skops")
    folder.write("audit.toml", TABLE)
    return folder


def values(folder, check, metric):
    return [one for one in folder.finding(check)["measurements"] if one["metric"] == metric and not one["group"]]


def test_a_table_is_seen_as_a_whole_and_replayed(admissions):
    answer = admissions.run_here()
    assert answer.code == 0, answer
    for check in CHECKS:
        finding = admissions.finding(check)
        assert finding["status"] == "measured", finding
        assert all(control["passed"] for control in finding["controls"])
    ranges = {one["conditions"]["column"]: one["value"] for one in values(admissions, CHECKS[0], "effect_range")}
    assert ranges["need"] > ranges["age"] > ranges["sex"]
    (fidelity,) = values(admissions, CHECKS[1], "surrogate_fidelity")
    assert fidelity["value"] > 0.4
    page = admissions.page()
    for words in ("How the score goes with need", "speaks for the model", "Through which columns", "need &gt; "):
        assert words in page, words
    again = admissions.run_here("replay", str(admissions.bundle), "--allow-dev-key")
    assert again.code == 0, again


TEXTS = """
[[checks]]
use = "explainability.drivers"
most_rows = 30
most_pieces = 8
[[checks]]
use = "explainability.recourse"
most_rows = 20
most_words = 4
"""


def test_texts_are_seen_as_a_whole_and_replayed(folder):
    build(folder.path / "model")
    rows = [
        (f"{SENTENCES[row % 6]} seen by Meier, bed {row}", ("no", "yes")[row % 2], "FM"[row % 2]) for row in range(90)
    ]
    folder.write("rows.csv", as_csv(("note", "outcome", "sex"), rows))
    head, policy, tail = notes_spec(data='groups = ["sex"]').partition("[report]")
    folder.write("audit.toml", (head + TEXTS + policy + tail).replace("[policy]\n", "[policy]\nmin_group_size = 10\n"))
    answer = folder.run_here()
    assert answer.code in {0, 1, 4, 5}, answer
    drivers, recourse = (folder.finding(f"explainability.{name}") for name in ("drivers", "recourse"))
    assert drivers["status"] == recourse["status"] == "measured", (drivers, recourse)
    told = {one["conditions"]["piece"] for one in drivers["measurements"]}
    assert told <= {word for sentence in SENTENCES for word in sentence.split()} | {"seen", "by", "bed"}
    assert "meier" not in str(drivers).lower()
    assert np.isfinite(next(one["value"] for one in recourse["measurements"] if one["metric"] == "recourse_words"))
    again = folder.run_here("replay", str(folder.bundle), "--allow-dev-key")
    assert again.code == 0, again
