"""Recorded answers with training rows: attacked, judged, signed, and recomputed without inputs."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import special

SPEC = """
name = "members"
seed = 3
[model]
adapter = "recorded"
[data]
audit = "audit.csv"
training = "training.csv"
input = ["age", "pressure"]
target = "ill"
scores = ["p_no", "p_yes"]
classes = ["no", "yes"]
positive = "yes"
groups = ["sex"]
unit = "patient"
salt_file = "release.salt"
[[checks]]
use = "privacy.membership"
[report]
formats = ["html"]
[[policy.rules]]
metric = "membership_auc"
max = 0.6
because = "a test"
"""


def write(path, *, seed, shift, rows=150):
    rng = np.random.default_rng([seed, 11])
    true = special.expit(rng.normal(size=rows) + shift)
    ill = rng.random(rows) < 0.5
    yes = np.where(ill, true, 1 - true)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["patient", "age", "pressure", "sex", "ill", "p_no", "p_yes"])
        for row in range(rows):
            patient = f"{path.stem} {row // 2}"  # two visits each
            person = [patient, f"{rng.uniform(20, 90):.4f}", f"{rng.normal(120, 15):.4f}", "FM"[row % 2]]
            writer.writerow([*person, "yes" if ill[row] else "no", repr(float(1 - yes[row])), repr(float(yes[row]))])


@pytest.mark.parametrize(("shift", "code"), [(1.5, 1)])
def test_recorded_answers_that_tell_members_fail_and_are_recomputed(make_folder, shift, code):
    folder = make_folder()
    write(folder.path / "audit.csv", seed=1, shift=0.0)
    write(folder.path / "training.csv", seed=2, shift=shift)
    (folder.path / "release.salt").write_bytes(b"s" * 32)
    (folder.path / "audit.toml").write_text(SPEC)
    answer = folder.run_here("run", "audit.toml", "--no-pdf")
    assert answer.code == code, answer.err[-3000:]
    result = json.loads((folder.path / "audit-audit" / "result.json").read_text())
    (finding,) = result["findings"]
    assert finding["status"] == "measured"
    titles = [one["title"]["msgid"] for one in finding["evidence"]]
    assert any("salted digests" in title for title in titles)
    replayed = folder.run_here("replay", "audit-audit", "--allow-dev-key")
    assert replayed.code == 0, replayed.out[-3000:] + replayed.err[-2000:]


@pytest.mark.slow
def test_the_example_of_private_notes_is_found_out_and_its_careful_twin_is_not(make_folder):
    folder = make_folder()
    example = Path(__file__).parents[2] / "examples" / "private_notes"
    for script in ("prepare.py", "train.py"):
        subprocess.run([sys.executable, str(example / script), "--folder", str(folder.path)], check=True)
    for name, code in (("audit", 1), ("careful", 0)):
        shutil.copy(example / f"{name}.toml", folder.path)
        answer = folder.run("run", f"{name}.toml", "--no-pdf", timeout=280)
        assert answer.code == code, answer.out[-2000:] + answer.err[-3000:]
