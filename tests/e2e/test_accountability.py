"""The example's records by the command line: in order, judged, replayed; and a patient's name in one is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "heart_disease"


@pytest.fixture
def governed(folder, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795392000")
    for name in ("governed.toml", "predictions.csv", "model.safetensors", "NOTICE"):
        folder.write(name, (EXAMPLE / name).read_bytes())
    shutil.copytree(EXAMPLE / "governance", folder.path / "governance")
    return folder


def test_records_are_judged_shown_and_replayed(governed):
    done = governed.run_here("run", "governed.toml", "--no-pdf", "--out", "out")
    assert done.code == 0, done.err
    result = json.loads((governed.path / "out" / "result.json").read_bytes())
    assert {one["kind"]: one["status"] for one in result["governance"]}["change-log"] == "present"
    page = (governed.path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Who answers for it" in page
    assert "ana.ruiz@hospital.example" in page
    assert governed.run_here("replay", "out", "--allow-dev-key").code == 0
    plan = governed.path / "governance" / "monitoring-plan.toml"
    plan.write_text(plan.read_text().replace("check:performance.overall", "check:privacy.membership"))
    assert governed.run_here("run", "governed.toml", "--no-pdf", "--out", "other").code == 1


def test_a_patient_who_is_named_in_a_record_is_refused(governed):
    rows = (governed.path / "predictions.csv").read_text().splitlines()
    named = [f"{rows[0]},who", *(f"{row},Pat {place:05d} Oldfield{place:05d}" for place, row in enumerate(rows[1:]))]
    governed.write("predictions.csv", "\n".join(named).encode())
    spec = governed.path / "governed.toml"
    spec.write_text(spec.read_text().replace('target = "heart', 'unit = "who"\ntarget = "heart'))
    title = governed.path / "governance" / "licences.toml"
    title.write_text(title.read_text().replace("Under what terms", "As Pat 00007 Oldfield00007 wished"))
    done = governed.run_here("run", "governed.toml", "--no-pdf", "--out", "out")
    assert "would tell personal data" in done.err
    assert not (governed.path / "out").exists()
