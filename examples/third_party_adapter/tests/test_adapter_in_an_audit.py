"""The adapter, installed, in an audit of two hundred rows: what a user sees of it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

SPEC = """
name = "Blood counts"

[model]
adapter = "sklearn"
path = "{file}"

[data]
audit = "patients.csv"
input = ["age", "white_cells"]
target = "sick"
positive = "yes"

[policy]
extends = []

[[policy.rules]]
metric = "accuracy"
min = 0.7
because = "an example"

[report]
formats = ["html"]
"""


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUDITKIT_HOME", str(tmp_path / "home"))
    draw = np.random.default_rng(1)
    rows = pd.DataFrame({"age": draw.integers(20, 90, 200), "white_cells": draw.normal(8, 3, 200).round(1)})
    rows["sick"] = np.where(rows["white_cells"] > 9, "yes", "no")
    rows.to_csv(tmp_path / "patients.csv", index=False)
    fitted = LogisticRegression(max_iter=1000).fit(rows[["age", "white_cells"]].to_numpy(), rows["sick"])
    skops.io.dump(fitted, tmp_path / "model.skops")
    return tmp_path


def audit(folder: Path, file: str) -> subprocess.CompletedProcess[str]:
    (folder / "audit.toml").write_text(SPEC.format(file=file))
    command = [sys.executable, "-m", "auditkit", "run", "audit.toml", "--out", "bundle"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_an_audit_of_its_model_passes_and_names_its_distribution(ward: Path) -> None:
    finished = audit(ward, "model.skops")
    assert finished.returncode == 0, finished.stderr
    result = json.loads((ward / "bundle" / "result.json").read_bytes())
    assert [file["name"] for file in result["subject"]["files"]] == ["model.skops"]
    assert "auditkit-ward-models" in {plugin["distribution"] for plugin in result["provenance"]["plugins"]}


def test_a_pickle_is_refused_and_nothing_is_written(ward: Path) -> None:
    (ward / "model.pkl").write_bytes(b"\x80\x04K\x01.")
    finished = audit(ward, "model.pkl")
    assert finished.returncode == 2
    assert "error: 'model.pkl' is a pickle, which can run code" in finished.stderr
    assert "[model] trust_pickle = true" in finished.stderr
    assert not (ward / "bundle").exists()
