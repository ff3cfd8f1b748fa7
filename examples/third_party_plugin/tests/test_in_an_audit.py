"""Both checks, installed, in an audit of eight recorded rows: what a user sees of them."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# The first four are at least 0.9 sure, one way or the other; the last four are not.
P_YES = [0.95, 0.90, 0.02, 0.99, 0.60, 0.55, 0.40, 0.89]

SPEC = """
name = "Eight rows"

[model]
adapter = "recorded"

[data]
loader = "csv"
audit = "rows.csv"
target = "sick"
positive = "yes"
scores = ["p_no", "p_yes"]
classes = ["no", "yes"]

[[checks]]
use = "confidence.rate"
{option}

[[checks]]
use = "refusals.rate"

[[policy.rules]]
metric = "confident_rate"
max = 0.95
because = "an example"

[report]
formats = ["html"]
"""


Findings = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def _own_signing_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITKIT_HOME", str(tmp_path / "home"))


def audit(folder: Path, option: str = "") -> subprocess.CompletedProcess[str]:
    with (folder / "rows.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["sick", "p_no", "p_yes"])
        rows.writerows(["yes" if p > 0.5 else "no", round(1 - p, 2), p] for p in P_YES)
    (folder / "audit.toml").write_text(SPEC.format(option=option))
    command = [sys.executable, "-m", "auditkit", "run", "audit.toml", "--out", "bundle"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def findings(folder: Path) -> Findings:
    result = json.loads((folder / "bundle" / "result.json").read_bytes())
    return {finding["check"]: finding for finding in result["findings"]}


@pytest.fixture
def found(tmp_path: Path) -> Findings:
    finished = audit(tmp_path)
    assert (tmp_path / "bundle").is_dir(), finished.stderr
    return findings(tmp_path)


def test_confidence_by_hand(found: Findings) -> None:
    (measured,) = found["confidence.rate"]["measurements"]
    assert (measured["value"], measured["n"]) == (4 / 8, 8)
    assert measured["interval"]["low"] < 0.5 < measured["interval"]["high"]


def test_refusals_do_not_apply_to_class_scores_and_say_why(found: Findings) -> None:
    finding = found["refusals.rate"]
    assert finding["status"] == "not_applicable"
    assert finding["reason"]["msgid"]


def test_an_option_that_is_no_number_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    finished = audit(tmp_path, option='least = "very"')
    assert finished.returncode == 2
    assert "least" in finished.stderr
    assert not (tmp_path / "bundle").exists()
