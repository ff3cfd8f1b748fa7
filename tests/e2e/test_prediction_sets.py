"""The example of prediction sets: it trains, calibrates on a half, and the promise holds at home, and not elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "prediction_sets"


@pytest.fixture(scope="module")
def made(make_folder):
    """A folder with what the example writes, and its specs."""
    folder = make_folder()
    command = [sys.executable, str(EXAMPLE / "train.py"), str(folder.path)]
    subprocess.run(command, check=True, capture_output=True, timeout=200, env=folder.environment)
    for spec in EXAMPLE.glob("*.toml"):
        (folder.path / spec.name).write_text(spec.read_text() + '\n[report]\nformats = ["html"]\n')
    return folder


def audited(folder, spec, code):
    answer = folder.run_here("run", f"{spec}.toml", "--out", f"{spec}-out")
    assert answer.code == code, answer
    result = json.loads((folder.path / f"{spec}-out" / "result.json").read_bytes())
    (finding,) = result["findings"]
    return result, finding


def measured(finding, metric, **group):
    found = [one for one in finding["measurements"] if (one["metric"], one["group"]) == (metric, group)]
    (one,) = (one for one in found if one["label"] is None and not one["conditions"])
    return one


def test_at_home_the_promise_holds_for_each_hospital_and_either_sex(made):
    result, finding = audited(made, "audit", 0)
    assert result["verdict"]["outcome"] == "pass"
    home = pd.read_csv(made.path / "home.csv")
    whole = measured(finding, "conformal_coverage")
    assert whole["n"] == len(home) // 2
    for attribute in ("sex", "site"):
        parts = [measured(finding, "conformal_coverage", **{attribute: one}) for one in home[attribute].unique()]
        assert sum(one["n"] for one in parts) == whole["n"]
        assert sum(one["n"] * one["value"] for one in parts) == pytest.approx(whole["n"] * whole["value"])
    shortfall = measured(finding, "conformal_shortfall")
    # 199 calibration rows and alpha = 0.1: k = ceil(200 x 0.9) = 180, and the law's mean is 180 / 200.
    assert shortfall["value"] == pytest.approx(0.9 - whole["value"])
    assert shortfall["interval"]["low"] < 0 < shortfall["interval"]["high"]
    size = measured(finding, "mean_set_size")["value"] * whole["n"]
    assert size == pytest.approx(np.round(size))


def test_elsewhere_it_does_not_hold_and_is_what_a_bare_loop_finds(made):
    result, finding = audited(made, "elsewhere", 1)
    assert result["verdict"]["outcome"] == "fail"
    home, away = (pd.read_csv(made.path / f"{name}.csv") for name in ("home", "away"))
    own = [np.where(rows["heart_disease"] == "yes", rows["p_yes"], rows["p_no"]) for rows in (home, away)]
    k = int(np.ceil((len(home) + 1) * 0.9))
    least = np.sort(-own[0])[k - 1]
    covered = -own[1] <= least
    assert measured(finding, "conformal_coverage")["value"] == pytest.approx(covered.mean())
    for site in away["site"].unique():
        one = measured(finding, "conformal_coverage", site=site)
        assert one["value"] == pytest.approx(covered[away["site"] == site].mean())
    both = (-away[["p_no", "p_yes"]].to_numpy() <= least).sum(axis=1)
    assert measured(finding, "mean_set_size")["value"] == pytest.approx(both.mean())
    shortfall = measured(finding, "conformal_shortfall")
    assert shortfall["value"] == pytest.approx(k / (len(home) + 1) - covered.mean())
    assert shortfall["interval"]["low"] > 0
