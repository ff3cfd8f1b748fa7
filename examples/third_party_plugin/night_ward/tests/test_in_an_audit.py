"""The example as a user runs it: needs the package installed."""

import json
import subprocess
import sys
from pathlib import Path

SPEC = Path(__file__).parents[1] / "examples" / "audit.toml"


def test_the_example_passes_its_audit(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDITKIT_HOME", str(tmp_path / "home"))
    out = tmp_path / "bundle"
    command = [sys.executable, "-m", "auditkit", "run", SPEC, "--out", out, "--fresh"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((out / "result.json").read_bytes())
    assert "auditkit-night-ward" in {plugin["distribution"] for plugin in result["provenance"]["plugins"]}
    (found,) = [one for one in result["findings"] if one["check"] == "night-ward.close-calls"]
    assert found["status"] == "measured"
    assert result["subject"]["adapter"] == "night-ward-sheet"
    assert '<section id="night-ward">' in (out / "report.html").read_text("utf-8")
