"""The example of diets: the rule finds the group that the log leaves out, and passes the twin that learnt from all."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

EXAMPLE = Path(__file__).parents[2] / "examples" / "diet_recommender"
PEOPLE = 1200


@pytest.fixture(scope="module")
def audited(make_folder):
    """Name of the twin -> its folder, its answer, and its result."""

    def audit(*options):
        folder = make_folder()
        command = [sys.executable, str(EXAMPLE / "train.py"), str(folder.path), "--people", str(PEOPLE), *options]
        subprocess.run(command, check=True, capture_output=True, timeout=120, env=folder.environment)
        shutil.copy(EXAMPLE / "audit.toml", folder.path)
        with (folder.path / "audit.toml").open("a") as stream:
            stream.write('[report]\nformats = ["html"]\n')
        return folder, folder.run_here(), folder.result()

    return {"harmed": audit(), "clean": audit("--all-channels")}


def outcomes(result):
    rules = [(rule["metric"], rule["group"]) for rule in result["policy"]["policy"]["rules"]]
    return dict(zip(map(str, rules), (one["outcome"] for one in result["verdict"]["judgements"]), strict=True))


def test_the_rule_finds_the_group_that_the_log_leaves_out(audited):
    _, answer, result = audited["harmed"]
    assert answer.code == 1, answer
    assert sorted(outcomes(result).values()) == ["fail", "fail", "pass", "pass"]
    served, barred = [one for one in result["verdict"]["judgements"] if one["outcome"] == "fail"]
    assert served["worst"]["group"] == barred["worst"]["group"] == {"age_band": "65+"}
    assert served["worst"]["interval"]["high"] < 0.35
    assert barred["worst"]["interval"]["low"] > 0.3


def test_the_twin_that_learnt_from_all_choices_passes(audited):
    _, answer, result = audited["clean"]
    assert answer.code == 0, answer
    assert set(outcomes(result).values()) == {"pass"}


def scored(path):
    """Each user's row of users.csv and scores for all items by the files alone: what was had before is put last."""
    model = np.load(path / "model" / "scores.npy").astype(float)
    users, items = (json.loads((path / "model" / f"{what}.json").read_text()) for what in ("users", "items"))
    places, columns = ({name: at for at, name in enumerate(listed)} for listed in (users, items))
    rows, people = (table(path, name) for name in ("interactions", "users"))
    before = [row for row in rows if row["time"] < "2026-01-01"]
    popular = np.bincount([columns[row["item"]] for row in before], minlength=len(items)).astype(float)
    # What is kept away stands below what was had before: neither is recommended.
    scores = {row["user"]: popular.copy() for row in people}
    scores |= {user: np.maximum(model[places[user]], -2e9) for user in users}
    for row in before:
        scores[row["user"]][columns[row["item"]]] = -1e9
    # The popular items tie, and scikit-learn would average over their orders: let the first one be a little better.
    order = 1e-7 * np.arange(len(items))
    return {row["user"]: (row, scores[row["user"]] - order) for row in people}, items


def table(path, name):
    with (path / f"{name}.csv").open() as stream:
        return list(csv.DictReader(stream))


def ndcg_of_bands(path):
    """age_band -> mean NDCG at 10, by scikit-learn."""
    people, items = scored(path)
    wanted = {user: np.zeros(len(items)) for user in people}
    for row in table(path, "interactions"):
        if row["time"] >= "2026-01-01":
            wanted[row["user"]][items.index(row["item"])] = 1
    members = {band: [user for user, (row, _) in people.items() if row["age_band"] == band] for band in BANDS}
    return {
        band: ndcg_score([wanted[user] for user in own], [people[user][1] for user in own], k=10)
        for band, own in members.items()
    }


def barred_of_bands(path):
    """age_band -> the share of the ill who are shown what their condition bars, and how many they are; row by row."""
    people, items = scored(path)
    kinds = {row["item"]: row for row in table(path, "items")}
    bars = table(path, "contraindications")
    found = {}
    for row, scores in people.values():
        if not row["condition"]:
            continue
        shown = [kinds[items[place]] for place in np.argsort(-scores)[:10]]
        hit = any(
            bar["condition"] == row["condition"]
            and bar["style"] in ("", item["style"])
            and bar["main"] in ("", item["main"])
            for bar in bars
            for item in shown
        )
        found.setdefault(row["age_band"], []).append(hit)
    return {band: (np.mean(hits), len(hits)) for band, hits in found.items()}


BANDS = ("18-39", "40-64", "65+")


@pytest.mark.parametrize("twin", ["harmed", "clean"])
def test_the_numbers_are_those_of_a_full_ranking(audited, twin):
    folder, _, result = audited[twin]
    measured = {
        one["group"]["age_band"]: one["value"]
        for one in folder.finding("performance.ranking")["measurements"]
        if one["metric"] == "ndcg_at_10" and "age_band" in one["group"]
    }
    expected = ndcg_of_bands(folder.path)
    assert measured.keys() == expected.keys()
    for band, value in expected.items():
        assert measured[band] == pytest.approx(value, abs=1e-6), band
    assert result["subject"]["prediction_type"] == "Rankings"


@pytest.mark.parametrize("twin", ["harmed", "clean"])
def test_what_is_barred_is_counted_as_row_by_row(audited, twin):
    folder = audited[twin][0]
    measured = {
        one["group"]["age_band"]: (one["value"], one["n"])
        for one in folder.finding("fairness.contraindicated-items")["measurements"]
        if one["metric"] == "contraindicated_user_rate_at_10" and one["group"].keys() == {"age_band"}
    }
    expected = barred_of_bands(folder.path)
    assert measured.keys() == expected.keys()
    for band, (share, people) in expected.items():
        assert measured[band] == (pytest.approx(share), people), band


def popularity_of_bands(path):
    """age_band -> how much more popular lists are than what their people had before, row by row."""
    people, items = scored(path)
    before = [row for row in table(path, "interactions") if row["time"] < "2026-01-01"]
    uses = np.bincount([items.index(row["item"]) for row in before], minlength=len(items))
    had = {}
    for row in before:
        had.setdefault(row["user"], []).append(uses[items.index(row["item"])])
    sums = {band: np.zeros(2) for band in BANDS}
    for user, (row, scores) in people.items():
        sums[row["age_band"]] += np.mean(uses[np.argsort(-scores)[:10]]), np.mean(had[user])
    return {band: shown / own - 1 for band, (shown, own) in sums.items()}


def test_popularity_is_counted_as_row_by_row(audited):
    folder = audited["harmed"][0]
    measured = {
        one["group"]["age_band"]: one["value"]
        for one in folder.finding("fairness.popularity")["measurements"]
        if one["metric"] == "popularity_lift_at_10" and one["group"].keys() == {"age_band"}
    }
    assert measured == pytest.approx(popularity_of_bands(folder.path))


def test_what_is_found_of_styles_holds_for_other_kitchens(audited):
    found = audited["harmed"][0].finding("fairness.item-exposure")["measurements"]
    (ratio,) = [one for one in found if one["metric"] == "exposure_per_merit_at_10_ratio"]
    assert "providers" in ratio["interval"]["method"]
    assert ratio["value"] < 0.8


def test_the_report_says_what_was_decided(audited):
    page = audited["harmed"][0].page().replace("<bdi>", "").replace("</bdi>", "")
    for words in (
        "are not recommended to that user (mask_seen = true)",
        "users have no history",
        "they were shown the most frequent items of the training table",
        "interactions are at or after 2026-01-01 and were audited",
    ):
        assert words in page


def test_another_depth_or_another_history_is_another_question(audited):
    folder = audited["clean"][0]
    spec = (folder.path / "audit.toml").read_text()
    folder.write("deeper.toml", spec.replace("k = 10", "k = 20").replace("_at_10", "_at_20"))
    assert folder.run_here("run", "deeper.toml", "--out", "deeper").code == 0
    deeper = json.loads((folder.path / "deeper" / "result.json").read_text())
    (finding,) = [one for one in deeper["findings"] if one["check"] == "performance.ranking"]
    recall = next(one["value"] for one in finding["measurements"] if one["metric"] == "recall_at_20")
    before = folder.finding("performance.ranking")["measurements"]
    assert recall > next(one["value"] for one in before if one["metric"] == "recall_at_10") + 0.1
