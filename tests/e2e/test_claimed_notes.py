"""Canaries of texts, by the example: notes learnt by heart refute the claim, and notes read with noise do not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "claimed_notes"
COUNT = 1000

pytestmark = pytest.mark.slow


def run_script(folder, name):
    command = [sys.executable, str(EXAMPLE / name), "--folder", str(folder.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=folder.environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(make_folder):
    """The example as its README makes it, and what its trainer said."""
    folder = make_folder()
    run_script(folder, "prepare.py")
    for name in ("plan", "by_heart", "noisy"):
        shutil.copy(EXAMPLE / f"{name}.toml", folder.path)
        with (folder.path / f"{name}.toml").open("a") as stream:
            stream.write('[report]\nformats = ["html"]\n')
    said = folder.run_here("canaries", "plan.toml", "--count", str(COUNT))
    assert said.code == 0, said
    return folder, run_script(folder, "train.py")


def audit(folder, name):
    """How the audit of one model ended, and what was measured."""
    answer = folder.run_here("run", f"{name}.toml", "--force", "--fresh")
    result = json.loads((folder.path / f"{name}-audit" / "result.json").read_bytes())
    (finding,) = result["findings"]
    (judged,) = result["verdict"]["judgements"]
    assert judged["rule"] == "epsilon_above_claim<=0"
    return answer.code, judged["outcome"], {one["metric"]: one for one in finding["measurements"]}


def test_canaries_are_notes_of_the_patients_words_that_no_patient_has(made):
    folder, _ = made
    key = json.loads((folder.path / "canaries.key").read_text())
    place = key["columns"].index("note")
    lines = (folder.path / "patients.csv").read_text()
    assert len(key["rows"]) == COUNT
    assert {word.strip(",:") for row in key["rows"] for word in row[place].split()} <= {
        word.strip(',:"') for word in lines.replace(",", " ").split()
    }
    assert all(row[place] not in lines for row in key["rows"])


def test_notes_learnt_by_heart_refute_the_claim(made):
    folder, said = made
    code, outcome, measured = audit(folder, "by_heart")
    # A model that knows all its canaries is wrong about half of the others: among 50 of them, whose coins are guessed,
    # hardly one is in, and 45 right guesses of 50 refute an epsilon of 1 (theorem 5.2 at a tenth of 5 %: 1.056).
    assert (code, outcome) == (1, "fail"), said
    assert measured["epsilon_lower_bound"]["n"] == COUNT
    assert measured["epsilon_above_claim"]["value"] == measured["epsilon_lower_bound"]["value"] - 1 > 0


def test_notes_read_with_noise_do_not(made):
    folder, said = made
    code, outcome, measured = audit(folder, "noisy")
    # The claim is true, so that no more than one run in twenty might refute it; in truth one row of 800 moves next to
    # nothing, and the bound is 0 in nearly all runs.
    assert code in {0, 5}, said
    assert outcome in {"pass", "inconclusive"}
    assert measured["epsilon_lower_bound"]["value"] < 1


def test_a_note_of_a_canary_that_was_not_trained_on_is_missed(made):
    folder, _ = made
    whole = (folder.path / "training.csv").read_text()
    lines = whole.splitlines(keepends=True)
    folder.write("training.csv", "".join(lines[:-1]))
    try:
        code, outcome, measured = audit(folder, "by_heart")
    finally:
        folder.write("training.csv", whole)
    assert (code, outcome) == (5, "inconclusive")
    why = measured["epsilon_above_claim"]["undefined"]
    assert "the training rows are not those of the key" in why["msgid"]
    assert why["params"] == {"absent": 1, "astray": 0}
