"""The example of hiring: the tables of Local Law 144 by the command line, against a count of the rows by pandas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "hiring_scores"
LAW = "fairness.local-law-144"


def made(folder, spec):
    command = [sys.executable, str(EXAMPLE / "prepare.py"), "--folder", str(folder.path)]
    subprocess.run(command, check=True, capture_output=True, timeout=100, env=folder.environment)
    folder.write("audit.toml", (EXAMPLE / spec).read_text() + '\n[report]\nformats = ["html"]\n')
    return folder.run_here(), pd.read_csv(folder.path / "applicants.csv", keep_default_na=False)


def told(folder, metric, **group):
    return [m for m in folder.finding(LAW)["measurements"] if m["metric"] == metric and m["group"] == group]


def test_selections_are_those_that_pandas_counts_and_small_crossings_are_withheld(folder):
    answer, rows = made(folder, "audit.toml")
    assert answer.code == 5, answer
    assert "Impact ratio of selection, sex: Female, compared with sex: Male" in answer.out
    rates = rows.assign(hit=rows["invited"] == "yes").groupby("sex")["hit"].mean()
    (ratio,) = told(folder, "impact_ratio", sex="Female")
    assert ratio["value"] == pytest.approx(rates["Female"] / rates["Male"])
    sizes = rows.groupby(["sex", "race"]).size().drop("", level=0).drop("", level=1)
    withheld = {m["group"]["sex"] + m["group"]["race"] for m in crossings(folder) if m["suppressed"]}
    assert {sex + race for (sex, race), n in sizes.items() if n < 10} <= withheld
    assert len(withheld) == 6
    for one in crossings(folder):
        n = sizes[one["group"]["sex"], one["group"]["race"]]
        assert (one["n"], one["value"] is None) == ((None, True) if one["suppressed"] else (n, False))
    page = folder.page()
    text = page[: page.index('id="result"')]
    assert "What to publish, with the tables above (6 RCNY 5-303)" in text
    assert "113 by sex, 125 by race, 235 by either" in text
    assert "Rows with numbers withheld: 6 of 14." in text
    by_race = text[text.index("<caption><span>Selection by race</span></caption>") :]
    small = by_race[: by_race.index("</table>")].split("<tr>")
    (native,) = [row for row in small if "American Indian" in row]
    assert "excluded" in native
    assert ">24<" in native


def crossings(folder):
    measured = folder.finding(LAW)["measurements"]
    return [m for m in measured if m["metric"] == "selection_rate" and len(m["group"]) == 2]


def test_scores_above_the_median_are_those_that_pandas_counts(folder):
    answer, rows = made(folder, "scores.toml")
    assert answer.code == 5, answer
    above = rows.assign(hit=rows["score"] > rows["score"].median()).groupby("sex")["hit"].mean()
    (rate,) = told(folder, "scoring_rate", sex="Male")
    (ratio,) = told(folder, "scoring_impact_ratio", sex="Female")
    assert rate["value"] == pytest.approx(above["Male"])
    assert ratio["value"] == pytest.approx(above["Female"] / above["Male"])


def test_a_replay_of_the_rows_makes_the_same_tables(folder):
    made(folder, "audit.toml")
    answer = folder.run_here("replay", str(folder.bundle), "--allow-dev-key")
    assert answer.code == 0, answer
    assert f"equal  {LAW}" in answer.out
