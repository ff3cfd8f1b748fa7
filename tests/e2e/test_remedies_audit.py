"""What would help, from a spec to a replay: rounding of a model's answers, and checkpoints of its training."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.tree import DecisionTreeClassifier

SPEC = """
name = "remedies"
seed = 3
[model]
adapter = "tabular"
path = "late.skops"
checkpoints = ["early.skops"]
trust_types = ["sklearn.tree._tree.Tree"]
[data]
audit = "audit.csv"
training = "training.csv"
input = ["age", "pressure"]
target = "ill"
positive = "yes"
[[checks]]
use = "privacy.remedies"
[report]
formats = ["html"]
[[policy.rules]]
metric = "membership_auc"
conditions = {remedy = "checkpoint early.skops"}
max = 0.65
because = "a test"
"""


def rows(seed, count=240):
    rng = np.random.default_rng(seed)
    age, pressure = rng.uniform(20, 90, count).round(3), rng.normal(120, 15, count).round(3)
    # Age tells something, and much is chance, which only a model that knows its rows can get right.
    ill = np.where(rng.random(count) < 0.6, rng.random(count) < 0.5, age > 55)
    return pd.DataFrame({"age": age, "pressure": pressure, "ill": np.where(ill, "yes", "no")})


def trained(folder, name, **settings):
    table = pd.read_csv(folder / "training.csv")
    model = DecisionTreeClassifier(random_state=0, **settings).fit(table[["age", "pressure"]], table["ill"])
    skops.io.dump(model, folder / name)


@pytest.fixture
def made(make_folder):
    folder = make_folder()
    rows(1).to_csv(folder.path / "audit.csv", index=False)
    rows(2).to_csv(folder.path / "training.csv", index=False)
    trained(folder.path, "late.skops")
    trained(folder.path, "early.skops", max_depth=2)
    (folder.path / "audit.toml").write_text(SPEC)
    return folder


def measured(folder):
    (finding,) = json.loads((folder.path / "audit-audit" / "result.json").read_text())["findings"]
    assert finding["status"] == "measured", finding["reason"]
    found = {(one["metric"], one["conditions"]["remedy"]): one for one in finding["measurements"]}
    return finding, found


def test_an_earlier_checkpoint_is_opened_attacked_recorded_and_recomputed(made):
    answer = made.run_here("run", "audit.toml", "--no-pdf")
    assert answer.code == 0, answer.out[-2000:] + answer.err[-2000:]
    finding, found = measured(made)
    early = "checkpoint early.skops"
    assert found["membership_auc", "none"]["interval"]["low"] > 0.6
    assert found["membership_auc_difference", early]["interval"]["high"] < 0
    # What is learnt by heart is worth nothing to others.
    assert found["remedied_accuracy_difference", early]["value"] > 0
    table = pd.read_csv(made.path / "audit.csv")
    tree = skops.io.load(made.path / "early.skops", trusted=["sklearn.tree._tree.Tree"])
    share = (tree.predict(table[["age", "pressure"]]) == table["ill"]).mean()
    assert found["remedied_accuracy", early]["value"] == pytest.approx(
        share, abs=0.02
    )  # rows that are nearly on both sides are left out
    titles = [one["title"]["msgid"] for one in finding["evidence"]]
    assert any("checkpoints that were opened" in title for title in titles)
    assert any("Along the checkpoints" in title for title in titles)
    replayed = made.run_here("replay", "audit-audit", "--allow-dev-key")
    assert replayed.code == 0, replayed.out[-2000:] + replayed.err[-2000:]

    # Another file under the same name is another checkpoint: nothing is taken from the store.
    trained(made.path, "early.skops", max_depth=1)
    made.run_here("run", "audit.toml", "--no-pdf", "--force")
    assert measured(made)[1]["membership_auc", early]["value"] < found["membership_auc", early]["value"]


def test_checkpoints_that_are_not_there_or_of_no_model_are_refused(made):
    (made.path / "early.skops").unlink()
    made.run_here("run", "audit.toml", "--no-pdf").refused("there is no checkpoint at", "early.skops")
    (made.path / "audit.toml").write_text(SPEC.replace('path = "late.skops"', "").replace('"tabular"', '"recorded"'))
    made.run_here("run", "audit.toml", "--no-pdf").refused("checkpoints", "of no model")
