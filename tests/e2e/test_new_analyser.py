"""The example of a year after release: what has moved, what does harm, and what a bare loop over the months finds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "new_analyser"


@pytest.fixture(scope="module")
def made(make_folder):
    """A folder with what the example writes, and both audits."""
    folder = make_folder()
    command = [sys.executable, str(EXAMPLE / "train.py"), str(folder.path)]
    subprocess.run(command, check=True, capture_output=True, timeout=200, env=folder.environment)
    for name, code in (("audit", 1), ("corrected", 0)):
        spec = (EXAMPLE / f"{name}.toml").read_text(encoding="utf-8")
        (folder.path / f"{name}.toml").write_text(spec + '\n[report]\nformats = ["html"]\n', encoding="utf-8")
        answer = folder.run_here("run", f"{name}.toml")
        assert answer.code == code, answer
    return folder


def measured(folder, name, metric, **conditions):
    result = json.loads((folder.path / f"{name}-audit" / "result.json").read_bytes())
    found = [one for finding in result["findings"] for one in finding["measurements"]]
    (one,) = (
        one
        for one in found
        if (one["metric"], one["group"], one["label"], one["conditions"]) == (metric, {}, None, conditions)
    )
    return one


def test_each_month_is_what_a_bare_loop_finds(made):
    rows = pd.read_csv(made.path / "year.csv")
    errors = rows["p_yes"] - (rows["sepsis"] == "yes")
    right = (rows["p_yes"] >= rows["p_no"]) == (rows["sepsis"] == "yes")
    for month, here in rows.groupby(rows["admitted"].str[:7]).groups.items():
        told = measured(made, "audit", "mean_probability_error", period=month)
        assert (told["value"], told["n"]) == (pytest.approx(errors[here].mean()), len(here))
        assert measured(made, "audit", "accuracy", period=month)["value"] == pytest.approx(right[here].mean())


def test_what_moves_most_is_not_what_does_harm(made):
    for name, harm in (("audit", True), ("corrected", False)):
        index = {
            column: measured(made, name, "population_stability_index", column=column)
            for column in ("age", "lactate", "heart_rate", "temperature")
        }
        assert max(index, key=lambda column: index[column]["value"]) == "age"
        assert (index["lactate"]["interval"]["low"] > 0) == harm
        trend = measured(made, name, "mean_probability_error_trend")["interval"]
        assert (trend["low"] > 0.05) == harm
        # Of four looks each takes a quarter of what may err.
        assert trend["level"] == pytest.approx(1 - 0.05 / 4)


def test_decisions_alone_tell_how_common_sepsis_is_only_where_nothing_else_changed(made):
    true = measured(made, "corrected", "label_share_difference")["value"]
    told, wrong = (measured(made, name, "estimated_label_share_difference") for name in ("corrected", "audit"))
    assert told["interval"]["low"] < true < told["interval"]["high"]
    assert not wrong["interval"]["low"] < true < wrong["interval"]["high"]
    release, year = (pd.read_csv(made.path / f"{name}.csv")["sepsis"].eq("yes").mean() for name in ("release", "year"))
    assert true == pytest.approx(year - release)
