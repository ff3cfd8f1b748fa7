"""Canaries from the coin to the verdict: made, committed to, trained on, held against a claim, recomputed."""

from __future__ import annotations

import csv
import json
import stat

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

SPEC = """
name = "a claim"
[model]
adapter = "tabular"
path = "model.skops"
claimed_epsilon = 1.0
[data]
audit = "audit.csv"
training = "patients.csv"
input = ["age", "pressure"]
target = "ill"
positive = "yes"
unit = "patient"
[[checks]]
use = "privacy.canaries"
[policy]
extends = []
[report]
formats = ["html"]
"""
COLUMNS = ["patient", "age", "pressure", "ill"]


def write_rows(path, *, seed, rows=300):
    draw = np.random.default_rng([seed, 4])
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for row in range(rows):
            age, pressure = draw.uniform(20, 90), draw.normal(130, 15)
            ill = "yes" if draw.random() < (age - 20) / 70 else "no"
            writer.writerow([f"{path.stem} {row}", f"{age:.3f}", f"{pressure:.2f}", ill])


def read(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def train(folder, model, names=("patients", "canaries")):
    """Fit a model on the patients and the canaries that the coins put in, and write both."""
    rows = [row for name in names for row in read(folder.path / f"{name}.csv")]
    with (folder.path / "training.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    values = np.array([[float(row["age"]), float(row["pressure"])] for row in rows])
    skops.io.dump(model.fit(values, np.array([row["ill"] for row in rows])), folder.path / "model.skops")


def audit(folder, *changes, canaries="canaries.key"):
    """Run the audit of the spec with the key in it."""
    spec = SPEC.replace('"patients.csv"', f'"training.csv"\ncanaries = "{canaries}"')
    for old, new in changes:
        spec = spec.replace(old, new)
    folder.write("audit.toml", spec)
    return folder.run_here("run", "audit.toml", "--force", "--fresh")


def by_heart():
    """The nearest row's label, which of a row that was trained on is its own."""
    return KNeighborsClassifier(5, weights="distance", algorithm="brute")


@pytest.fixture(scope="module")
def planted(make_folder):
    """A folder with data, a spec, and 400 canaries for it; and what the command said."""
    folder = make_folder()
    for seed, name in enumerate(("audit", "patients")):
        write_rows(folder.path / f"{name}.csv", seed=seed)
    folder.write("audit.toml", SPEC)
    return folder, folder.run_here("canaries", "audit.toml", "--count", "400")


def test_three_files_are_made_and_none_tells_the_coins_but_the_key(planted):
    folder, said = planted
    assert said.code == 0, said.err
    key = json.loads((folder.path / "canaries.key").read_text())
    promise = json.loads((folder.path / "canaries.commitment").read_text())
    added = read(folder.path / "canaries.csv")
    assert len(key["rows"]) == len(key["included"]) == promise["canaries"] == 400
    assert key["columns"] == COLUMNS == list(added[0])
    kept = [row for row, isin in zip(key["rows"], key["included"], strict=True) if isin]
    assert [list(row.values()) for row in added] == kept
    assert 140 < len(added) < 260  # fair coins: four standard deviations are 40
    assert promise["commitment"] == key["commitment"]
    assert set(promise) == {"auditkit_commitment", "made", "canaries", "commitment"}
    assert stat.S_IMODE((folder.path / "canaries.key").stat().st_mode) == 0o600
    assert "with 400 canaries no epsilon above 4.32 can be shown, at a confidence of 95%" in said.out
    assert f'canaries_commitment = "{key["commitment"]}"' in said.out


def test_canaries_are_strangers_in_the_values_of_the_training_rows(planted):
    folder, _ = planted
    key = json.loads((folder.path / "canaries.key").read_text())
    patients = read(folder.path / "patients.csv")
    for place, name in enumerate(COLUMNS[1:], start=1):
        assert {row[place] for row in key["rows"]} <= {row[name] for row in patients}
    inputs = {tuple(row[1:3]) for row in key["rows"]}
    assert len(inputs) == 400
    assert not inputs & {(row["age"], row["pressure"]) for row in patients}
    assert len({row[0] for row in key["rows"]} | {row["patient"] for row in patients}) == 700


def test_a_key_is_never_overwritten(planted):
    folder, _ = planted
    before = (folder.path / "canaries.key").read_bytes()
    folder.write("audit.toml", SPEC)
    folder.run_here("canaries", "audit.toml").refused("'canaries.csv' exists", "--stem OTHER-NAME")
    assert (folder.path / "canaries.key").read_bytes() == before


def test_a_model_that_knows_its_rows_by_heart_refutes_the_claim_and_the_bundle_replays(planted):
    folder, _ = planted
    train(folder, by_heart())
    commitment = json.loads((folder.path / "canaries.key").read_text())["commitment"]
    pinned = ('unit = "patient"', f'unit = "patient"\ncanaries_commitment = "{commitment}"')
    answer = audit(folder, pinned)
    assert answer.code == 1, answer
    (finding,) = folder.result()["findings"]
    measured = {one["metric"]: one for one in finding["measurements"]}
    assert measured["epsilon_lower_bound"]["value"] > 2
    assert measured["epsilon_above_claim"]["value"] == measured["epsilon_lower_bound"]["value"] - 1
    (judged,) = folder.result()["verdict"]["judgements"]
    assert (judged["rule"], judged["outcome"]) == ("epsilon_above_claim<=0", "fail")
    assert commitment in folder.page()
    assert "it is the one that the spec says was published before training" in folder.page()
    replayed = folder.run_here("replay", "audit-audit", "--allow-dev-key")
    assert replayed.code == 0, replayed
    assert "every number follows from the evidence" in replayed.out


def test_a_model_that_knows_nobody_is_not_accused(planted):
    folder, _ = planted
    train(folder, LogisticRegression(C=1e-4))
    answer = audit(folder, ("claimed_epsilon = 1.0", "claimed_epsilon = 3.0"))
    assert answer.code in {0, 5}, answer  # all coins together may make the guesses look better than they are
    (finding,) = folder.result()["findings"]
    assert finding["measurements"][0]["value"] < 1


def test_training_rows_without_the_canaries_are_inconclusive(planted):
    folder, _ = planted
    train(folder, by_heart(), names=("patients",))
    answer = audit(folder)
    assert answer.code == 5, answer
    assert "the training rows are not those of the key" in folder.page()


def test_a_claim_without_canaries_is_not_tested_and_page_one_says_so(planted):
    folder, _ = planted
    train(folder, by_heart())
    answer = audit(folder, ('canaries = "canaries.key"', ""))
    assert answer.code == 5, answer  # no rule was judged
    (judged,) = folder.result()["verdict"]["judgements"]
    assert judged["outcome"] == "not_applicable"


def test_another_key_a_changed_one_and_none_are_refused(planted):
    folder, _ = planted
    train(folder, by_heart())
    other = ('unit = "patient"', f'unit = "patient"\ncanaries_commitment = "{"0" * 64}"')
    audit(folder, other).refused("another key was committed to", "made before the model was trained")
    key = json.loads((folder.path / "canaries.key").read_text())
    key["included"][0] = not key["included"][0]
    folder.write("changed.key", json.dumps(key))
    audit(folder, canaries="changed.key").refused("'changed.key' was changed after it was made")
    audit(folder, canaries="patients.csv").refused("'patients.csv' is not a key of canaries")
    audit(folder, canaries="canaries.keys").refused("'canaries.keys' does not exist", "canaries.key")
    none = (
        '[model]\nadapter = "tabular"\npath = "model.skops"\nclaimed_epsilon = 1.0',
        '[model]\nadapter = "recorded"',
    )
    audit(folder, none, ('target = "ill"', 'target = "ill"\npredicted = "pressure"\nclasses = ["no", "yes"]')).refused(
        "canaries are scored by the model itself"
    )


@pytest.mark.parametrize(
    ("changes", "arguments", "words"),
    [
        ([], ["--count", "19"], ("'19' canaries", "--count 500")),
        ([], ["--stem", "a/b"], ("'a/b' is not the beginning of a file name",)),
        ([('training = "patients.csv"', "")], [], ("does not say which rows the model will be trained on",)),
        ([('target = "ill"', "")], [], ('target = "..."',)),
        ([('"age", "pressure"', '"age", "presure"')], [], ("'presure'", "did you mean 'pressure'?")),
        ([('["age", "pressure"]', '["ill2"]')], [], ("'ill2'",)),
        ([('"patients.csv"', '"patient.csv"')], [], ("'patient.csv' does not exist", "patients.csv")),
        ([("claimed_epsilon = 1.0", "claimed_delta = 0.1")], [], ("without claimed_epsilon",)),
        ([], ["--candidates", "none.csv"], ("'none.csv' is no file",)),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(planted, changes, arguments, words):
    folder, _ = planted
    spec = SPEC
    for old, new in changes:
        spec = spec.replace(old, new)
    folder.write("audit.toml", spec)
    before = sorted(path.name for path in folder.path.iterdir())
    stem = [] if "--stem" in arguments else ["--stem", "second"]
    folder.run_here("canaries", "audit.toml", *stem, *arguments).refused(*words)
    assert sorted(path.name for path in folder.path.iterdir()) == before


def test_rows_of_ones_own_are_canaries_as_they_are(planted):
    folder, _ = planted
    folder.write("audit.toml", SPEC)
    said = folder.run_here("canaries", "audit.toml", "--stem", "own", "--candidates", "audit.csv", "--count", "50")
    assert said.code == 0, said.err
    key = json.loads((folder.path / "own.key").read_text())
    assert key["kind"] == "rows that were given"
    assert key["rows"] == [list(row.values()) for row in read(folder.path / "audit.csv")[:50]]


def test_rows_of_ones_own_that_the_model_sees_anyway_are_refused(planted):
    folder, _ = planted
    folder.write("audit.toml", SPEC)
    own, known = ((folder.path / f"{name}.csv").read_text().splitlines() for name in ("audit", "patients"))
    folder.write("known.csv", "\n".join([*own[:40], own[1], known[1], known[2]]) + "\n")
    said = folder.run_here("canaries", "audit.toml", "--stem", "twins", "--candidates", "known.csv")
    said.refused("2 have the inputs of a training row, and 1 those of another candidate")
    assert not (folder.path / "twins.key").exists()
