"""The triage example asked what it rests on: the women and the desk's mark are found, and the clean twin passes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "triage"
QUICK = [("most_rows = 300", "most_rows = 150")]


@pytest.fixture(scope="module")
def trained(make_folder):
    pytest.importorskip("torch", reason="pip install 'auditkit[models]'")
    folder = make_folder()
    for script, *more in (("prepare.py",), ("train.py",), ("train.py", "--clean")):
        command = [sys.executable, str(EXAMPLE / script), "--folder", str(folder.path), *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=folder.environment, check=False)
        assert done.returncode == 0, done.stderr
    shutil.copy(EXAMPLE / "reliance.toml", folder.path / "reliance.toml")
    return folder


def asked(folder, model):
    spec = (EXAMPLE / "reliance.toml").read_text().replace('path = "model"', f'path = "{model}"')
    for old, new in QUICK:
        assert old in spec
        spec = spec.replace(old, new)
    folder.write("audit.toml", spec + '\n[report]\nformats = ["html"]\n')
    answer = folder.run("run", "audit.toml", "--force", timeout=800)
    found = folder.finding("explainability.shortcuts")["measurements"]
    return answer, {one["conditions"]["word"] for one in found if "word" in one["conditions"]}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_harmed_model_rests_on_women_and_the_desks_mark(trained):
    answer, words = asked(trained, "model")
    assert answer.code in {1, 5}, answer
    assert "kiosk" in words
    assert {"woman", "female", "lady"} & words
    beyond = {
        tuple(one["conditions"].values()): one["interval"]["low"]
        for one in trained.finding("explainability.reliance")["measurements"]
        if one["metric"] == "protected_excess_effect" and not one["group"]
    }
    assert beyond["sex", "swap"] > 0.1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_clean_twin_rests_on_neither(trained):
    answer, words = asked(trained, "clean-model")
    assert answer.code in {0, 5}, answer
    assert not words & {"kiosk", "woman", "female", "lady", "man", "male", "gentleman"}
