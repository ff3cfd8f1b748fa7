"""The triage example over seeds: its harms are found in every one of them, and its clean twin passes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Folder

EXAMPLE = Path(__file__).parents[2] / "examples" / "triage"
SEEDS = [20261122, 1, 2, 3, 4]
PLANTED = ["equal_opportunity_difference[sex]<=0.1", "smooth_calibration_error<=0.05"]
SOUND = ["roc_auc>=0.8", "equal_opportunity_difference[age_band]<=0.1"]


def outcomes(bundle: Path) -> dict[str, str]:
    judged = json.loads((bundle / "result.json").read_bytes())["verdict"]["judgements"]
    return {judgement["rule"]: judgement["outcome"] for judgement in judged}


def needs_models():
    for module in ("torch", "transformers", "safetensors"):
        pytest.importorskip(module, reason="pip install 'auditkit[models]'")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", SEEDS)
def test_over_seeds_the_harms_are_found_and_the_twin_passes(folder: Folder, seed):
    needs_models()
    shutil.copytree(EXAMPLE, folder.path / "triage", ignore=shutil.ignore_patterns("*.csv", "*model", "*-audit", ".*"))
    for command in (("prepare.py",), ("train.py",), ("train.py", "--clean")):
        script = [sys.executable, *command, "--seed", str(seed)]
        subprocess.run(script, cwd=folder.path / "triage", check=True, capture_output=True)
    assert folder.run("run", "triage/audit.toml", timeout=600).code == 1
    assert folder.run("run", "triage/clean.toml", timeout=600).code == 0
    found = outcomes(folder.path / "triage" / "audit-audit")
    assert found == dict.fromkeys(PLANTED, "fail") | dict.fromkeys(SOUND, "pass")
    assert outcomes(folder.path / "triage" / "clean-audit") == dict.fromkeys([*PLANTED, *SOUND], "pass")
